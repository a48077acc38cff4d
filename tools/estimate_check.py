#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How far estimates are off: recorded streams with their figures taken out, against those figures.

    tools/estimate_check.py [--at-most ERROR] WIRETALLY CORPUS

Each recorded stream whose manifest line has figures is replayed without them ("usage" renamed in
the answer, so that nobody finds it), and what is estimated is held against what was told. The weights
in provider/weights.def were fitted on one half of the recordings: the other half is measured, once by
the weights alone, and once behind all recorded calls of the first half with their figures in, from
which the program learns as it does on a host.
Prints the median and the 90th percentile of the relative error by family of models and by language, then
by provider ("by openai": whoever answered, with models of any family); and apart from those, of requests with pictures in them, from which no weight was made: of a picture its front
does, and that is what some recordings have of it.
Last comes how many truths are within the range that the row tells, which eight of ten are to be.
Exits 1 when the median error of answers or of requests, of all streams and behind what teaches, is
over ERROR, or of requests with pictures, or when fewer are within.
"""
import collections
import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
IN = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
# Recordings whose request, or part of whose answer, is not what was on the wire.
UNTRUE = {"body_only", "req_truncated", "req_b64_elided", "resp_b64_elided"}
# What a picture's base64 begins with: PNG, JPEG, GIF, WebP.
PICTURE = re.compile(rb'"(?:data:image/[a-z]+;base64,)?(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR)')
PICTURES = "pictures"
BY = "by "  # before a provider's name
FAMILIES = ("claude", "gpt", "gemini", "command", "mistral", "deepseek", "qwen", "llama")


def unchunk(data):
    parts = []
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        if not n:
            break
        parts.append(data[:n])
        data = data[n + 2:]
    return b"".join(parts)


def body_of(response):
    head, _, body = response.partition(b"\r\n\r\n")
    head = head.lower()
    if b"transfer-encoding: chunked" in head:
        body = unchunk(body)
    if b"content-encoding: gzip" in head:
        body = zlib.decompressobj(31).decompress(body)
    return body if b"text/event-stream" in head and b"content-encoding: br" not in head else b""


def quantile(values, part):
    values = sorted(values)
    return values[min(int(len(values) * part), len(values) - 1)]


def half(row):
    """0: the weights were fitted on it. 1: it is measured."""
    return int(hashlib.md5(row["file"].encode()).hexdigest(), 16) % 2


def groups(row, body):
    """What an error is counted under: its family of models, its language, its provider, all."""
    model = (row["model_resp"] or row["model_req"]).lower()
    family = next((f for f in FAMILIES if f in model), "others")
    beyond = sum(c > "\u024f" for c in body.decode("utf-8", "replace"))
    letters = "Latin letters" if beyond < len(body) / 100 else "other letters"
    return "all", family, letters, f"{BY}{row['provider']}"


def is_pictured(row, request):
    return bool(PICTURE.search(request)) and not set(row["flags"].split(",")) & (
        UNTRUE - {"req_b64_elided"})


def streams(corpus):
    """(manifest row, request, body) of streams that told their figures, all of them; and those whose
    requests have pictures."""
    with open(corpus / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            base = corpus / row["file"]
            request, response = Path(f"{base}.req"), Path(f"{base}.resp")
            if not (row["out_total"].isdigit() and row["in_total"].isdigit() and row["status"] == "200"
                    and not int(row["reasoning"] or 0) and request.is_file() and response.is_file()):
                continue
            asked = request.read_bytes()
            if not is_pictured(row, asked) and (int(row["out_total"]) < 20
                                                or set(row["flags"].split(",")) & UNTRUE):
                continue
            body = body_of(response.read_bytes())
            if body:
                yield row, asked, body


def teachers(corpus):
    """The base of each recorded call that is not measured: what a host has seen before."""
    with open(corpus / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            base = corpus / row["file"]
            if (not half(row) and row["status"] == "200" and Path(f"{base}.req").is_file()
                    and not set(row["flags"].split(",")) & UNTRUE):
                yield base


def measure(program, corpus, learn):
    """{group: ([error of input], [error of output])}; [a truth is within the range that is told]"""
    truth, errors, within = {}, collections.defaultdict(lambda: ([], [])), []
    with tempfile.TemporaryDirectory() as temp:
        for number, base in enumerate(teachers(corpus) if learn else ()):
            for end in (".req", ".resp"):
                shutil.copyfile(f"{base}{end}", Path(temp) / f"0{number:05d}{end}")
        for number, (row, request, body) in enumerate(streams(corpus)):
            pictured = is_pictured(row, request)
            if not pictured and not half(row):
                continue
            name = f"1{number:05d}"  # what teaches comes first
            truth[name] = row, (PICTURES,) if pictured else groups(row, body)
            body = re.sub(rb'"(u)(sage|sageMetadata)"', rb'"x\2"', body)
            (Path(temp) / f"{name}.req").write_bytes(request)
            (Path(temp) / f"{name}.resp").write_bytes(HEAD + body)
        lines = subprocess.run([program, "replay", "--pairs", temp], check=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.splitlines()
    for row in map(json.loads, lines):
        want, under = truth.get(row["wiretally"]["source"], (None, ()))
        tokens = row["wiretally"].get("tokens", {})
        # Some tell a part of their figures elsewhere.
        if not want or row["wiretally"]["usage_source"] != "estimated":
            continue
        for part, n in (("input", want["in_total"]), ("output", want["out_total"])):
            if told := row["wiretally"]["estimate"].get(part):
                within.append(told["low"] <= int(n) <= told["high"])
        for group in under:
            into, out = errors[group]
            if "input" in tokens:
                n = int(want["in_total"])
                into.append(abs(sum(tokens.get(c, 0) for c in IN) - n) / max(n, 1))
            if "output" in tokens:
                n = int(want["out_total"])
                out.append(abs(tokens["output"] - n) / n)
    return errors, within


def main():
    args, most = sys.argv[1:], None
    if args[0] == "--at-most":
        most, args = float(args[1]), args[2:]
    program, corpus = args[0], Path(args[1])
    plain, within = measure(program, corpus, False)
    learnt, within_learnt = measure(program, corpus, True)
    print(f"{'':<19} {'streams':>7} {'input p50':>10} {'p90':>5} {'learnt':>7} {'p90':>5} "
          f"{'output p50':>11} {'p90':>5} {'learnt':>7} {'p90':>5}")
    for group, (into, out) in sorted(
            plain.items(), key=lambda item: (item[0].startswith(BY), -len(item[1][1]))):
        if len(out) < 3 or len(into) < 3:
            continue
        figures = [quantile(v, p) for pair in zip((into, out), learnt[group]) for v in pair
                   for p in (.5, .9)]
        print(f"{group[:19]:<19} {len(out):>7} {figures[0]:>10.2f} {figures[1]:>5.2f} {figures[2]:>7.2f} "
              f"{figures[3]:>5.2f} {figures[4]:>11.2f} {figures[5]:>5.2f} {figures[6]:>7.2f} "
              f"{figures[7]:>5.2f}")
    within += within_learnt
    print(f"{sum(within)} of {len(within)} truths are within the range that is told")
    got = max(quantile(errors, .5) for errors in [*learnt["all"], plain[PICTURES][0]])
    return 1 if most is not None and (got > most or sum(within) < .8 * len(within)) else 0


if __name__ == "__main__":
    sys.exit(main())
