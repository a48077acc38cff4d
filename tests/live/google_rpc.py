#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live: Google's own Python client calls Gemini by gRPC over TLS, whose BoringSSL is inside of grpcio.

    tests/live/google_rpc.py

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; makes one more with
Google's packages. Every row is compared with what the server says that it sent.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

import prices  # noqa: E402 (the path comes first)
from bench import CLIENTS, Suite  # noqa: E402
from meter import Meter  # noqa: E402
from sim import Provider  # noqa: E402

CALLS = 10
LOOKED_S = 6  # a file of 17 MB whose name says nothing is read by then


def differs(truth, row):
    tokens = {k: row["wiretally"].get("tokens", {}).get(k) for k in truth["tokens"]}
    w = row["wiretally"]
    if tokens != truth["tokens"] or not w["complete"] or w["tls_library"] != "boringssl" \
            or row["gen_ai"]["request"]["stream"] != truth["stream"]:
        return f"{truth} but {w}"
    want = prices.nano_dollars("gcp.gemini", row["gen_ai"]["response"]["model"], truth["tokens"])
    return "" if w["cost"]["nano_usd"] == want else f"{w['cost']}, should be {want}"


def gemini(python, folder, sim):
    ca, truth_file = Path(sim.ca), folder / "rpc.ndjson"
    program = [python, str(CLIENTS / "google_rpc.py")]
    serve = subprocess.Popen(program + ["serve", sim.run, ca.with_name("server.pem"),
                                        ca.with_name("server.key"), truth_file],
                             stdout=subprocess.PIPE, text=True)
    client = None
    try:
        port = serve.stdout.readline().strip()
        with Meter(only=sim.run) as meter:
            client = subprocess.Popen(program + ["call", port, ca, str(CALLS)], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            client.stdout.readline()
            time.sleep(LOOKED_S)
            client.communicate("\n", timeout=60)
            rows = meter.wait(lambda rows: len(rows) >= 2 * CALLS)
    finally:
        for process in filter(None, (serve, client)):
            process.kill()
            process.wait()
    found = {r["gen_ai"]["response"]["id"]: r for r in rows if r["process"]["pid"] == client.pid}
    truths = [json.loads(line) for line in truth_file.read_text(encoding="utf-8").splitlines()]
    if client.returncode or {len(truths), len(rows), len(found)} != {2 * CALLS}:
        return f"{len(truths)} answers, {len(rows)} rows, {len(found)} of the client"
    return next((why for t in truths if (why := differs(t, found[t["id"]]))), "")


def main():
    if os.geteuid() != 0:
        print("the live tests attach to processes: run them as root", file=sys.stderr)
        return 1
    python = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_grpc.txt"],
                            check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        suite.run("gemini", gemini, python, Path(folder), sim)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
