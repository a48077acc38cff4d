# SPDX-License-Identifier: BSD-2-Clause
"""What reading GPUs costs a core: eight of them, once a second, by the stand-in of NVIDIA's library.

What a real driver takes for its answers is not in it (an H100's: tests/gpu/device.sh tells it).
"""
import os
import resource
import signal
import subprocess
import sys
import time

from loops import ROOT

DEVICES, SECONDS, SMOKE_SECONDS = 8, 60, 3
AIM_CORE = 0.005
LIBRARY = ROOT / "build/standin/libnvidia-ml.so.1"


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def record(folder, seconds):
    """Seconds of CPU of all its processes, and the trace's lines."""
    trace, out = folder / "made.trace", folder / "recorded.trace"
    with open(trace, "w", encoding="utf-8") as file:
        subprocess.run([sys.executable, ROOT / "tests/gpu/make_trace.py", str(DEVICES),
                        str(seconds + 10), str(os.getpid()), "1"], stdout=file, check=True)
    before = spent()
    program = subprocess.Popen([ROOT / "build/wiretally", "record", "--gpu", "--config", os.devnull,
                                "--gpu-library", LIBRARY, "--output", out],
                               env={**os.environ, "NVML_REPLAY": str(trace)},
                               stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)
    return spent() - before, out.read_text(encoding="utf-8").splitlines()


def measure(folder, smoke):
    seconds = SMOKE_SECONDS if smoke else SECONDS
    folder.chmod(0o755)  # the stand-in reads its trace as nobody
    cpu, lines = record(folder, seconds)
    passes = sum(line.endswith(" nvml - pass") for line in lines)
    if passes < seconds / 2:
        return f"{passes} looks in {seconds} s"
    if not smoke:
        print(f"GPUs, {DEVICES} of them each second: {cpu / seconds:.4f} of a core, aim {AIM_CORE}; "
              f"{len(lines) / passes / DEVICES:.1f} lines a GPU and look")
        if cpu / seconds > AIM_CORE:
            return f"{cpu / seconds:.4f} of a core"
    return ""
