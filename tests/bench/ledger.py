# SPDX-License-Identifier: BSD-2-Clause
"""A large ledger: what a call costs to be written and kept, and how long a report takes."""
import json
import os
import sqlite3
import statistics
import subprocess
import time

from loops import BUILT, ROOT

CALLS = int(os.environ.get("LEDGER_CALLS", 10_000_000))
SMOKE_CALLS = 20_000
DAYS, A_SECOND = 30, 1000
BUSY = 200_000  # calls, at A_SECOND: what they cost a core while they come
FLOOD = 1_000_000  # calls, each of an end user of its own
AIM_CORE, AIM_BYTES, AIM_SECONDS = 0.05, 400, 1.0
AIM_AUDIT_SECONDS, AIM_AUDIT_MIB = 10.0, 200
RUNS = 3
HOURS = 2 * 3600

# By each that calls are often asked for; the last two are summed by nothing.
BY = ("model", "service", "feature", "team", "user", "pod", "run", "process", "day", "hour",
      "service,model", "model,cost_kind,service", "team,pod")


def fill(ledger, calls, days, *more):
    """What ledger_fill says; cpu_s: of the ledger alone, without that of making calls up."""
    done = subprocess.run([BUILT / "ledger_fill", ledger, str(calls), str(days), str(A_SECOND),
                           *more], stdout=subprocess.PIPE, text=True, check=True, timeout=HOURS)
    return json.loads(done.stdout)


def report(ledger, by, since="all"):
    """Seconds that it takes, and its total."""
    begin = time.monotonic()
    done = subprocess.run([ROOT / "build/wiretally", "report", "--ledger", ledger, "--config",
                           os.devnull, "--since", since, "--by", by, "--json"],
                          stdout=subprocess.PIPE, text=True, check=True, timeout=HOURS)
    return time.monotonic() - begin, json.loads(done.stdout.splitlines()[-1])


def reports(ledger, calls, smoke):
    totals = set()
    for by in BY:
        for since in ("all", "12d"):
            took = [report(ledger, by, since) for _ in range(1 if smoke else RUNS)]
            if since == "all":
                totals |= {(t["calls"], t["nano_usd"]) for _, t in took}
            if not smoke:
                print(f"Report of {calls} calls by {by}, since {since}: "
                      f"{statistics.median(s for s, _ in took):.2f} s, aim {AIM_SECONDS}")
    if len(totals) != 1 or {c for c, _ in totals} != {calls}:
        return f"reports do not say the same: {totals}"
    return ""


def run_tree(ledger, calls, smoke):
    """A run is found by its id, whichever: how long that takes."""
    with sqlite3.connect(ledger) as db:
        (run,), = db.execute("SELECT run FROM calls WHERE n = ?", (calls // 2,))
    begin = time.monotonic()
    done = subprocess.run([ROOT / "build/wiretally", "run-tree", "--ledger", ledger, "--config", os.devnull,
                           "--json", run], stdout=subprocess.PIPE, text=True, check=True, timeout=HOURS)
    if not smoke:
        print(f"A run of {calls} calls: {time.monotonic() - begin:.2f} s, aim {AIM_SECONDS}")
    return "" if run in done.stdout else f"run {run} is not told: {done.stdout[:200]}"


def audit(ledger, calls, smoke):
    """Every call of a ledger, audited."""
    begin = time.monotonic()
    done = subprocess.Popen([ROOT / "build/wiretally", "audit", "--ledger", ledger, "--config", os.devnull,
                             "--since", "all", "--json"], stdout=subprocess.PIPE, text=True)
    with done.stdout as out:
        total = json.loads(out.read().splitlines()[-1])
    _pid, status, usage = os.wait4(done.pid, 0)
    took, done.returncode = time.monotonic() - begin, status
    if status or total["calls"] != calls:
        return f"an audit of {calls} calls ended with {status}, and tells {total['calls']}"
    if not smoke:
        print(f"Audit of {calls} calls: {took:.1f} s, aim {AIM_AUDIT_SECONDS}; "
              f"{usage.ru_maxrss >> 10} MiB at most, aim {AIM_AUDIT_MIB}")
    return ""


def busy(folder, smoke):
    """What writing and summing up costs while calls come as fast as that."""
    calls = SMOKE_CALLS if smoke else BUSY
    got = fill(folder / "busy.db", calls, calls / A_SECOND / 86400)
    if not smoke:
        print(f"Ledger, {A_SECOND} calls a second: {got['cpu_s'] * A_SECOND / calls:.3f} of a core, "
              f"aim {AIM_CORE}")


def measure(folder, smoke):
    busy(folder, smoke)
    ledger, calls = folder / "large.db", SMOKE_CALLS if smoke else CALLS
    got = fill(ledger, calls, DAYS)
    if not smoke:
        print(f"Ledger, {calls} calls of {DAYS} days: {got['bytes'] / calls:.0f} bytes a call with all "
              f"sums, aim {AIM_BYTES}; RssAnon {got['rss_anon'] >> 20} MiB")
    if why := reports(ledger, calls, smoke) or run_tree(ledger, calls, smoke):
        return why
    ledger.unlink()
    flooded, calls = folder / "flood.db", SMOKE_CALLS if smoke else FLOOD
    got = fill(flooded, calls, 1, "new-users")
    took, total = report(flooded, "user")
    if total["calls"] != calls:
        return f"of {calls} calls of as many users {total['calls']} are told"
    if why := audit(flooded, calls, smoke):
        return why
    if not smoke:
        print(f"Ledger, {calls} calls of as many end users: {got['bytes'] / calls:.0f} bytes a call, "
              f"RssAnon {got['rss_anon'] >> 20} MiB; report by user {took:.2f} s")
    return ""
