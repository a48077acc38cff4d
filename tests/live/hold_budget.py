#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of budgets whose mode is hold: of a dedicated worker no request leaves that might break one.

    tests/live/hold_budget.py [NAME ...]

As tests/live/run.py: needs root. The provider's truth log says what arrived.
"""
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib"), str(Path(__file__).resolve().parent)]

from bench import CHAT, Bench, Suite  # noqa: E402 (the path comes first)
from bystanders import FUNCTIONS, Probed  # noqa: E402
from compare import schema_breach  # noqa: E402
from meter import Meter, wiretally_json  # noqa: E402
from owners import Group  # noqa: E402
from sim import Provider  # noqa: E402

WAIT_S = 120
KB, MB = 1000, 1000000
WAYS = list(itertools.product((KB, MB), (1, 2), ("blocking", "nonblocking")))
WORKERS, MANY, LIMIT = 20, 200, 300


def config(folder, group, limit, **more):
    path = Path(folder) / "config.yaml"
    path.write_text(json.dumps({
        "budgets": [{"name": "held", "limit": f"{limit} calls", "per": "day", "mode": "hold",
                     "when": {"cgroup": "/" + group}, **more}],
        "actions": {"enforce": True}}), encoding="utf-8")
    return ["--config", str(path)]


class Line:
    """What a process says, a line at a time."""

    all: list["Line"] = []

    def __init__(self, b, group, *args):
        self.all.append(self)
        self.process = b.start(b.client(*args), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               preexec_fn=group.enter)
        self.pid = self.process.pid

    def said(self):
        return self.process.stdout.readline().strip()

    def ready(self):
        """It has its connection, and its probes, which may be late on a busy machine."""
        return self.said() == "ready" and until(lambda: set(Probed(self.pid).functions()) == set(FUNCTIONS)) >= 0

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def state(self):
        """T: it is stopped; "": it is gone."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        except OSError:
            return ""

    def end(self):
        self.process.kill()
        self.process.wait(WAIT_S)


def until(what, seconds=WAIT_S):
    """How long it took; -1: it was not within that time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if what():
            return time.monotonic() - began
        time.sleep(0.01)
    return -1


def killed(meter):
    return {a["process"]["pid"] for a in meter.actions
            if (a["event"]["action"], a["wiretally"]["action"]["result"]) == ("kill", "done")}


def held(b, folder, group):
    """Each worker's second call would break its budget: it never arrives, whatever way it is sent."""
    with Meter(*config(folder, group.folder.name, 1, each="user")) as meter:
        for i, way in zip(range(WORKERS), itertools.cycle(WAYS)):
            worker = Line(b, group, "held_worker.py", f"user{i}", *way)
            heard = [worker.ready()]
            for _ in range(2):
                worker.ask()
                heard.append(worker.said())
            if heard != [True, "ok", ""] or worker.process.wait(WAIT_S) != -signal.SIGKILL:
                return f"{way} said {heard}, and ended with {worker.process.returncode}: {meter.actions}"
            if until(lambda: len(b.sim.truth(b.name)) > i) < 0 or len(b.sim.truth(b.name)) != i + 1:
                return f"{way}: {len(b.sim.truth(b.name))} requests arrived of {i + 1} that may"
            meter.wait(lambda _, pid=worker.pid: pid in killed(meter), WAIT_S)
            if worker.pid not in killed(meter):
                return f"{way}: not told: {meter.actions}"
        print(f"  {WORKERS} workers, 1 call allowed each: {len(b.sim.truth(b.name))} requests arrived")
        b.meter = meter
        return b.equal(WORKERS, b.rows(WORKERS, WAIT_S)) or schema_breach(meter.actions, "action")


