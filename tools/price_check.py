#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prices of recorded calls against an independent bill in exact fractions (tests/lib/prices.py).

    tools/price_check.py WIRETALLY FOLDER ...

Each pair below the folders is replayed; the sum of each call, and each class of it, must be the same to
the nano-dollar, and there must be none where there is no figure. Prints how many calls are priced, by
what, and names each that differs.
"""
import collections
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/lib"))
import prices  # noqa: E402 (the path comes first)


def replay(program, folder):
    out = subprocess.run([program, "replay", "--pairs", folder], stdout=subprocess.PIPE, check=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    return [row for row in rows if row["event"]["dataset"] == "wiretally.call"]


def figure_of(row):
    """What the program computed from a list: its sum and classes, or the sum beside a told one."""
    cost = row["wiretally"]["cost"]
    basis = cost["price"]["basis"]
    if basis in ("computed", "estimated"):
        return cost["nano_usd"]
    if basis == "reported":
        other = cost.get("compared")
        return {"total": other["nano_usd"]} if other else None
    return None


def main():
    program, *folders = sys.argv[1:]
    count, failed = collections.Counter(), 0
    for row in (row for folder in folders for row in replay(program, folder)):
        cost = row["wiretally"]["cost"]
        basis = cost["price"]["basis"]
        if basis == "not_billed":
            count[basis] += 1
            continue
        got, want = figure_of(row), prices.of_row(row)
        if basis == "reported" and want:
            want = {"total": want["total"]}
        count[basis] += 1
        if got != want:
            failed += 1
            print(f"FAIL {row['wiretally']['source']}: {cost['price'].get('id')} {got}, should be {want}")
    told = ", ".join(f"{n} {name}" for name, n in count.most_common())
    print(f"calls: {told}")
    passed = sum(count.values()) - failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not count["computed"] else 0


if __name__ == "__main__":
    sys.exit(main())
