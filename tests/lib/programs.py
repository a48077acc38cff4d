# SPDX-License-Identifier: BSD-2-Clause
"""The programs of tests/live/programs.txt that tests run, and the SDKs that clients of theirs use."""
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def listed():
    """What there is for running: (folder, program)."""
    for line in (ROOT / "tests/live/programs.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0] != "#" and words[-1] == "run":
            yield f"{words[0].lstrip('@').replace('/', '-')}-{words[1]}", words[2]


class Programs:
    def __init__(self):
        fetched = subprocess.run([ROOT / "tools/test_programs.sh", "run"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
        self.folder, self.sdk = map(Path, fetched.splitlines())

    def find(self, part):
        return next(str(self.folder / name / "package" / program) for name, program in listed()
                    if part in name)
