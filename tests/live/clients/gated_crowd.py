# SPDX-License-Identifier: BSD-2-Clause
"""An agent that asks on many connections at once: gated_crowd.py USER CONNECTIONS [FILE]

All are made, and then all ask; those that were answered wait for a line on standard input, and ask again.
The second time the test
is named NAME-again. Prints "ok" or "error CLASS" for each request, and "round" behind each of the two rounds.
Into the file goes of each request of the first round when the write of its end began, and when it had returned,
in nanoseconds since 1970.
"""
import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

user, count = sys.argv[1], int(sys.argv[2])
url = urlsplit(os.environ["SIM_URL"])
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
body = json.dumps({"model": "gpt-4o", "user": user, "max_tokens": 50,
                   "messages": [{"role": "user", "content": f"{user} {os.getpid()}: all at once"}]}).encode()


class Connection(http.client.HTTPConnection):
    """Headers and body leave in two writes; the last one makes the request whole."""
    began = 0

    def send(self, data):
        self.began = time.time_ns()
        super().send(data)


def connect():
    connection = Connection(url.hostname, timeout=90)
    connection.auto_open = 0
    raw = socket.create_connection((url.hostname, url.port), timeout=90)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sock = context.wrap_socket(raw, server_hostname=url.hostname)
    return connection


def ask(connection, test, together, said):
    together.wait()
    try:
        connection.request("POST", "/v1/chat/completions", body, {
            "x-sim-test": test, "content-type": "application/json",
            "authorization": "Bearer sk-sim"})
        written.append(f"{connection.began} {time.time_ns()}")
        connection.getresponse().read()
        said.append("ok")
    except (OSError, http.client.HTTPException) as e:
        said.append(f"error {type(e).__name__}")


written = []
connections = [connect() for _ in range(count)]
for test in (os.environ["SIM_TEST"], os.environ["SIM_TEST"] + "-again"):
    said, together = [], threading.Barrier(count)
    threads = [threading.Thread(target=ask, args=(c, test, together, said)) for c in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(sys.argv) > 3 and test == os.environ["SIM_TEST"]:
        with open(sys.argv[3], "w", encoding="utf-8") as f:
            f.write("\n".join(written))
    print("\n".join([*said, "round"]), flush=True)
    sys.stdin.readline()
