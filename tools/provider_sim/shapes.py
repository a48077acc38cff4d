# SPDX-License-Identifier: BSD-2-Clause
"""What the providers answer: bodies and event streams, by the API references.

Each shape gives the same usage in the provider's own terms and, for the truth log, in disjoint
classes: input (neither from nor into a cache), cache_read, cache_write_5m, cache_write_1h, output
(reasoning included) and reasoning, a part of output.
"""
import json
import secrets

# Two simulated providers on one host never answer with the same id.
RUN = secrets.token_hex(4)
SNAPSHOTS = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
             "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
             "claude-haiku-4-5": "claude-haiku-4-5-20251001"}
WORDS = "the meter counts what the wire carries and says what it does not know ".split()


def compact(obj):
    return json.dumps(obj, separators=(",", ":"))


class Answer:
    """One answer: its usage in both terms, its body, its events."""
    provider = api = ""
    stream_type = "text/event-stream; charset=utf-8"
    billed = None  # what of the tokens is charged, where that is told apart
    units = {}     # what is no token, by what wiretally calls it

    def __init__(self, request, body, number):
        self.request, self.body = request, body
        self.model = body.get("model", "")
        self.served = SNAPSHOTS.get(self.model, self.model)
        self.id = f"{self.id_prefix}{number:08d}{RUN}"
        self.stream = bool(body.get("stream"))
        # Different for each call, and the same in each run.
        self.tokens = {
            "input": request.sim("input", 11 + 7 * number % 997),
            "cache_read": request.sim("cached", 0),
            "cache_write_5m": request.sim("cache-write-5m", 0),
            "cache_write_1h": request.sim("cache-write-1h", 0),
            "output": request.sim("output", 5 + 13 * number % 499),
            "reasoning": request.sim("reasoning", 0),
        }
        self.events_wanted = request.sim("events", 8)

    id_prefix = "sim-"

    def headers(self):
        """Those that an answer has beside everybody's."""
        return {}

    def usage_is_sent(self):
        return True

    def usage_as_sent(self):
        """In the provider's own terms, for the truth log."""
        return self.usage()

    def words(self):
        said = self.request.sim("text", "").split() or WORDS
        return [said[i % len(said)] + " " for i in range(self.events_wanted)]


class Chat(Answer):
    provider, api, id_prefix = "openai", "chat.completions", "chatcmpl-"

    def usage(self):
        t = self.tokens
        prompt = t["input"] + t["cache_read"]
        return {"prompt_tokens": prompt, "completion_tokens": t["output"],
                "total_tokens": prompt + t["output"],
                "prompt_tokens_details": {"cached_tokens": t["cache_read"], "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": t["reasoning"],
                                              "audio_tokens": 0,
                                              "accepted_prediction_tokens": 0}}

    def usage_is_sent(self):
        return not self.stream or bool((self.body.get("stream_options") or {}).get("include_usage"))

    def base(self, kind):
        return {"id": self.id, "object": kind, "created": 1763000000, "model": self.served,
                "service_tier": "default"}

    def json(self):
        message = {"role": "assistant", "content": "".join(self.words()), "refusal": None}
        return {**self.base("chat.completion"),
                "choices": [{"index": 0, "message": message, "logprobs": None,
                             "finish_reason": "stop"}], "usage": self.usage()}

    def events(self):
        def one(delta, finish=None):
            event = {**self.base("chat.completion.chunk"),
                     "choices": [{"index": 0, "delta": delta, "logprobs": None,
                                  "finish_reason": finish}]}
            if self.usage_is_sent():
                event["usage"] = None
            return f"data: {compact(event)}\n\n"
        yield one({"role": "assistant", "content": ""})
        for word in self.words():
            yield one({"content": word})
        yield one({}, "stop")
        if self.usage_is_sent():
            last = {**self.base("chat.completion.chunk"), "choices": [], "usage": self.usage()}
            yield f"data: {compact(last)}\n\n"
        yield "data: [DONE]\n\n"


