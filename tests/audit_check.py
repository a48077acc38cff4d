#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How often `wiretally audit` is right about how easy a request is: against tests/audit/labels.tsv.

    tests/audit_check.py WIRETALLY CORPUS [--misses]

Prints precision and recall of each class. --misses names the requests that it is wrong about.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LABELS = Path(__file__).resolve().parent / "audit/labels.tsv"
CLASSES = ("trivial", "medium", "multi_stage")
LABELLED_MIN = 300
# What is called easy has to be; what is easy and not found is money that is not told.
PRECISION_MIN, RECALL_MIN = 0.90, 0.80


def labels():
    rows = [line.split("\t") for line in LABELS.read_text(encoding="utf-8").splitlines()
            if line and line[0] != "#"]
    return dict(rows)


def classes(wiretally, corpus, names):
    """The class of each recording: its name as the row's source has it."""
    with tempfile.TemporaryDirectory() as folder:
        pairs, ledger = Path(folder) / "pairs", Path(folder) / "ledger.db"
        for name in names:
            for end in (".req", ".resp"):
                link = pairs / f"{name}{end}"
                link.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(corpus) / f"{name}{end}", link)
        rows = subprocess.run([wiretally, "replay", "--config", os.devnull, "--into", ledger, "--pairs", pairs],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True).stdout.splitlines()
        each = subprocess.run([wiretally, "audit", "--config", os.devnull, "--ledger", ledger, "--since", "all",
                               "--each"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    by_id = {row["id"]: row["class"] for row in map(json.loads, each)}
    return {row["wiretally"]["source"]: by_id[row["event"]["id"]] for row in map(json.loads, rows)
            if row["event"].get("id") in by_id}


def main():
    wiretally, corpus = sys.argv[1:3]
    known = labels()
    found = classes(wiretally, corpus, known)
    told = {name: found[name] for name in known if name in found}
    wrong = [name for name in told if told[name] != known[name]]
    print(f"{len(told)} of {len(known)} labelled requests, {len(told) - len(wrong)} alike")
    figures = {}
    for one in CLASSES:
        right = sum(told[n] == known[n] == one for n in told)
        said, there = sum(v == one for v in told.values()), sum(known[n] == one for n in told)
        figures[one] = right / max(1, said), right / max(1, there)
        print(f"  {one:12} {there:4} labelled, {said:4} found: precision {figures[one][0]:.3f}, "
              f"recall {figures[one][1]:.3f}")
    if "--misses" in sys.argv:
        for name in wrong:
            print(f"  {name}: {known[name]}, {told[name]} is found")
    precision, recall = figures["trivial"]
    failed = len(told) < LABELLED_MIN or precision < PRECISION_MIN or recall < RECALL_MIN
    if failed:
        print(f"FAIL: {LABELLED_MIN} labelled requests, precision {PRECISION_MIN} and recall {RECALL_MIN} of "
              "what is easy are the least")
    print(f"{int(not failed)} passed, {int(failed)} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
