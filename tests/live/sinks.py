#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sinks of `wiretally run`: every call arrives, also behind a kill -9 of either side, with one id.

    tests/live/sinks.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made.
"""
import json
import os
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CHAT, Bench, Suite  # noqa: E402 (the path comes first)
from meter import Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

# A receiver that was down is asked again within ten seconds; a busy machine takes its time.
ARRIVE_S = 40

TESTS = []


def test(run):
    TESTS.append(run)
    return run


def wait(condition, seconds=ARRIVE_S):
    """Until it holds, or the time is over; whether it does."""
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return holds


class Sunk(Bench):
    """A bench with a ledger and a folder of its own, and receivers' rows that are the test's."""

    def __init__(self, sim, folder, name):
        super().__init__(sim, None, name)
        self.folder = folder / name
        self.folder.mkdir()
        os.chmod(self.folder, 0o711)  # the meter's user goes through it
        self.ledger = self.folder / "ledger" / "ledger.db"

    def meter_for(self, *sinks):
        args = [a for url in sinks
                for a in ("--sink", url + ("&" if "?" in url else "?") + "events=calls,findings")]
        return Meter("--ledger", str(self.ledger), *args, command="run")

    def call(self, count):
        for _ in range(count):
            self.run(self.curl("/v1/chat/completions", CHAT))

    def truth_ids(self):
        return {t["response_id"] for t in self.sim.truth(self.name)}

    def mine(self, rows):
        """Those of this test's calls; the host has others."""
        ids = self.truth_ids()
        return [r for r in rows if r.get("gen_ai", {}).get("response", {}).get("id") in ids]

    def in_ledger(self):
        """The ids by which the ledger knows this test's calls, by those that the provider gave."""
        db = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, timeout=5)
        try:
            rows = db.execute("SELECT response_id, id FROM calls").fetchall()
        finally:
            db.close()
        return {r: i for r, i in rows if r in self.truth_ids()}

    def whole(self, rows):
        """What is wrong with a receiver's rows, each of which may be there twice; "": nothing."""
        rows, once = self.mine(rows), {}
        for row in rows:
            if once.setdefault(row["event"]["id"], row) != row:
                return f"{row['event']['id']} was sent twice, and is not the same"
        return self.equal(len(self.sim.truth(self.name)), list(once.values()))

    def sinks(self):
        (status,) = wiretally_json("status", "--ledger", str(self.ledger))
        return {s["name"]: s for s in status["sinks"]}


def lines_of(*files):
    return [json.loads(line) for f in files if f.exists()
            for line in f.read_text(encoding="utf-8").splitlines()]


@test
def file_and_standard_output(b):
    file = b.folder / "log" / "calls.ndjson"
    with b.meter_for(f"file:{file}?name=log", "stdout") as meter:
        b.call(3)
        if not wait(lambda: len(b.mine(lines_of(file))) >= 3 and len(b.mine(meter.rows)) >= 3):
            return f"{len(b.mine(lines_of(file)))} in the file, {len(b.mine(meter.rows))} on stdout"
        if not wait(lambda: b.sinks()["log"]["waiting"] == 0):
            return f"status: {b.sinks()}"
        if b.sinks()["log"]["delivered"] < 3 or b.sinks()["log"]["last_error"]:
            return f"status: {b.sinks()}"
        # What the last second has is sent before the end.
        b.call(1)
        meter.stop()
        if len(b.mine(lines_of(file))) != 4:
            return f"{len(b.mine(lines_of(file)))} of 4 at the end"
        twice = len(b.mine(meter.rows)) != len({r["event"]["id"] for r in b.mine(meter.rows)})
        return b.whole(lines_of(file)) or ("twice on standard output" if twice else "")


@test
def a_file_that_was_moved_away_is_made_anew_on_sighup(b):
    file, old = b.folder / "log" / "calls.ndjson", b.folder / "log" / "old"
    with b.meter_for(f"file:{file}") as meter:
        b.call(1)
        if not wait(lambda: b.mine(lines_of(file))):
            return "no row"
        file.rename(old)
        meter.process.send_signal(signal.SIGHUP)
        if not wait(file.exists):
            return "no new file behind SIGHUP"
        b.call(1)
        if not wait(lambda: b.mine(lines_of(file))):
            return "no row in the new file"
        if meter.process.poll() is not None:
            return "SIGHUP ended it"
        meter.stop()
        return b.whole(lines_of(old, file))


@test
def nothing_is_lost_behind_a_kill(b):
    """All of wiretally's processes, the sinks' too, at any moment: what the ledger has, arrives."""
    file = b.folder / "log" / "calls.ndjson"
    for pause in (0.2, 1.1, 0.6):
        with b.meter_for(f"file:{file}") as meter:
            b.call(2)
            time.sleep(pause)  # the moment of the kill: any will do
            meter.kill()
    with b.meter_for(f"file:{file}") as meter:
        b.call(1)
        if not wait(lambda: len(b.in_ledger()) and set(b.in_ledger()) <= {
                r["gen_ai"]["response"]["id"] for r in b.mine(lines_of(file))}):
            return f"{len(b.mine(lines_of(file)))} rows for {len(b.in_ledger())} calls"
        meter.stop()
    known, seen = b.in_ledger(), {}
    for row in b.mine(lines_of(file)):
        seen.setdefault(row["gen_ai"]["response"]["id"], set()).add(row["event"]["id"])
    if wrong := {r: ids for r, ids in seen.items() if ids != {known.get(r)}}:
        return f"other ids than the ledger's {known}: {wrong}"
    return "" if len(known) >= 2 else f"only {len(known)} calls were in the ledger: it tests nothing"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        with Provider(Path(folder)) as sim:
            for run in TESTS:
                suite.run(run.__name__, lambda run=run: run(Sunk(sim, Path(folder), run.__name__)))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
