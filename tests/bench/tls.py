# SPDX-License-Identifier: BSD-2-Clause
"""TLS calls: native, with an empty probe pair, and metered on an ignored and a followed connection.

Three processes run the same loop one after the other, and differ in who watches them. All have the
client's side of each call probed only, as in a process that calls a provider.
"""
import random
import re
import time

from loops import EmptyPair, TlsLoop
from median import Median
from meter import Meter

SIZES = (64, 1024, 16384, 131072)
AIMS = {64: 1.3, 16384: 1.5, 131072: 1.4}
IGNORED_AIM = 1.1

ROUNDS, SMOKE_ROUNDS = 41, 2
SLICE_MS, SMOKE_MS = 30, 3

# Rounds that are done again since another meter had its probes in what should be native.
DISTURBED_MAX = 100

# Between two measurements: the meter has read what there is. And until a verdict is in force.
PAUSE_S, VERDICT_S = 0.01, 1.0


class Figures:
    """By size and condition: microseconds of a pair, a round each."""

    def __init__(self, loops):
        self.loops, self.us = loops, {}
        self.exchanges = self.opaque_bytes = self.disturbed = 0

    def one(self, condition, size, ms):
        """Runs one condition; False when somebody else probes what should be native."""
        workload = "opaque" if condition == "ignored" else "calls"
        result = self.loops[condition](workload, size, ms)
        if condition == "followed":
            self.exchanges += result["exchanges"]
        if condition == "ignored":
            self.opaque_bytes += result["bytes"]
        time.sleep(PAUSE_S)
        return result["ns"] / 1000, result["probed"] == (condition != "native")

    def round(self, size, ms):
        conditions = list(self.loops)
        random.shuffle(conditions)
        took = {c: self.one(c, size, ms) for c in conditions}
        if not all(as_it_should for _, as_it_should in took.values()):
            self.disturbed += 1
            return False
        self.us.setdefault(size, []).append({c: us for c, (us, _) in took.items()})
        return True

    def column(self, size, condition):
        return [r[condition] for r in self.us[size]]

    def ratio(self, size, condition):
        return Median([r[condition] / r["empty"] for r in self.us[size]])


def table(figures):
    print("TLS calls: us for one SSL_write of so many bytes and the SSL_reads of as many")
    print(f"{'bytes':>8} {'native':>8} {'empty pair':>11} {'ignored':>9} {'x empty pair':>19}"
          f" {'followed':>9} {'x empty pair':>19}   aims")
    for size in SIZES:
        us = {c: Median(figures.column(size, c)).value for c in figures.loops}
        aim = f"{AIMS[size]}" if size in AIMS else "-"
        print(f"{size:>8} {us['native']:>8.1f} {us['empty']:>11.1f} {us['ignored']:>9.1f} "
              f"{str(figures.ratio(size, 'ignored')):>19} {us['followed']:>9.1f} "
              f"{str(figures.ratio(size, 'followed')):>19}   {IGNORED_AIM}, {aim}")


def untrue(figures, meter):
    """Why the figures are not what they are called; "": they are."""
    line = next(l for l in meter.said if l.startswith("TLS:"))
    _, read, ignored, full, fault, capped, _ = map(int, re.findall(r"\d+", line))
    if full + fault + capped:
        return f"bytes were lost: {line.strip()}"
    if len(meter.rows) != figures.exchanges:
        return f"{len(meter.rows)} rows for {figures.exchanges} exchanges that were followed"
    if ignored < 0.99 * figures.opaque_bytes:
        return f"{ignored} bytes were ignored of {figures.opaque_bytes}: {read} were read"
    return ""


def measure(folder, smoke):
    rounds, ms = (SMOKE_ROUNDS, SMOKE_MS) if smoke else (ROUNDS, SLICE_MS)
    with TlsLoop(folder) as native, TlsLoop(folder) as probed, TlsLoop(folder) as metered:
        figures = Figures({"native": native, "empty": probed, "ignored": metered,
                           "followed": metered})
        with EmptyPair(probed), Meter("-p", str(metered.pid)) as meter:
            for size in SIZES:  # connections come to be, and a verdict comes to be in force
                for condition in figures.loops:
                    figures.one(condition, size, 1)
            time.sleep(VERDICT_S)
            figures.opaque_bytes = 0  # what passed before the verdict was read, and is no part of it
            for _ in range(rounds):
                for size in SIZES:
                    while not figures.round(size, ms) and figures.disturbed < DISTURBED_MAX:
                        time.sleep(0.5)
            time.sleep(1)
            meter.stop()
    if any(len(figures.us.get(s, ())) < rounds for s in SIZES):
        return "another meter probes the process that should be native"
    if not smoke:
        table(figures)
        if figures.disturbed:
            print(f"  {figures.disturbed} rounds were done again: another meter had its probes in")
    return untrue(figures, meter)
