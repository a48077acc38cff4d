#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of Chromium's BoringSSL, which Electron's programs have, too: a page calls a model.

    tests/live/browser.py [NAME ...]

As tests/live/run.py. Skipped where there is no Chromium: it is large, and is not installed for this.
"""
import glob
import os
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
    """One that shows a page until the end of the block."""

    def __init__(self, b, program, folder, page, *options):
        self.process = b.start([program, *OPTIONS, *options, f"--user-data-dir={folder}", page],
                               stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def page_calls(b, program, library, *options):
    asked = urllib.parse.urlencode({"url": b.sim.url, "test": b.name, "count": CALLS})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, \
            Browser(b, program, folder, f"file://{CLIENTS}/page.html?{asked}", *options):
        rows = b.rows(CALLS, 120)
        if why := b.equal(CALLS, rows):
            return why
    got = {r["wiretally"].get("tls_library") for r in rows}
    return "" if got == {library} else f"the rows name the library {got}, it is {library}"


def main():
    suite = Suite(sys.argv[1:])
    program = next((path for pattern in PROGRAMS for path in sorted(glob.glob(pattern))), None)
    if not program:
        suite.skip("chromium", "there is no Chromium")
        return suite.end()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, \
            Provider(Path(folder), "--http2") as sim:
        Meter.only = sim.run
        # Its program is read before its page calls.
        with Browser(Bench(sim, None, "idle"), program, f"{folder}/idle", "about:blank"), \
                Meter() as meter:
            suite.run("chromium", page_calls, Bench(sim, meter, "chromium"), program, "boringssl")
            suite.run("chromium_http1", page_calls, Bench(sim, meter, "chromium_http1"), program, "boringssl",
                      "--disable-http2")
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
