#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bills of every shape against ledgers, both made from calls whose truth is known.

tests/reconcile.py WIRETALLY. A world of calls is drawn: made on this host or on another, priced as
the list says or as a contract does. The ledger gets what this host saw, the bill what was charged,
each in a shape of its provider; each part of the gap is then known, and what wiretally says of it
is held against that.
"""
import json
import random
import re
import subprocess
import sys
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bill_shapes import (DAY0, DAYS, MTOK, OLD_CUR, World, anthropic_console_cost,
                         anthropic_console_usage, anthropic_cost, anthropic_usage, aws_cur,
                         cost_explorer, focus, google_console, google_csv, google_json, nano,
                         openai_costs, openai_csv, openai_usage)


class Test:
    def __init__(self, wiretally):
        self.wiretally, self.passed, self.failed = wiretally, 0, 0
        self.dir = Path(tempfile.mkdtemp(prefix="wt-reconcile-"))

    def check(self, name, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name}: {got}, expected {want}")

    def run(self, world, *bills, args=()):
        db = self.dir / "ledger.db"
        db.unlink(missing_ok=True)
        world.ledger(db)
        files = []
        for i, text in enumerate(bills):
            files.append(self.dir / f"bill{i}")
            files[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
        prices = []
        for model, (i, r, w, o) in MTOK.items():
            prices += ["--price", f"model={model},input={i / 1000},cache_read={r / 1000},"
                       f"cache_write_5m={w / 1000},output={o / 1000}"]
        config = self.dir / "empty.yaml"
        config.touch()
        return subprocess.run([self.wiretally, "reconcile", "-l", db, "-c", config, *prices, *args,
                               *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def parts(self, name, world, *bills, want, args=()):
        """What it says of the whole gap, each part; every line's parts add up to its gap."""
        for by in ("model", "day", "day,model,project"):
            run = self.run(world, *bills, args=("--json", "--by", by, *args))
            if run.returncode:
                self.check(f"{name} by {by}", run.stderr, "")
                return None
            lines = [json.loads(l) for l in run.stdout.splitlines()]
            total = lines.pop()
            sums = all(sum(l["parts_nano_usd"].values()) == l["gap_nano_usd"] ==
                       l["billed_nano_usd"] - l["ledger_nano_usd"] for l in lines + [total])
            whole = all(sum(l[k] for l in lines) == total[k] for k in
                        ("billed_nano_usd", "ledger_nano_usd", "gap_nano_usd"))
            self.check(f"{name} by {by}: parts add up", (sums, whole), (True, True))
        self.check(name, {k: v for k, v in total["parts_nano_usd"].items() if v}, want)
        return total

    def error(self, name, pattern, world, *bills, status=1):
        run = self.run(world, *bills)
        self.check(name, (run.returncode, pattern in run.stderr or run.stderr), (status, True))


def shapes(t):
    gpt = World(1, "openai", ["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"])
    for c in gpt.calls:
        c["tokens"] = c["tokens"][:2] + (0, c["tokens"][3])
    others = {"other_hosts": gpt.elsewhere()}
    total = t.parts("OpenAI usage alone", gpt, openai_usage(gpt), want=others)
    t.check("valued at list prices", total and total["valued_at_list"], True)
    t.parts("OpenAI costs and usage", gpt, openai_costs(gpt), openai_usage(gpt), want=others)
    t.parts("usage as sorted keys, pages in a list", gpt, "[" + openai_costs(gpt, sort=True) + "]",
            openai_usage(gpt), want=others)
    t.parts("OpenAI dashboard", gpt, openai_csv(gpt), want=others)
    t.parts("OpenAI dashboard, usage beside it", gpt, openai_csv(gpt), openai_usage(gpt), want=others)
    t.parts("FOCUS", gpt, focus(gpt), want=dict(others, tax=3500000000))
    claude = World(2, "anthropic", ["claude-sonnet-4-20250514", "claude-3-5-haiku-20241022"])
    others = {"other_hosts": claude.elsewhere()}
    t.parts("Anthropic usage", claude, anthropic_usage(claude), want=others)
    t.parts("Anthropic cost and usage", claude, anthropic_cost(claude), anthropic_usage(claude), want=others)
    t.parts("Anthropic console usage", claude, anthropic_console_usage(claude), want=others)
    t.parts("Anthropic console, both", claude, anthropic_console_cost(claude),
            anthropic_console_usage(claude), want=others)
    gemini = World(3, "gcp.vertex_ai", ["gemini-2.5-flash"])
    others = {"other_hosts": gemini.elsewhere()}
    t.parts("Google export, CSV", gemini, google_csv(gemini), want=others)
    t.parts("Google export, JSON", gemini, google_json(gemini),
            want=dict(others, tax=1250000000, credits=-12000000, rounding=-4000))
    nova = World(4, "aws.bedrock", ["amazon.nova-pro-v1:0", "anthropic.claude-3-5-haiku-20241022-v1:0"],
                 projects=("111122223333", "444455556666"))
    extra = {"tax": 2500000000, "credits": -1500000000, "price_list": -250000000}
    others = {"other_hosts": nova.elsewhere()}
    t.parts("CUR 2.0", nova, aws_cur(nova), want=dict(others, **extra))
    t.parts("CUR", nova, aws_cur(nova, OLD_CUR), want=dict(others, **extra))
    all_here = World(5, "aws.bedrock", ["amazon.nova-pro-v1:0", "anthropic.claude-3-5-haiku-20241022-v1:0"],
                     projects=("111122223333",), others=0)
    t.parts("Cost Explorer", all_here, cost_explorer(all_here), want={})
    return gpt, claude, gemini, nova


