#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Recorded HTTP/1 exchanges, sent again as HTTP/2, give the same rows.

    tests/http2_corpus.py WIRETALLY PAIRS_DIR ...

Each pair below the folders becomes one stream; some dozen streams share a connection, their frames
interleaved by chance (the same one every time), header blocks in several frames, padding, TLS calls
of any length. Pairs of one recording (NAME.00, NAME.01) follow each other: they poll what they
began. Prints how many pairs gave the same rows, and each that did not.
"""
import collections
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, IN, OUT, PADDED, PREFACE,
                   PRIORITY, SETTINGS, WINDOW_UPDATE, Deflater, Recording, frame)

STREAMS = 40  # of one connection
CONNECTION_ONLY = {b"connection", b"transfer-encoding", b"keep-alive", b"upgrade", b"host",
                   b"proxy-connection"}  # RFC 9113 8.2.2


class Message:
    """A recorded message: its start line, headers and body, undone of HTTP/1's framing."""

    def __init__(self, data, is_request, method=b""):
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        self.start = lines[0].split(b" ", 2)
        self.headers = [(n.strip().lower(), v.strip())
                        for n, v in (l.split(b":", 1) for l in lines[1:])]
        fields = dict(self.headers)
        self.whole = True
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            self.body, self.rest = self.chunked(rest)
        elif b"content-length" in fields:
            n = int(fields[b"content-length"])
            if method == b"HEAD":
                n = 0
            self.whole = len(rest) >= n
            self.body, self.rest = rest[:n], rest[n:]
        elif is_request or self.start[1] in (b"204", b"304"):
            self.body, self.rest = b"", rest
        else:
            self.body, self.rest = rest, b""

    def chunked(self, rest):
        parts = []
        while True:
            line, end, behind = rest.partition(b"\r\n")
            if not end:
                break
            size = int(line.split(b";")[0], 16)
            if not size:
                return b"".join(parts), behind.partition(b"\r\n")[2]
            parts.append(behind[:size])
            rest = behind[size + 2:]
            if len(behind) < size + 2:
                break
        self.whole = False
        return b"".join(parts), b""

    def request_head(self):
        host = dict(self.headers).get(b"host", b"")
        return [(b":method", self.start[0]), (b":scheme", b"https"), (b":authority", host),
                (b":path", self.start[1])] + self.fields()

    def response_head(self):
        return [(b":status", self.start[1])] + self.fields()

    def fields(self):
        return [(n, v) for n, v in self.headers if n not in CONNECTION_ONLY]


def exchanges(stem):
    """The pair's requests, each with its response or None."""
    requests, responses = ([], [])
    data = Path(f"{stem}.req").read_bytes()
    while data:
        requests.append(Message(data, True))
        data = requests[-1].rest.lstrip(b"\r\n")
    data = Path(f"{stem}.resp").read_bytes()
    for request in requests:
        while data:
            response = Message(data, False, request.start[0])
            data = response.rest
            if response.start[1][:1] != b"1":
                responses.append(response)
                break
    return list(zip(requests, responses + [None] * (len(requests) - len(responses))))


def head_frames(rng, stream, block, flags):
    """HEADERS, sometimes padded and with priority, sometimes cut into CONTINUATIONs."""
    cuts = sorted(rng.sample(range(1, len(block)), min(rng.choice((0, 0, 0, 1, 3)), len(block) - 1)))
    parts = [block[a:b] for a, b in zip([0] + cuts, cuts + [len(block)])]
    out = b""
    for i, part in enumerate(parts):
        mine = END_HEADERS if i == len(parts) - 1 else 0
        if i:
            out += frame(CONTINUATION, mine, stream, part)
            continue
        if rng.random() < 0.1:
            part, mine = b"\x00\x00\x00\x00\x10" + part, mine | PRIORITY
        if rng.random() < 0.1:
            part, mine = b"\x07" + part + bytes(7), mine | PADDED
        out += frame(HEADERS, mine | flags, stream, part)
    return out


def body_frames(rng, stream, message):
    """A message's body in DATA frames; the last one ends the stream, or an empty one does."""
    body, frames = message.body, []
    while body:
        n = rng.choice((rng.randint(1, 200), rng.randint(1, 4000), 16384))
        part, body = body[:n], body[n:]
        flags = END_STREAM if not body and message.whole and rng.random() < 0.5 else 0
        if rng.random() < 0.05:
            pad = rng.randint(0, 255)
            frames.append(frame(DATA, flags | PADDED, stream, bytes([pad]) + part + bytes(pad)))
        else:
            frames.append(frame(DATA, flags, stream, part))
        if flags:
            return frames
    return frames + ([frame(DATA, END_STREAM, stream)] if message.whole else [])


