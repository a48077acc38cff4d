# SPDX-License-Identifier: BSD-2-Clause
"""What reading GPUs costs a core: eight of them, once a second, by the stand-in of NVIDIA's library.

Each has a process that launches kernels, by the stand-in of libcuda, and so has probes. Once with answers of the
driver that cost nothing, and once with those of one that takes as long for them as an H200's does
(tests/gpu/device.sh measures a real one). What a probe takes of a launch is told, too: of a flood of them, until
its probes are taken away.
"""
import json
import os
import resource
import signal
import subprocess
import sys
import time

from loops import ROOT

DEVICES, SECONDS, SMOKE_SECONDS, START_SECONDS = 8, 20, 3, 5
AIM_CORE = 0.005
LOOK_US = 3800  # of a core, for all that is asked of one GPU
LIBRARY = ROOT / "build/standin/libnvidia-ml.so.1"
ENGINE = ROOT / "build/standin/engine"


def spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def engine(*way):
    return subprocess.Popen([ENGINE, *way], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "LD_LIBRARY_PATH": str(LIBRARY.parent)})


def record(folder, seconds, pids, enough=lambda lines: False, look_us=0):
    """Seconds of CPU of all its processes, and the trace's lines."""
    trace, out = folder / "made.trace", folder / "recorded.trace"
    out.unlink(missing_ok=True)
    with open(trace, "w", encoding="utf-8") as file:
        subprocess.run([sys.executable, ROOT / "tests/gpu/make_trace.py", str(DEVICES), str(seconds + 10),
                        *(str(pid) for pid in pids)], stdout=file, check=True)
        if look_us:
            file.seek(0, os.SEEK_END)
            file.write(f"1000000000 nvml - fail nvmlDeviceGetMemoryInfo {10000 + look_us} 3600000000000\n")
    before = spent()
    program = subprocess.Popen([ROOT / "build/wiretally", "record", "--gpu", "--config", os.devnull,
                                "--gpu-library", LIBRARY, "--output", out],
                               env={**os.environ, "NVML_REPLAY": str(trace)},
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (out.exists() and enough(out.read_text().splitlines())):
        time.sleep(min(1, seconds))
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=60)
    return spent() - before, out.read_text(encoding="utf-8").splitlines()


def stop(process):
    process.terminate()
    return json.loads(process.communicate(timeout=60)[0])


def counted(lines):
    """Looks at a process's launches: [ns that they are of, launches]."""
    works = (line.split() for line in lines if " work " in line)
    return [(int(w[6]), int(w[8])) for w in works if w[8] not in ("-", "0")]


def tax(folder):
    """A launch without a probe and with one, in us."""
    alone = engine("flood", "2", "100000", "1000")
    free = json.loads(alone.communicate(timeout=60)[0])
    flood = engine("flood", "600", "100000", "1000")
    try:
        _, lines = record(folder, 30, [flood.pid], counted)
    finally:
        told = stop(flood)
    looks = counted(lines)
    if not looks:
        return None
    busy = told["had_s"] / (told["end_s"] - told["begin_s"])
    return (free["had_s"] / free["launches"] * 1e6,
            sum(ns for ns, _ in looks) * busy / sum(n for _, n in looks) / 1000)


def measure(folder, smoke):
    seconds = SMOKE_SECONDS if smoke else SECONDS
    folder.chmod(0o755)  # the stand-in reads its trace as nobody
    engines = [engine("kernels" if i % 2 else "graphs", "600", "60000", "40000") for i in range(DEVICES)]
    try:
        cpu, lines = record(folder, seconds, [e.pid for e in engines])
    finally:
        for e in engines:
            stop(e)
    passes = sum(line.endswith(" nvml - pass") for line in lines)
    if passes < seconds / 2:
        return f"{passes} looks in {seconds} s"
    if not counted(lines):
        return "no launch was counted"
    if not smoke:
        print(f"GPUs, {DEVICES} of them each second, {DEVICES} processes' launches counted: "
              f"{cpu / seconds:.4f} of a core, aim {AIM_CORE}; "
              f"{len(lines) / passes / DEVICES:.1f} lines a GPU and look")
        launch = tax(folder)
        if not launch:
            return "no launch of a flood was counted"
        print(f"a launch: {launch[0]:.2f} us on the stand-in, {launch[1]:.2f} us with its probe, "
              f"{launch[1] / launch[0]:.1f} times")
        if cpu / seconds > AIM_CORE:
            return f"{cpu / seconds:.4f} of a core"
        # In its first second it looks at all of them, and learns what that takes.
        start, first = record(folder, START_SECONDS, [os.getpid()], look_us=LOOK_US)
        dear, lines = record(folder, START_SECONDS + 2 * seconds, [os.getpid()],
                             look_us=LOOK_US)
        looks = sum(line.split()[3] == "looked" for line in lines[len(first):])
        core = (dear - start) / (2 * seconds)
        print(f"the same of a driver that takes {LOOK_US / 1000} ms for each: {core:.4f} of a core; "
              f"each is looked at every {2 * seconds * DEVICES / looks:.1f} s")
        if core > AIM_CORE:
            return f"{core:.4f} of a core with dear answers"
    return ""
