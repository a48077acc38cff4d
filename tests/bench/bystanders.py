# SPDX-License-Identifier: BSD-2-Clause
"""Processes that make no LLM call: with and without wiretally running on the host, in turns."""
import time

from loops import Loop, TlsLoop
from median import Median
from meter import Meter

PAIRS, SMOKE_PAIRS = 32, 2
SLICE_MS, SMOKE_MS = 30, 5

# Turns that are done again since another meter had its probes in what should be native.
DISTURBED_MAX = 100

# For a process to be attached, and for a verdict to be in force.
SETTLE_S = 0.3

SYSCALLS = {"getppid": "getppid", "pipe": "pipe, a byte to and fro", "tcp": "TCP, a byte to and fro",
            "exec": "fork and exec of /bin/true"}
TLS = {"opaque": "TLS, 1 KiB both ways, no HTTP", "web": "TLS, 1 KiB both ways, HTTP, no LLM call"}


class Turns:
    """Starts and stops wiretally, and runs each kind once a turn."""

    def __init__(self, folder, ms):
        self.ms, self.ledger, self.meter = ms, folder / "bystanders/ledger.db", None
        self.tls, self.syscalls = TlsLoop(folder), Loop("syscall_loop")
        self.disturbed = 0

    def be(self, metered):
        if metered and not self.meter:
            self.meter = Meter("--ledger", self.ledger, command="run").__enter__()
        elif not metered and self.meter:
            self.meter.stop()
            self.meter = None
        else:
            return
        for kind in TLS:
            self.tls(kind, 1024, 1)
        time.sleep(SETTLE_S)

    def turn(self, metered):
        """By kind, ns; None when somebody else's probes are in."""
        self.be(metered)
        ns = {kind: self.syscalls(kind, self.ms * (5 if kind == "exec" else 1))["ns"]
              for kind in SYSCALLS}
        for kind in TLS:
            result = self.tls(kind, 1024, self.ms)
            ns[kind] = result["ns"]
            if result["probed"] != metered:
                self.disturbed += 1
                time.sleep(0.5)
                return None
        return ns

    def end(self):
        self.be(False)
        self.tls.__exit__()
        self.syscalls.__exit__()


def table(pairs):
    print(f"Bystanders: us, native and while wiretally runs; {len(pairs)} pairs")
    print(f"{'':42}{'native':>9} {'metered':>9} {'ratio':>20}")
    for kind, name in {**SYSCALLS, **TLS}.items():
        native, metered = ([p[i][kind] / 1000 for p in pairs] for i in (False, True))
        ratio = Median([b / a for a, b in zip(native, metered)])
        print(f"  {name:40}{Median(native).value:>9.2f} {Median(metered).value:>9.2f} "
              f"{str(ratio):>20}")


def measure(folder, smoke):
    wanted, ms = (SMOKE_PAIRS, SMOKE_MS) if smoke else (PAIRS, SLICE_MS)
    turns, pairs, first = Turns(folder, ms), [], False
    try:
        while len(pairs) < wanted and turns.disturbed < DISTURBED_MAX:
            # Off on, on off, off on: what drifts is on both sides alike.
            pair = {first: turns.turn(first), (not first): turns.turn(not first)}
            first = not first
            if all(pair.values()):
                pairs.append(pair)
    finally:
        turns.end()
    if len(pairs) < wanted:
        return "another meter probes the processes that should be native"
    if not smoke:
        table(pairs)
    return ""
