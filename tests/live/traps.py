#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How often a process stops for us: twice for each write or read of its TLS library, at most.

    tests/live/traps.py [NAME ...]

As tests/live/run.py. The clients count their own calls, the kernel how often our programs ran.
"""
import ctypes.util
import glob
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import go_test  # noqa: E402 (the path comes first)
from bench import Bench, Suite  # noqa: E402
from meter import Meter  # noqa: E402
from sim import Provider  # noqa: E402
from traps import Traps  # noqa: E402

CALLS = 20
PER_MOVE = 2  # where bytes move: at the entry, and at the return
PER_OTHER = 1  # where a connection begins or ends
PROGRAMS = ("tls_", "boring_", "gnu_", "nss_", "gotls_")  # as bpf/ names those of TLS stacks
ANDROID = "/usr/lib/*-linux-gnu/android/libssl.so.0"  # Debian's BoringSSL


def python_client(path):
    return lambda b: b.client("counted_client.py", path, CALLS)


def go_client(b):
    return [go_test.build("calls", go_test.NEWEST, "stripped"), "counted", str(CALLS)]


def traps(sim, name, library, command, *options):
    b = Bench(sim, None, name)
    client = b.start(command(b), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    client.stdout.readline()  # it has its library
    with Meter("-p", str(client.pid), *options) as b.meter, Traps(b.meter) as ours:
        said, _ = client.communicate("go\n", timeout=120)
        if client.returncode:
            return f"the client ended with {client.returncode}"
        moves, others = map(int, said.split())
        rows, count = b.rows(CALLS), ours.of(*PROGRAMS)
    print(f"  {count} traps for {moves} writes and reads of {library}, and {others} other calls")
    if why := b.equal(CALLS, rows):
        return why
    got = {r["wiretally"].get("tls_library") for r in rows}
    if got != {library}:
        return f"the rows name the library {got}, it is {library}"
    # Of each write and read the return is seen, or it would be in no row.
    good = moves <= count <= PER_MOVE * moves + PER_OTHER * others
    return "" if good else f"{count} traps for {moves} writes and reads, and {others} other calls"


def main():
    suite = Suite(sys.argv[1:])
    libraries = [("openssl", ctypes.util.find_library("ssl")),
                 ("boringssl", next(iter(glob.glob(ANDROID)), None)),
                 ("gnutls", ctypes.util.find_library("gnutls"))]
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        Meter.only = sim.run
        for library, path in libraries:
            if path:
                suite.run(library, traps, sim, library, library, python_client(path))
            else:
                suite.skip(library, f"this system has no {library}")
        suite.run("go", traps, sim, "go", "go", go_client)
        suite.run("perf_uprobes", traps, sim, "perf_uprobes", "gnutls",
                  python_client(ctypes.util.find_library("gnutls")), "--perf-uprobes")
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
