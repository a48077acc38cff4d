#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of programs in Rust, whose TLS is rustls: Codex, Deno, and clients built here.

    tests/live/rust.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made. tools/test_programs.sh
fetches the programs, tools/rust_client.sh builds the clients.
"""
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CLIENTS, Bench, Suite  # noqa: E402
from meter import WIRETALLY, Meter  # noqa: E402
from programs import Programs  # noqa: E402
from sim import Provider  # noqa: E402

def built(provider):
    return subprocess.run([ROOT / "tools/rust_client.sh", provider], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


class RustBench(Bench):
    def __init__(self, sim, meter, name, program, folder):
        super().__init__(sim, meter, name)
        self.program, self.folder = program, folder

    def env(self):
        home = str(self.folder / "home")
        # A host with more to do than it can sets probes late: a client waits for them.
        return {**super().env(), "WAIT_FIRST_MS": "500", "SIM_MODULES": "/", "DENO_DIR": home, "HOME": home,
                "CODEX_HOME": home, "OPENAI_API_KEY": "sk-sim", "CODEX_CA_CERTIFICATE": self.sim.ca}


def by_rustls(b, calls):
    """The rows are right, and name the library."""
    rows = b.rows(calls)
    if why := b.equal(calls, rows):
        return why
    got = {r["wiretally"].get("tls_library") for r in rows}
    return "" if got == {"rustls"} else f"the rows name the library {got}"


def calls(b, kind, count, newest_tls="1.3"):
    b.run(["env", f"TLS_MAX={newest_tls}", b.program, kind, str(count)])
    return by_rustls(b, count)


def several_processes_at_once(b):
    """No connection's question with another one's answer: each row is its own process's."""
    pids = b.run(*[[b.program, "many", "12"]] * 6)
    rows = b.rows(72)
    each = {pid: sum(r["process"]["pid"] == pid for r in rows) for pid in pids}
    return b.equal(72, rows) or ("" if set(each.values()) == {12} else f"rows by process: {each}")


def deno(b, kind, count):
    b.run([b.program, "run", "-A", "--cert", b.sim.ca, str(CLIENTS / "js_client.mjs"), kind,
           str(count)])
    return by_rustls(b, count)


def codex(b):
    """An agent as people run it: its own client, prompt and tools, one turn. It takes half a second,
    and on a busy host its probes may take as long: then it is run again."""
    for attempt in range(6):
        one = RustBench(b.sim, b.meter, f"{b.name}_{attempt}", b.program, b.folder)
        why = one_turn(one)
        if why or one.rows(1, 2):
            return why or by_rustls(one, len(b.sim.truth(one.name)))
    return "none of six runs was seen"


def one_turn(b):
    provider = (f'model_providers.sim={{name="sim",base_url="{b.sim.url}/v1",wire_api="responses",'
                f'env_key="OPENAI_API_KEY",http_headers={{"x-sim-test"="{b.name}"}}}}')
    p = b.start([b.program, "exec", "--skip-git-repo-check", "-s", "read-only", "-c", provider, "-c",
                 'model_provider="sim"', "-c", 'model="gpt-4o"', "count me"], cwd=b.folder,
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if p.wait(120):
        return f"codex ended with {p.returncode}"
    return "" if b.sim.truth(b.name) else "codex made no call"


def keys_from_before(sim, name, program, folder, *options):
    """A connection is open when the meter starts: what it goes on to do is not guessed at, but
    counted; connections that are made later are exact."""
    b = RustBench(sim, None, name, program, folder)
    p = b.start([program, "pause", "8"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    p.stdout.readline()
    with Meter(*options) as b.meter:
        p.communicate("go\n", timeout=60)
        rows = b.rows(8)
        b.meter.stop()
    if len(rows) != 8 or not any("unpaired" in line for line in b.meter.said):
        return f"{len(rows)} rows; the meter said {b.meter.said}"
    return compare.all_equal(sim.truth(b.name)[2:], rows)


def ring_is_told(program):
    done = subprocess.run([WIRETALLY, "doctor", "--json", program], stdout=subprocess.PIPE,
                          text=True, timeout=60, check=False)
    row = json.loads(done.stdout)
    good = not row["hooked"] and row["how"].startswith("rustls: its cryptography")
    return "" if good else str(row)


def has_cargo():
    """One that can build the client's libraries: Debian 12's own is too old."""
    if not shutil.which("cargo"):
        return False
    said = subprocess.run(["cargo", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, said.split()[1].split(".")[:2])) >= (1, 85)


def test_built(suite, sim, folder, programs):
    """Before the meter that the other tests share."""
    suite.run("ring_is_told", ring_is_told, built("ring"))
    for name, options in (("keys_from_before", []),
                          ("keys_from_before_perf_uprobes", ["--perf-uprobes"])):
        suite.run(name, keys_from_before, sim, name, programs["symbols"], folder, *options)


BUILT = (("one_connection", "symbols", calls, "one", 12),
         ("connections_at_once", "symbols", calls, "many", 24),
         ("stripped", "stripped", calls, "many", 24),
         ("a_connection_each", "symbols", calls, "closing", 20),
         ("large", "symbols", calls, "large", 3),
         ("tls12_one_connection", "symbols", calls, "one", 12, "1.2"),
         ("tls12_connections_at_once", "stripped", calls, "many", 24, "1.2"),
         ("several_processes_at_once", "stripped", several_processes_at_once))
FETCHED = (("deno_fetch", "deno", deno, "fetch", 12), ("deno_large", "deno", deno, "large", 2),
           ("codex", "codex", codex))
# What waits meanwhile, so that the meter has read each program when it is ready.
IDLE = {"symbols": ["pause", "0"], "stripped": ["pause", "0"], "codex": ["mcp-server"],
        "deno": ["run", "-A", str(CLIENTS / "js_client.mjs"), "idle", "0"]}


def main():
    suite = Suite(sys.argv[1:])
    if platform.machine() != "x86_64":
        print("SKIP rust: the programs are x86-64's\n0 passed, 0 failed, 1 skipped")
        return 0
    fetched, tests = Programs(), FETCHED
    programs = {"codex": fetched.find("openai-codex-"), "deno": fetched.find("deno-linux-x64-")}
    with tempfile.TemporaryDirectory() as temporary, Provider(Path(temporary)) as sim:
        folder = Path(temporary)
        (folder / "home").mkdir()
        if has_cargo():
            tests = BUILT + FETCHED
            programs |= {"symbols": built("aws-lc"), "stripped": str(folder / "stripped")}
            subprocess.run(["strip", "-o", programs["stripped"], programs["symbols"]], check=True)
            test_built(suite, sim, folder, programs)
        else:
            for name in ("ring_is_told", "keys_from_before", "keys_from_before_perf_uprobes",
                         *(name for name, *_ in BUILT)):
                suite.skip(name, "no cargo of 1.85 or later, which builds the client")
        idle = [RustBench(sim, None, "idle", "", folder).start(
                    [path, *IDLE[name]], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
                for name, path in programs.items()]
        with Meter() as meter:
            for name, program, run, *args in tests:
                suite.run(name, run, RustBench(sim, meter, name, programs[program], folder), *args)
            suite.run("meter_ends_well", lambda: meter.stop() and str(meter.said[-3:]))
        for process in idle:
            process.kill()
            process.wait()
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
