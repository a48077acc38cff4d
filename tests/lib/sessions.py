# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket sessions as a client and a server send them, and recordings of them for `replay`."""
import base64
import json
import os
import struct
import sys
from pathlib import Path

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
                binary=False):
        """messages: (direction, JSON object) in order. chunk: bytes of one TLS call at most."""
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

        request, answer = upgrade(host, target, terms)
        put(OUT, request)
        put(IN, answer)
        for direction, body in messages:
            text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            put(direction, message(text, direction == OUT, deflaters[direction], binary, pieces))
        put(OUT, frame(8, struct.pack(">H", 1000), True))
        put(IN, frame(8, struct.pack(">H", 1000), False))
        self.record(END, conn, data=struct.pack("=QQQQ", *off, 0, 0), flags=0, pid=pid)
