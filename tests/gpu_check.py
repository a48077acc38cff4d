#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""GPUs as they are recorded and read again, by the stand-in of NVIDIA's library: gpu_check.py BUILD.

No root: the processes that read drivers are the real ones. A driver that hangs in a call, crashes, or
is not there is said, and blocks nothing; seconds are never in two windows. A trace beside a recording of
calls gives each its part.
"""
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from sessions import SCRUBBED, Recording  # noqa: E402 (the path comes first)

ROOT = Path(__file__).resolve().parents[1]
DEVICES = 2
WAIT = 120  # seconds, for whatever is waited for: a loaded machine


class Recorder:
    """wiretally record --gpu on a trace that was made up, with some lines more."""

    def __init__(self, build, folder, extra="", library="standin/libnvidia-ml.so.1"):
        made, self.out = folder / "made", folder / "recorded"
        self.binary = build / "wiretally"
        text = subprocess.run([sys.executable, ROOT / "tests/gpu/make_trace.py", str(DEVICES), "60",
                               str(os.getpid())], stdout=subprocess.PIPE, text=True, check=True)
        made.write_text(text.stdout + extra, encoding="utf-8")
        self.said = (folder / "said").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.binary, "record", "--gpu", "--config", os.devnull, "--gpu-library", build / library,
             "--output", self.out], env={**os.environ, "NVML_REPLAY": str(made)}, stderr=self.said)

    def wait_for(self, what, count=1):
        """Until the trace has so many lines with it."""
        end = time.monotonic() + WAIT
        while self.out.read_text(encoding="utf-8").count(what) < count if self.out.exists() else True:
            assert time.monotonic() < end, f"no {what!r} in {WAIT} s"
            assert self.process.poll() is None, "it has ended"
            time.sleep(0.1)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(WAIT)
        self.said.seek(0)
        return self.said.read()

    def windows(self):
        text = subprocess.run([self.binary, "replay", self.out], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=True).stdout
        return [json.loads(line)["wiretally"]["gpu"] for line in text.splitlines()]


def check_tiles(windows):
    ends = {}
    for w in windows:
        device = w["device"]["id"]
        assert w["start_ns"] == ends.get(device, w["start_ns"]), f"{device}: a gap, or twice: {w}"
        assert w["end_ns"] > w["start_ns"]
        ends[device] = w["end_ns"]
    return ends


def recorded(build, folder):
    r = Recorder(build, folder)
    r.wait_for("nvml - pass", 5)
    said = r.end()
    windows = r.windows()
    assert len(check_tiles(windows)) == DEVICES and len(windows) >= 3 * DEVICES, windows
    assert all(w["metric"] == "gpm_graphics_util" and w["busy_ns"] >= 0 for w in windows)
    mine = [p for w in windows for p in w["processes"] if p["pid"] == os.getpid()]
    assert mine and all(p["memory_bytes"] == 40_000_000_000 for p in mine), mine
    assert "works: driver 550.54.14, 2 GPUs" in said, said


def hangs(build, folder):
    r = Recorder(build, folder, "3000000000 nvml 1 fail nvmlDeviceGetMemoryInfo 1000 60000000000\n")
    r.wait_for("nvml - state 5")
    assert "hung: the driver has not answered" in r.end()
    check_tiles(r.windows())


def crashes(build, folder):
    r = Recorder(build, folder, "2000000000 nvml 0 fail nvmlDeviceGetPowerUsage 1001 1500000000\n")
    r.wait_for("nvml - begin", 2)
    r.wait_for("nvml - pass", 3)
    said = r.end()
    assert "it was ended by signal 6" in said, said
    check_tiles(r.windows())


def is_not_there(build, folder):
    r = Recorder(build, folder, library="standin/there_is_none.so")
    r.wait_for("nvml - state 4")
    assert "failed: there is an NVIDIA driver, but there is no" in r.end()
    assert not r.windows()


SERVER, CALLER, PORT, SECOND = 8123, 60, 8000, 10**9
DATA, PROC, PEER, OUT, IN, LIB_SOCKET = 1, 7, 16, 0, 1, 8  # include/wire.h
WALL = 1_764_177_122 * SECOND
HOUR_NANO = 3_600_000_000  # a dollar in 1000 seconds


class Calls(Recording):
    """A recording of what a server of this host was asked, in plain HTTP."""

    def __init__(self):
        super().__init__()
        self.file = bytearray(struct.pack("=8sIIqQ", b"WTALLY\r\n", 1, SCRUBBED, WALL, 0))

    def wire(self, ts, kind, pid, data, conn=0, direction=0, off=0):
        self.file += struct.pack("=QQQQQQQIIIIHBBBB2x", ts, conn, off, 0, 0, 0, pid * 10**6, pid, pid, len(data),
                                 len(data), 0, kind, LIB_SOCKET, direction, 3) + data

    def process(self, pid, exe, cgroup):
        self.wire(1, PROC, pid, struct.pack("=IIII16s512s1024s512s", 1, 1000, 1000, 0, exe.encode(),
                                            b"/usr/bin/" + exe.encode(), b"", cgroup.encode()))

    def call(self, conn, asked, answered, answer):
        """asked, answered: ns."""
        ends = struct.pack("=QQQQHHI", 0, 0, 0, 0, PORT, 40000 + conn, 0)
        self.wire(asked - 1, PEER, SERVER, ends + struct.pack("=QIIII", CALLER * 10**6, CALLER, 0, 0, 0), conn)
        body = b'{"model":"qwen","messages":[]}'
        self.wire(asked, DATA, SERVER, b"POST /v1/chat/completions HTTP/1.1\r\nHost: vllm:8000\r\n"
                  b"Content-Length: %d\r\n\r\n%s" % (len(body), body), conn, IN)
        body = json.dumps(answer).encode()
        self.wire(answered, DATA, SERVER, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n%s" % (len(body), body), conn, OUT)


def gpu_trace(wall):
    """Ten seconds of a GPU that is busy half of the time; the server alone holds its memory."""
    yield "# wiretally gpu trace 1"
    for t in range(1, 12):
        ts = t * SECOND
        yield f"{ts} nvml - time {wall}"
        if t == 1:
            yield f"{ts} nvml - begin 550.54.14"
            yield f"{ts} nvml 0 device 0 1 85520809984 0 0 GPU-0 - 0000:3b:00.0 NVIDIA%20H100"
            yield f"{ts} nvml - listed"
        yield f"{ts} nvml 0 means {SECOND} 500000 - - - -"
        yield f"{ts} nvml 0 holds {SERVER} {SERVER * 10**6} 50000000000"
        yield f"{ts} nvml 0 held"
        yield f"{ts} nvml - pass"


def beside(build, folder):
    """A recording of calls and a trace of the same time: each call has what it took of the GPU."""
    calls, trace, config, ledger = (folder / name for name in ("calls", "trace", "config.yaml", "ledger.db"))
    made = Calls()
    made.process(SERVER, "vllm", "/system.slice/vllm.service")
    made.process(CALLER, "shop", "/system.slice/shop.service")
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    answer = {"id": "c", "model": "qwen", "choices": [], "usage": usage}
    made.call(1, 3 * SECOND, 5 * SECOND, answer)
    calls.write_bytes(made.file)
    trace.write_text("\n".join(gpu_trace(WALL)) + "\n", encoding="utf-8")
    config.write_text('gpu-prices:\n  - {gpu: "*H100*", usd-per-hour: 3.6}\n', encoding="utf-8")

    def wiretally(*args):
        return subprocess.run([build / "wiretally", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)

    got = wiretally("replay", "--config", config, "--into", ledger, calls, trace)
    assert got.returncode == 0, got.stderr
    rows = [json.loads(line) for line in got.stdout.splitlines()]
    assert len(rows) == 1, rows
    gpu = rows[0]["wiretally"]["gpu"]
    assert rows[0]["process"]["name"] == "shop" and gpu["label"] == "exact", rows
    assert (gpu["ns"], gpu["nano_usd"]) == (SECOND, HOUR_NANO // 3600), gpu
    shown = json.loads("[" + ",".join(wiretally(
        "gpu", "--json", "--since", "all", "-l", ledger, "-c", config).stdout.splitlines()) + "]")
    device = next(r for r in shown if r["kind"] == "device")
    assert device["ns"] == 10 * SECOND and device["nano_usd"] == 10 * HOUR_NANO // 3600, device
    assert sum(p["nano_usd"] for p in device["parts"].values()) == device["nano_usd"], device
    assert device["parts"]["requests"]["nano_usd"] == gpu["nano_usd"], device
    # Without the trace nothing is known of it; with one of another boot nothing is told.
    assert "gpu" not in json.loads(wiretally("replay", calls).stdout)["wiretally"]
    trace.write_text("\n".join(gpu_trace(WALL + 3600 * SECOND)) + "\n", encoding="utf-8")
    got = wiretally("replay", calls, trace)
    assert got.returncode == 1 and not got.stdout and "clocks are 3600 s apart" in got.stderr, got


def main():
    build, passed = Path(sys.argv[1]).resolve(), 0
    for check in (recorded, hangs, crashes, is_not_there, beside):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # run by root, the library's reader is nobody
            check(build, Path(folder))
        passed += 1
        print(f"ok {check.__name__}", flush=True)
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
