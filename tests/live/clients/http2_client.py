# SPDX-License-Identifier: BSD-2-Clause
"""Clients that speak HTTP/2: http2_client.py KIND [COUNT], KIND of openai, anthropic, streams, across."""
import asyncio
import os
import sys

import httpx2

URL, TEST = os.environ["SIM_URL"], os.environ["SIM_TEST"]
HEADERS = {"x-sim-test": TEST}
ASK = [{"role": "user", "content": "count me"}]
STREAM = {"model": "gpt-4o", "messages": ASK, "stream": True,
          "stream_options": {"include_usage": True}}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": ASK, "stream": True}


def run_openai(count):
    import openai
    client = openai.OpenAI(base_url=URL + "/v1", api_key="sk-sim", default_headers=HEADERS,
                           http_client=openai.DefaultHttpxClient(http2=True))
    for _ in range(count):
        client.chat.completions.create(model="gpt-4o", messages=ASK)
        for _chunk in client.chat.completions.create(**STREAM):
            pass
        client.responses.create(model="gpt-4o", input="count me")
        client.embeddings.create(model="text-embedding-3-small", input="count me")


def run_anthropic(count):
    import anthropic
    client = anthropic.Anthropic(base_url=URL, api_key="sk-sim", default_headers=HEADERS,
                                 http_client=anthropic.DefaultHttpxClient(http2=True))
    for _ in range(count):
        client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=ASK)
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=64, messages=ASK) as stream:
            for _text in stream.text_stream:
                pass


def client():
    """One connection for all: HTTP/1 would take one for each stream."""
    return httpx2.AsyncClient(http2=True, http1=False, timeout=60, base_url=URL, headers=HEADERS,
                              limits=httpx2.Limits(max_connections=1))


async def one(http, body=STREAM, path="/v1/chat/completions", begun=None, **sim):
    headers = {f"x-sim-{k}": str(v) for k, v in sim.items()}
    async with http.stream("POST", path, json=body, headers=headers) as answer:
        assert answer.http_version == "HTTP/2" and answer.status_code == 200, answer
        async for _chunk in answer.aiter_raw():
            if begun:
                begun()
                begun = None


def run_streams(count):
    """COUNT streams on one connection, in between each other."""
    async def all_of_them():
        async with client() as http:
            await asyncio.gather(*(
                one(http, CLAUDE, "/v1/messages", events=20) if i % 2 else
                one(http, events=20, encoding=("gzip", "none")[i // 2 % 2]) for i in range(count)))
    asyncio.run(all_of_them())


def run_across(count):
    """COUNT long streams; at a line of input COUNT short ones on the same connection, while those go
    on, and at the next line the end. Says "begun" and "done"."""
    async def all_of_them():
        missing, begun = count, asyncio.Event()

        def one_more():
            nonlocal missing
            missing -= 1
            if not missing:
                begun.set()
        async with client() as http:
            tasks = [asyncio.create_task(one(http, begun=one_more, events=10000,
                                             **{"event-ms": 50})) for _ in range(count)]
            await begun.wait()
            print("begun", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await asyncio.gather(*(one(http, CLAUDE, "/v1/messages") if i % 2 else one(http)
                                   for i in range(count)))
            print("done", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    asyncio.run(all_of_them())


if __name__ == "__main__":
    globals()["run_" + sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1)
