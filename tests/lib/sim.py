# SPDX-License-Identifier: BSD-2-Clause
"""Starts the simulated provider and reads its truth."""
import json
import subprocess
import sys
from pathlib import Path

from limit import at_most

ROOT = Path(__file__).resolve().parents[2]
START_S = 60  # it makes keys first


class Provider:
    """with Provider(folder) as sim: sim.url, sim.ca, sim.truth()"""

    def __init__(self, folder: Path, *args):
        self.truth_file = folder / "truth.ndjson"
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tools/provider_sim", "--state", folder / "ca",
             "--truth", self.truth_file, *args], stdout=subprocess.PIPE, text=True)
        try:
            with at_most(START_S):
                ready = json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.process.kill()
            raise
        self.port, self.http_port, self.ca = ready["https_port"], ready["http_port"], ready["ca"]
        self.run = ready["run"]  # what ends the id of each response
        self.url = f"https://localhost:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def truth(self, test=None):
        """What was answered, by response id; those of one test, as its requests name it."""
        if not self.truth_file.exists():
            return []
        rows = [json.loads(l) for l in self.truth_file.read_text(encoding="utf-8").splitlines()]
        return [r for r in rows if test is None or r["test"] == test]
