# SPDX-License-Identifier: BSD-2-Clause
"""Processes that make no LLM call: native, while wiretally runs, and while one runs that lets nobody
go (--look-again 0), in turns."""
import random
import time

from loops import Loop, TlsLoop
from median import Median
from meter import Meter

ROUNDS, SMOKE_ROUNDS = 32, 1
SLICE_MS, SMOKE_MS = 30, 5

# Turns that are done again since another meter had its probes in what should be native.
DISTURBED_MAX = 100

# For a process to be attached, and for a verdict to be in force.
SETTLE_S = 0.3

# By when a process that makes no call has lost its probes; and how often that is looked at.
LET_GO_S, LOOK_S = 20, 0.1

SYSCALLS = {"getppid": "getppid", "pipe": "pipe, a byte to and fro", "tcp": "TCP, a byte to and fro",
            "exec": "fork and exec of /bin/true"}
TLS = {"opaque": "TLS, 1 KiB both ways, no HTTP", "web": "TLS, 1 KiB both ways, HTTP, no LLM call"}

# What runs, by condition; None: nothing.
METERS = {"native": None, "metered": (), "always": ("--look-again", "0")}


class Turns:
    """Starts and stops wiretally, and runs each kind once a turn."""

    def __init__(self, folder, ms):
        self.ms, self.ledger = ms, folder / "bystanders/ledger.db"
        self.meter, self.is_now = None, "native"
        self.tls, self.syscalls = TlsLoop(folder), Loop("syscall_loop")
        self.disturbed = 0

    def probed(self):
        return any([self.tls(kind, 1024, 1)["probed"] for kind in TLS])

    def be(self, condition):
        if self.meter and condition != self.is_now:
            self.meter.stop()
            self.meter = None
        self.is_now = condition
        if METERS[condition] is not None and not self.meter:
            self.meter = Meter("--ledger", self.ledger, *METERS[condition],
                               command="run").__enter__()
        end = time.monotonic() + LET_GO_S
        self.probed()
        time.sleep(SETTLE_S)
        while condition == "metered" and self.probed() and time.monotonic() < end:
            time.sleep(LOOK_S)

    def turn(self, condition):
        """By kind, ns; None when it was not what it is called."""
        self.be(condition)
        ns = {kind: self.syscalls(kind, self.ms * (5 if kind == "exec" else 1))["ns"]
              for kind in SYSCALLS}
        for kind in TLS:
            result = self.tls(kind, 1024, self.ms)
            ns[kind] = result["ns"]
            if result["probed"] != (condition == "always"):
                self.disturbed += 1
                time.sleep(0.5)
                return None
        return ns

    def end(self):
        self.be("native")
        self.tls.__exit__()
        self.syscalls.__exit__()


def table(rounds):
    print(f"Bystanders: us native, while wiretally runs, and while one runs that lets nobody go; "
          f"{len(rounds)} rounds")
    print(f"{'':42}{'native':>9} {'metered':>9} {'x native':>20} {'always':>9} {'x native':>20}")
    for kind, name in {**SYSCALLS, **TLS}.items():
        us = {c: [r[c][kind] / 1000 for r in rounds] for c in METERS}
        row = f"  {name:40}{Median(us['native']).value:>9.2f}"
        for condition in ("metered", "always"):
            ratio = Median([b / a for a, b in zip(us["native"], us[condition])])
            row += f" {Median(us[condition]).value:>9.2f} {str(ratio):>20}"
        print(row)


def measure(folder, smoke):
    wanted, ms = (SMOKE_ROUNDS, SMOKE_MS) if smoke else (ROUNDS, SLICE_MS)
    turns, rounds = Turns(folder, ms), []
    try:
        while len(rounds) < wanted and turns.disturbed < DISTURBED_MAX:
            order = list(METERS)
            random.shuffle(order)  # what drifts is on all sides alike
            took = {condition: turns.turn(condition) for condition in order}
            if all(took.values()):
                rounds.append(took)
    finally:
        turns.end()
    if len(rounds) < wanted:
        return "processes that should run at full speed are probed"
    if not smoke:
        table(rounds)
    return ""
