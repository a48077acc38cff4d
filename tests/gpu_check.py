#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""GPUs as they are recorded and read again, by the stand-in of NVIDIA's library: gpu_check.py BUILD.

No root: the processes that read drivers are the real ones. A driver that hangs in a call, crashes, or
is not there is said, and blocks nothing; seconds are never in two windows.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main():
    build, passed = Path(sys.argv[1]).resolve(), 0
    for check in (recorded, hangs, crashes, is_not_there):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # run by root, the library's reader is nobody
            check(build, Path(folder))
        passed += 1
        print(f"ok {check.__name__}", flush=True)
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
