# SPDX-License-Identifier: BSD-2-Clause
"""How soon a process has its probes once it has mapped a library that is known, and what reading a
program costs that was never seen."""
import ctypes.util
import os
import subprocess
import sys
import time

from aim import most
from median import Median
from meter import WIRETALLY, Meter
from programs import Programs

MAPPINGS, SMOKE_MAPPINGS = 41, 2
AIM_MS = 10
SET_S, UNMETERED_S = 30, 0.5

READS = 11
PROGRAM = "claude-code-linux-x64"  # the largest that is listed
AIM_READ_MS, AIM_READ_MIB = 300, 32

# Maps the library, and says after how many milliseconds a function of it has a breakpoint. Of the
# time that dlopen() takes only a part is behind the mapping: the figure is never too small.
MAPS = """
import ctypes, sys, time
began = time.monotonic()
library = ctypes.CDLL(sys.argv[1])
at = ctypes.cast(library.SSL_write, ctypes.POINTER(ctypes.c_ubyte))
there = at[0] == 0xcc
while not there and time.monotonic() < began + float(sys.argv[2]):
    time.sleep(0.0001)
    there = at[0] == 0xcc
print((time.monotonic() - began) * 1000 if there else "never")
"""


def mapping_ms(seconds=SET_S):
    said = subprocess.run([sys.executable, "-c", MAPS, ctypes.util.find_library("ssl"),
                           str(seconds)], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=seconds + 60).stdout.strip()
    return None if said == "never" else float(said)


def probed_after(smoke):
    if not smoke and mapping_ms(UNMETERED_S) is not None:
        return "another meter sets its probes, too"
    with Meter():
        took = [mapping_ms() for _ in range(SMOKE_MAPPINGS if smoke else MAPPINGS)]
    if None in took:
        return f"{took.count(None)} of {len(took)} processes had no probes in {SET_S} s"
    if not smoke:
        print(f"Probes after a mapping of a known library: {Median(took)} ms, at most "
              f"{max(took):.1f}; {most(Median(took).high, AIM_MS)}")
    return ""


def reading(program):
    """(ms, ms of CPU, resident KiB at most) of a doctor that reads this file alone."""
    began = time.monotonic()
    doctor = subprocess.Popen([WIRETALLY, "doctor", "--json", program], stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(doctor.pid, 0)
    doctor.returncode = 0  # its verdict on the file is the finders' test's
    return (1000 * (time.monotonic() - began), 1000 * (used.ru_utime + used.ru_stime),
            used.ru_maxrss)


def read_quickly():
    program = Programs().find(PROGRAM)
    small = reading("/bin/true")
    reads = [reading(program) for _ in range(READS)]
    wall, cpu = (Median([r[i] for r in reads]) for i in (0, 1))
    more = max(max(r[2] for r in reads) - small[2], 0) / 1024
    print(f"A program of {os.stat(program).st_size >> 20} MiB is read in {wall} ms, "
          f"{most(wall.high, AIM_READ_MS)}; {cpu} ms of CPU; {more:.1f} MiB more than for a small "
          f"one, {most(round(more, 1), AIM_READ_MIB)}", flush=True)


def measure(folder, smoke):
    del folder
    if not smoke:
        read_quickly()
    return probed_after(smoke)
