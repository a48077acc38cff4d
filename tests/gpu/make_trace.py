#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A trace for the stand-in of NVIDIA's library: make_trace.py DEVICES SECONDS [PID ...].

Each device is busy in waves, six samples a second; each PID holds memory on every device and has
its part of the busy time. What is printed is what the driver would tell, to the microsecond.
"""
import sys

START, WALL = 1_000_000_000, 1_764_177_122_000_000_000
STAMPS = 6


def line(ns, *words):
    print(ns, "nvml", *words)


def percent(device, step):
    return (step * 7 + device * 31) % 101


def main():
    devices, seconds = int(sys.argv[1]), int(sys.argv[2])
    pids = [int(p) for p in sys.argv[3:]] or [1]
    print("# wiretally gpu trace 1")
    line(START, "-", "time", WALL)
    line(START, "-", "begin", "550.54.14")
    for d in range(devices):
        line(START, d, "device", d, 1, 85520809984, 0, 0, f"GPU-{d:08x}-0000-0000-0000-000000000000",
             "-", f"0000:{d + 1:02x}:00.0", "NVIDIA%20H100%2080GB%20HBM3")
    line(START, "-", "listed")
    for step in range(seconds * STAMPS):
        before = START + step * 1_000_000_000 // STAMPS
        now = START + (step + 1) * 1_000_000_000 // STAMPS
        stamp = (now + WALL) // 1000
        for d in range(devices):
            busy = percent(d, step)
            if step % STAMPS == 0:
                for p in pids:
                    line(before, d, "holds", p, "-", 40_000_000_000 // len(pids))
                line(before, d, "held")
                line(before, d, "memory", 41_000_000_000)
                line(before, d, "energy", 400_000 * (step // STAMPS))
                line(before, d, "power", 400_000)
            line(now, d, "util", busy)
            line(now, d, "sample", stamp, busy)
            line(now, d, "means", 1_000_000_000 // STAMPS, busy * 10_000, busy * 5_000, busy * 2_500,
                 busy * 1_000, busy * 4_000)
            for i, p in enumerate(pids):
                line(now, d, "share", p, "-", (before + WALL) // 1000, stamp, busy // len(pids))


if __name__ == "__main__":
    main()
