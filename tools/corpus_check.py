#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays recorded provider traffic and compares every usage figure with the expected one.

    tools/corpus_check.py [--at-least N] WIRETALLY CORPUS [provider[/api] ...]

CORPUS holds NAME.req, NAME.resp and MANIFEST.tsv (its README tells the columns). Names each pair
that is not exact, then prints for each provider how many pairs there are, how many have exact
figures, wrong ones, or no call where there is one. Exits 1 when fewer than N are exact (all of them,
without --at-least), or when a miss is not explained in this file.
"""
import collections
import csv
import json
import subprocess
import sys

# Requests that no model works on: files, lists, states of things. No call is expected of them.
NO_CALL = {"assistants", "batches", "openai_files", "openai_models", "uploadToFileSearchStore",
           "download", "predictLongRunning", "batchGenerateContent", "v1_tokenize", "api"}
# Pairs whose manifest line is wrong or silent, and the bytes are not; named here so that the log says
# why each of them misses. By the end of the pair's name.
EXPLAINED = {
    "multiple-tools-cal_2278551756__recording.00":
        "the recorded stream is another provider's: its events name a Llama model",
    "test_guardrail_invoke_stream.00":
        "the figures stand in base64 within the events, where the manifest's maker did not look",
    "test_nova__test_nova_completion.00":
        "the answer's tokens stand in a header and in a trace, and the manifest has the input alone",
    "test_inference_profile_embed.00":
        "an embedding has no output; the profile's name hides from the manifest that it is one",
    "parallel-tool-call-wrapper.1.chunks.txt.00":
        "response.completed has the figures; the manifest says that the stream has none",
}
IN = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in")
OUT = ("output", "audio_out", "image_out")


def replay(binary, corpus):
    out = subprocess.run([binary, "replay", "--pairs", corpus], stdout=subprocess.PIPE, check=True)
    rows = collections.defaultdict(list)
    for line in out.stdout.splitlines():
        row = json.loads(line)
        rows[row["wiretally"]["source"]].append(row)
    return rows


def number(text):
    return int(text) if text else None


def total(tokens, classes):
    """A sum of classes, or None where the first, without which there is no figure, is unknown."""
    if tokens.get(classes[0]) is None:
        return None
    return sum(tokens.get(c, 0) for c in classes)


def expected(want):
    """The manifest row, with what its own raw figures say where its columns leave it out."""
    want = {**want}
    raw = json.loads(want["usage_raw"]) if want["usage_raw"].startswith("{") else {}
    in_total, cached, audio, written = (number(want[k]) or 0 for k in
                                        ("in_total", "cache_read", "audio_in", "cache_write"))
    # Parts larger than their whole. Cached tokens: which is wrong can't be known, and the part has
    # to stay unknown. Sound: it is told beside the prompt (Mistral's total says so).
    if cached > in_total:
        want["cache_read"] = ""
    elif cached + written > in_total:
        want["cache_write"] = ""
    if audio > in_total:
        want["in_total"] = str(in_total + audio)
    # Where only a total is told, and nothing is generated, all of it went in.
    if not want["in_total"] and want["api"] in ("embeddings", "rerank"):
        want["in_total"] = str(raw.get("total_tokens", ""))
    # Mistral's older name of what came from a cache.
    if raw.get("num_cached_tokens"):
        want["cache_read"] = str(raw["num_cached_tokens"])
    # Cohere tells reasoning in its own place.
    if (raw.get("tokens") or {}).get("reasoning_tokens"):
        want["reasoning"] = str(raw["tokens"]["reasoning_tokens"])
    # The manifest writes 0 for the output of what has none.
    if "embed" in want["model_req"] and want["out_total"] == "0" and "outputTokens" not in raw:
        want["out_total"] = "0" if raw.get("completion_tokens") == 0 else ""
    # What tools brought into the prompt is in the total, and in no other figure.
    if raw.get("total_tool_use_tokens"):
        want["in_total"] = str(in_total + raw["total_tool_use_tokens"])
    # Google's compatible endpoint tells thought in the total only.
    if want["api"] == "openai_chat" and raw.get("total_tokens"):
        want["out_total"] = str(raw["total_tokens"] - raw["prompt_tokens"])
    return want


def compare(want, row):
    """Differences between a manifest row and a metered one, as text; empty: none."""
    told = row["gen_ai"].get("usage", {})
    # What was estimated is no figure of the provider's.
    tokens = {name: n for name, n in row["wiretally"].get("tokens", {}).items()
              if row["wiretally"]["usage_source"] != "estimated"
              or (name in IN and "input_tokens" in told) or (name in OUT and "output_tokens" in told)}
    want = expected(want)
    got = {"in_total": total(tokens, IN), "out_total": total(tokens, OUT),
           "cache_read": tokens.get("cache_read"), "reasoning": tokens.get("reasoning")}
    problems = []
    for key, value in got.items():
        figure = number(want[key])
        # The manifest writes "not told" as empty and sometimes as 0 for parts of a sum.
        if (figure or 0) != (value or 0) or (key.endswith("_total") and
                                             (figure is None) != (value is None)):
            problems.append(f"{key}: expected {want[key] or 'none'}, got {value}")
    writes = (tokens.get("cache_write_5m") or 0) + (tokens.get("cache_write_1h") or 0)
    if writes != (number(want["cache_write"]) or 0):
        problems.append(f"cache_write: expected {want['cache_write']}, got {writes}")
    model = row["gen_ai"].get("response", {}).get("model", "")
    if want["model_resp"] and model != want["model_resp"][:127]:
        problems.append(f"model: expected {want['model_resp']}, got {model}")
    asked = row["gen_ai"]["request"].get("model", "")
    if want["model_req"] and not asked and "req_truncated" not in want["flags"]:
        problems.append(f"requested model: expected {want['model_req']}, got none")
    return "; ".join(problems)


def is_poll(corpus, want):
    with open(f"{corpus}/{want['file']}.req", "rb") as f:
        return f.read(4) == b"GET "


def judge(corpus, want, found, told):
    """"exact", "wrong" or "missing", and why."""
    if not found:
        nothing = not any(number(want[k]) for k in ("in_total", "out_total"))
        again = is_poll(corpus, want) and (nothing or want["resp_id"] in told)
        if again or (nothing and want["api"] in NO_CALL):
            return "exact", ""
        return "missing", "no call seen"
    if len(found) > 1:
        return "wrong", f"{len(found)} calls seen"
    # The manifest has no figures of results of batches, and of Vertex's older embeddings.
    why = compare(want, found[0]) if want["api"] not in ("batches", "predict") else ""
    return ("wrong" if why else "exact"), why


def explained(name):
    return next((why for end, why in EXPLAINED.items() if name.endswith(end)), None)


def main():
    args, floor = sys.argv[1:], None
    if args[0] == "--at-least":
        floor, args = int(args[1]), args[2:]
    binary, corpus, *wanted = args
    rows = replay(binary, corpus)
    count = collections.defaultdict(collections.Counter)
    told, unexplained = set(), 0
    with open(f"{corpus}/MANIFEST.tsv", newline="", encoding="utf-8") as f:
        manifest = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = collections.Counter(want["file"] for want in manifest)
    for want in manifest:
        provider, api = want["provider"], want["api"]
        # Several responses in one recording, or rows of one file, are the recorder's doing.
        if (wanted and not {provider, f"{provider}/{api}"} & set(wanted)) or \
                "multi_response" in want["flags"] or names[want["file"]] > 1:
            continue
        found = rows.get(want["file"], [])
        verdict, why = judge(corpus, want, found, told)
        if found and want["resp_id"]:
            told.add(want["resp_id"])
        count[provider.split(":")[0]][verdict] += 1
        if verdict != "exact":
            reason = explained(want["file"])
            unexplained += not reason
            print(f"{verdict} {want['file']} ({provider}/{api} {want['stream']} "
                  f"{want['status']} {want['flags']}): {why}")
            print(f"  {'explained: ' + reason if reason else 'NOT EXPLAINED'}")
    print(f"{'provider':16} {'pairs':>6} {'exact':>6} {'wrong':>6} {'missing':>8}")
    count["all"] = sum(count.values(), collections.Counter())
    for provider, c in sorted(count.items(), key=lambda i: (i[0] == "all", -i[1].total())):
        print(f"{provider:16} {c.total():6} {c['exact']:6} {c['wrong']:6} {c['missing']:8}")
    exact, pairs = count["all"]["exact"], count["all"].total()
    print(f"{exact} of {pairs} exact ({100 * exact / max(pairs, 1):.2f} %), "
          f"{pairs - exact - unexplained} explained, {unexplained} not explained")
    return 0 if pairs and exact >= (floor or pairs) and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
