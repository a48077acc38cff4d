#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replays recorded provider traffic and compares every usage figure with the expected one.

    tools/corpus_check.py [--at-least N] WIRETALLY CORPUS [provider/api ...]

CORPUS holds NAME.req, NAME.resp and MANIFEST.tsv (its README tells the columns). Prints N of M for
each provider and API, names each miss, and exits 1 when one was missed.
"""
import collections
import csv
import json
import subprocess
import sys

# What the meter reads today; the rest of the corpus is named as not read, not passed over.
DEFAULT = ["openai/chat", "openai/responses", "openai/completions", "openai/embeddings",
           "azure/chat", "azure/responses", "anthropic/messages"]


def replay(binary, corpus):
    out = subprocess.run([binary, "replay", "--pairs", corpus], stdout=subprocess.PIPE, check=True)
    rows = collections.defaultdict(list)
    for line in out.stdout.splitlines():
        row = json.loads(line)
        rows[row["wiretally"]["source"]].append(row)
    return rows


def number(text):
    return int(text) if text else None


def compare(want, row):
    """Differences between a manifest row and a metered one, as text; empty: none."""
    tokens = row["wiretally"].get("tokens", {})
    ins = [tokens.get(k) for k in ("input", "cache_read", "cache_write_5m", "cache_write_1h",
                                   "audio_in", "image_in")]
    got = {
        "in_total": sum(n for n in ins if n is not None) if tokens.get("input") is not None else None,
        "out_total": (tokens["output"] + tokens.get("audio_out", 0) + tokens.get("image_out", 0)
                      if "output" in tokens else None),
        "cache_read": tokens.get("cache_read"),
        "reasoning": tokens.get("reasoning"),
    }
    problems = []
    for key, value in got.items():
        expected = number(want[key])
        # The manifest writes "not told" as empty and sometimes as 0 for parts of a sum.
        if (expected or 0) != (value or 0) or (key.endswith("_total") and
                                               (expected is None) != (value is None)):
            problems.append(f"{key}: expected {want[key] or 'none'}, got {value}")
    writes = (tokens.get("cache_write_5m") or 0) + (tokens.get("cache_write_1h") or 0)
    if writes != (number(want["cache_write"]) or 0):
        problems.append(f"cache_write: expected {want['cache_write']}, got {writes}")
    model = row["gen_ai"].get("response", {}).get("model", "")
    if want["model_resp"] and model != want["model_resp"][:127]:
        problems.append(f"model: expected {want['model_resp']}, got {model}")
    return "; ".join(problems)


def main():
    args, floor = sys.argv[1:], None
    if args[0] == "--at-least":
        floor, args = int(args[1]), args[2:]
    binary, corpus, *wanted = args
    wanted = wanted or DEFAULT
    rows = replay(binary, corpus)
    good, all_ = collections.Counter(), collections.Counter()
    with open(f"{corpus}/MANIFEST.tsv", newline="", encoding="utf-8") as f:
        for want in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            api = f"{want['provider']}/{want['api']}"
            # Several responses in one recording are the recorder's doing: no protocol says that.
            if api not in wanted or "multi_response" in want["flags"]:
                continue
            all_[api] += 1
            found = rows.get(want["file"], [])
            if len(found) != 1:
                why = f"{len(found)} calls seen"
            else:
                why = compare(want, found[0])
            if why:
                print(f"miss {want['file']} ({api} {want['stream']} {want['status']} "
                      f"{want['flags']}): {why}")
            else:
                good[api] += 1
    for api in wanted:
        print(f"{good[api]:5} of {all_[api]:5}  {api}")
    print(f"{sum(good.values()):5} of {sum(all_.values()):5}  in all")
    return 0 if all_ and sum(good.values()) >= (floor or sum(all_.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
