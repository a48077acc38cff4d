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
ENGLISH = ("the a of to and in that it is was for on with he be at by had not are but from or have they which "
           "one you were all her she there would their we him been has when who will no more if out so said what "
           "up its about into than them can only other time new some could these two may first then do any like "
           "my now over such our man even most made after also did many before must through years where much your "
           "way well down should because long each just state those people how too little good world make very "
           "year still see own work men day get here old life both between being under three never know same last "
           "another while us off might great go come since against right came take used himself few house use "
           "place during high without again home around small however found thought went say part once general").split()
LIFETIME = 300  # of Anthropic's cache, seconds


def tokens(text):
    return max(1, len(text) // TOKEN)


def compact(body):
    return json.dumps(body, separators=(",", ":")).encode()


def cost(model, fresh=0, read=0, written=0, output=0):
    p = PRICES[model]
    return fresh * p[0] + read * p[1] + written * p[2] + output * p[3]


def caching(model):
    """What a token that is read from a cache saves, and one that is written costs more."""
    fresh, read, written, _output = PRICES[model]
    return fresh - read, written - fresh


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

    def english(self, n):
        """Of so many tokens: words that are one each, as most are, and marks between them."""
        parts = []
        while n > 0:
            words = [self.rng.choice(ENGLISH) for _ in range(min(n, self.rng.randint(4, 14)))]
            n -= len(words) + 1
            parts.append(" ".join(words).capitalize() + self.rng.choice(".,;"))
        return " ".join(parts)

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
               host="api.openai.com", path="/v1/chat/completions", took=None, answer_id=None, tools=None,
               calls=None, fail=None, given=None, **more):
        body = {"model": model, "messages": messages, **more}
        if tools:
            body["tools"] = tools
        given = given or (sum(tokens(m["content"] or "") for m in messages)
                          + (tokens(json.dumps(tools)) if tools else 0))
        output = tokens(answer) if output is None else output
        end = begin + (took or 0.4 + output / 90)
        if fail:
            said = {"error": {"message": "it failed", "type": fail[1], "code": fail[1]}}
            self.exchange(service, begin, host, path, compact(body), [(end, compact(said))], status=fail[0])
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
        return self.exchange(service, begin, host, path, compact(body), [(end, compact(said))]), nano

    def anthropic(self, service, begin, model, system, messages, answer, *, read=0, written=0, tools=None,
                  calls=None, cut=None, headers="", **more):
        """cut: the client hangs up behind so many tokens of the streamed answer."""
        more = {"stream": True} if cut else more
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
        if not cut and not more.get("stream"):
            end = begin + 0.4 + output / 90
            return self.exchange(service, begin, "api.anthropic.com", "/v1/messages", compact(body),
                                 [(end, compact(whole))], headers=headers), nano
        whole["content"], whole["usage"] = [], {**usage, "output_tokens": 1}
        events = [("message_start", {"message": whole}),
                  ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})]
        said = answer[:output * TOKEN]
        for i in range(0, len(said), 24):
            events.append(("content_block_delta", {"index": 0, "delta": {"type": "text_delta",
                                                                         "text": said[i:i + 24]}}))
        if not cut:
            events += [("content_block_stop", {"index": 0}),
                       ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": usage}),
                       ("message_stop", {})]
        answers = [(begin + 0.4 + 0.05 * i,
                    f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())
                   for i, (name, data) in enumerate(events)]
        return self.exchange(service, begin, "api.anthropic.com", "/v1/messages", compact(body), answers,
                             kind="text/event-stream", cut=bool(cut), headers=headers), nano

    @staticmethod
    def given(system, messages, tools):
        text = system if isinstance(system, str) else "".join(part["text"] for part in system or ())
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

    def embedded_again(self):
        """An indexer: documents come again, most of them unchanged."""
        who = Service(self, "indexer")
        texts, seen = [self.text(400) for _ in range(500)], set()
        for at in self.times(500):
            batch = self.rng.choices(range(len(texts)), k=self.rng.choice((1, 1, 4, 4, 16)))
            body = {"model": "text-embedding-3-small", "input": [texts[i] for i in batch]}
            if len(batch) == 1:
                body["input"] = texts[batch[0]]
            given = 400 * len(batch)
            answer = {"object": "list", "model": body["model"],
                      "data": [{"object": "embedding", "index": i, "embedding": [0.25, -0.5]}
                               for i in range(len(batch))],
                      "usage": {"prompt_tokens": given, "total_tokens": given}}
            self.exchange(who, at, "api.openai.com", "/v1/embeddings", compact(body),
                          [(at + 0.3, compact(answer))])
            again = 0
            for i in batch:
                again += i in seen
                seen.add(i)
            self.spent += cost(body["model"], given)
            if again:
                self.leak("embeddings", cost(body["model"], 400 * again))

    def sent_again(self):
        """A handbook before each question, with and without a cache; an agent that has none."""
        self.with_manual("handbook", False)
        # A form of words with a question at its end, in one message: the form could be read.
        who, form, last, chain = Service(self, "forms"), self.text(3000), None, False
        saves, premium = caching("claude-sonnet-4-5")
        for at in self.times(300):
            young = last is not None and at - last <= LIFETIME
            self.anthropic(who, at, "claude-sonnet-4-5", None, [
                {"role": "user", "content": form + self.text(100)}], self.text(150))
            if young:
                self.leak("prefixes", 3000 * saves - (0 if chain else 3000 * premium))
            chain, last = young, at
        who = Service(self, "coder")
        for at in self.times(12):
            self.agent(who, at, "claude-sonnet-4-5", self.rng.randint(5, 12))

    def with_manual(self, name, cached):
        """The same pages before each question, with a cache or without."""
        who, pages, last, chain, at = Service(self, name), self.text(2400), None, False, 100.0
        saves, premium = caching("claude-sonnet-4-5")
        system = [{"type": "text", "text": pages, "cache_control": {"type": "ephemeral"}}] if cached else pages
        for _ in range(int(250 * self.scale)):
            at += self.rng.choice((20, 60, 150, 280, 700))
            young = last is not None and at - last <= LIFETIME
            read = 2400 if cached and young else 0
            self.anthropic(who, at, "claude-sonnet-4-5", system,
                           [{"role": "user", "content": self.text(150)}], self.text(200), read=read,
                           written=2400 - read if cached else 0)
            if young and not cached:
                self.leak("prefixes", 2400 * saves - (0 if chain else 2400 * premium))
            chain, last = young, at

    def agent(self, who, at, model, steps):
        """Anthropic's, without a cache: each step sends all that was sent before."""
        saves, premium = caching(model)
        tools = [{"name": "read", "description": "Reads a file", "input_schema": {
            "type": "object", "properties": {"path": {"type": "string"}}}}]
        messages, before = [{"role": "user", "content": self.text(1600)}], 0
        for step in range(steps):
            call = [{"type": "tool_use", "id": f"toolu_{self.id()}", "name": "read",
                     "input": {"path": self.text(4)}}] if step < steps - 1 else None
            answer, given = self.text(60), self.given(None, messages, tools)
            end, _nano = self.anthropic(who, at, model, None, messages, answer, tools=tools, calls=call)
            if before:  # what was written then would be read now, and what is new written
                self.leak("prefixes", before * saves - (before - (written if step > 1 else 0)) * premium)
                written = before
            written, before = before, given
            if not call:
                break
            messages = messages + [
                {"role": "assistant", "content": [{"type": "text", "text": answer}] + call},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call[0]["id"],
                                              "content": self.text(300)}]}]
            at = end + self.rng.uniform(1, 40)

    def judged(self):
        """Answers of a small model, marked by a large one; and summed up by a small one."""
        writer, judge, other = Service(self, "writer"), Service(self, "evals"), Service(self, "summary")
        rubric = self.text(700)
        for at in self.times(200):
            answer = self.text(260)
            end, _nano = self.openai(writer, at, "gpt-4o-mini", [
                {"role": "user", "content": self.text(120)}], answer)
            _end, nano = self.openai(judge, end + 2, "gpt-4o", [
                {"role": "system", "content": rubric},
                {"role": "user", "content": f"Mark this from 1 to 5.\n\n> {answer}\n"}], "4")
            given = tokens(rubric) + tokens(f"Mark this from 1 to 5.\n\n> {answer}\n")
            self.leak("judges", nano - cost("gpt-4o-mini", given, output=1))
            if self.rng.random() < 0.3:
                self.openai(other, end + 9, "gpt-4o-mini", [
                    {"role": "user", "content": f"Sum it up: {answer} {self.text(400)}"}], self.text(90))

    def thrown_away(self):
        """Streams that are left, half of them asked for again."""
        who = Service(self, "reports")
        for at in self.times(120):
            ask = [{"role": "user", "content": self.text(3000)}]
            answer = self.text(300)
            end, nano = self.anthropic(who, at, "claude-sonnet-4-5", None, ask, answer, cut=80)
            again = self.rng.random() < 0.5
            self.leak("retries" if again else "abandoned", nano)
            if again:
                # A stream, too: it is the same request.
                self.anthropic(who, end + 1, "claude-sonnet-4-5", None, ask, answer, stream=True)
        for at in self.times(200):
            self.anthropic(who, at, "claude-sonnet-4-5", None, [
                {"role": "user", "content": self.text(900)}], self.text(300), stream=True)

    def refused(self):
        """Azure's filter: what it refuses has been read, and is charged."""
        who, host = Service(self, "wall"), "acme.openai.azure.com"
        path = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
        for i, at in enumerate(self.times(150)):
            given = self.rng.randint(800, 1500)
            messages = [{"role": "user", "content": self.english(given)}]
            if i % 5:
                self.openai(who, at, "gpt-4o", messages, self.text(150), host=host, path=path, given=given)
                continue
            self.openai(who, at, "gpt-4o", messages, "", host=host, path=path,
                        fail=("400 Bad Request", "content_filter"))
            nano = cost("gpt-4o", given)
            self.spent += nano
            self.leak("refused", nano)

    def cut_off(self):
        """Digests that end in the middle; some are gone on with."""
        who = Service(self, "digests")
        for at in self.times(150):
            ask, answer = {"role": "user", "content": self.text(500)}, self.text(200)
            end, nano = self.openai(who, at, "gpt-4o", [ask], answer, finish="length", max_tokens=200)
            if self.rng.random() < 0.5:
                self.leak("truncated", nano)
                continue
            self.openai(who, end + 3, "gpt-4o", [ask, {"role": "assistant", "content": answer},
                                                 {"role": "user", "content": "Go on."}], self.text(150),
                        max_tokens=200)

    def failed(self):
        """Agents; of some the last call fails, and all was for nothing."""
        who = Service(self, "planner")
        tools = [{"type": "function", "function": {"name": "look", "description": "Looks it up",
                                                   "parameters": {"type": "object", "properties": {}}}}]
        for at in self.times(60):
            messages, spent, fails = [{"role": "user", "content": self.text(200)}], 0, self.rng.random() < 0.4
            steps = self.rng.randint(3, 5)
            for step in range(steps):
                last = step == steps - 1
                call = [{"id": f"call_{self.id()}", "type": "function",
                         "function": {"name": "look", "arguments": compact({"q": self.text(5)}).decode()}}]
                end, nano = self.openai(
                    who, at, "gpt-5", messages, self.text(120), tools=tools, calls=None if last else call,
                    finish="stop" if last else "tool_calls",
                    fail=("500 Internal Server Error", "server_error") if last and fails else None)
                spent += nano
                messages = messages + [
                    {"role": "assistant", "content": None, "tool_calls": call},
                    {"role": "tool", "tool_call_id": call[0]["id"], "content": self.text(60)}]
                at = end + self.rng.uniform(0.1, 5)
            if fails:
                self.leak("failed_runs", spent)

    def two_hops(self):
        """A gateway and who asks it, each a process whose calls have a price."""
        front, gateway = Service(self, "front"), Service(self, "gateway")
        for at in self.times(80):
            messages, answer, name = [{"role": "user", "content": self.text(700)}], self.text(250), self.id()
            self.openai(gateway, at + 0.05, "gpt-4o", messages, answer, answer_id=name, took=2)
            _end, nano = self.openai(front, at, "gpt-4o", messages, answer, answer_id=name, took=2.2,
                                     host="llm.acme.example")
            self.leak("twice", nano)

    def well_made(self):
        """Nothing to be found: long chats whose beginnings are cached, work of all sizes."""
        who = Service(self, "assistant")
        for at in self.times(40):
            messages, before = [{"role": "system", "content": self.text(1300)}], 0
            for _ in range(self.rng.randint(2, 7)):
                messages = messages + [{"role": "user", "content": self.text(self.rng.randint(40, 200))}]
                given = sum(tokens(m["content"]) for m in messages)
                answer = self.text(self.rng.randint(100, 300))
                at, _nano = self.openai(who, at, "gpt-4o", messages, answer, read=before // 128 * 128)
                messages, before = messages + [{"role": "assistant", "content": answer}], given
                at += self.rng.uniform(5, 60)
        # Samples that are taken at once are wanted; so is one token.
        who = Service(self, "samples")
        for at in self.times(20):
            ask = self.text(300)
            for i in range(4):
                self.openai(who, at + 0.01 * i, "gpt-4o", [{"role": "user", "content": ask}], self.text(200),
                            took=3, temperature=1)
            self.openai(who, at + 9, "gpt-4o-mini", [{"role": "user", "content": self.text(700)}], "yes ",
                        finish="length", max_tokens=1)
        self.with_manual("manual", True)
        other = Service(self, "essays")
        for at in self.times(150):
            self.anthropic(other, at, "claude-opus-4-1", None, [
                {"role": "user", "content": self.text(self.rng.randint(200, 900))}],
                self.text(self.rng.randint(300, 900)))

    def make(self, clean):
        leaks = (self.easy, self.asked_before, self.embedded_again, self.sent_again, self.judged,
                 self.thrown_away, self.refused, self.cut_off, self.failed, self.two_hops)
        for part in (*(() if clean else leaks), self.well_made):
            part()

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
    parser.add_argument("--clean", action="store_true", help="a day on which nothing leaks")
    parser.add_argument("recording")
    parser.add_argument("truth")
    o = parser.parse_args()
    day = Day(o.seed, o.scale)
    day.make(o.clean)
    day.write(o.recording)
    with open(o.truth, "w", encoding="utf-8") as out:
        json.dump({"nano_usd": day.spent, "leaks": day.truth}, out, indent=1)


if __name__ == "__main__":
    main()
