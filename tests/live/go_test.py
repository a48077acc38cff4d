#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of Go programs: several versions of Go, stripped, position independent, linked by C's.

    tests/live/go_test.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made. tools/go_env.sh gets
the compilers. Every program is built here, from tests/live/clients/go.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

import compare  # noqa: E402 (the path comes first)
import prices  # noqa: E402
from bench import Bench, Suite  # noqa: E402
from meter import WIRETALLY, Meter  # noqa: E402
from proxies import forwarders  # noqa: E402
from sim import Provider  # noqa: E402

NEWEST = "1.27.3"
# Those that laid out the table of functions, its section or the runtime's record another way.
VERSIONS = ("1.18.10", "1.21.13", "1.23.12", NEWEST)
STRIPPED = "-ldflags=-s -w"
BY_C = "-ldflags=-s -w -linkmode=external"
SHAPES = {
    "symbols": [],
    "stripped": [STRIPPED],
    "pie": ["-buildmode=pie"],
    "pie_stripped": ["-buildmode=pie", STRIPPED],
    "by_c": [BY_C],
    "pie_by_c": ["-buildmode=pie", BY_C],
}
WOKEN = 50
# Goroutines move between threads, however few processors there are. A host with more to do than it
# can sets probes late: a program waits for them, but where that is what is tested.
ENV = {"GOMAXPROCS": "4", "WAIT_FIRST": "300ms"}


