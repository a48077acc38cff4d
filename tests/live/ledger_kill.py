#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 of `wiretally run`, all its processes, at random moments under load: the ledger stays right.

    tests/live/ledger_kill.py [SEED]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made. The seed is printed;
KILLS is how many there are (50). Half of them strike where it hurts: just after the ledger's log
was written to.
"""
import csv
import io
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
import prices  # noqa: E402
from bench import CHAT, Bench, Suite  # noqa: E402
from meter import WIRETALLY, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

KILLS = int(os.environ.get("KILLS", "50"))
ENOUGH = KILLS // 8  # starts that kept a call
CONNECTIONS = 3
EXPEDITED = Path("/sys/kernel/rcu_expedited")
# From when wiretally watches to its end: some die before, most after a commit or two.
LONGEST_S = 1.5

# What calls add up to: all of them, and as the sums have it with those that are not summed yet.
CALLS = "SELECT count(*) AS calls, sum(nano_usd) AS nano, sum(input) AS input FROM calls"
SUMS = """SELECT sum(calls), sum(nano), sum(input) FROM (
  SELECT calls, nano_usd AS nano, input FROM minutes UNION ALL SELECT 1, nano_usd, input FROM calls
  WHERE n > ifnull((SELECT min(upto) FROM rollups), 0))"""


class Reader:
    """Looks into the ledger as any reader does, while it is written or after."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        self.db.row_factory = sqlite3.Row

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def one(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def ids(self, since_ns=0):
        return {r[0] for r in self.db.execute("SELECT id FROM calls WHERE end_ns >= ?", (since_ns,))}

    def wrong(self, run, check="quick_check"):
        """What is wrong with the ledger by itself, and with calls whose id ends with run; "": nothing."""
        if (said := self.one(f"PRAGMA {check}")) != "ok":
            return f"{check}: {said}"
        twice = self.db.execute("SELECT response_id FROM calls WHERE response_id LIKE ? "
                                "GROUP BY 1 HAVING count(*) > 1", ("%" + run,)).fetchall()
        if twice:
            return f"twice in it: {[r[0] for r in twice]}"
        self.db.execute("BEGIN")  # both are of one moment
        calls, sums = (tuple(self.db.execute(sql).fetchone()) for sql in (CALLS, SUMS))
        self.db.execute("COMMIT")
        if calls[0] and calls != sums:
            return f"calls say {calls}, the sums {sums}"
        return ""


def start_s(ledger):
    """How long wiretally takes here until it watches."""
    spawned = time.time()
    with Meter("--ledger", ledger, command="run"):
        return time.time() - spawned


def until_killed(meter, ledger, spawned, longest, lot):
    """Waits for a random moment; (when it watched or None, ids that a reader saw before the kill)."""
    end = spawned + lot.uniform(0, longest)
    watched, seen, log = None, set(), Path(f"{ledger}-wal")
    while time.time() < end:
        if meter.ready.wait(0.02) and not watched:
            watched = time.time()
        if ledger.exists() and watched:
            with Reader(ledger) as reader:
                seen |= reader.ids(int((spawned - 1) * 1e9))
        time.sleep(0.03)
    if lot.random() < 0.5 and log.exists():
        size_and_time = log.stat()[6:9]
        while log.stat()[6:9] == size_and_time and time.time() < end + 1.1:
            time.sleep(0.0005)
        time.sleep(lot.uniform(0, 0.004))
    return watched, seen


def kill_again_and_again(ledger, lot, run):
    """Returns why it is wrong, and [(since when a meter watched, the calls that it kept)]."""
    spans, longest = [], start_s(ledger) + LONGEST_S
    with Reader(ledger) as reader:
        committed = reader.ids()
    for kill in range(2 * KILLS):
        # On a busy host most are killed while they still start: then more of them are.
        if kill >= KILLS and len(spans) >= ENOUGH:
            break
        spawned = time.time()
        meter = Meter("--ledger", ledger, command="run")
        watched, seen = until_killed(meter, ledger, spawned, longest, lot)
        if meter.kill() != -9:
            return f"kill {kill}: it had ended by itself: {meter.said[-3:]}", spans
        if not ledger.exists():
            continue
        with Reader(ledger) as reader:
            if why := reader.wrong(run):
                return f"kill {kill}: {why}", spans
            now, nano = reader.ids(), reader.one("SELECT ifnull(sum(nano_usd), 0) FROM calls")
        if gone := (committed | seen) - now:
            return f"kill {kill}: {len(gone)} of {len(committed)} committed calls are gone", spans
        reported = wiretally_json("report", "-l", ledger, "--since", "all")
        if (reported[-1]["nano_usd"] if reported else 0) != nano:
            return f"kill {kill}: report says {reported[-1:]}, the calls make {nano}", spans
        if watched and now - committed:
            spans.append((watched, now - committed))
        committed = now
    return "", spans


def holes(truth, calls, spans):
    """Of each connection every call is there from when the meter watched to the last it kept."""
    by_port = {}
    for t in truth:
        by_port.setdefault(t["peer_port"], []).append(t)
    for watched, ids in spans:
        kept = {calls[i]["response_id"] for i in ids}
        for connection in by_port.values():
            # The first may have been sent before: what is logged is when the provider took it up.
            mine = [t for t in connection if t["t"] > watched][1:]
            last = max((t["t"] for t in mine if t["response_id"] in kept), default=0)
            if lost := [t["response_id"] for t in mine
                        if t["t"] <= last and t["response_id"] not in kept]:
                return f"{len(lost)} calls of one connection are not in it: {lost[:3]}"
    return ""


def row_differs(truth, row):
    """As compare.row_differs, of a row of the ledger."""
    # A kill takes one process first: what is left told what it had of an answer, and says so.
    if row["result"] == "unknown" and not row["complete"]:
        return ""
    wrong = compare.tokens_differ(truth, dict(row))
    if row["result"] != "ok" or not row["complete"]:
        wrong.append(f"{row['result']}, complete {row['complete']}")
    want = prices.nano_dollars(truth["provider"], truth["model_served"], truth["tokens"])["total"]
    if row["served_model"] != truth["model_served"] or row["nano_usd"] != want:
        wrong.append(f"{row['served_model']} for {row['nano_usd']}, expected {want}")
    return "; ".join(wrong)


def sim_run(b):
    """What all ids of this provider end with, and those of no other that runs on this host."""
    end = time.monotonic() + 20
    while not (truth := b.sim.truth(b.name)) and time.monotonic() < end:
        time.sleep(0.05)
    return truth[0]["response_id"][-8:]


def export_differs(ledger, calls):
    """FOCUS's rows have each call once, and each nano-dollar."""
    done = subprocess.run([WIRETALLY, "report", "--ledger", ledger, "--since", "all", "--config",
                           os.devnull, "--format", "focus", "--by", "hour,service,process"],
                          check=True, stdout=subprocess.PIPE, text=True, timeout=120)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    told = sum(int(r["x_Calls"]) for r in rows), sum(Decimal(r["EffectiveCost"]) for r in rows)
    want = len(calls), Decimal(sum(r["nano_usd"] or 0 for r in calls)) / 10**9
    return "" if told == want else f"FOCUS says {told}, the calls {want}"


def ledger_after_kills(b, ledger, lot):
    load = [b.start(b.client("one_connection.py", "many", 1 << 30)) for _ in range(CONNECTIONS)]
    load.append(b.start(["sh", "-c", 'while "$@"; do sleep 0.1; done', "sh",
                         *b.curl("/v1/chat/completions", CHAT)]))
    try:
        run = sim_run(b)
        why, spans = kill_again_and_again(ledger, lot, run)
    finally:
        for process in load:
            process.kill()
            process.wait()
    if why:
        return why
    last = Bench(b.sim, None, "after_the_kills")
    with Meter("--ledger", ledger, command="run") as meter:
        last.run(last.client("http_client.py", "urllib", 6))
        if meter.stop():
            return "".join(meter.said)
    with Reader(ledger) as reader:
        if why := reader.wrong(run, "integrity_check"):
            return why
        calls = {r["id"]: r for r in reader.db.execute("SELECT * FROM calls")}
    if why := export_differs(ledger, calls.values()):
        return why
    known = {r["response_id"]: r for r in calls.values()}
    truth = b.sim.truth(b.name)
    for t in truth + last.sim.truth(last.name):
        row = known.get(t["response_id"])
        if not row and t["test"] == last.name:
            return f"{t['response_id']}, made after the last start, is not in it"
        if row and (why := row_differs(t, row)):
            return f"{t['response_id']}: {why}"
    if len(spans) < ENOUGH:
        return f"only {len(spans)} of {2 * KILLS} starts kept a call: the test does not test"
    print(f"  {KILLS} kills, {len(spans)} of them after a commit; {len(truth)} calls were made, "
          f"{len(calls)} are in the ledger")
    return holes(truth, calls, spans)


def setting_is_back(before):
    """Another wiretally may have it on for the moment of an attach."""
    end = time.monotonic() + 5
    while (now := EXPEDITED.read_text(encoding="ascii")) != before and time.monotonic() < end:
        time.sleep(0.01)
    return "" if now == before else f"{EXPEDITED} was {before.strip()}, is {now.strip()}"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    suite = Suite([])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # the meter's user goes through it to its ledger
        before = EXPEDITED.read_text(encoding="ascii")
        with Provider(Path(folder), "--latency-ms", "10") as sim:
            suite.run("ledger_after_kills", ledger_after_kills, Bench(sim, None, "ledger_after_kills"),
                      Path(folder) / "ledger/ledger.db", random.Random(seed))
        suite.run("setting_of_the_kernel_is_put_back", setting_is_back, before)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
