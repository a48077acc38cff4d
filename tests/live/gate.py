#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of budgets that no request breaks: the next one does not leave the host.

    tests/live/gate.py [NAME ...]

As tests/live/run.py: needs root. The provider's truth log says what arrived.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CHAT, Bench, Suite  # noqa: E402 (the path comes first)
from compare import schema_breach  # noqa: E402
from meter import Meter  # noqa: E402
from sim import Provider  # noqa: E402

WAIT_S = 120
AGENTS, CALLS, MANY = 20, 3, 200


def config(folder, rules, limit=f"{CALLS} calls"):
    """What each user may spend a day; the call that uses it up is answered."""
    path = Path(folder) / "config.yaml"
    path.write_text(json.dumps({
        "budgets": [{"name": "each", "limit": limit, "per": "day", "each": "user"}],
        "actions": {"enforce": True, "at-most": 1000, "rules": rules}}), encoding="utf-8")
    return ["--config", str(path)]


def acted(meter, verb):
    return {a["process"]["pid"] for a in meter.actions
            if (a["event"]["action"], a["wiretally"]["action"]["result"]) == (verb, "done")}


def at_the_limit(b, meter, verb):
    """Agents that have used up their calls, each of them gated by now."""
    agents = [b.start(b.client("gated_agent.py", f"user{i}", CALLS), stdin=subprocess.PIPE,
                      stdout=subprocess.PIPE, text=True) for i in range(AGENTS)]
    for agent in agents:
        for call in range(CALLS):
            if (line := agent.stdout.readline()) != "ok\n":
                raise RuntimeError(f"call {call} of {agent.pid}: {line!r}; the meter has {meter.actions}")
    pids = {agent.pid for agent in agents}
    meter.wait(lambda _: pids <= acted(meter, verb), WAIT_S)
    if missing := pids - acted(meter, verb):
        raise RuntimeError(f"not gated: {missing}; the meter has {meter.actions} {meter.said}")
    return agents


def ended(agent):
    return agent.communicate("go on\n", timeout=WAIT_S)[0].split("\n")[:-1]


def arrived(b):
    count = len(b.sim.truth(b.name))
    print(f"  {AGENTS} agents, {CALLS} calls allowed each: {count} requests arrived")
    return "" if count == AGENTS * CALLS else f"{count} requests arrived of {AGENTS * CALLS} that may"


def gate(b, folder):
    """What is in flight is answered; the next request is an error of its connection, on an old and a new one.
    A bystander in the same control group, of the same user, calls the same provider meanwhile."""
    with Meter(*config(folder, [{"on": "budgets.in_flight", "do": "gate"}])) as meter:
        agents = at_the_limit(b, meter, "gate")
        bystander = Bench(b.sim, None, b.name + "-bystander")
        bystander.run(bystander.curl("/v1/chat/completions", CHAT))
        if len(b.sim.truth(bystander.name)) != 1:
            return "a bystander's call did not arrive"
        for agent in agents:
            lines = ended(agent)
            if [line.split()[0] for line in lines] != ["error", "error", "other"] or lines[-1] != "other ok":
                return f"an agent had {lines}, the meter {meter.actions}"
        return arrived(b) or schema_breach(meter.actions, "action")


def gate_kill(b, folder):
    """The process ends at its next request, which does not leave."""
    with Meter(*config(folder, [{"on": "budgets.in_flight", "do": "gate_kill"}])) as meter:
        agents = at_the_limit(b, meter, "gate_kill")
        for agent in agents:
            lines = ended(agent)
            if agent.returncode != -signal.SIGKILL or lines:
                return f"an agent ended with {agent.returncode} and had {lines}: {meter.actions}"
        pids = {agent.pid for agent in agents}
        meter.wait(lambda _: pids <= acted(meter, "kill"), WAIT_S)
        if missing := pids - acted(meter, "kill"):
            return f"not told: {missing}"
        return arrived(b) or schema_breach(meter.actions, "action")


def instant(meter, pid, times):
    """How many requests were written when the gate was shut, and how long that took from the one that reached the
    limit on. Returns of how many the last write had begun by then: none of the others may arrive."""
    shut = min(datetime.fromisoformat(a["@timestamp"].replace("Z", "+00:00")).timestamp() for a in meter.actions
               if a["event"]["action"] == "gate" and a["process"]["pid"] == pid)
    lines = [line.split() for line in times.read_text(encoding="utf-8").splitlines()]
    began, at = (sorted(int(line[i]) / 1e9 for line in lines) for i in (0, 1))
    print(f"  {sum(t < shut for t in at)} of {len(at)} writes had returned when the gate was shut, "
          f"{(shut - at[MANY // 2 - 1]) * 1000:.0f} ms after that of request {MANY // 2} "
          f"and {(shut - at[0]) * 1000:.0f} ms after the first")
    return sum(t < shut + 0.001 for t in began)  # it is told to the millisecond


def many_at_once(b, folder):
    """One process asks on many connections in the same instant: over by what was sent before it was known, and
    by nothing in the next instant."""
    with Meter(*config(folder, [{"on": "budgets.in_flight", "do": "gate"}], f"{MANY // 2} calls")) as meter:
        times = Path(folder) / "written"
        crowd = b.start(b.client("gated_crowd.py", "crowd", MANY, times), stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
        first = list(iter(crowd.stdout.readline, "round\n"))
        meter.wait(lambda _: crowd.pid in acted(meter, "gate"), WAIT_S)
        if crowd.pid not in acted(meter, "gate"):
            return f"not gated: {meter.actions} {meter.said}"
        begun = instant(meter, crowd.pid, times)
        second = crowd.communicate("again\n\n", timeout=WAIT_S)[0].split("\n")
        answered, late = first.count("ok\n"), len(b.sim.truth(b.name + "-again"))
        came = len(b.sim.truth(b.name))
        print(f"  {MANY} requests at once, {MANY // 2} allowed: {came} arrived of {begun} whose write had begun by then, "
              f"{answered} were answered; at once again: {late}")
        if came > begun:
            return f"{came} requests arrived, and of {begun} the write had begun when the gate was shut"
        if late or "ok" in second or len([line for line in second if line.startswith("error")]) != MANY:
            return f"the second time {late} requests arrived, and it had {Counter(second)}"
        if answered < MANY // 2:
            return f"{answered} of {MANY // 2} that may be asked were answered"
    return ""


TESTS = (gate, gate_kill, many_at_once)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        for test in TESTS:
            suite.run(test.__name__, test, Bench(sim, None, test.__name__), folder)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
