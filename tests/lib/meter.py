# SPDX-License-Identifier: BSD-2-Clause
"""Runs wiretally and reads its rows as they come."""
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIRETALLY = ROOT / "build/wiretally"

# Nothing takes so long, but where others have the CPU.
ROWS_S = 30.0  # for a row, once its call is over
START_S = 120
COMMAND_S = 60  # for one that asks what is there


def wiretally_json(*args):
    """What the command tells, as a list."""
    done = subprocess.run([WIRETALLY, *args, "--json"], stdout=subprocess.PIPE, text=True,
                          timeout=COMMAND_S, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Meter:
    """with Meter() as meter: meter.wait(lambda rows: len(rows) >= 3)

    Meter.only: rows of calls that another provider answered are somebody else's on this host.
    """
    only = ""

    def __init__(self, *args, command="trace", only=None):
        self.only = Meter.only if only is None else only
        self.rows, self.uploads, self.findings, self.actions = [], [], [], []
        self.bad, self.said = [], []
        rows = [] if command == "record" else ["--json"]
        self.process = subprocess.Popen([WIRETALLY, command, *rows, *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)  # for kill()
        self.ready = threading.Event()
        self.threads = [threading.Thread(target=self.read_rows, daemon=True),
                        threading.Thread(target=self.read_words, daemon=True)]
        for thread in self.threads:
            thread.start()

    def read_rows(self):
        for line in self.process.stdout:
            try:
                row = json.loads(line)
                if row["event"]["dataset"] == "wiretally.upload":
                    self.uploads.append(row)
                elif row["event"]["dataset"] == "wiretally.finding":
                    self.findings.append(row)
                elif row["event"]["dataset"] == "wiretally.action":
                    self.actions.append(row)
                elif row["gen_ai"].get("response", {}).get("id", self.only).endswith(self.only):
                    self.rows.append(row)
            except ValueError:
                self.bad.append(line)

    def read_words(self):
        for line in self.process.stderr:
            self.said.append(line)
            if "watching" in line:
                self.ready.set()
        self.ready.set()

    def __enter__(self):
        if not self.ready.wait(START_S) or self.process.poll() is not None:
            self.process.terminate()
            raise RuntimeError("wiretally did not start: " + "".join(self.said))
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.ended()

    def kill(self):
        """kill -9 of all its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        return self.ended()

    def ended(self):
        self.process.wait(60)
        for thread in self.threads:
            thread.join(5)  # until no process of it has the pipes open
        return self.process.returncode

    def wait(self, enough, seconds=ROWS_S):
        """Until enough(rows) or the time is over; the rows as they are then."""
        end = time.monotonic() + seconds
        while not enough(self.rows) and time.monotonic() < end:
            time.sleep(0.02)
        return list(self.rows)
