#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How far estimates are off: recorded streams with their figures taken out, against those figures.

    tools/estimate_check.py WIRETALLY CORPUS

Each recorded stream whose manifest line has figures is replayed without them ("usage" renamed in
the answer, so that nobody finds it), and what is estimated is held against what was told. Prints the
median and the 90th percentile of the relative error by provider; sets no target.
"""
import csv
import json
import re
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from pathlib import Path

HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
IN = ("input", "cache_read", "cache_write_5m", "cache_write_1h")


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


def main():
    program, corpus = sys.argv[1], Path(sys.argv[2])
    with open(corpus / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        wanted = [row for row in csv.DictReader(file, delimiter="\t")
                  if row["out_total"].isdigit() and int(row["out_total"]) >= 20
                  and row["in_total"].isdigit() and not int(row["reasoning"] or 0)]
    with tempfile.TemporaryDirectory() as temp:
        truth = {}
        for number, row in enumerate(wanted):
            base = corpus / row["file"].removesuffix(".req").removesuffix(".resp")
            request, response = Path(f"{base}.req"), Path(f"{base}.resp")
            if not request.is_file() or not response.is_file():
                continue
            body = body_of(response.read_bytes())
            if not body or row["status"] != "200":
                continue
            name = f"{number:05d}"
            truth[name] = row
            (Path(temp) / f"{name}.req").write_bytes(request.read_bytes())
            (Path(temp) / f"{name}.resp").write_bytes(
                HEAD + re.sub(rb'"(u)(sage|sageMetadata)"', rb'"x\2"', body))
        lines = subprocess.run([program, "replay", "--pairs", temp], check=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
    errors = defaultdict(lambda: ([], []))
    for line in lines:
        row = json.loads(line)
        want = truth[row["wiretally"]["source"]]
        if row["wiretally"]["usage_source"] != "estimated":
            continue
        tokens = row["wiretally"]["tokens"]
        into, out = errors[want["provider"]]
        if "input" in tokens:
            told = int(want["in_total"])
            into.append(abs(sum(tokens.get(c, 0) for c in IN) - told) / max(told, 1))
        if "output" in tokens:
            out.append(abs(tokens["output"] - int(want["out_total"])) / int(want["out_total"]))
    print(f"{'provider':<16} {'streams':>7} {'input p50':>10} {'p90':>5} {'output p50':>11} {'p90':>5}")
    for provider, (into, out) in sorted(errors.items(), key=lambda item: -len(item[1][1])):
        if len(out) > 2 and len(into) > 2:
            print(f"{provider:<16} {len(out):>7} {quantile(into, .5):>10.2f} "
                  f"{quantile(into, .9):>5.2f} {quantile(out, .5):>11.2f} {quantile(out, .9):>5.2f}")


if __name__ == "__main__":
    main()
