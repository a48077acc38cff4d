# SPDX-License-Identifier: BSD-2-Clause
"""What failed is run again alone: tests/all.sh names a file in TESTS_AGAIN, and keeps it from run to run."""
import os
from pathlib import Path


def file() -> Path | None:
    return Path(name) if (name := os.environ.get("TESTS_AGAIN")) else None


def wanted() -> list[str]:
    """The tests that failed the last time; []: there was no such time, or none of them."""
    return file().read_text(encoding="utf-8").splitlines() if file() else []


def put(failures: list[str]):
    if file():
        file().write_text("".join(f"{name}\n" for name in failures), encoding="utf-8")