class Connection:
    def __init__(self, rng, recording, number, clock):
        self.rng, self.recording, self.number, self.clock = rng, recording, number, clock
        self.deflater = {OUT: Deflater(rng.choice((0, 256, 4096))),
                         IN: Deflater(rng.choice((0, 256, 4096)))}
        self.held = {OUT: PREFACE + frame(SETTINGS, 0, 0), IN: frame(SETTINGS, 0, 0)}

    def send(self, direction, data):
        """Adds to what waits; all of it leaves, in calls of any length."""
        data, rng = self.held[direction] + data, self.rng
        self.held[direction] = b""
        if rng.random() < 0.3:  # some of it waits for more
            keep = rng.randint(0, len(data))
            self.held[direction] = data[len(data) - keep:]
            data = data[:len(data) - keep]
        while data:
            n = rng.choice((rng.randint(1, 30), rng.randint(1, 5000), 16384, 60000))
            self.recording.call(self.number, direction, data[:n], self.clock)
            data = data[n:]

    def flush(self, direction):
        if self.held[direction]:
            self.recording.call(self.number, direction, self.held[direction], self.clock)
        self.held[direction] = b""

    def run(self, pairs, told):
        """pairs: (name, request, response); told: when the request's head was sent -> name."""
        rng, waiting, streams = self.rng, list(enumerate(pairs)), []
        while waiting or streams:
            if waiting and (not streams or rng.random() < 0.2) and \
                    Path(waiting[0][1][0]).stem not in [s[4] for s in streams]:
                i, (name, request, response) = waiting.pop(0)
                self.clock += 1_000_000
                told[self.clock] = name
                stream = 2 * i + 1
                self.flush(OUT)
                body = body_frames(rng, stream, request) if request.body else []
                head = self.deflater[OUT].block(request.request_head())
                self.held[OUT] = head_frames(rng, stream, head, 0 if body else END_STREAM)
                self.flush(OUT)
                streams.append([stream, response, body, None, Path(name).stem])
                continue
            s = rng.choice(streams)
            stream, response, ask, answer, _ = s
            if ask:
                self.send(OUT, ask.pop(0))
            elif response is None:
                streams.remove(s)
            elif answer is None:
                self.flush(OUT)
                s[3] = body_frames(rng, stream, response)
                flags = 0 if s[3] or not response.whole else END_STREAM
                block = self.deflater[IN].block(response.response_head())
                self.send(IN, head_frames(rng, stream, block, flags))
            elif answer:
                self.send(IN, answer.pop(0))
                if rng.random() < 0.05:
                    self.send(OUT, frame(WINDOW_UPDATE, 0, 0, b"\x00\x00\x10\x00"))
            else:
                streams.remove(s)
        self.flush(OUT)
        self.flush(IN)
        self.recording.end(self.number, self.clock)
        return self.clock


def replay(*command):
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=True).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return [row for row in rows if row["event"]["dataset"] == "wiretally.call"]


def start_of(row):
    """ns of event.start, a time of the first day of 1970."""
    h, m, s = row["event"]["start"].split("T")[1].rstrip("Z").split(":")
    day = int(row["event"]["start"][8:10]) - 1
    return (((day * 24 + int(h)) * 60 + int(m)) * 1000 * 60 + round(float(s) * 1000)) * 1_000_000


def essence(row):
    """A row without what is another one's when it comes on another connection."""
    row = {**row, "event": {"outcome": row["event"]["outcome"]},
           "wiretally": {k: v for k, v in row["wiretally"].items()
                         # and the pairs are one process's here, which asks again
                         if k not in ("source", "ttft_ns", "retry")}}
    del row["@timestamp"]
    row.pop("process", None)
    # Which run it is a step of depends on what else is asked, and when.
    row["wiretally"].pop("run", None)
    row["wiretally"].pop("same_request", None)  # all are of one process
    row["wiretally"].pop("owner", None)
    if row["wiretally"]["usage_source"] == "estimated":  # by what was learnt before
        for part in ("tokens", "cost", "waste", "estimate"):
            row["wiretally"].pop(part, None)
    return json.dumps(row, sort_keys=True)


def check(program, folder, file):
    rng, told, pairs = random.Random(2), {}, []
    for path in sorted(Path(folder).rglob("*.req")):
        if path.read_bytes().startswith(PREFACE):
            continue
        stem = str(path)[:-4]
        pairs += [(stem[len(str(folder)):].lstrip("/"), *e) for e in exchanges(stem)]
    recording, clock, sent = Recording(file), 0, {p[0] for p in pairs}
    for number, at in enumerate(range(0, len(pairs), STREAMS), 1):
        clock = Connection(rng, recording, number, clock).run(pairs[at:at + STREAMS], told)
    recording.close()
    want, got = collections.defaultdict(list), collections.defaultdict(list)
    for row in replay(program, "replay", "--pairs", folder):
        if row["wiretally"]["source"] in sent:
            want[row["wiretally"]["source"]].append(essence(row))
    for row in replay(program, "replay", file):
        got[told.get(start_of(row), "?")].append(essence(row))
    names = sorted(set(want) | set(got))
    bad = [n for n in names if sorted(want[n]) != sorted(got[n])]
    for name in bad:
        print(f"differs {name}:\n  HTTP/1 {want[name]}\n  HTTP/2 {got[name]}")
    print(f"{folder}: {len(names) - len(bad)} of {len(names)} pairs give the same rows over HTTP/2, "
          f"{len(pairs)} streams on {number} connections")
    return not bad and names


def main():
    program, *folders = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temp:
        good = [check(program, Path(f), Path(temp) / "recording") for f in folders]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
