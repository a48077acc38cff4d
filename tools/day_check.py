#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `wiretally audit` says of simulated days, against what is known of them.

    tools/day_check.py WIRETALLY [SEED ...]

Each leak has to come to within 5 % of its dollars, 10 % where nobody told its tokens, and no leak may be found that there is not: on a day on
which nothing leaks, none.
"""
import html.parser
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = ("1", "2", "3", "clean")
NEAR = 0.05
ESTIMATED = {"refused": 0.10}  # a prompt that was read and refused: its tokens are in no answer


def day(wiretally, folder, seed):
    """(what is known, leaks by their names, the total)."""
    recording, truth, ledger = folder / "day.rec", folder / "truth.json", folder / f"{seed}.db"
    how = ["--seed", "4", "--clean"] if seed == "clean" else ["--seed", seed]
    subprocess.run([sys.executable, HERE / "day.py", *how, recording, truth], check=True)
    subprocess.run([wiretally, "replay", "--config", os.devnull, "--secret", folder / "secret", "--into",
                    ledger, recording], check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run([wiretally, "audit", "--config", os.devnull, "--ledger", ledger, "--since", "all",
                           "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    *leaks, total = [json.loads(line) for line in said]
    return json.loads(truth.read_text(encoding="utf-8")), {x["leak"]: x for x in leaks}, total


def compare(truth, leaks, total):
    """Mistakes, as sentences; prints the table."""
    wrong = []
    for name in sorted({*truth["leaks"], *leaks}):
        known = truth["leaks"].get(name, {"nano_usd": 0, "calls": 0})
        found = leaks.get(name, {"nano_usd": 0, "calls": 0, "low_nano_usd": 0, "high_nano_usd": 0})
        off = (found["nano_usd"] - known["nano_usd"]) / known["nano_usd"] if known["nano_usd"] else 1
        print(f"  {name:12} {known['calls']:6} calls ${known['nano_usd'] / 1e9:8.4f}, found "
              f"{found['calls']:6} ${found['nano_usd'] / 1e9:8.4f} ({off:+.1%})")
        if abs(off) > ESTIMATED.get(name, NEAR):
            wrong.append(f"{name} is {off:+.1%} off")
        if not found["low_nano_usd"] <= found["nano_usd"] <= found["high_nano_usd"]:
            wrong.append(f"{name} is not within its own range")
    if abs(total["nano_usd"] - truth["nano_usd"]) > NEAR * truth["nano_usd"]:
        wrong.append(f"the day cost {truth['nano_usd']}, and {total['nano_usd']} is told")
    if not bool(truth["leaks"]) <= bool(total["together_nano_usd"]) or \
            total["together_nano_usd"] > total["nano_usd"]:
        wrong.append("leaks come to more than was spent")
    return wrong


HOSTILE = "<script>alert('1')</script>\"><img src=//x onerror=y> &amp; \x1b[31m"
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "b", "svg", "text", "rect",
           "line", "section", "span", "table", "tr", "th", "td"}


class Page(html.parser.HTMLParser):
    """What is in a page: tags, attributes that could load or run something, texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.wrong, self.texts, self.policy = set(), [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "href", "action", "data", "style"):
                self.wrong.append(f"{tag} {name}={value}")
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"]

    def handle_data(self, data):
        self.texts.append(data)


MINUTE, HOUR_NANO = 60 * 10**9, 2_490_000_000
# Device, its name, per mille of each minute that it is busy (None: nobody measured), whose its idle time is.
GPUS = (("GPU-a", "NVIDIA H100", 310, "held"), ("GPU-b", "NVIDIA H100", 700, "held"),
        ("GPU-c", "NVIDIA L40S", 20, "free"), ("GPU-d", HOSTILE, None, "unattributed"))


