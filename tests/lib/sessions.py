# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket sessions as a client and a server send them, and recordings of them for `replay`."""
import base64
import json
import os
import struct
import sys
from pathlib import Path

import http2

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/provider_sim"))
from frames import Deflater, accept, frame, message  # noqa: E402 (the path comes first)

OUT, IN = 0, 1  # enum wire_dir
DATA, END = 1, 2  # enum wire_kind
LIB_REPLAY = 2
CALL_FIRST, CALL_LAST = 1, 2
SCRUBBED = 1  # enum recording_flag: nobody has to be warned of it
CHUNK_MAX = 16384


def upgrade(host, target, terms=None):
    """The bytes of the request for an upgrade, and of the answer; terms: of permessage-deflate."""
    key = base64.b64encode(os.urandom(16))
    offer = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    agreed = b"Sec-WebSocket-Extensions: permessage-deflate%s\r\n" % (terms or "").encode()
    request = (b"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
               % (target.encode(), host.encode(), key, offer if terms is not None else b""))
    answer = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              b"Sec-WebSocket-Accept: %s\r\n%s\r\n"
              % (accept(key), agreed if terms is not None else b""))
    return request, answer


class Stream:
    """The same on a stream of HTTP/2 (RFC 8441), on a connection with one request more."""

    def __init__(self):
        self.blocks = http2.Deflater(), http2.Deflater()

    def upgrade(self, host, target, terms):
        deflate = b"permessage-deflate"
        offer = [(b"sec-websocket-extensions", deflate + b"; client_max_window_bits")]
        agreed = [(b"sec-websocket-extensions", deflate + (terms or "").encode())]
        ask = [(b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"https"),
               (b":path", target.encode()), (b":authority", host.encode()),
               (b"sec-websocket-version", b"13"), *(offer if terms is not None else [])]
        other = [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/"),
                 (b":authority", host.encode())]
        answer = [(b":status", b"200"), *(agreed if terms is not None else [])]
        return (http2.PREFACE + http2.frame(http2.SETTINGS, 0, 0) + self.headers(OUT, 1, ask)
                + self.headers(OUT, 3, other, http2.END_STREAM),
                http2.frame(http2.SETTINGS, 0, 0, struct.pack(">HI", 8, 1))
                + self.headers(IN, 3, [(b":status", b"204")], http2.END_STREAM)
                + self.headers(IN, 1, answer))

    def headers(self, direction, stream, headers, flags=0):
        block = self.blocks[direction].block(headers)
        return http2.frame(http2.HEADERS, http2.END_HEADERS | flags, stream, block)

    @staticmethod
    def data(data):
        return b"".join(http2.frame(http2.DATA, 0, 1, data[i:i + CHUNK_MAX])
                        for i in range(0, len(data), CHUNK_MAX))

    @staticmethod
    def end():
        return http2.frame(http2.DATA, http2.END_STREAM, 1)


class Recording:
    """A file of connections' bytes in wire records, which `wiretally replay` reads."""

    def __init__(self):
        self.file = bytearray(struct.pack("=8sIIqQ", b"WTALLY\r\n", 1, SCRUBBED, 0, 0))
        self.ts = 10**9
        self.conns = 0

    def record(self, kind, conn, direction=0, off=0, data=b"", flags=CALL_FIRST | CALL_LAST, pid=1):
        self.ts += 1000
        self.file += struct.pack("=QQQQQQQIIIIHBBBB2x", self.ts, conn, off, 0, 0, 0, pid, pid, pid,
                                 len(data), len(data), 0, kind, LIB_REPLAY, direction, flags) + data

    def session(self, pid, host, target, messages, terms=None, pieces=1, chunk=CHUNK_MAX,
                binary=False, over=None):
        """
        messages: (direction, JSON object) in order. chunk: bytes of one TLS call at most. over:
        Stream: of HTTP/2, else a connection of its own.
        """
        self.conns += 1
        conn, off = self.conns, [0, 0]
        deflaters = [None, None]
        if terms is not None:
            deflaters = [Deflater(f"{who}_no_context_takeover" in terms) for who in ("client", "server")]

        def put(direction, data):
            for i in range(0, len(data), chunk):
                piece = data[i:i + chunk]
                self.record(DATA, conn, direction, off[direction], piece, pid=pid)
                off[direction] += len(piece)

        stream = over and over()
        data = stream.data if stream else bytes
        request, answer = (stream.upgrade if stream else upgrade)(host, target, terms)
        put(OUT, request)
        put(IN, answer)
        for direction, body in messages:
            text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            put(direction,
                data(message(text, direction == OUT, deflaters[direction], binary, pieces)))
        for direction in (OUT, IN):
            put(direction, data(frame(8, struct.pack(">H", 1000), direction == OUT)))
            if stream:
                put(direction, stream.end())
        self.record(END, conn, data=struct.pack("=QQQQ", *off, 0, 0), flags=0, pid=pid)
