#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live test of GPU time, on a stand-in for NVIDIA's library that says that a server of models is busy.

    tests/live/gpu.py [NAME ...]

apportioned, llamacpp: a server in plain HTTP, asked by curl, and a real llama.cpp on the CPU, asked by OpenAI's
SDK; their processes are the ones that the stand-in tells of. Each row has a part of the device's time, its owner
is who asked, and the ledger's minutes are price times time, to the nano-dollar.

launches: two processes on a stand-in for libcuda, in which real probes are set. The driver says that each was
busy for half of the time; their launches and waits tell them apart, as they themselves do.

flood: a process that launches too often loses its probes, and it is said.
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

import tiny_gguf  # noqa: E402 (the path comes first)
from bench import Suite  # noqa: E402
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


# Two at once: what each had of the GPU can be told by the server's own times alone.
CLIENT = """
import concurrent.futures, json, sys, openai
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", timeout=120, max_retries=8)
def ask(tokens):
    answer = client.chat.completions.create(model="noise", max_tokens=tokens, messages=[
        {"role": "user", "content": "how long does %d take?" % tokens}])
    return {"id": answer.id, **answer.usage.model_dump(), **answer.timings}
with concurrent.futures.ThreadPoolExecutor() as pool:
    print(json.dumps(list(pool.map(ask, (20, 60)))))
"""


def ask():
    subprocess.run(["curl", "-sS", "-m", "30", "--retry", "20", "--retry-connrefused", "-o", "/dev/null",
                    "-H", "content-type: application/json",
                    "-d", '{"model":"qwen","messages":[{"role":"user","content":"hi"}]}',
                    f"http://127.0.0.1:{PORT}/v1/chat/completions"], check=True, timeout=60)


def metered(server, asks, count, only, ours=lambda row: True):
    """Asks until so many calls have their part of a GPU that is the server's alone: (their rows, None), or
    (None, what is wrong)."""
    def settled(seen):
        return [r for r in seen if "gpu" in r["wiretally"] and ours(r)]

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # the meter, and the source, are nobody
        trace, config, ledger = (Path(folder, name) for name in ("trace", "config.yaml", "ledger.db"))
        try:
            trace.write_text(subprocess.run(
                [sys.executable, ROOT / "tests/gpu/make_trace.py", "1", "600", str(server.pid)],
                check=True, stdout=subprocess.PIPE, text=True).stdout)
            config.write_text('gpu-prices:\n  - {gpu: "*H100*", usd-per-hour: 2.95}\n')
            os.environ["NVML_REPLAY"] = str(trace)
            with Meter("--trace", "--ledger", str(ledger), "--config", str(config), "--model-ports", str(PORT),
                       "--gpu-library", str(ROOT / "build/standin/libnvidia-ml.so.1"),
                       command="run", only=only) as meter:
                # Its probes come when it is known to serve: until one of its calls is seen.
                end = time.monotonic() + 120
                while len(settled(meter.rows)) < count and time.monotonic() < end:
                    asks()
                rows = meter.wait(lambda seen: len(settled(seen)) >= count, 60)
            said = "".join(meter.said)
            rows = settled(meter.rows)
        finally:
            os.environ.pop("NVML_REPLAY", None)
            server.kill()
            server.wait()
        if len(rows) < count:
            return None, f"{len(rows)} of {len(meter.rows)} rows have a part of the GPU: {said}"
        return rows, is_conserved(meter.rows, ledger, config)


