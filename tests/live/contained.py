#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of what stops who is in a container with a network of its own: cut, freeze, gate and hold.

    tests/live/contained.py [NAME ...]

As tests/live/run.py; podman, too. The provider is at the other end of a pair of interfaces, by its own name.
The provider's truth log says what arrived.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib"), str(Path(__file__).resolve().parent)]

from actions import acted, state_of, until  # noqa: E402 (the path comes first)
from bench import Bench, Suite  # noqa: E402
from hosts import INSIDE, PODMAN, podman  # noqa: E402
from meter import Meter  # noqa: E402
from netns import Namespace  # noqa: E402
from owners import in_container  # noqa: E402
from sim import Provider  # noqa: E402

WAIT_S = 120
NAME = "api.openai.com"
KINDS = ("frozen", "cut", "gated", "held")  # who stands still for a while is looked at first


def config(folder, names, held):
    """Each container has what is done to it, by what it is called or which control group it is."""
    path = Path(folder) / "config.yaml"
    path.write_text(json.dumps({
        "detect": {"runaway": {"steps": 10, "run-calls-per-minute": 15}},
        "budgets": [{"name": "gated", "limit": "2 calls", "per": "day", "when": {"container": names["gated"]}},
                    {"name": "held", "limit": "1 calls", "per": "day", "mode": "hold",
                     "when": {"cgroup": f"*libpod-{held.id}*"}}],
        "actions": {"enforce": True, "rules": [
            {"on": "runaway.*", "service": names["cut"], "do": "cut"},
            {"on": "runaway.steps", "service": names["frozen"], "do": "freeze", "for": "5s", "scope": "group"},
            {"on": "budgets.in_flight", "do": "gate"}]}}), encoding="utf-8")
    return ["--config", str(path)]


class Contained:
    """A client in a container of that namespace."""

    def __init__(self, sim, there, name, *command):
        self.b = Bench(sim, None, name)
        env = {**INSIDE, "SIM_URL": f"https://{NAME}:{sim.port}", "SIM_TEST": name, "PYTHONUNBUFFERED": "1"}
        self.id = in_container(name, ["python3", *map(str, command)], "--interactive",
                               f"--add-host={NAME}:{there.host}", f"--volume={Path(sim.ca).parent}:/ca:ro",
                               *(f"--env={k}={v}" for k, v in env.items()), network=f"ns:{there.path}")
        self.process, self.known = None, 0

    def start(self):
        self.process = subprocess.Popen([*PODMAN, "start", "--attach", "--interactive", self.id], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def pid(self):
        """0: it does not run yet. podman is asked once: who is frozen is so for five seconds."""
        self.known = self.known or int(podman("inspect", "--format={{.State.Pid}}", self.id))
        return self.known

    def line(self):
        return self.process.stdout.readline().strip()

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ended(self):
        """What else it said."""
        return self.process.communicate(timeout=WAIT_S)[0].split("\n")[:-1]

    def arrived(self):
        return len(self.b.sim.truth(self.b.name))


def listens(address, port):
    with socket.socket() as s:
        return s.connect_ex((address, port)) == 0


def is_cut(agent, meter):
    lines = agent.ended()
    if not acted(meter, "cut") or not lines[-2].startswith("error") or lines[-1] != "other ok":
        return f"it had {lines[-3:]}"
    return ""


def is_frozen(agent, meter):
    if not until(lambda: state_of(agent.pid()) == "T", WAIT_S):
        return f"it is in state {state_of(agent.pid())}"
    lines = agent.ended()
    if len([line for line in lines if line == "ok"]) != 40 or not acted(meter, "freeze", "undone"):
        return f"it did not go on: {lines[-2:]}"
    return ""


def is_gated(agent, meter):
    heard = [agent.line() for _ in range(2)]
    if not until(lambda: acted(meter, "gate"), WAIT_S):
        return f"it was not: {heard}"
    agent.ask()
    heard += [line.split()[0] for line in agent.ended()]
    if heard != ["ok", "ok", "error", "error", "other"] or agent.arrived() != 2:
        return f"it had {heard}, and {agent.arrived()} requests arrived"
    return ""


def is_held(agent, meter):
    heard = [agent.line()]
    for _ in range(2):
        agent.ask()
        heard.append(agent.line())
    if heard != ["ready", "ok", ""] or agent.process.wait(WAIT_S) != 128 + signal.SIGKILL or agent.arrived() != 1:
        return f"it had {heard}, ended with {agent.process.returncode}, and {agent.arrived()} requests arrived"
    return "" if until(lambda: acted(meter, "kill"), WAIT_S) else "it was not told"


def all_at_once(sim, there, agents, meter):
    b = Bench(sim, meter, "relay")
    relay = b.start(b.client("relay.py", there.host, sim.port))
    try:
        until(lambda: listens(there.host, sim.port), WAIT_S)
        for agent in agents.values():
            agent.start()
        for kind, agent in agents.items():
            if why := globals()[f"is_{kind}"](agent, meter):
                return f"{kind}: {why}; the meter has {meter.actions} {meter.said[-3:]}"
            print(f"  {kind}: {agent.arrived()} requests arrived")
    finally:
        relay.kill()
        relay.wait(WAIT_S)
    return ""


def with_a_network_of_its_own(sim):
    names = {kind: f"{kind}-{os.getpid()}" for kind in KINDS}
    loop = ("looping_agent.py", "--relay", Namespace.host)
    clients = {"cut": (loop[0], 400, "--until-error", *loop[1:]), "frozen": (loop[0], 40, *loop[1:]),
               "gated": ("gated_agent.py", "user", 2), "held": ("held_worker.py", "user", 1000, 2, "blocking")}
    with tempfile.TemporaryDirectory() as folder, Namespace() as there:
        os.chmod(folder, 0o711)
        agents = {}
        try:
            for kind in KINDS:
                program, *args = clients[kind]
                agents[kind] = Contained(sim, there, names[kind], f"/clients/{program}", *args)
            with Meter(*config(folder, names, agents["held"])) as meter:
                return all_at_once(sim, there, agents, meter)
        finally:
            for agent in agents.values():
                podman("rm", "--force", "--time=0", agent.id)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        suite.run("with_a_network_of_its_own", with_a_network_of_its_own, sim)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
