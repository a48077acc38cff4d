# SPDX-License-Identifier: BSD-2-Clause
"""How fast recorded streams are read, on one core: stream, proto, provider, price."""
import csv

from loops import BUILT, ROOT, told
from median import Median

CORPUS = ROOT.parent / "shared/corpus"
GOLDENS = ROOT / "tests/golden/pairs"

# (name, provider and api in the corpus's list, what stands in for it without a corpus)
STREAMS = (("OpenAI chat", ("openai", "chat"), "openai_chat_stream"),
           ("Anthropic messages", ("anthropic", "messages"), "anthropic_messages_stream"))

LARGEST = 8  # recordings of each
PIECES = (512, 16384)  # bytes of a TLS call: streams come in small ones
RUNS, RUN_MS, SMOKE_MS = 9, 300, 5
AIM = 1.0


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


def measure(_folder, smoke):
    for name, kind, golden in STREAMS:
        stems = recorded(kind) or [GOLDENS / golden]
        files = [f"{stem}{end}" for stem in stems for end in (".req", ".resp")]
        for piece in PIECES:
            runs = [told(BUILT / "decode", piece, SMOKE_MS if smoke else RUN_MS, *files)
                    for _ in range(1 if smoke else RUNS)]
            if any(r["entries"] != r["rounds"] * r["exchanges"] for r in runs):
                return f"{name}: {runs[0]}: calls are missing"
            if not smoke:
                print(f"Decoding, {name}, {len(stems)} recorded ({runs[0]['bytes']} bytes), TLS "
                      f"calls of {piece} B: {Median([r['gb_per_s'] for r in runs])} GB/s, "
                      f"aim {AIM}")
    return ""
