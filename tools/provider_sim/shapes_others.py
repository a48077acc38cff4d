# SPDX-License-Identifier: BSD-2-Clause
"""What providers with APIs of their own answer: Google's Gemini, AWS Bedrock, Cohere; and Mistral and
Groq, who speak OpenAI's in dialects. As shapes.py; by host, since a path alone may be several's."""
import base64
import json
import re
import struct
import zlib
from urllib.parse import unquote

from shapes import Answer, Chat, Messages, compact


def frame(event, payload, kind="event"):
    """One message of an AWS event stream: lengths and checksums, headers, payload."""
    headers = b""
    for name, value in ((":event-type", event), (":content-type", "application/json"),
                        (":message-type", kind)):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value))
        headers += value.encode()
    body = compact(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


class Gemini(Answer):
    provider, api, id_prefix = "gcp.gemini", "generateContent", "gem-"

    def __init__(self, request, body, number):
        model, verb = re.search(r"/models/([^:/]+):(\w+)", request.path).groups()
        super().__init__(request, {**body, "model": model, "stream": verb.startswith("stream")}, number)
        self.tokens = {k: self.tokens[k] for k in ("input", "cache_read", "output", "reasoning")}

    def usage(self, part=1.0):
        t = self.tokens
        prompt, out = t["input"] + t["cache_read"], int((t["output"] - t["reasoning"]) * part)
        usage = {"promptTokenCount": prompt, "candidatesTokenCount": out,
                 "totalTokenCount": prompt + out + t["reasoning"],
                 "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}]}
        if t["cache_read"]:
            usage["cachedContentTokenCount"] = t["cache_read"]
        if t["reasoning"]:
            usage["thoughtsTokenCount"] = t["reasoning"]
        return usage

    def piece(self, text, part=1.0, finish="STOP"):
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": self.usage(part),
                "modelVersion": self.served, "responseId": self.id}

    def json(self):
        return self.piece("".join(self.words()))

    def events(self):
        words = self.words()
        for i, word in enumerate(words):
            last = i + 1 == len(words)
            piece = self.piece(word, (i + 1) / len(words), "STOP" if last else None)
            yield f"data: {compact(piece)}\r\n\r\n"


class Converse(Answer):
    """Bedrock's own shape; it tells no model, and no id but in a header."""
    provider, api, stream_type = "aws.bedrock", "converse", "application/vnd.amazon.eventstream"

    def __init__(self, request, body, number):
        model, verb = re.search(r"/model/([^/]+)/([\w-]+)", request.path).groups()
        super().__init__(request, {**body, "model": unquote(model), "stream": "stream" in verb}, number)
        self.served = None
        self.tokens = {k: self.tokens[k]
                       for k in ("input", "cache_read", "cache_write_5m", "output")}

    def usage(self):
        t = self.tokens
        return {"inputTokens": t["input"], "outputTokens": t["output"],
                "cacheReadInputTokens": t["cache_read"],
                "cacheWriteInputTokens": t["cache_write_5m"], "totalTokens": sum(t.values())}

    def json(self):
        content = [{"text": "".join(self.words())}]
        return {"output": {"message": {"role": "assistant", "content": content}},
                "stopReason": "end_turn", "usage": self.usage(), "metrics": {"latencyMs": 12}}

    def events(self):
        yield frame("messageStart", {"role": "assistant", "p": "abcd"})
        for word in self.words():
            yield frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}})
        yield frame("contentBlockStop", {"contentBlockIndex": 0})
        yield frame("messageStop", {"stopReason": "end_turn"})
        yield frame("metadata", {"usage": self.usage(), "metrics": {"latencyMs": 12}})


class Invoke(Messages):
    """Bedrock, in the shape of the model that is invoked: Anthropic's."""
    provider, api, stream_type = "aws.bedrock", "invoke", Converse.stream_type

    def __init__(self, request, body, number):
        model, verb = re.search(r"/model/([^/]+)/([\w-]+)", request.path).groups()
        super().__init__(request, {**body, "model": unquote(model), "stream": "stream" in verb}, number)
        self.served = "claude-sonnet-4-5-20250929"
        self.tokens.pop("reasoning")

    def headers(self):
        t = self.tokens
        return {"x-amzn-bedrock-input-token-count": t["input"],
                "x-amzn-bedrock-output-token-count": t["output"],
                "x-amzn-bedrock-cache-read-input-token-count": t["cache_read"],
                "x-amzn-bedrock-cache-write-input-token-count":
                    t["cache_write_5m"] + t["cache_write_1h"]}

    def events(self):
        for event in super().events():
            inner = json.loads(event.partition("data: ")[2])
            if inner["type"] == "message_stop":
                inner["amazon-bedrock-invocationMetrics"] = {
                    "inputTokenCount": self.tokens["input"],
                    "outputTokenCount": self.tokens["output"], "invocationLatency": 12,
                    "firstByteLatency": 3}
            data = base64.b64encode(compact(inner).encode()).decode()
            yield frame("chunk", {"bytes": data, "p": "abcdefgh"})


