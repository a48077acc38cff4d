# SPDX-License-Identifier: BSD-2-Clause
"""An agent with a budget: gated_agent.py USER CALLS

Makes so many calls on one connection, as that user, and waits for a line on standard input. Then it makes
one more on the same connection, and one on a new one. Prints "ok", or "error CLASS", for each; at last
"other ok": a connection to another name at the same address and port still works.
"""
import http.client
import json
import os
import socket
import ssl
import sys
from urllib.parse import urlsplit

user, calls = sys.argv[1], int(sys.argv[2])
url = urlsplit(os.environ["SIM_URL"])


def connect(name):
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    context.check_hostname = False
    connection = http.client.HTTPConnection(name, timeout=60)
    connection.auto_open = 0  # on no other connection than this
    connection.sock = context.wrap_socket(socket.create_connection((url.hostname, url.port), timeout=60),
                                          server_hostname=name)
    return connection


def ask(connection):
    # Headers and body leave in two writes, as of many clients.
    connection.putrequest("POST", "/v1/chat/completions")
    body = json.dumps({"model": "gpt-4o", "user": user, "max_tokens": 50, "messages": [
        {"role": "user", "content": f"{user} {os.getpid()}: what now?"}]}).encode()
    for name, value in (("x-sim-test", os.environ["SIM_TEST"]), ("content-type", "application/json"),
                        ("authorization", "Bearer sk-sim"), ("content-length", str(len(body)))):
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body)
    connection.getresponse().read()


def tell(connection):
    try:
        ask(connection())
        print("ok", flush=True)
    except (OSError, http.client.HTTPException) as e:
        print("error", type(e).__name__, flush=True)


other = connect("other.example")
kept = connect(url.hostname)
for _ in range(calls):
    tell(lambda: kept)
sys.stdin.readline()
tell(lambda: kept)
tell(lambda: connect(url.hostname))
other.request("GET", "/status")
print("other", "ok" if other.getresponse().read() is not None else "gone", flush=True)