def gpus(wiretally, folder):
    """A day of GPUs beside one of calls that leak nothing: those that idle, and nothing else."""
    ledger, known = folder / "clean.db", {}
    db = sqlite3.connect(ledger)
    first = db.execute("SELECT min(end_ns) FROM calls").fetchone()[0] // MINUTE
    with db:
        for k, (device, name, busy, kind) in enumerate(GPUS):
            db.execute("INSERT INTO gpus VALUES (?, ?, '', ?, 80)", (k + 1, device, name))
            nano = HOUR_NANO // 60
            idle = 0 if busy is None else nano * (1000 - busy) // 1000
            for at in range(first, first + 24 * 60):
                db.execute("INSERT INTO gpu_minutes (at, gpu, ns, known_ns, busy_ns, metric, priced_ns,"
                           " hour_nano, nano_usd, losses, energy_uj, energy_ns) VALUES (?, ?, ?, ?, ?,"
                           " 'gpm_graphics_util', ?, ?, ?, 0, 0, 0)",
                           (at, k + 1, MINUTE, 0 if busy is None else MINUTE, MINUTE // 1000 * (busy or 0),
                            MINUTE, HOUR_NANO, nano))
                for what, money in ((kind, idle), ("requests", nano - idle)):
                    db.execute("INSERT INTO gpu_uses VALUES (?, ?, ?, 'vllm', '', ?, ?, 0, 0, NULL)",
                               (at, k + 1, what, MINUTE * money // nano, money))
            if busy is not None and busy < 500:
                known[device] = idle * 24 * 60
    db.close()
    said = subprocess.run([wiretally, "audit", "--config", os.devnull, "--ledger", ledger, "--since", "all",
                           "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    *leaks, total = [json.loads(line) for line in said]
    found = {p["service"]: p["nano_usd"] for x in leaks for p in x["places"]}
    print(f"  idle_gpus: {found}")
    if [x["leak"] for x in leaks] != ["idle_gpus"] or found != known:
        return [f"GPUs that idle: {found}, and {known} is known"]
    leak = leaks[0]
    if leak["nano_usd"] != sum(known.values()) or leak["low_nano_usd"] != known["GPU-c"] or \
            leak["hours"] != 48 or total["together_nano_usd"]:
        return [f"GPUs that idle: {leak}"]
    return []


def page(wiretally, folder):
    """Mistakes of the page of a day whose services have hostile names, as sentences."""
    ledger, out = folder / "1.db", folder / "page.html"
    db = sqlite3.connect(ledger)
    with db:
        changed = db.execute("UPDATE texts SET text = ? WHERE text = 'handbook'", (HOSTILE,)).rowcount
    db.close()
    said = subprocess.run([wiretally, "audit", "--config", os.devnull, "--ledger", ledger, "--since", "all",
                           "--html", out], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
    text = out.read_text(encoding="utf-8")
    got = Page(text)
    wrong = list(got.wrong)
    if not changed or not any("<script>" in t for t in got.texts):
        wrong.append("the hostile name is not shown")
    if got.tags - ALLOWED:
        wrong.append(f"tags that do not belong there: {got.tags - ALLOWED}")
    if "default-src 'none'" not in got.policy or "script" in got.policy:
        wrong.append(f"policy: {got.policy}")
    if "\x1b" in text + said or "url(" in text or "@import" in text:
        wrong.append("it steers a terminal, or loads something")
    if wide := [line for line in said.splitlines() if len(line) > 80]:
        wrong.append(f"lines of more than 80 columns: {wide}")
    if text.count("<rect") < 20:
        wrong.append("there are no plots")
    return wrong


def main():
    wiretally, *seeds = sys.argv[1:]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds or SEEDS:
            print(f"day {seed}:")
            wrong = compare(*day(wiretally, Path(folder), seed))
            for w in wrong:
                print(f"FAIL day {seed}: {w}")
            passed, failed = passed + (not wrong), failed + bool(wrong)
        for check in () if seeds else (gpus, page):
            wrong = check(wiretally, Path(folder))
            for w in wrong:
                print(f"FAIL {check.__name__}: {w}")
            passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
