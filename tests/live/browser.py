#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of Chromium's BoringSSL, which Electron's programs have, too: a page calls a model.

    tests/live/browser.py [NAME ...]

As tests/live/run.py. Skipped where there is no Chromium: it is large, and is not installed for this.
"""
import glob
import os
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CLIENTS, Bench, Suite  # noqa: E402 (the path comes first)
from meter import Meter  # noqa: E402
from sim import Provider  # noqa: E402

PROGRAMS = ("/usr/lib/chromium*/chromium", "/opt/google/chrome/chrome")
CALLS = 9
# The page is of another origin than the model, whose certificate nobody knows.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--disable-background-networking", "--disable-web-security", "--ignore-certificate-errors")


class Browser:
    """One that shows the page which makes that many calls, until the end of the block."""

    def __init__(self, b, program, count, *options):
        asked = urllib.parse.urlencode({"url": b.sim.url, "test": b.name, "count": count})
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = b.start(
            [program, *OPTIONS, *options, f"--user-data-dir={self.folder.name}",
             f"file://{CLIENTS}/page.html?{asked}"], stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        self.folder.cleanup()


def seen(sim, meter, program):
    """A program that the meter has not seen before is read, and may make its first calls meanwhile."""
    for i in range(5):
        b = Bench(sim, meter, f"seen_{i}")
        with Browser(b, program, 1):
            if b.rows(1, 20):
                return


def page_calls(b, program, *options):
    with Browser(b, program, CALLS, *options):
        rows = b.rows(CALLS, 120)
        if why := b.equal(CALLS, rows):
            return why
    got = {r["wiretally"].get("tls_library") for r in rows}
    return "" if got == {"boringssl"} else f"the rows name the library {got}"


def main():
    suite = Suite(sys.argv[1:])
    program = next((path for pattern in PROGRAMS for path in sorted(glob.glob(pattern))), None)
    if not program:
        suite.skip("chromium", "there is no Chromium")
        return suite.end()
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder), "--http2") as sim, \
            Meter(only=sim.run) as meter:
        seen(sim, meter, program)
        for name, options in (("chromium", []), ("chromium_http1", ["--disable-http2"])):
            suite.run(name, page_calls, Bench(sim, meter, name), program, *options)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
