# SPDX-License-Identifier: BSD-2-Clause
"""Plain Python HTTP clients: http_client.py KIND [COUNT], KIND of urllib, keepalive, requests, asyncio,
aiohttp, fork, later, lines, streams, pycurl, large."""
import asyncio
import json
import multiprocessing
import os
import ssl
import sys
import urllib.request

URL, TEST = os.environ["SIM_URL"], os.environ["SIM_TEST"]
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}]}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 64,
          "messages": [{"role": "user", "content": "count me"}]}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
HEADERS = {"content-type": "application/json", "x-sim-test": TEST, "authorization": "Bearer sk-sim"}
BODIES = [("/v1/chat/completions", CHAT), ("/v1/chat/completions", {**CHAT, **STREAMED}),
          ("/v1/messages", CLAUDE), ("/v1/messages", {**CLAUDE, "stream": True}),
          ("/v1/responses", {"model": "gpt-4o-mini", "input": "x", "stream": True}),
          ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"})]


def urllib_once(path, body):
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), HEADERS)
    with urllib.request.urlopen(request) as answer:
        answer.read()


def run_urllib(count):
    for i in range(count):
        urllib_once(*BODIES[i % len(BODIES)])


def run_keepalive(count):
    import http.client
    host = URL.removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=ssl.create_default_context())
    for i in range(count):
        path, body = BODIES[i % len(BODIES)]
        headers = {**HEADERS, "accept-encoding": "gzip", "x-sim-encoding": ["gzip", "none"][i % 2],
                   "x-sim-cached": str(i * 100), "x-sim-chunk-bytes": str(i % 3 * 7)}
        connection.request("POST", path, json.dumps(body).encode(), headers)
        connection.getresponse().read()


def run_requests(count):
    import requests
    with requests.Session() as session:
        for i in range(count):
            path, body = BODIES[i % len(BODIES)]
            session.post(URL + path, json=body, headers=HEADERS).raise_for_status()


def run_asyncio(count):
    async def one(i):
        path, body = BODIES[i % len(BODIES)]
        data = json.dumps(body).encode()
        host = URL.removeprefix("https://")
        reader, writer = await asyncio.open_connection(*host.split(":"),
                                                       ssl=ssl.create_default_context())
        lines = [f"POST {path} HTTP/1.1", f"host: {host}", f"content-length: {len(data)}",
                 "connection: close", *(f"{k}: {v}" for k, v in HEADERS.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        writer.write(data)
        await reader.read()
        writer.close()

    async def all_of_them():
        await asyncio.gather(*(one(i) for i in range(count)))
    asyncio.run(all_of_them())


def run_aiohttp(count):
    import aiohttp

    async def all_of_them():
        context = ssl.create_default_context()
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            async def one(i):
                path, body = BODIES[i % len(BODIES)]
                async with session.post(URL + path, json=body, ssl=context) as answer:
                    await answer.read()
            await asyncio.gather(*(one(i) for i in range(count)))
    asyncio.run(all_of_them())


def run_fork(count):
    """Workers forked from a process that has used TLS already, as gunicorn and Celery do."""
    urllib_once(*BODIES[0])
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=run_urllib, args=(2,)) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def run_later(count):
    """Started before the meter: says so, then waits for a line of input."""
    context = ssl.create_default_context()  # libssl is mapped
    assert context
    print("started", flush=True)
    sys.stdin.readline()
    run_urllib(count)


def run_lines(_count):
    """A call for each line of input; says when it is done."""
    ssl.create_default_context()
    print("ready", flush=True)
    for number, _line in enumerate(sys.stdin):
        urllib_once(*BODIES[number % len(BODIES)])
        print(number, flush=True)


def run_streams(count):
    """COUNT streams, each on its own connection; none is read to its end before all have begun."""
    import aiohttp
    path, body = BODIES[1]
    headers = {**HEADERS, "x-sim-events": "20", "x-sim-event-ms": "20"}

    async def all_of_them():
        begun, all_begun = 0, asyncio.Event()
        no_limit = aiohttp.ClientTimeout(total=None)
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context())
        async with aiohttp.ClientSession(connector=connector, timeout=no_limit) as session:
            async def one():
                nonlocal begun
                async with session.post(URL + path, json=body, headers=headers) as answer:
                    begun += 1
                    if begun == count:
                        all_begun.set()
                    await all_begun.wait()
                    await answer.read()
            await asyncio.gather(*(one() for _ in range(count)))
    asyncio.run(all_of_them())


def run_pycurl(count):
    """libcurl with an OpenSSL 1.1 of its own, as the wheel brings it."""
    import pycurl
    handle = pycurl.Curl()
    for i in range(count):
        path, body = BODIES[i % len(BODIES)]
        handle.setopt(pycurl.URL, URL + path)
        handle.setopt(pycurl.CAINFO, os.environ["SSL_CERT_FILE"])
        handle.setopt(pycurl.HTTPHEADER, [f"{k}: {v}" for k, v in HEADERS.items()])
        handle.setopt(pycurl.POSTFIELDS, json.dumps(body))
        handle.perform_rs()
        if handle.getinfo(pycurl.RESPONSE_CODE) != 200:
            sys.exit(1)


def run_large(count):
    """2 MiB in one body: an image in base64, say."""
    for _ in range(count):
        urllib_once("/v1/chat/completions",
                    {"model": "gpt-4o", "messages": [{"role": "user", "content": "x" * (2 << 20)}]})


if __name__ == "__main__":
    globals()["run_" + sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1)
