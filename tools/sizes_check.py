#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How far estimates from sizes alone are off: recorded calls as a TLS connection shows them.

    tools/sizes_check.py WIRETALLY CORPUS      measures, on the half that was not fitted on
    tools/sizes_check.py --fit CORPUS          prints user/provider/by_size.def, from the other half

Each recorded pair is wrapped into TLS 1.3 records, 22 bytes more each: the request's head and body
in one write each, the answer in as many as it came in, a stream's events each in their own. Prints
by provider, as plain text and with gzip: the median and the 90th percentile of the relative error,
and how many figures are within the range that the row tells. Sets no target.
"""
import csv
import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from pathlib import Path

RECORD, OVERHEAD = 1 << 14, 5 + 1 + 16  # RFC 8446 5.1, 5.2: header, type, tag of AES-GCM
HANDSHAKE = (520, 4200, 80)  # hello, the server's, finished
MS = 1_000_000
BOUNDS = (800, 1500, 3000, 6000, 15000, 0)  # of size classes, bytes; 0: no bound
FLOORS = dict(zip(BOUNDS, (0, *BOUNDS)))
FAMILIES = ("openai", "azure.ai.openai", "anthropic", "gcp", "aws.bedrock", "")
KINDS = ("SENT", "WHOLE", "STREAM")
CELL_MIN = 10  # recorded calls that make a figure

# The host that a recording's provider is at, so that the row's provider can be told by name.
HOSTS = {"openai": "api.openai.com", "anthropic": "api.anthropic.com",
         "gemini": "generativelanguage.googleapis.com", "vertex": "aiplatform.googleapis.com",
         "bedrock": "bedrock-runtime.us-east-1.amazonaws.com", "azure": "x.openai.azure.com",
         "openrouter": "openrouter.ai", "mistral": "api.mistral.ai", "cohere": "api.cohere.com",
         "groq": "api.groq.com", "deepseek": "api.deepseek.com", "xai": "api.x.ai",
         "together": "api.together.xyz", "cerebras": "api.cerebras.ai",
         "perplexity": "api.perplexity.ai", "huggingface": "router.huggingface.co",
         "vercel-gateway": "ai-gateway.vercel.sh", "zai": "api.z.ai"}
PROVIDERS = {"azure": "azure.ai.openai", "gemini": "gcp", "vertex": "gcp", "bedrock": "aws.bedrock"}


def wire_kinds():
    """enum wire_kind: the numbers of the kinds of records."""
    text = (Path(__file__).resolve().parents[1] / "include/wire.h").read_text(encoding="utf-8")
    names = re.search(r"enum wire_kind \{(.*?)\n\};", text, re.S)[1]
    names = re.findall(r"\bWIRE_\w+", re.sub(r"/\*.*?\*/", "", names, flags=re.S))
    return {name: number for number, name in enumerate(names, 1)}


KIND = wire_kinds()


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


def sealed(n):
    """Bytes on the wire of a write of so many."""
    return n + OVERHEAD * max(-(-n // RECORD), 1) if n else 0


class Pair:
    """A recorded call, decoded."""

    def __init__(self, row, request, response):
        self.provider, self.name = row["provider"], row["file"]
        self.told = int(row["in_total"]), int(row["out_total"])
        head, _, body = request.partition(b"\r\n\r\n")
        self.sent = [len(head) + 4, len(body)]
        self.head, _, body = response.partition(b"\r\n\r\n")
        lower = self.head.lower()
        if b"transfer-encoding: chunked" in lower:
            body = unchunk(body)
        if b"content-encoding: gzip" in lower:
            body = zlib.decompressobj(31).decompress(body)
        self.body = body
        self.streamed = row["stream"] in ("sse", "eventstream", "ndjson", "jsonarray")
        self.fitted = hashlib.sha256(self.name.encode()).digest()[0] % 2 == 0

    def pieces(self):
        """Of the answer, as its server writes them."""
        if not self.streamed:
            return [self.body]
        if self.body[:1] in (b"{", b"["):
            return [p for p in re.split(rb"(?<=\n)", self.body) if p]
        if b"\n\n" in self.body or b"\r\n\r\n" in self.body:
            return [p for p in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", self.body) if p]
        pieces, at = [], 0  # AWS: each message begins with its length
        while at + 4 <= len(self.body):
            n = max(struct.unpack_from(">I", self.body, at)[0], 16)
            pieces.append(self.body[at:at + n])
            at += n
        return pieces

    def received(self, gzip):
        """Bytes on the wire of each piece; HTTP's chunk framing is some 7 bytes a piece."""
        pieces, coder = self.pieces(), zlib.compressobj(wbits=31) if gzip else None
        if coder:
            pieces = [coder.compress(p) + coder.flush(zlib.Z_SYNC_FLUSH) for p in pieces]
        first = [sealed(len(self.head) + 4)]
        return first + [sealed(len(p) + (7 if self.streamed else 0)) for p in pieces]