class Responses(Answer):
    provider, api, id_prefix = "openai", "responses", "resp_"

    def whole(self, status, usage):
        text = {"type": "output_text", "text": "".join(self.words()), "annotations": []}
        return {"id": self.id, "object": "response", "created_at": 1763000000, "status": status,
                "error": None, "model": self.served, "service_tier": "default",
                "output": [{"id": "msg_1", "type": "message", "role": "assistant",
                            "status": "completed", "content": [text]}],
                "usage": usage}

    def usage(self):
        t = self.tokens
        total_in = t["input"] + t["cache_read"]
        return {"input_tokens": total_in,
                "input_tokens_details": {"cached_tokens": t["cache_read"]},
                "output_tokens": t["output"],
                "output_tokens_details": {"reasoning_tokens": t["reasoning"]},
                "total_tokens": total_in + t["output"]}

    def json(self):
        return self.whole("completed", self.usage())

    def events(self):
        def one(kind, **more):
            return f"event: {kind}\ndata: {compact({'type': kind, **more})}\n\n"
        yield one("response.created", response=self.whole("in_progress", None))
        for word in self.words():
            yield one("response.output_text.delta", item_id="msg_1", delta=word)
        yield one("response.completed", response=self.json())


class Completions(Chat):
    api, id_prefix = "completions", "cmpl-"

    def json(self):
        return {**self.base("text_completion"),
                "choices": [{"text": "".join(self.words()), "index": 0, "finish_reason": "stop"}],
                "usage": self.usage()}


class Embeddings(Chat):
    api, id_prefix = "embeddings", ""

    def __init__(self, request, body, number):
        super().__init__(request, body, number)
        self.id, self.stream = "", False
        self.tokens = {"input": self.tokens["input"]}

    def usage(self):
        n = self.tokens["input"]
        return {"prompt_tokens": n, "total_tokens": n}

    def json(self):
        return {"object": "list", "model": self.served,
                "data": [{"object": "embedding", "index": 0, "embedding": [0.25] * 64}],
                "usage": self.usage()}


class Messages(Answer):
    provider, api, id_prefix = "anthropic", "messages", "msg_"

    def usage(self, output):
        t = self.tokens
        return {"input_tokens": t["input"],
                "cache_creation_input_tokens": t["cache_write_5m"] + t["cache_write_1h"],
                "cache_read_input_tokens": t["cache_read"],
                "cache_creation": {"ephemeral_5m_input_tokens": t["cache_write_5m"],
                                   "ephemeral_1h_input_tokens": t["cache_write_1h"]},
                "output_tokens": output, "service_tier": "standard"}

    def usage_as_sent(self):
        return self.usage(self.tokens["output"])

    def message(self, content, stop, output):
        return {"id": self.id, "type": "message", "role": "assistant", "model": self.served,
                "content": content, "stop_reason": stop, "stop_sequence": None,
                "usage": self.usage(output)}

    def json(self):
        return self.message([{"type": "text", "text": "".join(self.words())}], "end_turn",
                            self.tokens["output"])

    def events(self):
        def one(kind, pad="", **more):
            data = compact({"type": kind, **more})
            return f"event: {kind}\ndata: {data[:-1]}{pad}}}\n\n"
        yield one("message_start", pad="      ", message=self.message([], None, 1))
        yield one("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield one("ping")
        for word in self.words():
            yield one("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        yield one("content_block_stop", index=0)
        yield one("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None},
                  usage={"output_tokens": self.tokens["output"]})
        yield one("message_stop")


SHAPES = {"/v1/chat/completions": Chat, "/v1/responses": Responses,
          "/v1/completions": Completions, "/v1/embeddings": Embeddings,
          "/v1/messages": Messages}


def error(provider, status):
    kind = {401: "authentication_error", 429: "rate_limit_error",
            529: "overloaded_error"}.get(status, "api_error")
    inner = {"type": kind, "message": "simulated"}
    if provider == "anthropic":
        return {"type": "error", "error": inner}
    return {"error": {**inner, "param": None, "code": None}}
