#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays tests/golden/pairs and compares each line with expected.ndjson, byte by byte; and so
tests/golden/sessions, each with its own NAME.expected.

    tests/golden/golden.py WIRETALLY [--accept]

A session is a WebSocket's: its first line tells where it goes and how it is framed, the others are
messages in their order. --accept writes what the program says now as expected: read the difference before you commit it.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import sessions  # noqa: E402


def replay_session(binary, path):
    place, *messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    recording = sessions.Recording()
    turns = [(sessions.OUT if "sent" in m else sessions.IN, *m.values()) for m in messages]
    recording.session(1, place.pop("host"), place.pop("target"), turns, **place)
    with tempfile.NamedTemporaryFile() as file:
        file.write(recording.file)
        file.flush()
        return subprocess.run([binary, "replay", file.name], check=True, text=True,
                              stdout=subprocess.PIPE).stdout


def check_sessions(binary, accept):
    passed = failed = 0
    for path in sorted((HERE / "sessions").glob("*.jsonl")):
        got, expected = replay_session(binary, path), path.with_suffix(".expected")
        if accept:
            expected.write_text(got, encoding="utf-8")
        want = expected.read_text(encoding="utf-8")
        if got == want and want:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {path.stem}:\n  got      {got}\n  expected {want}")
    return passed, failed


def owner_fields_without_schema():
    """Fields of include/owner.def that call.schema.json does not have."""
    include = HERE.parents[1] / "include"
    fields = re.findall(r"^OWNER\(\w+, (\w+),", (include / "owner.def").read_text(), re.M)
    schema = json.loads((include / "call.schema.json").read_text())
    known = schema["properties"]["wiretally"]["properties"]["owner"]["properties"]
    return [f for f in fields if f not in known] if fields else ["none was found"]


def main():
    binary, accept = sys.argv[1], "--accept" in sys.argv
    expected_file = HERE / "expected.ndjson"
    got = subprocess.run([binary, "replay", "--pairs", HERE / "pairs"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.splitlines()
    if accept:
        expected_file.write_text("\n".join(got) + "\n", encoding="utf-8")
    want = expected_file.read_text(encoding="utf-8").splitlines()
    sources = [[json.loads(line)["wiretally"]["source"] for line in lines] for lines in (got, want)]
    passed, failed = check_sessions(binary, accept)
    for name in sorted(p.stem for p in (HERE / "pairs").glob("*.req")):
        mine, his = ([l for l, s in zip(lines, src) if s == name]
                     for lines, src in zip((got, want), sources))
        if mine == his and his:
            passed += 1
        else:
            failed += 1
            print(f"FAIL {name}:\n  got      {mine}\n  expected {his}")
    if missing := owner_fields_without_schema():
        failed += 1
        print(f"FAIL call.schema.json does not have {missing}")
    else:
        passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
