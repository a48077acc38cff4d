# SPDX-License-Identifier: BSD-2-Clause
"""What a machine gives: a promise of seconds is one for a machine that lets a program run when it wants to."""
import threading
import time

EVERY_S = 0.02
LATE_S = 0.002  # a timer is late by less than that on a quiet machine


class Pace:
    """with Pace() as pace: pace.lost is how long, in seconds, the machine kept from running who wanted to."""

    def __init__(self):
        self.lost = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.measure, daemon=True)

    def measure(self):
        at = time.monotonic()
        while not self.over.wait(EVERY_S):
            late, at = time.monotonic() - at - EVERY_S, time.monotonic()
            if late > LATE_S:
                self.lost += late

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