def many_at_once(b, folder, group):
    """One process asks on many connections in the same instant; there is room for all, and then for a half."""
    ledger = Path(folder) / "ledger" / "ledger.db"
    args = ("--ledger", str(ledger), *config(folder, group.folder.name, LIMIT))
    with Meter("--trace", *args, command="run") as meter:
        crowd = Line(b, group, "gated_crowd.py", "crowd", MANY)
        first = list(iter(crowd.said, "round"))
        if first != ["ok"] * MANY:
            return f"{first.count('ok')} of {MANY} calls that may be made were answered: {meter.actions}"
        b.meter = meter
        why = b.equal(MANY, b.rows(MANY, WAIT_S))
        crowd.ask()
        crowd.process.wait(WAIT_S)
        last = Bench(b.sim, None, b.name + "-last")
        last.run(last.curl("/v1/chat/completions", CHAT))  # behind what has arrived by now
        again = len(b.sim.truth(b.name + "-again"))
        if crowd.process.returncode != -signal.SIGKILL:
            return f"it ended with {crowd.process.returncode}"
        if until(lambda: the_budget(args)["holds"]["denied"] == 1) < 0:
            return f"budget says {the_budget(args)}"
        says = the_budget(args)
        over = max(again - (LIMIT - MANY), 0)
        print(f"  {MANY} requests at once, {LIMIT - MANY} of them allowed: {again} arrived, over by {over}")
        print("  {count} holds, {0:.1f} ms on average, {1:.1f} ms at most; {unjudged} writes unjudged".format(
            *(says["holds"][ns] / 1e6 for ns in ("mean_ns", "longest_ns")), **says["holds"]))
        if says["mode"] != "hold" or says["holds"]["count"] < MANY:
            return f"budget says {says}"
        # Where others have the CPU for five seconds they go on unjudged, as they are to, and that is told.
        return why or (f"{again} arrived" if over > says["holds"]["unjudged"] else "")


def the_budget(args):
    return wiretally_json("budget", *args)[0]


def ours(meter):
    """The processes of the meter, by what they are."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text(encoding="utf-8").split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if int(rest.split()[1]) == meter.process.pid:
            found["undo" if name == "wiretally-undo" else
                  "meter" if os.stat(path.parent).st_uid else name] = int(path.parent.name)
    return found | {"keeper": meter.process.pid}


def goes_on(worker, meter, who, act):
    """A worker stands where nobody judges: how long it takes until it goes on, when act is done."""
    os.kill(meter, signal.SIGSTOP)
    worker.ask()
    if until(lambda: worker.state() == "T") < 0:
        raise RuntimeError(f"it was not stopped: {worker.state()}")
    act()
    took = until(lambda: worker.state() not in ("T", ""))
    if who != "meter":
        os.kill(meter, signal.SIGCONT)
    heard = worker.said()
    if took < 0 or heard != "ok":
        raise RuntimeError(f"{who} was killed: {took} s, it said {heard!r}")
    print(f"  {who} was killed: a stopped worker went on after {took:.2f} s")


def killed_in_mid_hold(b, folder, group):
    """kill -9 of each process of ours lets a stopped worker go on, and so does the time that a hold may take."""
    for last in ("keeper", "meter"):
        with Meter(*config(folder, group.folder.name, 100)) as meter:
            pids = ours(meter)
            worker = Line(b, group, "held_worker.py", "user", KB, 1, "blocking")
            if not worker.ready():
                return "it was not ready"

            def guard(pids=pids):
                os.kill(pids["undo"], signal.SIGKILL)
                os.kill(pids["meter"], signal.SIGCONT)  # it is judged, as ever
            if last == "keeper":
                goes_on(worker, pids["meter"], "nobody", lambda: None)
            else:
                goes_on(worker, pids["meter"], "guard", guard)
            goes_on(worker, pids["meter"], last, lambda pids=pids: os.kill(pids[last], signal.SIGKILL))
    return ""


TESTS = (held, many_at_once, killed_in_mid_hold)


def run(test, *args):
    """Nobody of a test that failed stays in its control group."""
    try:
        return test(*args)
    finally:
        for line in Line.all:
            line.end()
        Line.all.clear()


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim, \
            Group(f"wiretally-hold-{os.getpid()}") as group:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        for test in TESTS:
            suite.run(test.__name__, run, test, Bench(sim, None, test.__name__), folder, group)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
