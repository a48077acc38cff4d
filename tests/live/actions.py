#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of what stops a runaway: a real SDK in a loop, found, and cut, frozen or killed.

    tests/live/actions.py [NAME ...]

As tests/live/run.py: needs root. The provider's truth log says what arrived after a finding.
"""
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import Bench, Suite  # noqa: E402 (the path comes first)
from compare import schema_breach  # noqa: E402
from meter import WIRETALLY, Meter, wiretally_json  # noqa: E402
from netns import Namespace  # noqa: E402
from pace import Pace  # noqa: E402
from sim import Provider  # noqa: E402

WAIT_S = 180  # for what takes a moment on a quiet host
SOON_S = 1  # between a finding and an error of the connection; a busy machine adds what it keeps


def config(folder, rules, enforce=True, **more):
    """A configuration in which a run of more than ten steps is found, and that is to be done."""
    path = Path(folder) / "config.yaml"
    path.write_text(json.dumps({
        "detect": {"runaway": {"steps": 10, "run-calls-per-minute": 15}},
        "actions": {"enforce": enforce, "rules": rules, **more}}), encoding="utf-8")
    return ["--config", str(path)]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def until(condition, seconds=WAIT_S):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    return condition()


def state_of(pid):
    """R, S, T (stopped) ...; "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def child_of(pid, name):
    return next(int(child) for tid in Path(f"/proc/{pid}/task").iterdir()
                for child in (tid / "children").read_text(encoding="utf-8").split()
                if Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip() == name)


class Agent:
    """clients/looping_agent.py: calls again and again, and says what it gets."""

    def __init__(self, b, *args, **kw):
        self.process = b.start(b.client("looping_agent.py", *args), stdout=subprocess.PIPE, text=True,
                               **kw)
        self.pid = self.process.pid

    def line(self):
        return self.process.stdout.readline().split()

    def ended(self):
        out = self.process.communicate(timeout=WAIT_S)[0]
        return [line.split() for line in out.splitlines()]


def acted(meter, verb, result="done"):
    return [a for a in meter.actions if (a["event"]["action"], a["wiretally"]["action"]["result"]) ==
            (verb, result)]


def told_alone(b, folder):
    """By default nothing is done, and it is said what would be."""
    with Meter(*config(folder, [{"on": "runaway.*", "do": "kill"}], enforce=False)) as meter:
        agent = Agent(b, 40)
        lines = agent.ended()
        if [l[0] for l in lines] != ["ok"] * 40 + ["other"]:
            return f"the agent had {lines[-3:]}"
        if not until(lambda: acted(meter, "kill", "dry_run")):
            return f"no dry run among {meter.actions}"
    return ""


def throttle(b, folder):
    """Each request waits before it leaves, and is answered; it is over at its time."""
    with Meter(*config(folder, [{"on": "runaway.steps", "do": "throttle", "for": "10s"}])) as meter:
        agent = Agent(b, 60)
        at, waited = time.monotonic(), []
        while len(waited) < 2:  # one after the other; those before may come late to us
            if (line := agent.line()) != ["ok"]:
                return f"it had {line} and was not throttled: {meter.actions} {meter.said}"
            took, at = time.monotonic() - at, time.monotonic()
            waited = waited + [round(took, 1)] if took > 1.9 and acted(meter, "throttle") else []
        print(f"  requests took {waited} s")
        if not until(lambda: acted(meter, "throttle", "undone")):
            return f"it was never undone: {meter.actions}"
        lines = agent.ended()
    return "" if {l[0] for l in lines} == {"ok", "other"} else f"it had {lines}"


def cut(b, folder):
    """The SDK has an error of its connection, soon; other connections of the process go on."""
    with Meter(*config(folder, [{"on": "runaway.*", "do": "cut", "for": "4s"}])) as meter, Pace() as pace:
        agent = Agent(b, 400, "--until-error")
        lines = agent.ended()
        done = acted(meter, "cut")
        if not done or lines[-2][0] != "error" or "Connection" not in lines[-2][1]:
            return f"the agent had {lines[-3:]}, the meter {meter.actions} {meter.said[-3:]}"
        if lines[-1] != ["other", "ok"]:
            return f"another connection had {lines[-1]}"
        told = [f for f in meter.findings if f["process"]["pid"] == agent.pid]
        took = float(lines[-2][2]) - min(instant(f["wiretally"]["finding"]["found"]) for f in told)
        print(f"  {len(lines) - 2} calls, then {lines[-2][1]}, {took * 1000:.0f} ms after the finding")
        if took > SOON_S + pace.lost:
            return f"it had its error {took:.1f} s after the finding, the machine kept {pace.lost:.1f} s"
    return ""


