#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Seeds that the goldens hold already, as the fuzzers take them.

    tests/fuzz/golden_seeds.py FOLDER

A pair becomes a connection for the pipeline's fuzzer, a WebSocket's session a recording: a golden
that somebody adds is fuzzed from the same day on, and none is kept twice.
"""
import json
import os
import random
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
sys.path.insert(0, str(GOLDEN.parent / "lib"))
import sessions  # noqa: E402 (the path comes first)

PIECE = b"\x3f"  # pipeline_fuzz.c: in pieces of 64 bytes, the largest
SEPARATOR = b"\xff"
HEADER = 32  # struct recording_header, which recording_fuzz.c puts before its input


def recording(path):
    place, *messages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    made = sessions.Recording()
    turns = [(sessions.OUT if "sent" in m else sessions.IN, *m.values()) for m in messages]
    made.session(1, place.pop("host"), place.pop("target"), turns, **place)
    return bytes(made.file[HEADER:])


def main():
    folder = Path(sys.argv[1])
    # Keys and masks of WebSockets: the same seeds every time.
    os.urandom = random.Random(1).randbytes
    for name in "pipeline", "recording":
        (folder / name).mkdir(parents=True, exist_ok=True)
    for request in sorted((GOLDEN / "pairs").glob("*.req")):
        answer = request.with_suffix(".resp").read_bytes()
        (folder / "pipeline" / request.stem).write_bytes(
            PIECE + request.read_bytes() + SEPARATOR + answer)
    for session in sorted((GOLDEN / "sessions").glob("*.jsonl")):
        (folder / "recording" / session.stem).write_bytes(recording(session))


if __name__ == "__main__":
    main()
