#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A day of a company's calls with known leaks in it, as a recording that `wiretally replay` reads.

    tools/day.py --seed 7 DAY.rec TRUTH.json

Each service is one process that talks plain HTTP/1.1 over connections of its own: whole requests and
answers, in the providers' own shapes, with the usage that the provider would tell. What each leak costs
is written down while it is made, from prices and rules of providers' caches that stand here and nowhere
else: the audit is given bytes.
"""
import argparse
import json
import random
import struct

OUT, IN = 0, 1  # enum wire_dir
DATA, END, PROC = 1, 2, 7  # enum wire_kind
REPLAY, FIRST_AND_LAST, SCRUBBED = 2, 3, 1
CHUNK = 65536
SECOND = 10**9
START = 1764028800  # 2025-11-25, 00:00 UTC
TOKEN = 4  # bytes

# Nano-dollars a token: input, read from a cache, written to it, output.
PRICES = {"gpt-4o": (2500, 1250, 2500, 10000), "gpt-4o-mini": (150, 75, 150, 600),
          "gpt-5": (1250, 125, 1250, 10000), "gpt-5-mini": (250, 25, 250, 2000),
          "claude-sonnet-4-5": (3000, 300, 3750, 15000), "claude-opus-4-1": (15000, 1500, 18750, 75000),
          "claude-haiku-4-5": (1000, 100, 1250, 5000), "text-embedding-3-small": (20, 20, 20, 0)}
SERVED = {"gpt-4o": "gpt-4o-2024-08-06", "gpt-4o-mini": "gpt-4o-mini-2024-07-18", "gpt-5": "gpt-5-2025-08-07",
          "gpt-5-mini": "gpt-5-mini-2025-08-07",
          "claude-sonnet-4-5": "claude-sonnet-4-5-20250929", "claude-opus-4-1": "claude-opus-4-1-20250805",
          "claude-haiku-4-5": "claude-haiku-4-5-20251001"}
SMALL = {"gpt-4o": "gpt-4o-mini", "gpt-5": "gpt-5-mini", "claude-sonnet-4-5": "claude-haiku-4-5",
         "claude-opus-4-1": "claude-haiku-4-5"}
LIFETIME = 300  # of Anthropic's cache, seconds


def tokens(text):
    return max(1, len(text) // TOKEN)


def compact(body):
    return json.dumps(body, separators=(",", ":")).encode()


def cost(model, fresh=0, read=0, written=0, output=0):
    p = PRICES[model]
    return fresh * p[0] + read * p[1] + written * p[2] + output * p[3]


class Service:
    def __init__(self, day, name):
        self.day, self.name = day, name
        self.pid = 1000 + 10 * len(day.services)
        self.key = f"sk-{day.rng.getrandbits(120):030x}"
        day.services.append(self)


class Day:
    def __init__(self, seed, scale):
        self.rng = random.Random(seed)
        self.scale = scale
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        self.words = ["".join(self.rng.choices(letters, weights=range(26, 0, -1), k=self.rng.randint(2, 9)))
                      for _ in range(4000)]
        self.records, self.services, self.truth = [], [], {}
        self.conns = self.calls = 0
        self.spent = 0

    # ---- bytes -------------------------------------------------------------------------------

    def text(self, n, words=None):
        """So many tokens of it."""
        parts, size = [], 0
        while size < n * TOKEN:
            parts.append(self.rng.choice(words or self.words))
            size += len(parts[-1]) + 1
        return " ".join(parts)[:n * TOKEN].strip().ljust(n * TOKEN, "s")

    def record(self, at, service, kind, conn=0, direction=0, off=0, data=b"", flags=FIRST_AND_LAST):
        ns = int(at * SECOND) + SECOND
        self.records.append((ns, len(self.records), struct.pack(
            "=QQQQQQQIIIIHBBBB2x", ns, conn, off, 0, 0, 0, service.pid, service.pid, service.pid,
            len(data), len(data), 0, kind, REPLAY, direction, flags) + data))

    def exchange(self, service, begin, host, path, body, answers, *, status="200 OK", headers="",
                 kind="application/json", cut=False):
        """answers: (moment, bytes). cut: the client hangs up before the end; when it was over."""
        self.conns += 1
        conn, off = self.conns, [0, 0]

        def put(at, direction, data):
            for i in range(0, len(data), CHUNK):
                piece = data[i:i + CHUNK]
                self.record(at, service, DATA, conn, direction, off[direction], piece)
                off[direction] += len(piece)

        auth = f"x-api-key: {service.key}" if "anthropic" in host else f"Authorization: Bearer {service.key}"
        put(begin, OUT, f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{auth}\r\nContent-Type: application/json\r\n"
                        f"{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        stream = kind == "text/event-stream"
        size = "Transfer-Encoding: chunked" if stream else f"Content-Length: {len(answers[0][1])}"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{size}\r\n\r\n".encode()
        for at, data in answers:
            put(at, IN, head + (b"%x\r\n%s\r\n" % (len(data), data) if stream else data))
            head = b""
        end = answers[-1][0]
        if stream and not cut:
            put(end, IN, b"0\r\n\r\n")
        self.record(end, service, END, conn, data=struct.pack("=QQQQ", *off, 0, 0), flags=0)
        return end

    def id(self):
        self.calls += 1
        return f"{self.calls:06d}{self.rng.getrandbits(64):016x}"

    # ---- calls; each returns when it ended, and what it cost ----------------------------------

    def openai(self, service, begin, model, messages, answer, *, read=0, output=None, finish="stop",
               host="api.openai.com", took=None, answer_id=None, tools=None, calls=None, fail=None, **more):
        body = {"model": model, "messages": messages, **more}
        if tools:
            body["tools"] = tools
        given = sum(tokens(m["content"] or "") for m in messages) + (tokens(json.dumps(tools)) if tools else 0)
        output = tokens(answer) if output is None else output
        end = begin + (took or 0.4 + output / 90)
        if fail:
            self.exchange(service, begin, host, "/v1/chat/completions", compact(body),
                          [(end, compact({"error": {"message": "it failed", "type": fail[1], "code": None}}))],
                          status=fail[0])
            return end, 0
        message = {"role": "assistant", "content": answer}
        if calls:
            message["tool_calls"] = calls
        said = {"id": "chatcmpl-" + (answer_id or self.id()), "object": "chat.completion",
                "model": SERVED.get(model, model),
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": {"prompt_tokens": given, "completion_tokens": output, "total_tokens": given + output,
                          "prompt_tokens_details": {"cached_tokens": read}}}
        nano = cost(model, given - read, read, 0, output)
        self.spent += nano
        return self.exchange(service, begin, host, "/v1/chat/completions", compact(body),
                             [(end, compact(said))]), nano

    def anthropic(self, service, begin, model, system, messages, answer, *, read=0, written=0, tools=None,
                  calls=None, cut=None, headers="", **more):
        """cut: the client hangs up behind so many tokens of the streamed answer."""
        body = {"max_tokens": 4096, "messages": messages, "model": model, **more}
        if system:
            body["system"] = system
        if tools:
            body["tools"] = tools
        given = self.given(system, messages, tools)
        output = cut or tokens(answer)
        nano = cost(model, given - read - written, read, written, output)
        self.spent += nano
        usage = {"input_tokens": given - read - written, "cache_read_input_tokens": read,
                 "cache_creation_input_tokens": written, "output_tokens": output}
        whole = {"id": "msg_" + self.id(), "type": "message", "role": "assistant", "model": SERVED[model],
                 "content": [{"type": "text", "text": answer}] + (calls or []),
                 "stop_reason": "tool_use" if calls else "end_turn", "usage": usage}
        if not cut:
            end = begin + 0.4 + output / 90
            return self.exchange(service, begin, "api.anthropic.com", "/v1/messages", compact(body),
                                 [(end, compact(whole))], headers=headers), nano
        body["stream"] = True
        whole["content"], whole["usage"] = [], {**usage, "output_tokens": 1}
        events = [("message_start", {"message": whole}),
                  ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})]
        said = answer[:cut * TOKEN]
        for i in range(0, len(said), 24):
            events.append(("content_block_delta", {"index": 0, "delta": {"type": "text_delta",
                                                                         "text": said[i:i + 24]}}))
        answers = [(begin + 0.4 + 0.05 * i,
                    f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
                   for i, (name, data) in enumerate(events)]
        return self.exchange(service, begin, "api.anthropic.com", "/v1/messages", compact(body), answers,
                             kind="text/event-stream", cut=True, headers=headers), nano

    @staticmethod
    def given(system, messages, tools):
        text = system or ""
        for m in messages:
            parts = m["content"] if isinstance(m["content"], list) else [m]
            text += "".join(str(p.get("text") or p.get("content") or "") for p in parts)
        return tokens(text) + (tokens(json.dumps(tools)) if tools else 0)

    def leak(self, name, nano, calls=1):
        t = self.truth.setdefault(name, {"nano_usd": 0, "calls": 0})
        t["nano_usd"] += nano
        t["calls"] += calls

    def times(self, count, since=0.0, until=24.0):
        """Moments of the day, in order."""
        n = max(2, int(count * self.scale))
        return sorted(3600 * self.rng.uniform(since, until) for _ in range(n))

    # ---- what leaks ---------------------------------------------------------------------------

    def easy(self):
        """Tickets are sorted by a dear model: one word each."""
        who = Service(self, "tickets")
        for at in self.times(400):
            model = self.rng.choice(("gpt-4o", "gpt-4o", "claude-sonnet-4-5"))
            ask, label = self.text(self.rng.randint(60, 300)), self.rng.choice(("billing", "login", "other"))
            if model == "gpt-4o":
                _end, nano = self.openai(who, at, model, [{"role": "user", "content": ask}], label,
                                         temperature=0)
            else:
                _end, nano = self.anthropic(who, at, model, None, [{"role": "user", "content": ask}], label)
            self.leak("overkill", nano - cost(SMALL[model], tokens(ask), output=tokens(label)))

    def asked_before(self):
        """A help desk: few questions come often, and each is answered anew."""
        who = Service(self, "helpdesk")
        questions = [self.text(self.rng.randint(30, 200)) for _ in range(60)]
        weights = [1 / (i + 1) for i in range(len(questions))]
        answered = {}
        for at in self.times(500):
            q = self.rng.choices(range(len(questions)), weights)[0]
            answer = self.text(self.rng.randint(150, 400))
            end, nano = self.openai(who, at, "gpt-4o", [
                {"role": "system", "content": "Help who asks, kindly."},
                {"role": "user", "content": questions[q]}], answer, user=f"u{self.rng.randrange(10**6)}")
            if q in answered and answered[q] <= at:
                self.leak("repeats", nano)
            elif q not in answered:
                answered[q] = end
        # Samples that are taken at once are wanted.
        for at in self.times(20):
            ask = self.text(300)
            for i in range(4):
                self.openai(who, at + 0.01 * i, "gpt-4o", [{"role": "user", "content": ask}], self.text(200),
                            took=3, temperature=1)

    def make(self):
        self.easy()
        self.asked_before()

    def write(self, path):
        for s in self.services:
            comm = s.name.encode().ljust(16, b"\0")[:16]
            exe, args = f"/usr/bin/{s.name}".encode(), b""
            self.record(-0.5, s, PROC, data=struct.pack("=IIII16s512s1024s512s", 1, 1000 + s.pid, 100, len(args),
                                                        comm, exe, args, b""), flags=0)
        self.records.sort(key=lambda r: r[:2])
        with open(path, "wb") as out:
            out.write(struct.pack("=8sIIqQ", b"WTALLY\r\n", 1, SCRUBBED, (START - 1) * SECOND, 0))
            for _ns, _n, record in self.records:
                out.write(record)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=float, default=1, help="how busy the day is")
    parser.add_argument("recording")
    parser.add_argument("truth")
    o = parser.parse_args()
    day = Day(o.seed, o.scale)
    day.make()
    day.write(o.recording)
    with open(o.truth, "w", encoding="utf-8") as out:
        json.dump({"nano_usd": day.spent, "leaks": day.truth}, out, indent=1)


if __name__ == "__main__":
    main()
