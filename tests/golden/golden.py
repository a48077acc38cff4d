#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays tests/golden/pairs and compares each line with expected.ndjson, byte by byte.

    tests/golden/golden.py WIRETALLY [--accept]

--accept writes what the program says now as expected: read the difference before you commit it.
"""
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    binary, accept = sys.argv[1], "--accept" in sys.argv
    expected_file = HERE / "expected.ndjson"
    got = subprocess.run([binary, "replay", "--pairs", HERE / "pairs"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.splitlines()
    if accept:
        expected_file.write_text("\n".join(got) + "\n", encoding="utf-8")
    want = expected_file.read_text(encoding="utf-8").splitlines()
    sources = [[json.loads(line)["wiretally"]["source"] for line in lines] for lines in (got, want)]
    passed = failed = 0
    for name in sorted(p.stem for p in (HERE / "pairs").glob("*.req")):
        mine, his = ([l for l, s in zip(lines, src) if s == name]
                     for lines, src in zip((got, want), sources))
        if mine == his and his:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {name}:\n  got      {mine}\n  expected {his}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
