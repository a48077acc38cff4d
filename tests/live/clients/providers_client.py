# SPDX-License-Identifier: BSD-2-Clause
"""Calls a provider by its own SDK: providers_client.py SDK. SIM_PORT and SIM_TEST say where and as what,
SIM_HTTP2 that it is to be over HTTP/2, which these SDKs leave to the HTTP client that they are given.

The names of hosts are the providers' own, since a name tells the provider; all of them lead here.
"""
import os
import socket
import sys

PORT = int(os.environ["SIM_PORT"])
HEADERS = {"x-sim-test": os.environ["SIM_TEST"], "x-sim-cached": "7"}
ASK = "How long is a meter?"
HTTP2 = "SIM_HTTP2" in os.environ
lookup = socket.getaddrinfo


def here(host, *args, **kwargs):
    return lookup("127.0.0.1", *args, **kwargs)


socket.getaddrinfo = here


def url(host, path=""):
    return f"https://{host}:{PORT}{path}"


def http_client(name):
    """Arguments of an SDK that takes a client of httpx under that name."""
    import httpx
    return {name: httpx.Client(http2=True, timeout=60)} if HTTP2 else {}


def google_genai():
    from google import genai
    headers = {**HEADERS, "x-sim-reasoning": "2"}
    client = genai.Client(api_key="none", http_options={
        "base_url": url("generativelanguage.googleapis.com"), "headers": headers,
        "client_args": {"http2": HTTP2}})
    client.models.generate_content(model="gemini-2.5-flash", contents=ASK)
    for _ in client.models.generate_content_stream(model="gemini-2.5-pro", contents=ASK):
        pass


def bedrock():
    import boto3
    import json
    client = boto3.client("bedrock-runtime", region_name="us-east-1", aws_access_key_id="none",
                          aws_secret_access_key="none",
                          endpoint_url=url("bedrock-runtime.us-east-1.amazonaws.com"))

    def add(request, **_):
        for name, value in {**HEADERS, "x-sim-cache-write-5m": "3"}.items():
            request.headers[name] = value
    client.meta.events.register("before-send.bedrock-runtime.*", add)
    claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    messages = [{"role": "user", "content": [{"text": ASK}]}]
    client.converse(modelId="amazon.nova-lite-v1:0", messages=messages)
    for _ in client.converse_stream(modelId=claude, messages=messages)["stream"]:
        pass
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99,
                       "messages": [{"role": "user", "content": ASK}]})
    client.invoke_model(modelId=claude, body=body)["body"].read()
    for _ in client.invoke_model_with_response_stream(modelId=claude, body=body)["body"]:
        pass


def mistralai():
    from mistralai.client import Mistral
    client = Mistral(api_key="none", server_url=url("api.mistral.ai"), **http_client("client"))
    messages = [{"role": "user", "content": ASK}]
    client.chat.complete(model="mistral-large-2512", messages=messages, http_headers=HEADERS)
    for _ in client.chat.stream(model="mistral-small-2506", messages=messages, http_headers=HEADERS):
        pass


def cohere():
    import cohere as sdk
    client = sdk.ClientV2(api_key="none", base_url=url("api.cohere.com"),
                          **http_client("httpx_client"))
    options = {"additional_headers": HEADERS}
    messages = [{"role": "user", "content": ASK}]
    client.chat(model="command-a-03-2025", messages=messages, request_options=options)
    for _ in client.chat_stream(model="command-a-03-2025", messages=messages, request_options=options):
        pass
    client.rerank(model="rerank-v3.5", query=ASK, documents=["a", "b"], request_options=options)


def groq():
    from groq import Groq
    client = Groq(api_key="none", base_url=url("api.groq.com"), default_headers=HEADERS,
                  **http_client("http_client"))
    messages = [{"role": "user", "content": ASK}]
    client.chat.completions.create(model="llama-3.3-70b-versatile", messages=messages)
    for _ in client.chat.completions.create(model="openai/gpt-oss-120b", messages=messages, stream=True):
        pass


def litellm():
    import litellm as sdk
    messages = [{"role": "user", "content": ASK}]
    for model, base, stream in (("openai/gpt-4o", url("api.openai.com", "/v1"), False),
                                ("openai/gpt-4o-mini", url("api.openai.com", "/v1"), True),
                                ("anthropic/claude-sonnet-4-5", url("api.anthropic.com"), False),
                                ("anthropic/claude-haiku-4-5", url("api.anthropic.com"), True),
                                ("groq/llama-3.3-70b-versatile",
                                 url("api.groq.com", "/openai/v1"), True)):
        options = {"stream_options": {"include_usage": True}} if stream else {}
        answer = sdk.completion(model=model, messages=messages, api_base=base, api_key="none",
                                extra_headers=HEADERS, max_tokens=99, stream=stream, **options)
        for _ in answer if stream else ():
            pass


{f.__name__: f for f in (google_genai, bedrock, mistralai, cohere, groq, litellm)}[sys.argv[1]]()
