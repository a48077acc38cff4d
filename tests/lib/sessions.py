# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket sessions as a client and a server send them, and recordings of them for `replay`."""
import base64
import hashlib
import json
import os
import struct
import zlib

OUT, IN = 0, 1  # enum wire_dir
DATA, END = 1, 2  # enum wire_kind
LIB_REPLAY = 2
CALL_FIRST, CALL_LAST = 1, 2
SCRUBBED = 1  # enum recording_flag: nobody has to be warned of it
CHUNK_MAX = 16384
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Deflater:
    """permessage-deflate (RFC 7692) for one direction."""

    def __init__(self, fresh=False, bits=15):
        self.fresh, self.bits, self.z = fresh, bits, None

    def message(self, payload):
        if self.fresh or not self.z:
            self.z = zlib.compressobj(wbits=-self.bits)
        return (self.z.compress(payload) + self.z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def frame(opcode, payload, masked, fin=True, compressed=False):
    head = bytes([(0x80 if fin else 0) | (0x40 if compressed else 0) | opcode])
    bit, n = (0x80 if masked else 0), len(payload)
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", n)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", n)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    key = (mask * (n // 4 + 1))[:n]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(n, "big")


def message(payload, masked, deflater=None, binary=False, pieces=1):
    """A message's frames, a ping between those of one that is sent in pieces."""
    if deflater:
        payload = deflater.message(payload)
    step = max(1, -(-len(payload) // pieces))
    cuts = [payload[i:i + step] for i in range(0, len(payload), step)] or [b""]
    out = b""
    for i, cut in enumerate(cuts):
        out += frame((2 if binary else 1) if i == 0 else 0, cut, masked, fin=i == len(cuts) - 1,
                     compressed=bool(deflater) and i == 0)
        if i < len(cuts) - 1:
            out += frame(9, b"between", masked)
    return out


def accept(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


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
