#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds what sinks send as OCSF to the schema: every row of the goldens, calls of other shapes, findings.

    tests/ocsf_check.py BUILD
"""
import copy
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib")]

import ocsf  # noqa: E402 (the path comes first)

FINDING = {
    "@timestamp": "2026-11-25T12:01:41.003Z", "ecs": {"version": "9.1.0"},
    "event": {"kind": "alert", "dataset": "wiretally.finding", "id": "f" * 32, "severity": 4,
              "start": "2026-11-25T12:01:03.000Z", "end": "2026-11-25T12:01:41.003Z"},
    "message": "runaway.depth, warning: agent.py: depth 6, limit 5",
    "rule": {"name": "runaway.depth", "category": "runaway", "description": "sub-agents start sub-agents"},
    "wiretally": {"schema": 1, "finding": {
        "key": "0" * 16, "detector": "runaway", "kind": "depth", "severity": "warning",
        "since": "2026-11-25T12:01:03.000Z", "found": "2026-11-25T12:01:40.000Z",
        "last": "2026-11-25T12:01:41.003Z", "count": 3, "again": True, "calls": 38,
        "cost": {"usd": "1.2", "nano_usd": 1200000000}, "per_hour": {"usd": "43.2", "nano_usd": 43200000000},
        "owner": {"field": "service", "value": "agent.py", "trust": "claimed"},
        "evidence": [{"name": "depth", "value": 6, "unit": "count"}]}},
    "process": {"pid": 812, "entity_id": "32c-1f"}, "container": {"id": "c0ffee"},
    "service": {"name": "agent.py"},
}

ACTION = {
    "@timestamp": "2026-11-25T12:01:44.012Z", "ecs": {"version": "9.1.0"},
    "event": {"kind": "event", "dataset": "wiretally.action", "id": "a" * 32, "action": "cut",
              "outcome": "success"},
    "message": "cut agent.py[4711]: done, 3 processes", "process": {"pid": 4711, "entity_id": "1267-5"},
    "wiretally": {"schema": 1, "action": {"verb": "cut", "result": "done", "scope": "tree", "processes": 3,
                                          "connections": 1, "spared": 0}},
}


def shapes(row):
    """The row, and with each of its parts left out: a call of which less is known."""
    yield row
    for key in row:
        if key in ("event", "wiretally"):
            continue  # every row has those
        less = copy.deepcopy(row)
        del less[key]
        yield less
    large = copy.deepcopy(row)
    large.setdefault("gen_ai", {})["usage"] = {"input_tokens": 2**40, "output_tokens": 2**31 - 1}
    yield large


def main():
    rows = [json.loads(line) for line in
            (ROOT / "tests/golden/expected.ndjson").read_text(encoding="utf-8").splitlines()]
    sent = [s for row in [*rows, FINDING, ACTION] for s in shapes(row)]
    done = subprocess.run([Path(sys.argv[1]) / "unit/ocsf_test", "convert"], check=True, text=True,
                          input="".join(json.dumps(s) + "\n" for s in sent), stdout=subprocess.PIPE)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    failed = 0 if len(events) == len(sent) else 1
    for row, event in zip(sent, events):
        if why := ocsf.breach(event):
            print(f"FAIL {row['event'].get('id')}: {why}")
            failed += 1
    (finding,) = [e for s, e in zip(sent, events) if s is FINDING]
    want = {"class_uid": 2004, "activity_id": 2, "severity_id": 4, "is_alert": True}
    info = {"uid": "0123456789abcdef0123456789abcdef", "first_seen_time": 1795608063000,
            "last_seen_time": 1795608101003, "created_time": 1795608100000, "types": ["runaway"]}
    (action,) = [e for s, e in zip(sent, events) if s is ACTION]
    done = {"class_uid": 7001, "activity_id": 1, "status_id": 1, "status_detail": "done",
            "remediation": {"desc": ACTION["message"]}}
    for got, wanted in ((finding, want), (finding["finding_info"], info), (action, done)):
        for key, value in wanted.items():
            if got.get(key) != value:
                print(f"FAIL {key} is {got.get(key)}, should be {value}")
                failed += 1
    print(f"{len(events) - failed} passed, {failed} failed")
    return 1 if failed or not events else 0


if __name__ == "__main__":
    sys.exit(main())
