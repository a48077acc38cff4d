# SPDX-License-Identifier: BSD-2-Clause
"""One test's clients, and the rows that are theirs.

A meter sees the whole host. Rows of processes that the test did not start, that are no children of
those and in no container of the test, are left out: a test gives the same verdict when something
else calls a model meanwhile.
"""
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import again
import compare
from known import told
from limit import at_most
from meter import ROWS_S

CLIENTS = Path(__file__).resolve().parents[1] / "live/clients"
CHAT = '{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}'
STREAM = CHAT[:-1] + ',"stream":true,"stream_options":{"include_usage":true}}'
CLAUDE = '{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[]}'

# Rows come in order, so what is late by this much is not coming, and what is twice has come.
SETTLE_S = 0.3
CLIENT_S = 300  # for what a client does in seconds
TAIL = 200  # characters: the last lines of a long log are what is left of some
TEST_S = 600  # several times what the slowest test takes, what it downloads and builds included


def servers_python() -> str:
    """The Python that has what tests put between clients and models: tests/live/servers.txt."""
    root = CLIENTS.parents[2]
    made = subprocess.run([root / "tools/test_env.sh", "tests/live/servers.txt"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return made.stdout.strip()


def tail(text: str) -> str:
    """What a program said last, on one line: of a traceback, the exception."""
    return " | ".join(text.split("\n"))[-TAIL:].strip(" |")


class Bench:
    def __init__(self, sim, meter, name: str):
        self.sim, self.meter, self.name = sim, meter, name
        self.started: set[int | str] = set()  # pids, ids of containers
        self.since = len(meter.rows) if meter else 0

    def env(self) -> dict:
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        return {**env, "SIM_URL": self.sim.url, "SIM_TEST": self.name, "SSL_CERT_FILE": self.sim.ca,
                "REQUESTS_CA_BUNDLE": self.sim.ca, "PYTHONDONTWRITEBYTECODE": "1"}

    def client(self, program, *args) -> list:
        return [sys.executable, str(CLIENTS / program), *map(str, args)]

    def curl(self, path, body, *more) -> list:
        return ["curl", "-sS", "-o", "/dev/null", "--cacert", self.sim.ca, "-H",
                f"x-sim-test: {self.name}", "-d", body, *more, self.sim.url + path]

    def start(self, command, env=None, **kw) -> subprocess.Popen:
        process = subprocess.Popen(command, env=self.env() | (env or {}),
                                   **{"stdout": subprocess.DEVNULL, **kw})
        self.started.add(process.pid)
        return process

    def run(self, *commands) -> list[int]:
        """Runs them at the same time; their pids."""
        with tempfile.TemporaryFile() as said:
            running = [self.start(c, stderr=said) for c in commands]
            codes = [p.wait(CLIENT_S) for p in running]
            if any(codes):
                said.seek(0)
                text = said.read().decode(errors="replace")
                print(text, end="")
                raise OSError(f"clients ended with {codes}: ... {tail(text)}")
        return [p.pid for p in running]

    def is_ours(self, row) -> bool:
        if "container" in row and row["container"]["id"] in self.started:
            return True
        process = row.get("process", {})
        # The parent of one that was gone before it was looked at is not known.
        parent = process.get("parent", {}).get("pid")
        return process.get("pid") in self.started or parent is None or parent in self.started

    def rows(self, count, seconds=ROWS_S) -> list:
        """Waits for count rows of this test, and a little for any that are too many."""
        ours = []

        def enough(rows):
            ours[:] = [r for r in rows[self.since:] if self.is_ours(r)]
            return len(ours) >= count
        self.meter.wait(enough, seconds)
        time.sleep(SETTLE_S)
        enough(self.meter.rows)
        return list(ours)

    def equal(self, calls, rows=None) -> str:
        """What differs from the truth of calls answers; "": nothing."""
        rows = self.rows(calls) if rows is None else rows
        truth = self.sim.truth(self.name)
        if len(truth) != calls:
            return f"the clients made {len(truth)} calls, {calls} were expected"
        if len(rows) != calls:
            return f"{len(rows)} rows for {calls} calls"
        return compare.all_equal(truth, rows) or compare.schema_breach(rows)


class Suite:
    """Runs tests and keeps the count: "ok NAME" or "FAIL NAME: why", each on a line.

    wanted: the tests' names; []: those that failed the last time (again.py), or all.
    """

    def __init__(self, wanted):
        self.wanted = list(wanted) or again.wanted()
        self.passed = self.skipped = 0
        self.seen: set[str] = set()
        self.failures: list[str] = []

    def is_wanted(self, name) -> bool:
        self.seen.add(name)
        return not self.wanted or name in self.wanted

    def run(self, name, test, *args):
        if not self.is_wanted(name):
            return
        try:
            with at_most(TEST_S):
                why = test(*args)
        except TimeoutError as e:
            traceback.print_exc(file=sys.stdout)
            why = str(e)
        except (subprocess.SubprocessError, OSError, LookupError, ValueError, RuntimeError) as e:
            why = f"{type(e).__name__}: {e}"
        self.count(name, why)

    def count(self, name, why):
        verdict, line = told(name, why)
        print(line, flush=True)
        self.passed += verdict == "ok"
        self.skipped += verdict == "SKIP"
        if verdict == "FAIL":
            self.failures.append(name)

    def skip(self, name, why):
        """A test that can't be run here: it is counted, and says why."""
        if self.is_wanted(name):
            print(f"SKIP {name}: {why}", flush=True)
            self.skipped += 1

    def end(self) -> int:
        for name in self.wanted:
            if name not in self.seen:
                self.count(name, "there is no such test here")
        again.put(self.failures)
        print(f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped")
        return 1 if self.failures else 0
