# SPDX-License-Identifier: BSD-2-Clause
"""Many processes of one TLS library: what idle ones cost wiretally, and what they cost each other."""
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from loops import TlsLoop
from median import Median
from memory import meter_of
from meter import Meter

IDLE, SMOKE_IDLE = 500, 20
# Idle processes keep their probes for a minute: the window has that, their being let go, and sampling.
WINDOW_S, SMOKE_WINDOW_S = 90, 1
AIM_CPU, AIM_MIB = 1.0, 64  # percent of a core

CONSUMERS, SMOKE_CONSUMERS = (1, 50, 200, 800), (1, 5)
SLICES, SMOKE_SLICES = 31, 2
SLICE_MS, SMOKE_MS = 20, 3
WIDE_S = 3  # by when very many clients have probes in common, and have lost their own


class Idle:
    """Processes that map the library, and sleep; connected: each with a connection open."""

    def __init__(self, library, count, connected=False):
        env = {**os.environ, "LD_PRELOAD": library}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=count)
        self.processes = []
        for _ in range(count):
            with socket.socket() as sock:
                if connected:
                    sock.connect(self.listener.getsockname())
                self.processes.append(subprocess.Popen(["sleep", "3600"], env=env, stdin=sock))
        for p in self.processes:  # until the last has mapped it
            while library not in Path(f"/proc/{p.pid}/maps").read_text(encoding="utf-8"):
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.kill()
        for p in self.processes:
            p.wait()
        self.listener.close()


def cpu_s(pids):
    """What the processes have used of CPUs, threads and all."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_mib(pids):
    """Anonymous memory of both processes; the ring is told apart, by memory.py."""
    text = "".join(Path(f"/proc/{pid}/status").read_text(encoding="utf-8") for pid in pids)
    return sum(map(int, re.findall(r"RssAnon:\s+(\d+)", text))) / 1024


def idle_ones(folder, smoke, connected):
    count, window = (SMOKE_IDLE, SMOKE_WINDOW_S) if smoke else (IDLE, WINDOW_S)
    name = "idle, connected" if connected else "idle"
    with TlsLoop(folder) as loop, Idle(loop.places["library"], count, connected):
        with Meter("--ledger", folder / name / "ledger.db", command="run") as meter:
            pids = [meter.process.pid, *meter_of(meter.process.pid)]
            begun, began = cpu_s(pids), time.monotonic()
            time.sleep(window)
            percent = 100 * (cpu_s(pids) - begun) / (time.monotonic() - began)
            mib = memory_mib(pids)
    watched = int(next(re.findall(r"\d+", line)[0] for line in meter.said if "watching" in line))
    if watched < count:
        return f"{watched} of {count} idle processes were found"
    if not smoke:
        print(f"{count} TLS processes, {name}, {window} s: {percent:.2f} % of a core, aim "
              f"{AIM_CPU}; {begun:.2f} s of CPU to start; RssAnon {mib:.1f} MiB, aim {AIM_MIB} "
              "with the ring", flush=True)
    return ""


def idle(folder, smoke):
    return idle_ones(folder, smoke, False) or idle_ones(folder, smoke, True)


def consumers(folder, smoke):
    slices, ms = (SMOKE_SLICES, SMOKE_MS) if smoke else (SLICES, SLICE_MS)
    if not smoke:
        print("Clients of one library, from 64 on with probes in common: us for 1 KiB both ways")
        print(f"{'clients':>10} {'native':>20} {'probed':>20}")
    for count in SMOKE_CONSUMERS if smoke else CONSUMERS:
        with TlsLoop(folder) as loop, Idle(loop.places["library"], count - 1):
            native = [loop("calls", 1024, ms)["ns"] / 1000 for _ in range(slices)]
            with Meter("--look-again", "0"):
                loop("calls", 1024, ms)
                time.sleep(0.3 if smoke else WIDE_S)
                results = [loop("calls", 1024, ms) for _ in range(slices)]
        if not all(r["probed"] for r in results):
            return f"the loop is not probed beside {count - 1} others"
        if not smoke:
            print(f"{count:>10} {str(Median(native)):>20} "
                  f"{str(Median([r['ns'] / 1000 for r in results])):>20}", flush=True)
    return ""