def is_conserved(rows, ledger, config):
    sources = next(iter(wiretally_json("status", "-l", ledger)))["gpu_sources"]
    if {s["name"]: s["state"] for s in sources} != {"nvml": "works", "cuda": "works"}:
        return f"status tells of sources: {sources}"
    shown = wiretally_json("gpu", "--since", "all", "-l", ledger, "-c", config)
    device = next(r for r in shown if r["kind"] == "device")
    parts = device["parts"]
    if sum(p["ns"] for p in parts.values()) != device["ns"]:
        return f"the parts are not the device's time: {device}"
    if sum(p["nano_usd"] for p in parts.values()) != device["nano_usd"] or \
            device["nano_usd"] != device["ns"] * HOUR_NANO // (3600 * 10**9):
        return f"it is not price times time: {device}"
    mine = sum(r["wiretally"]["gpu"]["nano_usd"] for r in rows if "gpu" in r["wiretally"])
    if mine != parts["requests"]["nano_usd"]:
        return f"calls have {mine}, the device's minutes {parts['requests']['nano_usd']}"
    minutes = [m for m in wiretally_json("gpu", "minutes", "--since", "all", "-l", ledger) if m["kind"] == "minute"]
    if sum(m["busy_nano_usd"] + m["idle_nano_usd"] for m in minutes) != device["nano_usd"]:
        return f"minutes come to something else than {device}: {minutes}"
    top = next(iter(wiretally_json("top", "--window", "1h", "-l", ledger)))
    if top["gpus"]["nano_usd"] != device["nano_usd"] or top["total"]["gpu_nano_usd"] != mine:
        return f"top has {top['gpus']} and {top['total']}"
    return None


def apportioned():
    """A call's part of the GPU is in its row, its caller owns it, and all of it is the device's time."""
    rows, wrong = metered(subprocess.Popen([sys.executable, "-c", SERVER, str(PORT)]), ask, CALLS,
                          "gpu-stand-in")
    for row in rows or ():
        gpu = row["wiretally"]["gpu"]
        if row["process"]["name"] != "curl" or gpu["ns"] <= 0 or gpu["ns"] > row["event"]["duration"] + 10**9:
            return f"{row['process']['name']}: {gpu}"
        if gpu["label"] not in ("exact", "good", "default"):
            return f"the label is {gpu['label']}"
    return wrong


def llamacpp(program):
    """A real llama.cpp, on the CPU, with a model of noise: the tokens are its own, and so are the times that
    calls are divided by."""
    told = {}

    def asks():
        done = subprocess.run([sys.executable, "-c", CLIENT, f"http://127.0.0.1:{PORT}"], check=True, timeout=300,
                              stdout=subprocess.PIPE, text=True)
        told.update({one["id"]: one for one in json.loads(done.stdout)})

    with tempfile.NamedTemporaryFile(suffix=".gguf") as model, tempfile.TemporaryFile() as log:
        tiny_gguf.write(model.name)
        server = subprocess.Popen([program, "-m", model.name, "--port", str(PORT), "-np", "2",
                                   "-t", "1", "-tb", "1", "-c", "4096"], stdout=log, stderr=log)
        rows, wrong = metered(server, asks, 4, "",
                              lambda row: row["gen_ai"].get("response", {}).get("id") in told)
        if not rows:
            log.seek(0)
            return wrong + log.read().decode(errors="replace")[-1000:]
    if wrong:
        return wrong
    for row in rows:
        answer, usage, gpu = told[row["gen_ai"]["response"]["id"]], row["gen_ai"]["usage"], row["wiretally"]["gpu"]
        if (usage["input_tokens"], usage["output_tokens"]) != (answer["prompt_tokens"], answer["completion_tokens"]):
            return f"{usage}, and the server says {answer}"
        # By how long it says that it read and wrote: two at once could not be told apart else.
        if gpu["label"] != "exact":
            return f"the label is {gpu['label']}: its times were not read"
    return None


