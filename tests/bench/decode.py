# SPDX-License-Identifier: BSD-2-Clause
"""How fast recorded streams are read, on one core: stream, proto, provider, price."""
import csv
import random
import sys

from aim import least
from loops import BUILT, ROOT, told
from median import Median

sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/lib")]

from http2 import (DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS,  # noqa: E402
                   Deflater, frame)
from http2_corpus import exchanges  # noqa: E402

CORPUS = ROOT.parent / "shared/corpus"
GOLDENS = ROOT / "tests/golden/pairs"

# (name, provider and api in the corpus's list, what stands in for it without a corpus)
STREAMS = (("OpenAI chat", ("openai", "chat"), "openai_chat_stream"),
           ("Anthropic messages", ("anthropic", "messages"), "anthropic_messages_stream"))

LARGEST = 8  # recordings of each
PIECES = (512, 16384)  # bytes of a TLS call: streams come in small ones
RUNS, RUN_MS, SMOKE_MS = 9, 300, 5
AIM = {"HTTP/1": 1.0, "HTTP/2": 0.5}


def recorded(kind):
    """The longest recorded streams of a kind, as names without suffix."""
    manifest = CORPUS / "MANIFEST.tsv"
    if not manifest.exists():
        return []
    with open(manifest, newline="", encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)
                if (r["provider"], r["api"]) == kind and r["stream"] == "sse"
                and r["status"] == "200" and r["content_encoding"] == "identity"
                and r["out_total"]]
    rows.sort(key=lambda r: -int(r["resp_bytes"]))
    return [CORPUS / r["file"] for r in rows[:LARGEST]]


def as_http2(stems, folder):
    """The recordings as streams of one connection, an event a DATA frame; the two files."""
    ask, answer = PREFACE + frame(SETTINGS, 0, 0), frame(SETTINGS, 0, 0)
    asking, answering = Deflater(), Deflater()
    for i, stem in enumerate(stems):
        request, response = exchanges(stem)[0]
        number = 2 * i + 1
        ask += frame(HEADERS, END_HEADERS, number, asking.block(request.request_head()))
        ask += b"".join(frame(DATA, 0, number, request.body[at:at + 16384])
                        for at in range(0, len(request.body), 16384))
        ask += frame(DATA, END_STREAM, number)
        answer += frame(HEADERS, END_HEADERS, number, answering.block(response.response_head()))
        answer += b"".join(frame(DATA, 0, number, event + b"\n\n")
                           for event in response.body.split(b"\n\n") if event)
        answer += frame(DATA, END_STREAM, number)
    files = [folder / "http2.req", folder / "http2.resp"]
    for file, data in zip(files, (ask, answer)):
        file.write_bytes(data)
    return files


def measure(folder, smoke):
    runs = {}  # by (name, protocol, piece)
    cases = []
    for name, kind, golden in STREAMS:
        stems = recorded(kind) or [GOLDENS / golden]
        own = folder / kind[0]
        own.mkdir()
        of = {"HTTP/1": [f"{stem}{end}" for stem in stems for end in (".req", ".resp")],
              "HTTP/2": as_http2(stems, own)}
        cases += [((name, protocol, piece), len(stems), files)
                  for protocol, files in of.items() for piece in PIECES]
    for _ in range(1 if smoke else RUNS):
        # What else the machine does meanwhile strikes one as well as another.
        for case, calls, files in random.sample(cases, len(cases)):
            run = told(BUILT / "decode", case[2], SMOKE_MS if smoke else RUN_MS, *files)
            if run["entries"] != run["rounds"] * calls:
                return f"{case}: {run}: calls are missing"
            runs.setdefault(case, []).append(run)
    for case, calls, _ in [] if smoke else cases:
        name, protocol, piece = case
        speed = Median([r["gb_per_s"] for r in runs[case]])
        print(f"Decoding, {name} over {protocol}, {calls} recorded ({runs[case][0]['bytes']} bytes), "
              f"TLS calls of {piece} B: {speed} GB/s, {least(speed, AIM[protocol])}")
    return ""
