#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 connections that are joined in the middle, at every TLS call.

    tests/http2_joined.py WIRETALLY PAIRS_DIR

Recorded exchanges go over HTTP/2, several streams in between each other, with header blocks that put
everything into the table and refer to it from then on. Each connection is replayed from each of its
TLS calls on. Every stream that begins behind it has the figures of the whole run; what is told of its
head is right or absent; no other stream has a row. Where TLS calls do not begin with frames, rows may
be missing or marked, never wrong. Prints how many rows there were, and each that is wrong.
"""
import collections
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from http2 import IN, OUT, PREFACE, Recording
from http2_corpus import Connection, exchanges, replay, start_of

STREAMS, CONNECTIONS = 5, 12
BODY_MAX = 20000
# APIs that answers show where no path does (user/provider/shape.c).
SHOWN = {"chat.completions", "responses", "messages", "generateContent", "streamGenerateContent",
         "embeddings"}


class Indexer:
    """A header block of literals that all go into the table, and references to them (RFC 7541)."""
    STATIC = {(b":method", b"POST"): 3, (b":method", b"GET"): 2, (b":scheme", b"https"): 7,
              (b":status", b"200"): 8}

    def __init__(self, limit=4096):
        self.table, self.limit = [], limit  # newest first

    @staticmethod
    def number(prefix, first, n):
        most = (1 << prefix) - 1
        if n < most:
            return bytes([first | n])
        out, n = [first | most], n - most
        while n >= 128:
            out.append(n & 127 | 128)
            n >>= 7
        return bytes(out + [n])

    def block(self, headers):
        out = b""
        for name, value in headers:
            if (name, value) in self.STATIC:
                out += self.number(7, 0x80, self.STATIC[name, value])
            elif (name, value) in self.table:
                out += self.number(7, 0x80, 62 + self.table.index((name, value)))
            else:
                out += b"\x40" + self.number(7, 0, len(name)) + name + self.number(7, 0, len(value)) + value
                self.table.insert(0, (name, value))
                while sum(len(n) + len(v) + 32 for n, v in self.table) > self.limit:
                    self.table.pop()
        return out


class Calls:
    """Stands for a recording: keeps the calls of one connection."""

    def __init__(self):
        self.calls = []

    def call(self, _conn, direction, data, ts):
        self.calls.append((direction, data, ts))

    def end(self, _conn, _ts):
        pass


class Aligned(Connection):
    """Each TLS call is a whole number of frames, as a library writes and flushes them."""

    def send(self, direction, data):
        self.held[direction] += data
        if self.rng.random() < 0.7:
            self.flush(direction)


def connections(rng, pairs, kind):
    """The calls of some connections, and the name of each stream by when its head was sent."""
    made, told, clock = [], {}, 0
    for _ in range(CONNECTIONS):
        calls = Calls()
        chosen = [rng.choice(pairs)] * 2 + rng.sample(pairs, STREAMS - 2)
        connection = kind(rng, calls, 0, clock)
        connection.deflater = {OUT: Indexer(), IN: Indexer()}
        clock = connection.run(chosen, told)
        made.append(calls.calls)
    return made, told


def usable(folder):
    """Recorded calls whose API is shown, small ones, that pass once each."""
    whole = {}
    for row in replay(sys.argv[1], "replay", "--pairs", folder):
        whole.setdefault(row["wiretally"]["source"], []).append(row)
    pairs = []
    for name, rows in sorted(whole.items()):
        row = rows[0]["wiretally"]
        if len(rows) > 1 or row["api"] not in SHOWN or row["usage_source"] != "reported" \
                or row["result"] != "ok" or rows[0]["http"]["request"]["method"] != "POST":
            continue
        if (Path(folder) / f"{name}.req").read_bytes().startswith(PREFACE):
            continue
        made = exchanges(Path(folder) / name)
        if len(made) == 1 and made[0][1] and len(made[0][1].body) < BODY_MAX:
            pairs.append((name, *made[0]))
    return pairs


def wrong(row, full):
    """What a row tells that the whole run's does not; None: nothing."""
    for path in (("wiretally", "tokens"), ("wiretally", "result"), ("wiretally", "complete"),
                 ("gen_ai", "response"), ("gen_ai", "usage")):
        if row[path[0]].get(path[1]) != full[path[0]].get(path[1]):
            return f"{path[1]}: {row[path[0]].get(path[1])}, not {full[path[0]].get(path[1])}"
    for part in ("domain", "path"):
        if row.get("url", {}).get(part, "") not in ("", full["url"][part]):
            return f"{part} {row['url'][part]}"
    return None


def check(rng, pairs, kind, strict, file):
    made, told = connections(rng, pairs, kind)
    recording, number, starts = Recording(file), 0, {}
    for n, calls in enumerate(made):
        for at in range(len(calls)):
            number += 1
            starts[number] = (n, at)
            for call in calls[at:]:
                recording.call(number, *call)
            recording.end(number, calls[-1][2])
    recording.close()
    rows, full, bad = collections.defaultdict(dict), {}, []
    for row in replay(sys.argv[1], "replay", file):
        rows[row["process"]["pid"]][start_of(row)] = row
    for number, (n, at) in starts.items():
        if at == 0:
            full = rows[number]
        begun = {ts for d, data, ts in made[n][at:] if d == OUT and ts in told and ts in full}
        before = {ts for d, data, ts in made[n][:at] if d == OUT}
        for ts in sorted(full):
            row, expected = rows[number].get(ts), ts in begun and ts not in before
            if row is None:
                if expected and strict:
                    bad.append(f"{told[ts]} from call {at}: no row")
                continue
            why = wrong(row, full[ts]) if strict or row["wiretally"]["complete"] else None
            if ts in before and ts not in begun:
                why = "it began before"
            if why:
                bad.append(f"{told[ts]} from call {at}: {why}")
    total = sum(map(len, rows.values()))
    for line in bad[:20]:
        print(line)
    print(f"{kind.__name__}: {len(starts)} starts on {len(made)} connections, {total} rows, "
          f"{len(bad)} wrong")
    return not bad and total > len(starts)


def main():
    pairs, rng = usable(sys.argv[2]), random.Random(4)
    with tempfile.TemporaryDirectory() as temp:
        file = Path(temp) / "recording"
        good = [check(rng, pairs, Aligned, True, file), check(rng, pairs, Connection, False, file)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
