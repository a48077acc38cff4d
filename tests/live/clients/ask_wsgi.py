# SPDX-License-Identifier: BSD-2-Clause
"""An application whose workers are forked before they call a model: WSGI, one call a request."""
import json
import os
import ssl
import urllib.request


def app(environ, start_response):
    if environ["PATH_INFO"] == "/":
        start_response("200 OK", [])
        return [b"ready"]
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}]}
    request = urllib.request.Request(
        os.environ["SIM_URL"] + "/v1/chat/completions", json.dumps(body).encode(),
        {"content-type": "application/json", "x-sim-test": os.environ["SIM_TEST"]})
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    with urllib.request.urlopen(request, context=context) as answer:
        answer.read()
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