def cut_and_allowed_again(b, folder):
    """By itself when its time is over."""
    with Meter(*config(folder, [{"on": "runaway.steps", "do": "cut", "for": "3s"}])) as meter:
        agent = Agent(b, 400, "--until-error", "--then-again")
        lines = agent.ended()
        if lines[-1][0] != "again" or lines[-1][1] != "ok":
            return f"the agent had {lines[-3:]}"
        if not until(lambda: acted(meter, "cut", "undone")):
            return f"it was never undone: {meter.actions}"
    return ""


def freeze(b, folder):
    """It stops where it is, with its children, and goes on when the time is over."""
    with Meter(*config(folder, [{"on": "runaway.steps", "do": "freeze", "for": "3s"}])) as meter:
        agent = Agent(b, 40, "--child")
        child = int(agent.line()[1])
        if not until(lambda: state_of(agent.pid) == "T" and state_of(child) == "T"):
            return f"states {state_of(agent.pid)} {state_of(child)}: {meter.actions}"
        lines = agent.ended()
        if len([l for l in lines if l[0] == "ok"]) < 40:
            return f"it did not go on: {lines[-2:]}"
        if not until(lambda: acted(meter, "freeze", "undone")):
            return f"it was never undone: {meter.actions}"
    return ""


def frozen_when_we_die(b, folder):
    """kill -9 of all of the meter: who is stopped goes on."""
    meter = Meter(*config(folder, [{"on": "runaway.steps", "do": "freeze"}]))
    with meter:
        agent = Agent(b, 40)
        if not until(lambda: state_of(agent.pid) == "T"):
            return f"it was not stopped: {meter.actions}"
        began = time.monotonic()
        os.killpg(meter.process.pid, signal.SIGKILL)
        if not until(lambda: state_of(agent.pid) in ("R", "S")):
            return "it stays stopped"
        print(f"  went on {time.monotonic() - began:.2f} s after kill -9")
        meter.ended()
        agent.process.kill()
        agent.process.wait(WAIT_S)
    return ""


def undone_when_all_were_killed(b, folder):
    """kill -9 of the meter and of its guard: who is stopped goes on by `wiretally undo`."""
    meter = Meter(*config(folder, [{"on": "runaway.steps", "do": "freeze"}]))
    with meter:
        agent = Agent(b, 40)
        if not until(lambda: state_of(agent.pid) == "T"):
            return f"it was not stopped: {meter.actions}"
        keeper = meter.process.pid
        guard = child_of(keeper, "wiretally-undo")
        os.kill(guard, signal.SIGKILL)
        os.killpg(keeper, signal.SIGKILL)
        meter.process.wait(WAIT_S)
        until(lambda: state_of(guard) in ("", "Z"))  # what it has locked is free
        if state_of(agent.pid) != "T":
            return "it went on by itself: nothing to undo"
        said = subprocess.run([WIRETALLY, "undo"], capture_output=True, text=True, check=False)
        goes_on = until(lambda: state_of(agent.pid) in ("R", "S"))
        agent.process.kill()
        agent.process.wait(WAIT_S)
    if not goes_on or "let go on" not in said.stdout:
        return f"it stays stopped: {said.stdout}{said.stderr}"
    return ""


def kill(b, folder):
    """No request arrives after the finding."""
    with Meter(*config(folder, [{"on": "runaway.steps", "do": "kill"}])) as meter:
        agent = Agent(b, 400)
        lines = agent.ended()
        done = until(lambda: acted(meter, "kill"))
        if agent.process.returncode != -signal.SIGKILL or not done:
            return f"it ended with {agent.process.returncode}: {lines[-2:]} {meter.actions}"
        arrived, answered = len(b.sim.truth(b.name)), len(lines)
        print(f"  {answered} answers were seen by the agent, {arrived} requests arrived")
        if arrived > answered + 1:  # the one that it was killed in the midst of
            return f"{arrived} requests arrived, {answered} before the finding"
        return schema_breach(meter.actions, "action")


