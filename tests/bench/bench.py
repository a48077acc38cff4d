#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What metering costs, measured in one run: `make bench`. Needs root.

    tests/bench/bench.py [--smoke] [tls] [attach] [bystanders] [idle] [consumers] [decode] [memory] [packets] [gpu] [ledger]

A trap costs one thing here and another there, and a machine is never quite idle: conditions take
turns in random order, figures are medians with their 95 % interval, and only ratios of one run
count. --smoke runs everything for a moment, and judges that it runs, not how fast.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import attach
import bystanders
import decode
import gpu
import herd
import ledger
import memory
import packets
import tls

SECTIONS = {"tls": tls.measure, "attach": attach.measure, "bystanders": bystanders.measure,
            "idle": herd.idle, "consumers": herd.consumers, "decode": decode.measure,
            "memory": memory.measure, "packets": packets.measure, "gpu": gpu.measure,
            "ledger": ledger.measure}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []])
    asked = parser.parse_args()
    passed = failed = 0
    if os.geteuid() != 0:
        print("the bench attaches to processes: run it as root", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # the meter's user goes through it to its ledger
        for name in asked.sections or SECTIONS:
            why = SECTIONS[name](Path(folder), asked.smoke)
            print(f"FAIL bench {name}: {why}" if why else f"ok bench {name}", flush=True)
            passed, failed = passed + (not why), failed + bool(why)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
