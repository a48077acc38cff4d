# SPDX-License-Identifier: BSD-2-Clause
"""OpenAI's SDK over WebSockets: realtime_client.py sync|async|held TURNS: each spoken and answered;
held waits for a line on its standard input before them."""
import asyncio
import base64
import os
import sys

import openai

URL, TEST = os.environ["SIM_URL"], os.environ["SIM_TEST"]
HEADERS = {"x-sim-test": TEST}
SETTINGS = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}
SOUND = base64.b64encode(bytes(24000)).decode()
MODEL = "gpt-realtime"
PATIENT = {"open_timeout": 60}  # a busy machine takes more than the ten seconds it has by itself


def run_sync(turns):
    client = openai.OpenAI(base_url=URL + "/v1", api_key="sk-sim")
    with client.realtime.connect(model=MODEL, extra_headers=HEADERS,
                                 websocket_connection_options=PATIENT) as session:
        session.session.update(session=SETTINGS)
        if kind == "held":
            print("open", flush=True)
            input()
        for _ in range(turns):
            session.input_audio_buffer.append(audio=SOUND)
            session.input_audio_buffer.commit()
            session.response.create()
            for event in session:
                if event.type == "response.done":
                    break


async def run_async(turns):
    client = openai.AsyncOpenAI(base_url=URL + "/v1", api_key="sk-sim")

    async def one():
        async with client.realtime.connect(model=MODEL, extra_headers=HEADERS,
                                           websocket_connection_options=PATIENT) as session:
            await session.session.update(session=SETTINGS)
            for _ in range(turns):
                await session.input_audio_buffer.append(audio=SOUND)
                await session.input_audio_buffer.commit()
                await session.response.create()
                async for event in session:
                    if event.type == "response.done":
                        break
    await asyncio.gather(one(), one(), one())


kind, count = sys.argv[1], int(sys.argv[2])
if kind == "async":
    asyncio.run(run_async(count))
else:
    run_sync(count)