def protected(b, folder):
    """Whom the configuration protects is left alone."""
    exe = os.path.realpath(sys.executable)
    with Meter(*config(folder, [{"on": "runaway.*", "do": "kill"}], protect=[exe])) as meter:
        lines = Agent(b, 40).ended()
        if len([l for l in lines if l[0] == "ok"]) != 40:
            return f"the agent had {lines[-2:]}"
        if not until(lambda: acted(meter, "kill", "protected")):
            return f"not refused: {meter.actions}"
    return ""


def in_a_namespace(b, folder):
    """An agent in a network namespace of its own, the provider beyond a pair of interfaces."""
    with Namespace() as there, Meter(*config(folder, [{"on": "runaway.*", "do": "cut"}])) as meter:
        agent = b.start(["ip", "netns", "exec", there.name, *b.client(
            "looping_agent.py", 400, "--until-error", "--relay", there.host)], stdout=subprocess.PIPE, text=True)
        with subprocess.Popen(b.client("relay.py", there.host, b.sim.port)) as relay:
            out = agent.communicate(timeout=WAIT_S)[0].splitlines()
            relay.kill()
        if not acted(meter, "cut") or not out or not out[-2].startswith("error"):
            return f"the agent had {out[-3:]}, the meter {meter.actions} {meter.said[-3:]}"
    return ""


def ordered_by_a_person(b, folder):
    """cut, freeze, allow and kill, by the daemon's socket; no `enforce` is needed."""
    control, ledger = Path(folder) / "control", Path(folder) / "ordered/ledger.db"

    def order(*args):
        return subprocess.run([WIRETALLY, *map(str, args), "--control", control], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WAIT_S, check=False)

    with Meter("--trace", "--control", control, "--ledger", ledger, command="run"):
        if stat.S_IMODE(control.stat().st_mode) != 0o600:
            return f"mode {control.stat().st_mode:o} of the socket"
        if (init := order("kill", 1)).returncode != 1 or "protected" not in init.stdout:
            return f"process 1: {init.stdout}"
        agent = Agent(b, 4000, "--until-error")
        for _ in range(5):
            agent.line()
        cutting = order("cut", agent.pid, "--for", "1h")
        lines = agent.ended()
        if cutting.returncode or ": done" not in cutting.stdout or lines[-2][0] != "error":
            return f"cut: {cutting.stdout}; the agent had {lines[-3:]}"
        agent = Agent(b, 4000, "--child")
        child = int(agent.line()[1])
        agent.line()
        freezing = order("freeze", agent.pid)
        if freezing.returncode or not until(lambda: {state_of(agent.pid), state_of(child)} == {"T"}):
            return f"freeze: {freezing.stdout} {state_of(agent.pid)} {state_of(child)}"
        allowing = order("allow", agent.pid)
        if allowing.returncode or not until(lambda: state_of(agent.pid) in ("R", "S")):
            return f"allow: {allowing.stdout} {state_of(agent.pid)}"
        killing = order("kill", agent.pid)
        agent.ended()
        if killing.returncode or agent.process.returncode != -signal.SIGKILL or state_of(child) not in ("", "Z"):
            return f"kill: {killing.stdout} {agent.process.returncode} {state_of(child)}"
    told = [(a["wiretally"]["action"]["verb"], a["wiretally"]["action"]["result"])
            for a in wiretally_json("actions", "--ledger", ledger)]
    want = [("kill", "protected"), ("cut", "done"), ("freeze", "done"), ("freeze", "undone"),
            ("allow", "done"), ("kill", "done")]
    if [t for t in told if t != ("cut", "undone")] != want:
        return f"the ledger has {told}"
    return "" if not control.exists() else "the socket is left behind"


TESTS = (told_alone, throttle, cut, cut_and_allowed_again, freeze, frozen_when_we_die,
         undone_when_all_were_killed, kill, protected,
         in_a_namespace, ordered_by_a_person)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        for test in TESTS:
            b = Bench(sim, None, test.__name__)
            suite.run(test.__name__, test, b, folder)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
