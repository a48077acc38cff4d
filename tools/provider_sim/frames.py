# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket frames (RFC 6455) and permessage-deflate (RFC 7692), as a client or a server sends them."""
import base64
import hashlib
import os
import struct
import zlib

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


async def read_frame(reader):
    """(opcode, fin, compressed, payload) of a masked frame."""
    first, second = await reader.readexactly(2)
    n = second & 0x7f
    if n > 125:
        n = int.from_bytes(await reader.readexactly(2 if n == 126 else 8), "big")
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(n)
    key = (mask * (n // 4 + 1))[:n]
    plain = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return first & 0xf, bool(first & 0x80), bool(first & 0x40), plain.to_bytes(n, "big")


def accept(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())
