#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Errors of the host, one at a time, at each place where they can strike: no memory, a disk that is
full or broken, reads that are cut short.

    tests/fault/fault.py BUILD [GOLDEN]

What must hold: nothing crashes; a row is right or marked, never short and called whole; a ledger
opens clean with each call that a tick confirmed, once; what is lost is counted. BUILD has wiretally,
fault/libfault.so and fault/ledger_writer. Prints "N passed, N failed" last.
"""
import concurrent.futures
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(sys.argv[1]).resolve()
GOLDEN = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[1] / "golden").resolve()
FAULT = BUILD / "fault/libfault.so"
# Each place below the first number, then ever sparser: a loop strikes a thousand times alike.
DENSE, TRIES = 120, 260
WORKERS = 2
# A sanitizer's and a hang's are no status that wiretally exits with.
FINE = (0, 1)


def run(command, fault="", count=None, **kw):
    env = {**os.environ, "LD_PRELOAD": str(FAULT), "FAULT": fault}
    if count:
        env["FAULT_COUNT"] = str(count)
    return subprocess.run([str(c) for c in command], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False, **kw)


def counts(command, folder):
    """How often each kind of call is made when nothing fails."""
    file = Path(folder) / "counts"
    done = run(command, count=file)
    if done.returncode:
        raise RuntimeError(f"{command} fails by itself: {done.stderr.decode()}")
    return done, {kind: int(n) for kind, n in map(str.split, file.read_text().splitlines())}


def places(total):
    """All of the first, and of the rest as many as TRIES allows, spread evenly."""
    if total <= TRIES:
        return list(range(1, total + 1))
    step = (total - DENSE) / (TRIES - DENSE)
    return list(range(1, DENSE + 1)) + [int(DENSE + i * step) for i in range(1, TRIES - DENSE + 1)]


def each(faults, check):
    """check(fault) says what is wrong or ""; what it said of all faults."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        wrong = [f"FAULT={fault}: {why}" for fault, why in zip(faults, pool.map(check, faults)) if why]
    return "\n  ".join(wrong[:12] + ([f"{len(wrong)} in all"] if len(wrong) > 12 else []))


def rows_of(text):
    """By the pair that they come from, their API, and their number among those of both."""
    rows, of_pair = {}, {}
    for line in text.decode().splitlines():
        row = json.loads(line)
        if row["event"]["dataset"] != "wiretally.call":
            continue
        source = row["wiretally"]["source"] + " " + row["wiretally"]["api"]
        of_pair[source] = of_pair.get(source, 0) + 1
        rows[f"{source} {of_pair[source]}"] = row
    return rows


def figures(row):
    cost = row["wiretally"]["cost"]
    if cost.get("price", {}).get("basis") == "not_billed":  # nothing hangs on whose price it would be
        cost = {"not billed": True}
    return {"gen_ai": row["gen_ai"].get("usage"), "cost": cost,
            "result": row["wiretally"]["result"]}


def rows_differ(done, whole):
    """A row that is there is the one of the run without faults, or says that it is not whole."""
    if done.returncode not in FINE:
        return f"exit status {done.returncode}: {done.stderr.decode()[-300:]}"
    try:
        rows = rows_of(done.stdout)
    except ValueError as e:
        return f"no JSON: {e}"
    for name, row in rows.items():
        if name not in whole:
            return f"a row from nowhere: {name}"
        if figures(row) != figures(whole[name]) and row["wiretally"]["complete"]:
            return f"{name} is called whole: {figures(row)} for {figures(whole[name])}"
    if len(rows) < len(whole) and not done.stderr:
        return f"{len(whole) - len(rows)} rows are missing, and nothing is said"
    return ""


def replay_without_memory(folder):
    command = [BUILD / "wiretally", "replay", "--json", "--pairs", GOLDEN / "pairs"]
    done, n = counts(command, folder)
    whole = rows_of(done.stdout)
    faults = [f"malloc:{i}" for i in places(n["malloc"])]
    faults += [f"malloc:{i}+" for i in places(n["malloc"])[::8]]
    return each(faults, lambda fault: rows_differ(run(command, fault), whole))


