#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live test of GPU time, on a stand-in for NVIDIA's library that says that a server of models is busy.

    tests/live/gpu.py [NAME ...]

A server in plain HTTP, asked by curl; its process is the one that the stand-in tells of. Each row has a part
of the device's time, its owner is curl, and the ledger's minutes are price times time, to the nano-dollar.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import Suite  # noqa: E402 (the path comes first)
from meter import ROOT, Meter, wiretally_json  # noqa: E402

HOUR_NANO = 2_950_000_000
CALLS = 3
PORT = socket.create_server(("127.0.0.1", 0)).getsockname()[1]
SERVER = """
import http.server, json, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(1.2)  # longer than a window, so that each call has a whole one
        body = json.dumps({"id": "gpu-stand-in", "model": "qwen", "choices": [{"finish_reason": "stop"}],
                           "usage": {"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def ask():
    subprocess.run(["curl", "-sS", "-m", "30", "--retry", "20", "--retry-connrefused", "-o", "/dev/null",
                    "-H", "content-type: application/json",
                    "-d", '{"model":"qwen","messages":[{"role":"user","content":"hi"}]}',
                    f"http://127.0.0.1:{PORT}/v1/chat/completions"], check=True, timeout=60)


def settled(rows):
    return [r for r in rows if "gpu" in r["wiretally"]]


def apportioned():
    """A call's part of the GPU is in its row, its caller owns it, and all of it is the device's time."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # the meter, and the source, are nobody
        trace, config, ledger = (Path(folder, name) for name in ("trace", "config.yaml", "ledger.db"))
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(PORT)])
        try:
            trace.write_text(subprocess.run(
                [sys.executable, ROOT / "tests/gpu/make_trace.py", "1", "600", str(server.pid)],
                check=True, stdout=subprocess.PIPE, text=True).stdout)
            config.write_text('gpu-prices:\n  - {gpu: "*H100*", usd-per-hour: 2.95}\n')
            os.environ["NVML_REPLAY"] = str(trace)
            with Meter("--trace", "--ledger", str(ledger), "--config", str(config), "--model-ports", str(PORT),
                       "--gpu-library", str(ROOT / "build/standin/libnvidia-ml.so.1"),
                       command="run", only="gpu-stand-in") as meter:
                # Its probes come when it is known to serve: until one of its calls is seen.
                end = time.monotonic() + 60
                while len(settled(meter.rows)) < CALLS and time.monotonic() < end:
                    ask()
                rows = meter.wait(lambda seen: len(settled(seen)) >= CALLS, 60)
            said = "".join(meter.said)
            rows = settled(meter.rows)
        finally:
            os.environ.pop("NVML_REPLAY", None)
            server.kill()
            server.wait()
        if len(rows) < CALLS:
            return f"{len(rows)} of {len(meter.rows)} rows have a part of the GPU: {said}"
        for row in rows:
            gpu = row["wiretally"]["gpu"]
            if row["process"]["name"] != "curl" or gpu["ns"] <= 0 or gpu["ns"] > row["event"]["duration"] + 10**9:
                return f"{row['process']['name']}: {gpu}"
            if gpu["label"] not in ("exact", "good", "default"):
                return f"the label is {gpu['label']}"
        sources = next(iter(wiretally_json("status", "-l", ledger)))["gpu_sources"]
        if [(s["name"], s["state"]) for s in sources] != [("nvml", "works")]:
            return f"status tells of sources: {sources}"
        shown = wiretally_json("gpu", "--since", "all", "-l", ledger, "-c", config)
        device = next(r for r in shown if r["kind"] == "device")
        parts = device["parts"]
        if sum(p["ns"] for p in parts.values()) != device["ns"]:
            return f"the parts are not the device's time: {device}"
        if sum(p["nano_usd"] for p in parts.values()) != device["nano_usd"] or \
                device["nano_usd"] != device["ns"] * HOUR_NANO // (3600 * 10**9):
            return f"it is not price times time: {device}"
        mine = sum(r["wiretally"]["gpu"]["nano_usd"] for r in meter.rows if "gpu" in r["wiretally"])
        if mine != parts["requests"]["nano_usd"]:
            return f"calls have {mine}, the device's minutes {parts['requests']['nano_usd']}"
    return None


def main():
    suite = Suite(sys.argv[1:])
    suite.run("apportioned", apportioned)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
