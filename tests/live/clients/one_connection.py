# SPDX-License-Identifier: BSD-2-Clause
"""COUNT calls on one connection. one_connection.py WAY COUNT

Every second call is a stream.
pipelined: all requests before the first answer is read, by asyncio (TLS through memory BIOs); COUNT
           is even, since the end of the last stream tells that all is there.
many:      one after the other.
large:     the same with 2 MiB in each request.
pause:     one, a wait for a line of input, then the rest.
midway:    a slow one, "ready" as soon as it has begun, then the rest.
waiting:   no connection until a line of input comes, which says where to; then as many.
later:     no LLM calls until a line of input comes, then COUNT, half a second apart.
"""
import asyncio
import http.client
import json
import os
import ssl
import sys
import threading
import time

HOST = os.environ["SIM_URL"].removeprefix("https://")
PATH = "/v1/chat/completions"
HEADERS = {"content-type": "application/json", "x-sim-test": os.environ["SIM_TEST"]}


def body(content="count me", stream=False):
    streamed = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    return json.dumps({"model": "gpt-4o", **streamed,
                       "messages": [{"role": "user", "content": content}]})


async def pipelined(count):
    reader, writer = await asyncio.open_connection(*HOST.split(":"),
                                                   ssl=ssl.create_default_context())
    for i in range(count):
        data = body(stream=i % 2 == 1).encode()
        last = "close" if i == count - 1 else "keep-alive"
        head = [f"POST {PATH} HTTP/1.1", f"host: {HOST}", f"content-length: {len(data)}",
                f"connection: {last}", *(f"{k}: {v}" for k, v in HEADERS.items()), "", ""]
        writer.write("\r\n".join(head).encode() + data)
    await writer.drain()
    answers = b""
    while answers.count(b"HTTP/1.1 200") < count or not answers.endswith(b"0\r\n\r\n"):
        if not (more := await reader.read(1000)):
            break
        answers += more
    writer.close()


def run_pipelined(count):
    asyncio.run(pipelined(count))


def run_many(count, content="count me", pause_after=None, host=HOST):
    connection = http.client.HTTPSConnection(host, context=ssl.create_default_context())
    for i in range(count):
        connection.request("POST", PATH, body(content, i % 2 == 1), HEADERS)
        connection.getresponse().read()
        if i == pause_after:
            print("ready", flush=True)
            sys.stdin.readline()


def run_large(count):
    run_many(count, "x" * (2 << 20))


def run_midway(count):
    """A slow stream that says when it has begun, then the rest."""
    connection = http.client.HTTPSConnection(HOST, context=ssl.create_default_context())
    for i in range(count):
        slow = {"x-sim-events": "20", "x-sim-event-ms": "100"} if not i else {}
        connection.request("POST", PATH, body(stream=not i), {**HEADERS, **slow})
        answer = connection.getresponse()
        if not i:
            print("ready", flush=True)
        answer.read()


def run_later(count):
    connection = http.client.HTTPSConnection(HOST, context=ssl.create_default_context())
    told = threading.Thread(target=sys.stdin.readline, daemon=True)
    told.start()
    while told.is_alive():
        connection.request("GET", "/robots.txt")
        connection.getresponse().read()
        time.sleep(0.2)
    for _ in range(count):
        connection.request("POST", PATH, body(), HEADERS)
        connection.getresponse().read()
        time.sleep(0.5)


def run_pause(count):
    run_many(count, pause_after=0)


def run_waiting(count):
    ssl.create_default_context()
    print("ready", flush=True)
    url = sys.stdin.readline().strip()
    run_many(count, host=url.removeprefix("https://"))


if __name__ == "__main__":
    globals()["run_" + sys.argv[1]](int(sys.argv[2]))
