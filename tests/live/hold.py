#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of --hold: a program waits in open(2) or execve(2) until it has its probes, and nothing
that happens to wiretally keeps it waiting.

    tests/live/hold.py [NAME ...]

As tests/live/run.py: needs root, and the root of a container that tools/test_rootfs.sh makes.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

import go_test  # noqa: E402 (the path comes first)
from bench import CHAT, Bench, Suite  # noqa: E402
from meter import COMMAND_S, Meter  # noqa: E402
from pace import Pace  # noqa: E402
from sim import Provider  # noqa: E402

FRESH = 100
AT_ONCE = 50
OPENS = 500
LIBRARY = "usr/lib/x86_64-linux-gnu/libssl.so.3"

# A wait is 50 ms at most, and a second and a bit when the keeper is stuck; a busy machine adds to it,
# by what it keeps (pace.py) at the least.
SOON_S, STUCK_S = 2.0, 4.0


class Container:
    """A root of its own, an overlay over the one that is there."""

    def __init__(self, folder, ca):
        made = subprocess.run([ROOT / "tools/test_rootfs.sh"], check=True, stdout=subprocess.PIPE,
                              text=True).stdout.strip()
        self.root, upper, work = (folder / name for name in ("root", "upper", "work"))
        for path in (self.root, upper, work):
            path.mkdir()
        subprocess.run(["mount", "-t", "overlay", "-o",
                        f"lowerdir={made},upperdir={upper},workdir={work}", "overlay", self.root],
                       check=True)
        shutil.copy(ca, self.root / "ca.pem")
        self.library = self.root / LIBRARY

    def renew(self):
        """Its library is a file that nobody has seen."""
        copy = self.library.with_name("libssl.new")
        shutil.copy(self.library, copy)
        copy.rename(self.library)

    def curl(self, b):
        return ["chroot", self.root, *b.curl("/v1/chat/completions", CHAT, "--cacert", "/ca.pem")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.root], check=True)


def a_library_never_seen(sim):
    """One curl after the other, each with a new file of its library."""
    with tempfile.TemporaryDirectory() as folder, Container(Path(folder), sim.ca) as container:
        with Meter("--hold") as meter:
            b = Bench(sim, meter, "never_seen")
            b.run(container.curl(b))  # the container runs
            for _ in range(FRESH):
                container.renew()
                b.run(container.curl(b))
            rows = b.rows(FRESH + 1)
            print(f"  {len(rows) - 1} of {FRESH} curls, each with a new file of its library")
            return b.equal(FRESH + 1, rows)


def a_program_that_calls_at_once(sim):
    """A Go program makes its call some 5 ms after exec: it waits in execve(2)."""
    with Meter("--hold") as meter:
        b = go_test.GoBench(sim, meter, "at_once")
        program = go_test.seen(b, "calls", go_test.NEWEST, "stripped")
        for _ in range(AT_ONCE):
            b.run(["env", "WAIT_FIRST=", program, "many", "1"])
        rows = b.rows(AT_ONCE)
        print(f"  {len(rows)} of {AT_ONCE} programs that call at once")
        return b.equal(AT_ONCE, rows)


def opened(path):
    """How long an open took, in seconds."""
    begun = time.monotonic()
    with open(path, "rb"):
        return time.monotonic() - begun


def storm(path, count):
    """The longest of so many opens at once."""
    took, start = [], threading.Barrier(count)

    def one():
        start.wait()
        took.append(opened(path))
    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return max(took) if len(took) == count else float("inf")


def many_opens_at_once(_sim):
    with Meter("--hold"), Pace() as pace:
        longest = storm("/" + LIBRARY, OPENS)
    print(f"  the longest of {OPENS} opens at once: {1000 * longest:.0f} ms")
    return "" if longest < SOON_S + pace.lost else f"an open took {longest} s, {pace.lost} s not ours"


def killed_while_programs_wait(_sim):
    """The kernel lets them go."""
    with Meter("--hold") as meter, Pace() as pace:
        opens = [subprocess.Popen(["sh", "-c", f"while :; do : </{LIBRARY}; done"])
                 for _ in range(4)]
        time.sleep(0.2)
        meter.kill()
        longest = storm("/" + LIBRARY, 8)
        for p in opens:
            p.kill()
            p.wait(COMMAND_S)  # one that waits in open(2) could not be killed
    return "" if longest < SOON_S + pace.lost else f"an open took {longest} s, {pace.lost} s not ours"


def stopped_while_programs_wait(_sim):
    """A keeper that does not run is killed by its guard, and then the kernel lets them go."""
    with Meter("--hold") as meter, Pace() as pace:
        os.kill(meter.process.pid, signal.SIGSTOP)
        longest = opened("/" + LIBRARY)
        print(f"  an open that the keeper was stopped in took {1000 * longest:.0f} ms")
        status = meter.process.wait(COMMAND_S)
    if status != -signal.SIGKILL:
        return f"the keeper ended with {status}"
    return "" if longest < STUCK_S + pace.lost else f"an open took {longest} s, {pace.lost} s not ours"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        for run in (a_library_never_seen, a_program_that_calls_at_once, many_opens_at_once,
                    killed_while_programs_wait, stopped_while_programs_wait):
            suite.run(run.__name__, run, sim)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
