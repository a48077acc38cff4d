# SPDX-License-Identifier: BSD-2-Clause
"""An end to every wait: what hangs fails, with the place where it was, and the rest goes on."""
import contextlib
import signal
import time


def over(*_):
    raise TimeoutError("it hung: its time was over")


AGAIN_S = 60  # whoever takes it for another OSError, or hangs in its own cleaning up, gets one more


@contextlib.contextmanager
def at_most(seconds):
    """TimeoutError, an OSError, when what is within is not done by then; for the main thread."""
    before = signal.signal(signal.SIGALRM, over)
    began, (outer, _) = time.monotonic(), signal.setitimer(
        signal.ITIMER_REAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        left = max(outer - (time.monotonic() - began), 0.01) if outer else 0
        signal.setitimer(signal.ITIMER_REAL, left, AGAIN_S if outer else 0)
        signal.signal(signal.SIGALRM, before)
