# SPDX-License-Identifier: BSD-2-Clause
"""A TLS program that makes no LLM call, until it is told to.

    bystander.py CERT KEY CHILDREN

A server that echoes over TLS, and CHILDREN forked clients of it, each of which writes and reads
every few milliseconds. Prints "server PID" and "child PID" for each. A line "call PORT N" makes
child N ask the LLM provider on that port, once; "proxy PORT VIA N" the same through the HTTP proxy
on port VIA; "plain PORT VIA N" asks the host "other" for something else through it. The answer is
"done N". At the end of the input all end.
"""
import http.client
import os
import socket
import ssl
import sys
import threading
import time

CHAT = '{"model":"gpt-4o","messages":[{"role":"user","content":"at last"}]}'
RATE = 500  # of all children together, a second


def serve(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)

    def echo(plain):
        with context.wrap_socket(plain, server_side=True) as conn:
            while data := conn.recv(4096):
                conn.sendall(data)

    def accept():
        while True:
            threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def busy(port, stop):
    """TLS of its own, with no word of HTTP in it."""
    context = ssl._create_unverified_context()
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as conn:
        while not stop.is_set():
            conn.sendall(b"\x00\x01\x02\x03 not a call")
            conn.recv(4096)
            time.sleep(int(sys.argv[3]) / RATE)


def call(words, context):
    """One request on a connection of its own; what is slow about TLS was done before."""
    kind, port = words[0], int(words[1])
    if kind == "call":
        conn = http.client.HTTPSConnection("localhost", port, context=context)
    else:
        conn = http.client.HTTPSConnection("127.0.0.1", int(words[2]), context=context)
        conn.set_tunnel("localhost", port)
    if kind == "plain":
        conn.request("GET", "/robots.txt")
    else:
        conn.request("POST", "/v1/chat/completions", CHAT,
                     {"content-type": "application/json", "x-sim-test": os.environ["SIM_TEST"],
                      "x-sim-latency-ms": "50"})
    conn.getresponse().read()
    conn.close()


def child(port, orders, done):
    stop = threading.Event()
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    threading.Thread(target=busy, args=(port, stop), daemon=True).start()
    for line in os.fdopen(orders):
        call(line.split(), context)
        os.write(done, b"\n")
    stop.set()


def main():
    cert, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    children = []
    listen, tell = os.pipe()
    server = os.fork()
    if server == 0:
        os.write(tell, b"%d\n" % serve(cert, key))
        threading.Event().wait()
    port = int(os.read(listen, 16))
    print("server", server, flush=True)
    for _ in range(count):
        orders, order = os.pipe()
        answers, answer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(order)
            for _, fd, _ in children:
                os.close(fd)
            child(port, orders, answer)
            os._exit(0)
        os.close(orders)
        children.append((pid, order, answers))
        print("child", pid, flush=True)
    for line in sys.stdin:
        *words, which = line.split()
        os.write(children[int(which)][1], (" ".join(words) + "\n").encode())
        os.read(children[int(which)][2], 1)
        print("done", which, flush=True)
    os.kill(server, 9)
    for pid, order, _ in children:
        os.close(order)
        os.kill(pid, 9)


if __name__ == "__main__":
    main()
