# SPDX-License-Identifier: BSD-2-Clause
"""Calls by greenlets: one thread, many stacks."""
from gevent import monkey

monkey.patch_all()

import http.client  # noqa: E402 (patched first)
import json  # noqa: E402
import os  # noqa: E402
import ssl  # noqa: E402
import sys  # noqa: E402
from urllib.parse import urlsplit  # noqa: E402

import gevent  # noqa: E402

URL = urlsplit(os.environ["SIM_URL"])


def ask(count):
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    connection = http.client.HTTPSConnection(URL.hostname, URL.port, context=context)
    for i in range(count):
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}],
                "stream": bool(i % 2), "stream_options": {"include_usage": True}}
        connection.request("POST", "/v1/chat/completions", json.dumps(body),
                           {"x-sim-test": os.environ["SIM_TEST"], "x-sim-event-ms": "3"})
        connection.getresponse().read()


gevent.joinall([gevent.spawn(ask, 4) for _ in range(int(sys.argv[1]))], raise_error=True)
