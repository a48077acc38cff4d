# SPDX-License-Identifier: BSD-2-Clause
"""A dedicated worker: held_worker.py USER BYTES WRITES blocking|nonblocking

Waits for lines on standard input, makes a call for each on one connection, and prints "ok" or "error CLASS".
The body has so many bytes; headers and body are sent in so many writes (1 or 2).
"""
import http.client
import json
import os
import select
import socket
import ssl
import sys
from urllib.parse import urlsplit

user, size, writes, blocking = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "blocking"
url = urlsplit(os.environ["SIM_URL"])
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
body = json.dumps({"model": "gpt-4o", "user": user, "max_tokens": 50,
                   "messages": [{"role": "user", "content": "x" * size}]}).encode()
head = "\r\n".join(["POST /v1/chat/completions HTTP/1.1", f"host: {url.netloc}",
                    f"x-sim-test: {os.environ['SIM_TEST']}", "content-type: application/json",
                    "authorization: Bearer sk-sim", f"content-length: {len(body)}", "", ""]).encode()


def send(tls, data):
    """A write that could not be done is tried again with the same bytes, as OpenSSL wants it."""
    while data:
        try:
            data = data[tls.send(data):]
        except ssl.SSLWantWriteError:
            select.select([], [tls], [])
        except ssl.SSLWantReadError:
            select.select([tls], [], [])


def ask(tls):
    tls.setblocking(blocking)
    for piece in [head + body] if writes == 1 else [head, body]:
        send(tls, piece)
    tls.setblocking(True)
    answer = http.client.HTTPResponse(tls)
    answer.begin()
    answer.read()


raw = socket.create_connection((url.hostname, url.port), timeout=120)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)  # a megabyte does not fit: writes are tried again
tls = context.wrap_socket(raw, server_hostname=url.hostname)
print("ready", flush=True)
for _ in sys.stdin:
    try:
        ask(tls)
        print("ok", flush=True)
    except (OSError, http.client.HTTPException) as e:
        print("error", type(e).__name__, flush=True)
