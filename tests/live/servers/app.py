# SPDX-License-Identifier: BSD-2-Clause
"""A model server as ASGI servers run it: OpenAI's API in the shape of vLLM's, from a request's seed.

A seed k is answered with 100 + k tokens in, k + 1 out, and the id that ends with k.
"""
import asyncio
import json


def chat(k, **more):
    return {"id": f"chatcmpl-plain-{k}", "created": 1763000000, "model": "meta-llama/Llama-3.1-8B",
            **more}


def usage(k):
    return {"prompt_tokens": 100 + k, "total_tokens": 101 + 2 * k, "completion_tokens": k + 1,
            "prompt_tokens_details": None}


def whole(k):
    message = {"role": "assistant", "content": "word " * (k + 1)}
    return chat(k, object="chat.completion", usage=usage(k),
                choices=[{"index": 0, "message": message, "finish_reason": "stop"}])


def events(k):
    for word in ("some", "words", "that", "stream"):
        yield chat(k, object="chat.completion.chunk",
                   choices=[{"index": 0, "delta": {"content": word}, "finish_reason": None}])
    yield chat(k, object="chat.completion.chunk",
               choices=[{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}])
    yield chat(k, object="chat.completion.chunk", choices=[], usage=usage(k))


async def body_of(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = await body_of(receive)
    asked = json.loads(body) if scope["method"] == "POST" else None
    stream = bool(asked and asked.get("stream"))
    kind = b"text/event-stream" if stream else b"application/json"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    if stream:
        for event in events(asked["seed"]):
            data = f"data: {json.dumps(event)}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})
            await asyncio.sleep(0.005)
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})
    else:
        answer = whole(asked["seed"]) if asked else {"object": "list", "data": []}
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def wsgi(environ, start_response):
    """The same, without streams, for servers with a process or thread for each connection."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    asked = json.loads(environ["wsgi.input"].read(length)) if length else None
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps(whole(asked["seed"]) if asked else {"data": []}).encode()]
