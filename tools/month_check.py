#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Simulated months through the detectors: is every runaway found in time, and who is told of for nothing?

    tools/month_check.py WIRETALLY [SEED ...] [RECORDED_PAIRS ...]

A meter that is started again goes on with what the one before it had learnt: each month is replayed again,
cut in two at a moment when nobody runs away, and tells the same.

In recorded traffic, of folders that are named, nothing is to be found. A runaway is to be found within 60 seconds or 20 calls of its start, whichever is later. A false alarm is
a warning about somebody who does not run away; notices (something is new or unusual) are counted apart.
"""
import datetime
import json
import math
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

SECONDS, CALLS = 60, 20
AFTER = 900  # what is told so long behind the end of one is still about it
SEEDS = (20251201, 4711)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def upper(count, level=0.975):
    """The mean of which a Poisson count is as low as this once in forty times."""
    low, high = 0.0, 50.0 + 3 * count
    for _ in range(100):
        mid = (low + high) / 2
        at_most = sum(math.exp(-mid) * mid ** k / math.factorial(k) for k in range(count + 1))
        low, high = (mid, high) if at_most > 1 - level else (low, mid)
    return high


def lower(count):
    low, high = 0.0, float(count)
    for _ in range(100 if count else 0):
        mid = (low + high) / 2
        fewer = sum(math.exp(-mid) * mid ** k / math.factorial(k) for k in range(count))
        low, high = (low, mid) if 1 - fewer > 0.025 else (mid, high)
    return low if count else 0.0


def findings_of(wiretally, rows, *args):
    done = subprocess.run([wiretally, "replay", "--calls", rows, "--config", "/dev/null", *args], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


def firsts(told):
    return sorted((f["event"]["id"], f["rule"]["name"], f["message"]) for f in told
                  if not f["wiretally"]["finding"]["again"])


def cut_in_two(wiretally, rows, truth, seed, told):
    """What a month tells that it does not tell when the meter is started again within it, or the other way."""
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    draw = random.Random(seed)
    while True:
        at = draw.randrange(len(lines) // 4, 3 * len(lines) // 4)
        when = instant(json.loads(lines[at])["@timestamp"])
        if not any(r["begin"] - AFTER < when < r["ends"][-1] + AFTER for r in truth["runaways"]):
            break
    halves, ledger = [], rows.with_name("ledger.db")
    for name, part in (("first", lines[:at]), ("second", lines[at:])):
        half = rows.with_name(name)
        half.write_text("".join(part), encoding="utf-8")
        halves += findings_of(wiretally, half, "--ledger", ledger)
    whole, cut = firsts(told), firsts(halves)
    print(f"seed {seed}, started again at {datetime.datetime.fromtimestamp(when, datetime.timezone.utc)}: "
          f"{len(cut)} findings, {len(whole)} without")
    return [f for f in whole + cut if whole.count(f) != cut.count(f)]


def replayed(wiretally, folder, *args):
    done = subprocess.run([wiretally, "replay", *args, "--pairs", folder], check=True, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def found_in_recordings(wiretally, folders):
    """Findings in the recorded traffic of real agents and applications: each is a mistake, but of a
    call whose figures can't be true, which is there for that."""
    found = 0
    for folder in folders:
        untrue = sum(row["wiretally"].get("usage_source") == "implausible"
                     for row in replayed(wiretally, folder))
        findings = replayed(wiretally, folder, "--findings")
        right = [f for f in findings if f["rule"]["name"] == "trust.implausible"][:untrue]
        for finding in findings:
            if finding not in right:
                print(f"FAIL in {folder}: {finding['message']}")
        if untrue and not right:
            print(f"FAIL in {folder}: {untrue} calls are implausible, and none is told")
        found += len(findings) - len(right) + (untrue and not right)
        print(f"recorded traffic in {folder}: {len(findings)} findings, {len(right)} of implausible calls")
    return found


def judge(runaway, told):
    """When it was found: (seconds and calls since its start, in time, by what)."""
    begin, ends = runaway["begin"], runaway["ends"]
    first = min((instant(f["wiretally"]["finding"]["found"]) for f in told
                 if instant(f["wiretally"]["finding"]["found"]) <= ends[-1] + 1), default=None)
    if first is None:
        return None
    names = {f["rule"]["name"] for f in told if instant(f["wiretally"]["finding"]["found"]) == first}
    calls = sum(e <= first + 0.001 for e in ends)
    limit = max(begin + SECONDS, ends[min(CALLS, len(ends)) - 1])
    return first - begin, calls, first <= limit + 0.001, "+".join(sorted(names))


def main():
    wiretally, seeds = sys.argv[1], [int(s) for s in sys.argv[2:] if s.isdigit()] or SEEDS
    folders = [s for s in sys.argv[2:] if not s.isdigit()]
    owner_days = rows = 0
    false, notices, missed, found, otherwise = Counter(), Counter(), [], [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / n for n in ("rows.ndjson", "truth.json")]
            subprocess.run([sys.executable, Path(__file__).with_name("month.py"), "--seed", str(seed),
                            *paths], check=True, timeout=600)
            truth = json.loads(paths[1].read_text(encoding="utf-8"))
            told = findings_of(wiretally, paths[0])
            otherwise += cut_in_two(wiretally, paths[0], truth, seed, told)
        owner_days += truth["owner_days"]
        rows += truth["rows"]
        new = [f for f in told if not f["wiretally"]["finding"]["again"]]
        of_runaways = set()
        for r in truth["runaways"]:
            his = [f for f in new if f["service"]["name"] == r["owner"] and r["begin"]
                   <= instant(f["wiretally"]["finding"]["found"]) <= r["ends"][-1] + AFTER]
            of_runaways.update(f["event"]["id"] for f in his)
            verdict = judge(r, [f for f in his if f["wiretally"]["finding"]["severity"] != "notice"])
            what = f"{r['kind']} ({r['variant']}) of {r['owner']}, seed {seed}"
            if verdict is None or not verdict[2]:
                missed.append(f"{what}: " + ("never found" if verdict is None else
                                             f"after {verdict[0]:.0f} s and {verdict[1]} calls"))
            else:
                found.append(verdict)
        for f in new:
            if f["event"]["id"] not in of_runaways:
                kind = notices if f["wiretally"]["finding"]["severity"] == "notice" else false
                kind[f["rule"]["name"]] += 1
                if kind is false:
                    print(f"  false: {f['@timestamp']} {f['rule']['name']} {f['message']}")
    count = sum(false.values())
    per = 1000 / owner_days
    print(f"{rows} calls, {owner_days} owner-days; {len(found)} of {len(found) + len(missed)} runaways "
          f"found in time, after {sorted(f[1] for f in found)[len(found) // 2]} calls "
          f"(median; at most {max(f[1] for f in found)}), by {dict(Counter(f[3] for f in found))}")
    print(f"false alarms per 1,000 owner-days: {count * per:.2f} (95 %: {lower(count) * per:.2f} to "
          f"{upper(count) * per:.2f}) {dict(false) or ''}; notices: {sum(notices.values()) * per:.1f} "
          f"{dict(notices) or ''}")
    for line in missed:
        print(f"FAIL missed: {line}")
    for _ in range(count):
        print("FAIL a false alarm")
    for f in otherwise:
        print(f"FAIL told otherwise by a meter that was started again: {f}")
    recorded = found_in_recordings(wiretally, folders)
    failed = len(missed) + count + recorded + len(otherwise)
    print(f"{len(found) + len(seeds) + len(folders)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