class Cohere(Answer):
    provider, api, id_prefix = "cohere", "chat", "coh-"

    def __init__(self, request, body, number):
        super().__init__(request, body, number)
        self.served = None
        self.tokens = {k: self.tokens[k] for k in ("input", "output")}
        # What it adds to a prompt by itself is read, and not charged.
        self.billed = {"input": max(self.tokens["input"] - 5, 1), "output": self.tokens["output"]}

    def usage(self):
        return {"billed_units": {"input_tokens": self.billed["input"],
                                 "output_tokens": self.billed["output"]},
                "tokens": {"input_tokens": self.tokens["input"],
                           "output_tokens": self.tokens["output"]}, "cached_tokens": 0}

    def json(self):
        content = [{"type": "text", "text": "".join(self.words())}]
        return {"id": self.id, "message": {"role": "assistant", "content": content},
                "finish_reason": "COMPLETE", "usage": self.usage()}

    def events(self):
        def one(kind, **more):
            return f"event: {kind}\ndata: {compact({'type': kind, **more})}\n\n"
        yield one("message-start", id=self.id, delta={"message": {"role": "assistant", "content": [],
                                                                  "tool_plan": "", "tool_calls": [],
                                                                  "citations": []}})
        yield one("content-start", index=0,
                  delta={"message": {"content": {"type": "text", "text": ""}}})
        for word in self.words():
            yield one("content-delta", index=0, delta={"message": {"content": {"text": word}}})
        yield one("content-end", index=0)
        yield one("message-end", delta={"finish_reason": "COMPLETE", "usage": self.usage()})


class Rerank(Cohere):
    api = "rerank"

    def __init__(self, request, body, number):
        super().__init__(request, body, number)
        self.tokens, self.billed, self.units = {}, None, {"searches": 1 + number % 3}

    def usage(self):
        return {"search_units": self.units["searches"]}

    def json(self):
        return {"id": self.id, "results": [{"index": 0, "relevance_score": 0.9}],
                "meta": {"api_version": {"version": "2"}, "billed_units": self.usage()}}


class Mistral(Chat):
    """The last piece of a stream tells the usage, whoever asked for it or not."""
    provider, id_prefix = "mistral_ai", "mis-"

    def usage_is_sent(self):
        return True

    def events(self):
        for word in self.words():
            yield "data: " + compact({**self.base("chat.completion.chunk"), "choices": [
                {"index": 0, "delta": {"role": "assistant", "content": word},
                 "finish_reason": None}]}) + "\n\n"
        last = {**self.base("chat.completion.chunk"), "usage": self.usage(), "choices": [
            {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]}
        yield f"data: {compact(last)}\n\n"
        yield "data: [DONE]\n\n"


class Groq(Mistral):
    provider, id_prefix = "groq", "groq-"

    def base(self, kind):
        return {**super().base(kind), "service_tier": "on_demand"}

    def events(self):
        for event in super().events():
            if '"finish_reason":"stop"' in event:
                last = json.loads(event[6:])
                last["x_groq"] = {"id": "req_sim", "usage": last.pop("usage")}
                event = f"data: {compact(last)}\n\n"
            yield event


# (host's part, path) -> shape
SHAPES = [("generativelanguage.", r"/v1\w*/models/[^/]+:(stream)?[gG]enerateContent", Gemini),
          ("bedrock-runtime.", r"/model/[^/]+/converse(-stream)?", Converse),
          ("bedrock-runtime.", r"/model/[^/]+/invoke(-with-response-stream)?", Invoke),
          ("cohere.", r"/v2/chat", Cohere), ("cohere.", r"/v2/rerank", Rerank),
          ("mistral.", r"/v1/chat/completions", Mistral),
          ("groq.", r"/openai/v1/chat/completions", Groq)]


def find(host, path):
    for part, pattern, shape in SHAPES:
        if part in host and re.fullmatch(pattern, path):
            return shape
    return None
