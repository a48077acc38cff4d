# SPDX-License-Identifier: BSD-2-Clause
"""Applications that tell a service of their calls: upload_client.py langsmith|langfuse|failing COUNT"""
import os
import sys

URL, TEST = os.environ["SIM_URL"], os.environ["SIM_TEST"]
HEADERS = {"x-sim-test": TEST}
ASK = [{"role": "user", "content": "count me"}]


def langsmith(count):
    os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_ENDPOINT=URL, LANGSMITH_API_KEY="ls-sim",
                      LANGSMITH_PROJECT="sim")
    import openai
    from langsmith import Client, traceable
    from langsmith.wrappers import wrap_openai
    tracer = Client()
    client = wrap_openai(openai.OpenAI(base_url=URL + "/v1", api_key="sk-sim", default_headers=HEADERS))

    @traceable(client=tracer, tags=["billing"], metadata={"session_id": "session-1"})
    def agent():
        client.chat.completions.create(model="gpt-4o", messages=ASK)
    for _ in range(count):
        agent()
    tracer.flush()


def langfuse(count):
    os.environ.update(LANGFUSE_HOST=URL, LANGFUSE_BASE_URL=URL, LANGFUSE_PUBLIC_KEY="pk-lf-sim",
                      LANGFUSE_SECRET_KEY="sk-lf-sim")
    from langfuse import get_client, observe
    from langfuse.openai import openai
    client = openai.OpenAI(base_url=URL + "/v1", api_key="sk-sim", default_headers=HEADERS)

    @observe()
    def agent():
        client.chat.completions.create(model="gpt-4o", messages=ASK)
    for _ in range(count):
        agent()
    get_client().flush()


def failing(count):
    """The SDK asks again after a 429, twice."""
    import openai
    client = openai.OpenAI(base_url=URL + "/v1", api_key="sk-sim", max_retries=3,
                           default_headers=HEADERS | {"x-sim-fails": "2"})
    for i in range(count):
        client.chat.completions.create(model="gpt-4o",
                                       messages=[{"role": "user", "content": f"count me {i}"}])


globals()[sys.argv[1]](int(sys.argv[2]))
