#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `wiretally audit` says of simulated days, against what is known of them.

    tools/day_check.py WIRETALLY [SEED ...]

Each leak has to come to within 5 % of its dollars, and no leak may be found that there is not: on a day on
which nothing leaks, none.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = ("1", "2", "3", "clean")
NEAR = 0.05


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
        if abs(off) > NEAR:
            wrong.append(f"{name} is {off:+.1%} off")
        if not found["low_nano_usd"] <= found["nano_usd"] <= found["high_nano_usd"]:
            wrong.append(f"{name} is not within its own range")
    if abs(total["nano_usd"] - truth["nano_usd"]) > NEAR * truth["nano_usd"]:
        wrong.append(f"the day cost {truth['nano_usd']}, and {total['nano_usd']} is told")
    if not bool(truth["leaks"]) <= bool(total["together_nano_usd"]) or \
            total["together_nano_usd"] > total["nano_usd"]:
        wrong.append("leaks come to more than was spent")
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
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