def pairs(corpus):
    spoiled = re.compile("b64_elided|truncated|body_only|multi_response|synth")
    with open(corpus / "MANIFEST.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            base = corpus / row["file"].removesuffix(".req").removesuffix(".resp")
            request, response = Path(f"{base}.req"), Path(f"{base}.resp")
            if (row["status"] != "200" or not row["in_total"].isdigit() or row["provider"] not in HOSTS
                    or not row["out_total"].isdigit() or int(row["out_total"]) < 5
                    or row["content_encoding"] == "br" or spoiled.search(row["flags"])
                    or not request.is_file() or not response.is_file()):
                continue
            yield Pair(row, request.read_bytes(), response.read_bytes())


class Recording:
    """Writes include/wire.h's records."""

    def __init__(self, file):
        self.file, self.ts = file, 1_000_000_000
        file.write(struct.pack("=8sIIqQ", b"WTALLY\r\n", 1, 1, 0, 0))

    def record(self, kind, number, data, wait=0):
        self.ts += wait
        self.file.write(struct.pack("=7Q4IH4B2x", self.ts, 1 << 63 | number, 0, 0, 0, 0, MS * 10,
                                    number, number, len(data), 0, 0, KIND[kind], 0, 0, 0) + data)

    def call(self, number, pair, gzip):
        hello, theirs, finished = HANDSHAKE
        host = HOSTS[pair.provider].encode()
        self.record("WIRE_FLOW_OPEN", number, struct.pack("=8sQ96s", struct.pack("=Q", number), hello, host))
        sent, received = hello, theirs
        self.record("WIRE_FLOW", number, struct.pack("=QQ", sent, received), MS * 20)
        for part in (finished, *map(sealed, pair.sent)):
            sent += part
            self.record("WIRE_FLOW", number, struct.pack("=QQ", sent, received))
        for part in pair.received(gzip):
            received += part
            self.record("WIRE_FLOW", number, struct.pack("=QQ", sent, received), MS * 20)
        self.record("WIRE_FLOW_END", number, struct.pack("=QQ", sent, received + 1), MS)


def quantile(values, part):
    values = sorted(values)
    return values[min(int(len(values) * part), len(values) - 1)]


def fit(corpus):
    cells = defaultdict(list)
    for pair in pairs(corpus):
        if not pair.fitted:
            continue
        name = PROVIDERS.get(pair.provider, pair.provider)
        family = next(f for f in FAMILIES if name.startswith(f))
        for kind, size, tokens in (("SENT", sum(map(sealed, pair.sent)), pair.told[0]),
                                   ("STREAM" if pair.streamed else "WHOLE",
                                    sum(pair.received(False)), pair.told[1])):
            bound = next(b for b in BOUNDS if not b or size < b)
            for f in {family, ""}:
                cells[f, kind, bound].append(size / max(tokens, 1))
    for family in FAMILIES:
        for kind in KINDS:
            for bound in BOUNDS:
                ratios = cells[family, kind, bound]
                if len(ratios) >= CELL_MIN:
                    low, middle, high = (max(round(10 * quantile(ratios, q)), 1) for q in (.1, .5, .9))
                    print(f'SIZES("{family}", {kind}, {FLOORS[bound]}, {bound}, {low}, {middle}, '
                          f'{high}) /* {len(ratios)} */')


def main():
    if sys.argv[1] == "--fit":
        return fit(Path(sys.argv[2]))
    program, corpus = sys.argv[1], Path(sys.argv[2])
    measured = [p for p in pairs(corpus) if not p.fitted]
    variants = [(p, gzip) for gzip in (False, True) for p in measured]
    with tempfile.NamedTemporaryFile() as file:
        recording = Recording(file)
        for number, (pair, gzip) in enumerate(variants, 1):
            recording.call(number, pair, gzip)
        file.flush()
        lines = subprocess.run([program, "replay", "--json", file.name], check=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
    errors, within = defaultdict(lambda: ([], [])), defaultdict(list)
    for row in map(json.loads, lines):
        pair, gzip = variants[row["process"]["pid"] - 1]
        key = pair.provider, "stream" if pair.streamed else "whole", "gzip" if gzip else "plain"
        estimate = row["wiretally"]["estimate"]
        for i, part in enumerate(("input", "output")):
            for k in (key, ("all", *key[1:])):
                errors[k][i].append(abs(row["wiretally"]["tokens"][part] - pair.told[i]) /
                                    max(pair.told[i], 1))
                within[k].append(estimate[part]["low"] <= pair.told[i] <= estimate[part]["high"])
    print(f"{len(lines)} rows of {len(variants)} calls")
    print(f"{'provider':<15} {'answer':<13} {'calls':>5} {'input p50':>10} {'p90':>5} "
          f"{'output p50':>11} {'p90':>5} {'in range':>9}")
    for key, (into, out) in sorted(errors.items(), key=lambda e: (e[0][2], e[0][1], -len(e[1][0]))):
        if len(into) >= CELL_MIN:
            print(f"{key[0]:<15} {key[1]:<6} {key[2]:<6} {len(into):>5} {quantile(into, .5):>10.2f} "
                  f"{quantile(into, .9):>5.2f} {quantile(out, .5):>11.2f} {quantile(out, .9):>5.2f} "
                  f"{100 * sum(within[key]) // len(within[key]):>8}%")
    return len(lines) != len(variants)


if __name__ == "__main__":
    sys.exit(main())
