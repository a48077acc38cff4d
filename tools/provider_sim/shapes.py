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


def halves(text):
    """As a stream has it, in pieces."""
    return text[:len(text) // 2], text[len(text) // 2:]


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
        self.said, self.calls = None, []  # what it says, which tools it calls: see agents.py

    id_prefix, call_prefix = "sim-", "call_"

    def headers(self):
        """Those that an answer has beside everybody's."""
        return {}

    def usage_is_sent(self):
        return True

    def usage_as_sent(self):
        """In the provider's own terms, for the truth log."""
        return self.usage()

    def words(self):
        if self.said:
            return self.said
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
        if self.calls:
            message |= {"content": None, "tool_calls": self.tool_calls()}
        return {**self.base("chat.completion"),
                "choices": [{"index": 0, "message": message, "logprobs": None,
                             "finish_reason": self.finish()}], "usage": self.usage()}

    def finish(self):
        return "tool_calls" if self.calls else "stop"

    def tool_calls(self):
        return [{"id": c["id"], "type": "function", "function": {
            "name": c["name"], "arguments": json.dumps(c["arguments"])}} for c in self.calls]

    def events(self):
        def one(delta, finish=None):
            event = {**self.base("chat.completion.chunk"),
                     "choices": [{"index": 0, "delta": delta, "logprobs": None,
                                  "finish_reason": finish}]}
            if self.usage_is_sent():
                event["usage"] = None
            return f"data: {compact(event)}\n\n"
        yield one({"role": "assistant", "content": ""})
        for word in [] if self.calls else self.words():
            yield one({"content": word})
        for i, call in enumerate(self.tool_calls()):
            function = call["function"]
            yield one({"tool_calls": [{"index": i, **call,
                                       "function": {**function, "arguments": ""}}]})
            for half in halves(function["arguments"]):
                yield one({"tool_calls": [{"index": i, "function": {"arguments": half}}]})
        yield one({}, self.finish())
        if self.usage_is_sent():
            last = {**self.base("chat.completion.chunk"), "choices": [], "usage": self.usage()}
            yield f"data: {compact(last)}\n\n"
        yield "data: [DONE]\n\n"


class Responses(Answer):
    provider, api, id_prefix = "openai", "responses", "resp_"

    def items(self):
        if not self.calls:
            text = {"type": "output_text", "text": "".join(self.words()), "annotations": []}
            yield {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                   "content": [text]}
        for c in self.calls:
            program = isinstance(c["arguments"], str)
            kind, key = ("custom_tool_call", "input") if program else ("function_call", "arguments")
            yield {"id": f"{'ctc' if program else 'fc'}_{c['id'][5:]}", "type": kind,
                   "status": "completed", "call_id": c["id"], "name": c["name"],
                   key: c["arguments"] if program else json.dumps(c["arguments"]),
                   **({"namespace": c["namespace"]} if c["namespace"] else {})}

    def whole(self, status, usage):
        return {"id": self.id, "object": "response", "created_at": 1763000000, "status": status,
                "error": None, "model": self.served, "service_tier": "default",
                "output": list(self.items()), "usage": usage}

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
        parts = {"message": ("content", "response.output_text", {"content_index": 0}),
                 "function_call": ("arguments", "response.function_call_arguments", {}),
                 "custom_tool_call": ("input", "response.custom_tool_call_input", {})}
        for i, item in enumerate(self.items()):
            key, kind, more = parts[item["type"]]
            yield one("response.output_item.added", output_index=i,
                      item=item | {key: item[key][:0], "status": "in_progress"})
            more |= {"item_id": item["id"], "output_index": i}
            for piece in self.words() if key == "content" else halves(item[key]):
                yield one(kind + ".delta", delta=piece, **more)
            if key != "content":
                yield one(kind + ".done", **more, **{key: item[key]})
            yield one("response.output_item.done", output_index=i, item=item)
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
    provider, api, id_prefix, call_prefix = "anthropic", "messages", "msg_", "toolu_"

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
        return self.message([{"type": "text", "text": "".join(self.words())}, *(
            {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["arguments"]}
            for c in self.calls)], self.stop(), self.tokens["output"])

    def stop(self):
        return "tool_use" if self.calls else "end_turn"

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
        for i, c in enumerate(self.calls, 1):
            yield one("content_block_start", index=i, content_block={
                "type": "tool_use", "id": c["id"], "name": c["name"], "input": {}})
            for half in halves(json.dumps(c["arguments"])):
                yield one("content_block_delta", index=i,
                          delta={"type": "input_json_delta", "partial_json": half})
            yield one("content_block_stop", index=i)
        yield one("message_delta", delta={"stop_reason": self.stop(), "stop_sequence": None},
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
