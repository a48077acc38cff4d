#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A month of calls with known runaways in it, as rows that `wiretally replay --calls` reads.

    tools/month.py --seed 7 ROWS.ndjson TRUTH.json

Some services that work, each in its own way: chats with people, RAG, agents with tools and sub-agents,
coding sessions of developers, nightly batches, an evaluation that asks the same again and again, a
planner and its critic, reports on Monday mornings; deploys that change models and habits, a backfill, a
provider that fails for some minutes. Into them runaways are put at known moments: an agent that calls
itself, two that answer each other, a request that is sent again and again. All that they are made of is
drawn from the seed, here and nowhere else: detectors see rows.
"""
import argparse
import heapq
import json
import math
import random
import time

DAY = 86400
START = 1764547200  # 2025-12-01, a Monday, 00:00 UTC
PRICES = {"gpt-4o": (2500, 10000), "gpt-4o-mini": (150, 600), "claude-sonnet-4-5": (3000, 15000),
          "gpt-5": (1250, 10000), "claude-haiku-4-5": (1000, 5000)}  # nano-dollars a token


class Owner:
    def __init__(self, rng, number, kind):
        self.rng, self.kind = rng, kind
        self.name = f"{kind}-{number}"
        self.uid = 1000 + number
        self.container = f"{rng.getrandbits(256):064x}" if rng.random() < 0.6 else ""
        self.pid = rng.randrange(1000, 30000)
        self.model = rng.choice(list(PRICES))
        self.host = "api.anthropic.com" if "claude" in self.model else "api.openai.com"
        self.key = f"{rng.getrandbits(64):016x}"
        self.level = rng.lognormvariate(0, 0.5)  # how busy it is
        self.latency = rng.uniform(0.4, 4)
        self.depth = rng.choice((1, 1, 2))
        self.steps = rng.uniform(2, 9)


class Month:
    def __init__(self, seed, days, owners):
        self.rng = random.Random(seed)
        self.days = days
        self.rows = []  # (end, line)
        self.truth = []
        self.runs = 0
        self.active = set()  # (owner, day)
        kinds = ("chat", "rag", "agent", "coder", "batch", "eval", "duo", "weekly")
        self.owners = [Owner(self.rng, i, kinds[i % len(kinds)]) for i in range(owners)]

    # ---- rows --------------------------------------------------------------------------------

    def run(self):
        self.runs += 1
        return f"{self.rng.getrandbits(40):010x}{self.runs:06x}"

    def took(self, owner, output):
        return max(0.15, owner.latency * self.rng.lognormvariate(0, 0.35) + output / 120)

    def call(self, owner, begin, given, output, *, run="", parent="", step=1, depth=0, result="ok",
             same=1, repeats=0, took=None, pid=0, lineage="", model=None):
        """One row; when it ended."""
        took = self.took(owner, output) if took is None else took
        if result != "ok":
            given_known = False
            took = min(took, self.rng.uniform(0.05, 0.6))
        else:
            given_known = True
        end = begin + took
        model = model or owner.model
        price = PRICES.get(model, (0, 0))
        nano = int(given * price[0] + output * price[1])
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(end)) + f".{int(end * 1000) % 1000:03d}Z"
        pid = pid or owner.pid
        w = {"result": result, "usage_source": "reported" if given_known else "none", "complete": True,
             "api": "chat.completions",
             "owner": {"service": owner.name, "key": owner.key,
                       "trust": {"service": "claimed", "key": "claimed"}}}
        if run:
            w["owner"]["run"] = run
            w["run"] = {"link": "messages", "step": step, "depth": depth}
            if parent:
                w["owner"]["parent_run"] = parent
            if repeats > 1:
                w["run"]["repeats"] = repeats
        if same > 1:
            w["same_request"] = same
        if given_known:
            w["tokens"] = {"input": int(given), "output": int(output)}
            w["cost"] = {"usd": "", "nano_usd": {"total": nano}, "kind": "list"}
        else:
            w["cost"] = {"usd": "0.0", "nano_usd": {"total": 0}, "kind": "list"}
        if lineage:
            w["lineage"] = lineage
        row = {"@timestamp": stamp, "event": {"dataset": "wiretally.call", "id": "",
                                              "duration": int(took * 1e9)},
               "gen_ai": {"provider": {"name": "openai"}, "operation": {"name": "chat"},
                          "request": {"model": model}},
               "wiretally": w, "process": {"pid": pid, "entity_id": f"{pid:x}-1"},
               "user": {"id": str(owner.uid)}, "url": {"domain": owner.host}}
        if owner.container:
            row["container"] = {"id": owner.container}
        self.rows.append((end, row))
        self.active.add((owner.name, int((end - START) // DAY)))
        return end

    # ---- what works --------------------------------------------------------------------------

    def agent_run(self, owner, begin, steps, *, depth=0, parent="", think=None, grow=None):
        """A run of some steps, with sub-agents; when it ended."""
        rng, run, context, at = self.rng, self.run(), rng_int(self.rng, 800, 6000), begin
        repeats = 0
        for step in range(1, steps + 1):
            output = rng_int(rng, 20, 700)
            repeats = repeats + 1 if repeats and rng.random() < 0.35 else 1  # it polls for a moment
            at = self.call(owner, at, context, output, run=run, parent=parent, step=step, depth=depth,
                           repeats=min(repeats, 6))
            if depth < owner.depth and rng.random() < 0.06:
                for _ in range(rng.choice((1, 1, 2, 4))):
                    at = self.agent_run(owner, at + rng.uniform(0.01, 0.2), rng_int(rng, 1, 8),
                                        depth=depth + 1, parent=run)
            context += output + int((grow or 600) * rng.lognormvariate(0, 1))
            at += rng.uniform(*(think or (0.01, 4)))
        return at

    def chat(self, owner, day):
        for begin in self.arrivals(owner, day, 25):
            run, context, at = self.run(), rng_int(self.rng, 100, 900), begin
            for step in range(1, 1 + min(30, 1 + int(self.rng.expovariate(0.3)))):
                output = rng_int(self.rng, 30, 500)
                at = self.call(owner, at, context, output, run=run, step=step)
                context += output + rng_int(self.rng, 10, 200)
                at += self.rng.uniform(4, 60)  # somebody reads, and writes

    def rag(self, owner, day):
        for begin in self.arrivals(owner, day, 120):
            self.call(owner, begin, rng_int(self.rng, 1500, 9000), rng_int(self.rng, 40, 400),
                      run=self.run())
        if self.rng.random() < 0.5:  # somebody looks whether it lives
            for i in range(200):
                self.call(owner, START + day * DAY + i * 60, 12, 3, run=self.run(), took=0.4)

    def agent(self, owner, day):
        for begin in self.arrivals(owner, day, 15):
            steps = max(1, int(self.rng.lognormvariate(math.log(owner.steps), 0.5)))
            self.agent_run(owner, begin, min(steps, 40))

    def coder(self, owner, day):
        for begin in self.arrivals(owner, day, 3):
            self.agent_run(owner, begin, min(220, 5 + int(self.rng.expovariate(1 / 35))),
                           think=(0.05, 30), grow=1200)

    def batch(self, owner, day):
        begin = START + day * DAY + 2 * 3600 + self.rng.uniform(0, 60)
        self.flood(owner, begin, int(150 * owner.level) + 50, self.rng.randrange(4, 24))

    def flood(self, owner, begin, count, workers):
        """Independent calls, so many at once."""
        free = [begin + self.rng.uniform(0, 1) for _ in range(workers)]
        heapq.heapify(free)
        ordered = self.rng.random() < 0.2
        sizes = [rng_int(self.rng, 200, 4000) for _ in range(count)]
        for size in sorted(sizes) if ordered else sizes:  # by length, as some do
            at = heapq.heappop(free)
            end = self.call(owner, at, size, rng_int(self.rng, 5, 300), run=self.run())
            heapq.heappush(free, end + 0.01)

    def eval(self, owner, day):
        """The same prompts each night, each some times: a leak, and no runaway."""
        prompts = random.Random(owner.uid).sample(range(200, 3000), 25)
        samples = 1 + owner.uid % 8
        at = START + day * DAY + 3 * 3600
        together = owner.uid % 2
        for prompt in prompts:
            ends = []
            for i in range(samples):
                ends.append(self.call(owner, at, prompt, rng_int(self.rng, 20, 200), run=self.run(),
                                      same=1 if together else i + 1))
                at = at if together else ends[-1] + 0.02
            at = max(ends) + 0.05

    def duo(self, owner, day):
        """A planner and its critic: some rounds, and it is done."""
        for begin in self.arrivals(owner, day, 6):
            self.answer_each_other(owner, begin, 2 * self.rng.randrange(1, 5))

    def answer_each_other(self, owner, begin, turns, latency=None, pause=(0.001, 0.3)):
        runs = (self.run(), self.run())
        context, at, ends = [600, 700], begin, []
        for turn in range(turns):
            who = turn % 2
            output = rng_int(self.rng, 80, 400)
            took = latency * self.rng.uniform(0.8, 1.3) if latency else None
            at = self.call(owner, at, context[who], output, run=runs[who], step=turn // 2 + 1, took=took)
            ends.append(at)
            context = [c + output for c in context]
            at += self.rng.uniform(*pause)
        return ends

    def weekly(self, owner, day):
        if day % 7 == 0:  # Monday, 8:00: a report with many helpers at once
            at = START + day * DAY + 8 * 3600
            for _ in range(self.rng.randrange(2, 6)):
                run = self.run()
                self.call(owner, at, 4000, 900, run=run)
                ends = [self.agent_run(owner, at + 3 + self.rng.uniform(0, 2), rng_int(self.rng, 2, 6),
                                       depth=1, parent=run) for _ in range(self.rng.randrange(5, 35))]
                at = self.call(owner, max(ends) + 0.1, 30000, 1500, run=run, step=2)
        elif self.rng.random() < 0.4:
            self.agent_run(owner, START + day * DAY + 9 * 3600, rng_int(self.rng, 2, 8))

    def arrivals(self, owner, day, mean):
        """Moments of a day, most of them in working hours."""
        weekday = day % 7
        mean *= owner.level * (0.15 if weekday >= 5 else 1.6 if weekday == 0 else 1)
        count = min(int(self.rng.gauss(mean, math.sqrt(mean)) + 0.5), 400)
        hours = [min(23.9, max(0, self.rng.gauss(13.5, 3.5))) for _ in range(max(count, 0))]
        return sorted(START + day * DAY + h * 3600 for h in hours)

    def events(self):
        """What happens to those who work: deploys, a backfill, a provider that fails."""
        for owner in self.owners:
            if self.rng.random() < 0.5:
                owner.deploy = self.rng.randrange(8, self.days)
            else:
                owner.deploy = None
        self.backfills = {self.rng.choice(self.owners).name: self.rng.randrange(5, self.days)
                          for _ in range(2)}
        self.outage = START + self.rng.randrange(3, self.days) * DAY + self.rng.uniform(9, 17) * 3600

    def fail(self, owner):
        """Of a service with traffic, while the provider fails: each request three times."""
        at = self.outage + self.rng.uniform(0, 30)
        while at < self.outage + 600:
            run, given = self.run(), rng_int(self.rng, 500, 3000)
            for same, wait in enumerate((0.5, 1, 2), 1):
                at = self.call(owner, at, given, 0, run=run, result="error", same=same)
                at += wait * self.rng.uniform(0.7, 1.3)
            at += self.rng.expovariate(1 / 8)

    # ---- what runs away ----------------------------------------------------------------------

    def runaway(self, kind, variant, ends, owner, begin):
        self.truth.append({"kind": kind, "variant": variant, "owner": owner.name, "begin": begin,
                           "ends": ends})

    def spawns_itself(self, owner, begin):
        """Its tool starts an agent like itself, and each of those does."""
        at, ends, parent, per_level = begin, [], "", self.rng.choice((1, 1, 2, 3))
        latency = self.rng.uniform(0.3, 5)
        for depth in range(self.rng.randrange(25, 60)):
            run, context = self.run(), rng_int(self.rng, 700, 3000)
            for step in range(1, per_level + 1):
                at = self.call(owner, at, context, rng_int(self.rng, 30, 200), run=run, parent=parent,
                               step=step, depth=depth, took=latency * self.rng.uniform(0.7, 1.4))
                ends.append(at)
                at += self.rng.uniform(0.005, 0.3)
            parent = run
        return ends

    def goes_round(self, owner, begin):
        """A graph without a way to its end: the same step, the same answer, a longer context."""
        at, ends, run, context = begin, [], self.run(), rng_int(self.rng, 500, 5000)
        output, result = rng_int(self.rng, 20, 150), rng_int(self.rng, 10, 900)
        latency, told = self.rng.uniform(0.3, 5), self.rng.random() < 0.5
        for step in range(1, self.rng.randrange(40, 250)):
            at = self.call(owner, at, context, output, run=run, step=step,
                           repeats=step if told else 0, took=latency * self.rng.uniform(0.7, 1.4))
            ends.append(at)
            context += output + result + self.rng.choice((0, 0, 0, 1))
            at += self.rng.uniform(0.005, 0.3)
        return ends

    def prompts_itself(self, owner, begin):
        """A function that asks, and calls itself with the answer in the prompt."""
        at, ends, context = begin, [], rng_int(self.rng, 80, 1500)
        latency = self.rng.uniform(0.3, 5)
        for _ in range(self.rng.randrange(40, 150)):
            output = rng_int(self.rng, 60, 500)
            at = self.call(owner, at, context, output, run=self.run(),
                           took=latency * self.rng.uniform(0.7, 1.4))
            ends.append(at)
            context += output + self.rng.randrange(30)
            at += self.rng.uniform(0.001, 0.05)
        return ends

    def ping_pong(self, owner, begin):
        return self.answer_each_other(owner, begin, self.rng.randrange(40, 200),
                                      latency=self.rng.uniform(0.3, 6), pause=(0.001, 0.5))

    def storm(self, owner, begin, result):
        """A request that is refused, or whose answer is thrown away, is sent again at once."""
        at, ends, given = begin, [], rng_int(self.rng, 300, 9000)
        latency, wait = self.rng.uniform(0.2, 4), self.rng.choice((0.01, 0.2, 1, 5))
        for same in range(1, self.rng.randrange(60, 400)):
            at = self.call(owner, at, given, rng_int(self.rng, 30, 300), run=self.run(), result=result,
                           same=same, took=latency * self.rng.uniform(0.7, 1.4))
            ends.append(at)
            at += wait * self.rng.uniform(0.8, 1.2)
        return ends

    def run_away(self, count):
        kinds = [("self-call", "spawns", self.spawns_itself), ("self-call", "goes round", self.goes_round),
                 ("self-call", "prompts", self.prompts_itself), ("ping-pong", "two", self.ping_pong),
                 ("retry storm", "refused", lambda o, b: self.storm(o, b, "refused")),
                 ("retry storm", "answered", lambda o, b: self.storm(o, b, "ok"))]
        for i in range(count):
            kind, variant, make = kinds[i % len(kinds)]
            if self.rng.random() < 0.3:  # of somebody who was never seen
                owner = Owner(self.rng, 500 + i, "new")
            else:
                owner = self.rng.choice(self.owners)
            # A process of its own: what else the service does goes on beside it.
            pid, owner.pid = owner.pid, owner.pid + 1 + i
            begin = START + self.rng.uniform(0.2, self.days - 0.5) * DAY
            self.runaway(kind, variant, make(owner, begin), owner, begin)
            owner.pid = pid

    def make(self, runaways):
        self.events()
        for day in range(self.days):
            for owner in self.owners:
                if owner.deploy == day:
                    owner.model = self.rng.choice(list(PRICES))
                    owner.steps *= self.rng.uniform(0.8, 1.6)
                    owner.pid += 1
                getattr(self, owner.kind)(owner, day)
                if self.backfills.get(owner.name) == day:
                    self.flood(owner, START + day * DAY + 10 * 3600, self.rng.randrange(3000, 8000),
                               self.rng.randrange(8, 40))
        for owner in self.owners:
            if owner.kind in ("chat", "rag", "agent"):
                self.fail(owner)
        self.run_away(runaways)
        self.rows.sort(key=lambda r: r[0])


def rng_int(rng, low, high):
    return int(math.exp(rng.uniform(math.log(low), math.log(high))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--owners", type=int, default=40)
    parser.add_argument("--runaways", type=int, default=18)
    parser.add_argument("rows")
    parser.add_argument("truth")
    o = parser.parse_args()
    month = Month(o.seed, o.days, o.owners)
    month.make(o.runaways)
    with open(o.rows, "w", encoding="utf-8") as out:
        for _end, row in month.rows:
            out.write(json.dumps(row, separators=(",", ":")) + "\n")
    with open(o.truth, "w", encoding="utf-8") as out:
        json.dump({"owner_days": len(month.active), "rows": len(month.rows), "runaways": month.truth},
                  out)


if __name__ == "__main__":
    main()
