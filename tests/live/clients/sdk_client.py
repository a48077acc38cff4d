# SPDX-License-Identifier: BSD-2-Clause
"""The real SDKs: sdk_client.py openai|anthropic sync|async COUNT: each call plain and streamed."""
import asyncio
import os
import sys

URL, TEST = os.environ["SIM_URL"], os.environ["SIM_TEST"]
KEY = "sk-sim-" + TEST
HEADERS = {"x-sim-test": TEST}
ASK = [{"role": "user", "content": "count me"}]
USAGE = {"include_usage": True}


def openai_sync(count):
    import openai
    client = openai.OpenAI(base_url=URL + "/v1", api_key=KEY, default_headers=HEADERS)
    for _ in range(count):
        client.chat.completions.create(model="gpt-4o", messages=ASK)
        for _chunk in client.chat.completions.create(model="gpt-4o-mini", messages=ASK, stream=True,
                                                     stream_options=USAGE):
            pass
        client.responses.create(model="gpt-4o", input="count me")
        for _event in client.responses.create(model="gpt-4o", input="count me", stream=True):
            pass
        client.embeddings.create(model="text-embedding-3-small", input="count me")


def openai_async(count):
    import openai

    async def all_of_them():
        client = openai.AsyncOpenAI(base_url=URL + "/v1", api_key=KEY, default_headers=HEADERS)

        async def one(i):
            if i % 2:
                await client.chat.completions.create(model="gpt-4o", messages=ASK)
                return
            async for _chunk in await client.chat.completions.create(
                    model="gpt-4o", messages=ASK, stream=True, stream_options=USAGE):
                pass
        await asyncio.gather(*(one(i) for i in range(count)))
    asyncio.run(all_of_them())


def anthropic_sync(count):
    import anthropic
    client = anthropic.Anthropic(base_url=URL, api_key=KEY, default_headers=HEADERS)
    for _ in range(count):
        client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=ASK)
        with client.messages.stream(model="claude-haiku-4-5", max_tokens=64, messages=ASK) as stream:
            for _text in stream.text_stream:
                pass


def anthropic_async(count):
    import anthropic

    async def all_of_them():
        client = anthropic.AsyncAnthropic(base_url=URL, api_key=KEY, default_headers=HEADERS)

        async def one(i):
            if i % 2:
                await client.messages.create(model="claude-sonnet-4-5", max_tokens=64, messages=ASK)
                return
            async with client.messages.stream(model="claude-sonnet-4-5", max_tokens=64,
                                              messages=ASK) as stream:
                await stream.get_final_message()
        await asyncio.gather(*(one(i) for i in range(count)))
    asyncio.run(all_of_them())


if __name__ == "__main__":
    globals()[f"{sys.argv[1]}_{sys.argv[2]}"](int(sys.argv[3]))