def replay_of_a_disk_that_fails(folder):
    command = [BUILD / "wiretally", "replay", "--json", "--pairs", GOLDEN / "pairs"]
    done, n = counts(command, folder)
    whole = rows_of(done.stdout)
    faults = [f"{kind}:{i}:{error}" for kind, error in (("read", "EIO"), ("read", "short"),
                                                        ("read", "EINTR"), ("open", "EMFILE"))
              for i in places(n[kind])[::3]]
    return each(faults, lambda fault: rows_differ(run(command, fault), whole))


def output_that_takes_nothing(_folder):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BUILD / "wiretally", "replay", "--json", "--pairs", GOLDEN / "pairs"],
                              stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    if done.returncode != 1 or b"No space left" not in done.stderr:
        return f"exit status {done.returncode}: {done.stderr.decode()}"
    return ""


def ledger_differs(file, done):
    """What the writer was told against what is in the file."""
    if done.returncode not in FINE:
        return f"exit status {done.returncode}: {done.stderr.decode()[-300:]}"
    told = [line.split() for line in done.stdout.decode().splitlines()]
    opened = [int(n) for what, n in told if what == "opened"]
    if not opened:
        return "it said nothing"
    if opened[0]:
        return "" if done.stderr else "it did not open, and said no reason"
    refused = [int(n) for what, n in told if what == "refused"]
    kept = [int(n) for what, n in told if what == "kept"]
    failed = sum(int(n) for what, n in told if what == "failed")
    db = sqlite3.connect(file)
    try:
        if (said := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            return said
        rows = db.execute("SELECT id, nano_usd FROM calls").fetchall()
        # Sums go up to a call, and who reads adds those behind it.
        sums = db.execute("SELECT total(calls), total(nano) FROM (SELECT calls, nano_usd AS nano "
                          "FROM minutes UNION ALL SELECT 1, nano_usd FROM entries WHERE n > "
                          "ifnull((SELECT min(upto) FROM rollups), 0))").fetchone()
    finally:
        db.close()
    numbers = {int(i) for i, _ in rows}
    if wrong := [row for row in rows if int(row[0]) != row[1]]:
        return f"a call is not as it was added: {wrong[0]}"
    if sums != (len(rows), sum(n for _, n in rows)):
        return f"calls make {len(rows)} and {sum(n for _, n in rows)}, the sums {sums}"
    # A tick that returned 0 confirms what was added since the one before, but what was refused.
    for last in kept:
        lost = [i for i in range(last - 19, last + 1) if i not in numbers]
        if lost and not any(last - 19 <= r <= last for r in refused):
            return f"{len(lost)} calls of a confirmed tick are not in it: {lost[:3]}"
    if len(numbers) + failed != 200:
        return f"{len(numbers)} are in it, {failed} are counted as lost, of 200"
    return ""


def ledger_on_a_failing_host(folder):
    writer = BUILD / "fault/ledger_writer"
    done, n = counts([writer, Path(folder) / "first.db"], folder)
    if why := ledger_differs(Path(folder) / "first.db", done):
        return f"without a fault: {why}"

    def check(fault):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            file = Path(own) / "ledger.db"
            return ledger_differs(file, run([writer, file], fault))

    faults = [f"malloc:{i}" for i in places(n["malloc"])[::2]]
    for kind, error in (("pwrite", "ENOSPC"), ("pwrite", "EIO"), ("pwrite", "short"),
                        ("pwrite", "EINTR"), ("sync", "EIO"), ("truncate", "EIO"), ("pread", "EIO"),
                        ("open", "EMFILE")):
        faults += [f"{kind}:{i}:{error}" for i in places(n[kind])[::2]]
    faults += [f"pwrite:{i}+:ENOSPC" for i in places(n["pwrite"])[::4]]
    return each(faults, check)


TESTS = [replay_without_memory, replay_of_a_disk_that_fails, output_that_takes_nothing,
         ledger_on_a_failing_host]


def main():
    failed = 0
    for test in TESTS:
        with tempfile.TemporaryDirectory() as folder:
            why = test(folder)
        print(f"FAIL {test.__name__}: {why}" if why else f"ok {test.__name__}", flush=True)
        failed += bool(why)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