class Engines:
    """Processes on the stand-in for libcuda, and a recording of what is read of them."""

    def __init__(self, folder, ways):
        self.trace, self.out, self.said = (Path(folder, name) for name in ("trace", "out", "said"))
        libraries = {**os.environ, "LD_LIBRARY_PATH": str(ROOT / "build/standin")}
        self.engines = [subprocess.Popen([ROOT / "build/standin/engine", *way], env=libraries, text=True,
                                         stdout=subprocess.PIPE) for way in ways]
        self.trace.write_text(subprocess.run(
            [sys.executable, ROOT / "tests/gpu/make_trace.py", "1", "200",
             *(str(engine.pid) for engine in self.engines)],
            check=True, stdout=subprocess.PIPE, text=True).stdout)
        with open(self.said, "w", encoding="utf-8") as said:
            self.recorder = subprocess.Popen(
                [ROOT / "build/wiretally", "record", "--gpu", "--config", os.devnull, "--gpu-library",
                 ROOT / "build/standin/libnvidia-ml.so.1", "--output", self.out],
                env={**os.environ, "NVML_REPLAY": str(self.trace)}, stderr=said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.recorder, *self.engines):
            process.kill()
            process.wait()

    def works(self, pid):
        """What was told of it: [ns outstanding or "-", launches or "-", graphs] of each look."""
        text = self.out.read_text(encoding="utf-8") if self.out.exists() else ""
        lines = (line.split() for line in text.splitlines())
        return [line[7:10] for line in lines if line[1:5] == ["cuda", "-", "work", str(pid)] and len(line) == 11]

    def await_that(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.1)
        return condition()

    def end(self):
        """What the engines say of themselves, and the windows that were recorded."""
        self.recorder.terminate()
        self.recorder.wait(60)
        for engine in self.engines:
            engine.terminate()
        truth = [json.loads(engine.communicate(timeout=60)[0]) for engine in self.engines]
        shown = subprocess.run([ROOT / "build/wiretally", "replay", self.out], check=True, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return truth, [json.loads(line)["wiretally"]["gpu"] for line in shown.splitlines()]


def launches():
    """Two processes of which the driver says the same are told apart by their launches and waits."""
    ways = [("kernels", "300", "60000", "40000"), ("events", "300", "20000", "80000")]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # the stand-in reads its trace as nobody
        with Engines(folder, ways) as e:
            pids = [engine.pid for engine in e.engines]
            known = e.await_that(lambda: all(
                sum(work[0] not in ("-", "0") for work in e.works(pid)) >= 5 for pid in pids))
            truth, windows = e.end()
            if not known:
                return f"{[e.works(pid) for pid in pids]}: {e.said.read_text()}"
    both = [{p["pid"]: p for p in w["processes"]} for w in windows]
    both = [w for w in both if len(w) == 2 and all(p.get("metric") == "envelope" for p in w.values())]
    if len(both) < 3:
        return f"of {len(windows)} windows {len(both)} are divided by launches: {windows}"
    had = [t["had_s"] / (t["end_s"] - t["begin_s"]) for t in truth]
    told = [sum(w[pid]["busy_ns"] for w in both) for pid in pids]
    part, true = told[0] / sum(told), had[0] / sum(had)
    if abs(part - true) > 0.1:
        return f"told {part:.3f} of the time, it was {true:.3f}: {told} {truth}"
    return None


def flood():
    """Above a rate the probes on launches are taken away, which is said."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with Engines(folder, [("flood", "300", "100000", "1000")]) as e:
            pid = e.engines[0].pid
            if not e.await_that(lambda: any(work[1] == "-" for work in e.works(pid))):
                return f"{e.works(pid)}: {e.said.read_text()}"
            if not e.await_that(lambda: f"process {pid}: over 10000 launches a second" in e.said.read_text()):
                return f"it is not said: {e.said.read_text()}"
            after = len(e.works(pid)) + 2
            e.await_that(lambda: len(e.works(pid)) >= after)
            if any(work[1] != "-" for work in e.works(pid)[after - 2:]):
                return f"they are still counted: {e.works(pid)}"
    return None


def main():
    suite = Suite(sys.argv[1:])
    suite.run("apportioned", apportioned)
    suite.run("launches", launches)
    suite.run("flood", flood)
    built = subprocess.run([ROOT / "tools/test_llamacpp.sh"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, check=False)
    if built.returncode:
        suite.skip("llamacpp", f"tools/test_llamacpp.sh: {built.stderr[-500:]}")
    else:
        suite.run("llamacpp", llamacpp, built.stdout.strip())
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