def build(client, version, shape):
    """The path of the program; quick when nothing changed."""
    go = subprocess.run([ROOT / "tools/go_env.sh", version], check=True, stdout=subprocess.PIPE,
                        text=True).stdout.strip()
    cache = ROOT / ".cache/go"
    out = cache / "bin" / f"{client}-{version}-{shape}"
    env = {**os.environ, "GOMODCACHE": cache / "mod", "GOCACHE": cache / "build", "GOPATH": cache,
           "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "CGO_ENABLED": "1"}
    subprocess.run([go, "build", "-o", out, *SHAPES[shape], "."], check=True, env=env,
                   cwd=ROOT / "tests/live/clients/go" / client)
    return str(out)


class GoBench(Bench):
    def env(self):
        return {**super().env(), **ENV}

    def say(self, command, text=None):
        """Runs it; what it printed."""
        p = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said, _ = p.communicate(text, timeout=60)
        if p.returncode:
            raise OSError(f"the client ended with {p.returncode}")
        return said


def by_go(b, calls):
    """The rows are right, and say whose TLS it was."""
    rows = b.rows(calls)
    if why := b.equal(calls, rows):
        return why
    libs = {r["wiretally"].get("tls_library") for r in rows}
    return "" if libs == {"go"} else f"TLS libraries {libs}"


def seen(b, client, version, shape):
    """The program, which the meter has seen run: reading a new one takes its time."""
    program = build(client, version, shape)
    for _ in range(10):
        first = GoBench(b.sim, b.meter, b.name + "_first")
        first.run([program, *(["many"] if client == "calls" else []), "1"])
        if first.rows(1, 2):
            break
    b.since = len(b.meter.rows)
    return program


def every_build(b, version, shape):
    program = seen(b, "calls", version, shape)
    b.run([program, "many", "3"])
    b.run([program, "mixed", "6"])
    return by_go(b, 9)


def fifty_at_once(b):
    b.run([seen(b, "calls", NEWEST, "stripped"), "mixed", "50"])
    return by_go(b, 50)


def several_processes_at_once(b):
    b.run(*[[seen(b, "calls", NEWEST, "symbols"), "mixed", "10"]] * 8)
    return by_go(b, 80)


def two_mebibytes(b):
    b.run([seen(b, "calls", NEWEST, "stripped"), "large", "3"])
    return by_go(b, 3)


def openai_library(b):
    b.run([seen(b, "openai", NEWEST, "stripped"), "50"])
    return by_go(b, 50)


def calls_right_after_exec(b):
    """A call some 5 ms after exec: on a busy host it may be missed, but it is not seen in part."""
    program = seen(b, "calls", NEWEST, "stripped")
    for _ in range(20):
        b.run(["env", "WAIT_FIRST=", program, "many", "1"])
    rows = b.rows(20)
    print(f"  {len(rows)} of 20 processes that call at once")
    ids = {r["gen_ai"].get("response", {}).get("id") for r in rows}
    if len(ids) < 10:
        return f"{len(rows)} rows for 20 calls"
    return compare.all_equal([t for t in b.sim.truth(b.name) if t["response_id"] in ids], rows)


def buffer_on_a_stack_that_moves(b):
    moved = int(b.say([seen(b, "calls", NEWEST, "stripped"), "stack", "10"]))
    return by_go(b, 10) if moved else "no stack moved: the test does not test"


def dropped_without_a_close(b):
    """Addresses are given again, and the next connection is not taken for the one before."""
    addresses = int(b.say([seen(b, "calls", NEWEST, "stripped"), "dropped", "40"]))
    if addresses > 30:
        return f"40 connections had {addresses} addresses: the test does not test"
    rows = b.rows(40)
    whole = [r for r in rows if r["wiretally"]["complete"]]
    if len(rows) != 40 or len(whole) != 20:
        return f"{len(rows)} rows, {len(whole)} of them complete: 40 and 20 were made"
    truth = {t["response_id"]: t for t in b.sim.truth(b.name)}
    wrong = [compare.row_differs(truth[r["gen_ai"]["response"]["id"]], r) for r in whole]
    wrong += ["question and answer of two connections" for r in whole
              if r["gen_ai"]["request"]["model"] != "gpt-4o"]
    return "; ".join(w for w in wrong if w)


def woken_at_once(b):
    """Processes that are let go after two seconds and connect to somebody new right after, when their
    probes of before have not been taken away yet: no byte is told twice."""
    program = seen(b, "calls", NEWEST, "stripped")
    b.run(*[[program, "woken", str(1800 + 40 * i)] for i in range(WOKEN)])
    rows = b.rows(2 * WOKEN)
    ids = [r["gen_ai"].get("response", {}).get("id") for r in rows]
    print(f"  {len(rows)} of {2 * WOKEN} calls of processes that were woken at once")
    if len(ids) != len(set(ids)) or len(ids) < WOKEN:
        return f"{len(ids)} rows, {len(set(ids))} answers, {2 * WOKEN} calls"
    return compare.all_equal([t for t in b.sim.truth(b.name) if t["response_id"] in ids], rows)


def bill_of_exec(b):
    """Whole, though nobody has seen the program before."""
    program = build("calls", NEWEST, "pie_stripped")
    with tempfile.TemporaryDirectory() as folder:
        bill, fresh = Path(folder) / "bill", shutil.copy(program, folder)
        done = subprocess.run([WIRETALLY, "exec", "--json", "--output", bill, "--", fresh, "many",
                               "4"], env={**b.env(), "WAIT_FIRST": ""}, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        if done.returncode:
            return f"status {done.returncode}: {done.stderr}"
        total = json.loads(bill.read_text(encoding="utf-8"))["total"]
    truth = b.sim.truth(b.name)
    owed = sum(prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
               for t in truth)
    good = len(truth) == total["calls"] == 4 and total["nano_usd"] == owed
    return "" if good else f"{total}, {owed} nano-dollars are owed for {len(truth)} calls"


def tls_in_tls(b):
    """Through a proxy that speaks TLS itself: each call of the inner one makes one of the outer."""
    program = seen(b, "calls", NEWEST, "stripped")
    with forwarders(Path(b.sim.ca).parent) as ports:
        for proxy in (f"https://127.0.0.1:{ports['https']}", f"http://127.0.0.1:{ports['http']}"):
            b.run(["env", f"SIM_PROXY={proxy}", program, "many", "6"],
                  ["env", f"SIM_PROXY={proxy}", program, "mixed", "10"])
    return by_go(b, 32)


def connected_before(sim, name, *options):
    """A connection is open when the meter starts, and waits in a Read: later calls are exact."""
    b = GoBench(sim, None, name)
    p = b.start([build("calls", NEWEST, "stripped"), "pause", "13"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True)
    p.stdout.readline()
    with Meter(*options) as b.meter:
        p.communicate("go\n", timeout=60)
        rows = b.rows(12)
    if len(rows) != 12:
        return f"{len(rows)} rows for the 12 calls after the start"
    return compare.all_equal(sim.truth(b.name)[1:], rows)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        with Meter() as meter:
            for version in VERSIONS:
                for shape in SHAPES:
                    name = f"go{version}_{shape}"
                    suite.run(name, every_build, GoBench(sim, meter, name), version, shape)
            for test in (fifty_at_once, several_processes_at_once, two_mebibytes, openai_library,
                         calls_right_after_exec, buffer_on_a_stack_that_moves,
                         dropped_without_a_close, woken_at_once, tls_in_tls):
                suite.run(test.__name__, test, GoBench(sim, meter, test.__name__))
            suite.run("meter_ends_well", lambda: meter.stop() and str(meter.said[-3:]))
        for name, options in (("connected_before", []),
                              ("connected_before_perf_uprobes", ["--perf-uprobes"])):
            suite.run(name, connected_before, sim, name, *options)
        suite.run("bill_of_exec", bill_of_exec, GoBench(sim, None, "bill_of_exec"))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