def causes(t):
    gpt = World(6, "openai", ["gpt-4o-2024-08-06"], projects=("proj_a",), others=0)
    for c in gpt.calls:
        c["tokens"] = c["tokens"][:2] + (0, c["tokens"][3])
    list_price = sum(r["nano"] for r in gpt.billed().values())
    billed = sum(r["nano"] for r in gpt.billed(Decimal("0.9")).values())
    cut = {"price_list": billed - list_price}
    t.parts("a contract, with tokens", gpt, openai_costs(gpt, Decimal("0.9")), openai_usage(gpt), want=cut)
    t.parts("a contract, by its share each day", gpt, openai_costs(gpt, Decimal("0.9")), want=cut)
    day = DAY0.date()
    batch = (day, {"object": "organization.costs.result", "amount": {"value": "4.25", "currency": "usd"},
                   "line_item": "gpt-4o-2024-08-06, batch input", "project_id": "proj_a"})
    search = (day, dict(batch[1], line_item="web search tool calls", amount={"value": 0.5, "currency": "usd"}))
    t.parts("a batch and searches", gpt, openai_costs(gpt, more=[batch, search]), openai_usage(gpt),
            want={"batch": 4250000000, "fees": 500000000})
    for c in gpt.calls[:40]:
        c["guess"] = (c["tokens"][0] * 9 // 10,) + c["tokens"][1:]
    off = sum((c["tokens"][0] - c["guess"][0]) * 2500 for c in gpt.calls[:40])
    t.parts("estimates", gpt, openai_costs(gpt), openai_usage(gpt), want={"estimated": off})
    for c in gpt.calls:
        c.pop("guess", None)
    gpt.calls[7]["unbilled"] = True
    t.parts("a call that is in no bill", gpt, openai_usage(gpt),
            want={"unknown": -nano("gpt-4o-2024-08-06", gpt.calls[7])})
    del gpt.calls[7]["unbilled"]
    late = [c for c in gpt.calls if (c["at"] - DAY0).days >= 3]
    for c in late:
        c["here"] = False
    t.parts("days without a meter", gpt, openai_usage(gpt),
            want={"not_metered": sum(nano(c["model"], c) for c in late)})
    keyed = World(8, "openai", ["gpt-4o-2024-08-06"], projects=("proj_a",), others=0)
    for i, c in enumerate(keyed.calls):
        c["key"], c["project"] = f"{i % 2:016x}", f"key_{i % 2}"
        c["tokens"] = c["tokens"][:2] + (0, c["tokens"][3])
    bill = openai_usage(keyed).replace('"api_key_id": null', '"api_key_id": "K"')
    bill = json.loads(bill)
    for b in bill["data"]:
        for r in b["results"]:
            r["api_key_id"], r["project_id"] = r["project_id"], None
    for c in keyed.calls:
        c["project"] = ""
    same = ("--same", "key_0=0000000000000000,key_1=0000000000000001")
    total = t.parts("keys by their fingerprints", keyed, json.dumps(bill), want={}, args=same)
    t.check("told by key", total and total["by_key"], True)
    total = t.parts("keys that nobody tells", keyed, json.dumps(bill), want={})
    t.check("taken together", total and total["by_key"], False)


def borders(t):
    gemini = World(7, "gcp.vertex_ai", ["gemini-2.5-flash"], projects=("p",), others=0)
    run = t.run(gemini, google_console(gemini, -8), args=("--json", "--by", "day"))
    if run.returncode:
        return t.check("days of the Pacific", run.stderr, "")
    total = json.loads(run.stdout.splitlines()[-1])
    parts = {k for k, v in total["parts_nano_usd"].items() if v}
    t.check("days of the Pacific", (total["zone_minutes"], parts), (-480, {"time_zone"}))
    long = World(9, "openai", ["gpt-4o-2024-08-06"], projects=("p",), others=0)
    for c in long.calls:
        c["tokens"] = c["tokens"][:2] + (0, c["tokens"][3])
    for day in range(1, DAYS):  # begun before midnight, ended behind it; billed when they began
        c = long.calls[day]
        c["at"] = DAY0 + timedelta(days=day, seconds=-10)
    bill = openai_usage(long)
    for day in range(1, DAYS):
        long.calls[day]["at"] += timedelta(seconds=40)
        long.calls[day]["took"] = 45
    run = t.run(long, bill, args=("--json", "--by", "day"))
    lines = [json.loads(l) for l in run.stdout.splitlines()]
    t.check("calls over midnight", (lines[-1]["by_start"], {k for l in lines for k, v in
            l["parts_nano_usd"].items() if v}), (True, {"time_zone"}))


def hostile(t, gpt, claude, gemini, nova):
    text = openai_usage(gpt)
    for i in range(0, len(text), len(text) // 23):
        run = t.run(gpt, text[:i])
        t.check(f"cut at {i}", (run.returncode, ":" in run.stderr, run.stdout), (1, True, ""))
    t.error("cut off", "it ends in the middle: the file is cut off", gpt, text[:-40])
    at = text.rindex('"object"')
    t.error("no JSON", f"bill0:{text[:at].count(chr(10)) + 1}: byte", gpt, text[:at] + text[at + 1:])
    t.error("a count that is none", "'many' is no number", gpt,
            re.sub(r'"num_model_requests": \d+', '"num_model_requests": "many"', text, count=1))
    t.error("more cached than all", "are more than all", gpt,
            openai_usage(gpt).replace('"input_tokens": ', '"input_tokens": 0.'))
    t.error("euros", "an amount is in: 'eur' and the ledger in USD: nothing is converted", gpt,
            openai_costs(gpt).replace('"usd"', '"eur"'))
    t.error("a table cut off", "is the file cut off?", claude, anthropic_console_usage(claude)[:-40])
    t.error("a quote without an end", "a quoted cell has no end", claude,
            anthropic_console_usage(claude) + '2026-11-02,"claude')
    t.error("a day that is none", "bill0:2: a time: '2026-13-02' is none", claude,
            anthropic_console_usage(claude).replace("2026-11-02", "2026-13-02", 1))
    t.error("a currency in the heading", "nothing is converted", gemini,
            google_console(gemini, 0).replace("Cost ($)", "Cost (€)"))
    t.error("another table", "this is no bill that is known", gpt, "a,b\n1,2\n")
    t.error("another document", "this is no bill that is known", gpt, '{"a":1}')
    t.error("an empty file", "this is no bill that is known", gpt, "")
    t.error("nothing of a model", "no line of a model", gpt, google_csv(gemini).replace("Vertex", "Edge"))
    t.error("bytes", "no bill", gpt, bytes(random.Random(1).randrange(256) for _ in range(4096)))
    huge = aws_cur(nova).replace("2.5,USD", "1e300,USD")
    t.error("an amount beyond all", "is no number", nova, huge)
    page = json.loads(openai_usage(gpt))
    page["has_more"] = True
    run = t.run(gpt, json.dumps(page))
    t.check("a page of several", "there are more pages" in run.stdout, True)


def main():
    t = Test(sys.argv[1])
    worlds = shapes(t)
    causes(t)
    borders(t)
    hostile(t, *worlds)
    subprocess.run(["rm", "-rf", t.dir], check=True)
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed or not t.passed else 0


if __name__ == "__main__":
    sys.exit(main())
