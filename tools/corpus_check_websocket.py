#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays recorded WebSocket sessions and compares every figure with what their messages say.

    tools/corpus_check_websocket.py WIRETALLY CORPUS

Only the messages were recorded: the frames around them are made here, several times: plain; compressed,
with and without context takeover; cut into fragments with pings between them; in TLS calls of a few
bytes; on a stream of HTTP/2. Each has to give the same calls. CORPUS holds MANIFEST_WS.tsv (its README tells the columns).
Names each session that is not exact, then prints how many there are and how many are exact.
"""
import collections
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/lib"))
import sessions  # noqa: E402

GEMINI = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
PLACES = {
    "azure": ("r.openai.azure.com", "/openai/v1/realtime?model=deployed"),
    "voice_live": ("r.services.ai.azure.com", "/voice-live/realtime?api-version=2026-04-10&model=m"),
    "google": ("generativelanguage.googleapis.com", GEMINI),
    "gateway_google": ("gateway.example", "/proxy/google" + GEMINI),
    "gateway_openai": ("gateway.example", "/proxy/openai/v1/realtime?model=asked"),
    "openai": ("api.openai.com", "/v1/realtime?model=asked"),
    "xai": ("api.x.ai", "/v1/realtime?model=asked"),
}
VARIANTS = [{}, {"terms": ""}, {"terms": "; server_no_context_takeover; client_no_context_takeover"},
            {"terms": "; client_max_window_bits=12", "pieces": 3}, {"pieces": 2, "chunk": 7},
            {"over": sessions.Stream}, {"over": sessions.Stream, "terms": "", "pieces": 2}]
IN = ("input", "cache_read", "audio_in", "image_in")
OUT = ("output", "audio_out", "image_out")


def place(row):
    name = row["file"]
    if "voice_live" in name:
        return PLACES["voice_live"]
    if "gateway" in name:
        return PLACES["gateway_google" if row["provider"] == "google" else "gateway_openai"]
    return PLACES[row["provider"]]


def expected(row):
    """The figures of each call of the session, in order; None for a class that has none."""
    calls = []
    for event in json.loads(row["usage_events_raw"]):
        u = event["usage"]
        if event["type"] == "usageMetadata":
            def audio(key):
                return sum(d.get("tokenCount", 0) for d in u.get(key, []) if d["modality"] == "AUDIO")
            told = "responseTokenCount" in u or "candidatesTokenCount" in u
            thought = u.get("thoughtsTokenCount", 0)
            out = u.get("responseTokenCount", u.get("candidatesTokenCount", 0)) + thought
            calls.append((u["promptTokenCount"], out if told or thought else 0, 0,
                          audio("promptTokensDetails"),
                          audio("responseTokensDetails") + audio("candidatesTokensDetails")))
        elif u.get("type") == "duration":
            calls.append((None, None, 0, 1000 * u["seconds"], 0))
        else:
            i, o = u.get("input_token_details", {}), u.get("output_token_details", {})
            cached = i.get("cached_tokens_details", {}).get("audio_tokens", 0)
            calls.append((u["input_tokens"], u["output_tokens"], i.get("cached_tokens", 0),
                          i.get("audio_tokens", 0) - cached, o.get("audio_tokens", 0)))
    return calls


def got(row):
    t = row["wiretally"].get("tokens", {})
    total = [sum(t.get(c, 0) for c in classes) if classes[0] in t else None for classes in (IN, OUT)]
    # Sound that is sold by the second has no tokens.
    heard = t.get("audio_in", row["wiretally"].get("units", {}).get("audio_ms", 0))
    return (*total, t.get("cache_read", 0), heard, t.get("audio_out", 0))


def model_of(row):
    return row["gen_ai"].get("response", {}).get("model") or row["gen_ai"]["request"].get("model")


def main():
    binary, corpus = sys.argv[1:]
    with open(f"{corpus}/MANIFEST_WS.tsv", newline="", encoding="utf-8") as f:
        manifest = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    recording = sessions.Recording()
    for i, row in enumerate(manifest):
        with open(f"{corpus}/{row['file']}", encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        messages = [(sessions.OUT if l["dir"] == "sent" else sessions.IN, l["data"]) for l in lines]
        for v, variant in enumerate(VARIANTS):
            recording.session(1000 * (v + 1) + i, *place(row), messages,
                              binary=row["provider"] == "google", **variant)
    with tempfile.NamedTemporaryFile() as file:
        file.write(recording.file)
        file.flush()
        out = subprocess.run([binary, "replay", file.name], stdout=subprocess.PIPE, check=True).stdout
    calls = collections.defaultdict(list)
    for line in out.splitlines():
        call = json.loads(line)
        calls[call["process"]["pid"]].append(call)
    count = collections.Counter()
    for i, row in enumerate(manifest):
        want, model = expected(row), row["model"].rpartition("/")[2]
        wrong = []
        for v, variant in enumerate(VARIANTS):
            mine = calls[1000 * (v + 1) + i]
            if [got(c) for c in mine] != want:
                wrong.append(f"{variant}: expected {want}, got {[got(c) for c in mine]}")
            elif any(c["wiretally"]["api"] != "realtime.transcription" and model_of(c) != model
                     for c in mine):
                wrong.append(f"{variant}: expected {model}, got {[model_of(c) for c in mine]}")
        count["sessions"] += 1
        count["calls"] += len(want)
        count["exact"] += not wrong
        for why in wrong[:1]:
            print(f"wrong {row['file']}: {why}")
    print(f"WebSocket sessions: {count['exact']} of {count['sessions']} exact, {count['calls']} calls, "
          f"each in {len(VARIANTS)} framings")
    return 0 if count["sessions"] and count["exact"] == count["sessions"] else 1


if __name__ == "__main__":
    sys.exit(main())
