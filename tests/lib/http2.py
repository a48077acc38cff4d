# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 bytes for tests (RFC 9113), with libnghttp2 for their header blocks, and recordings of them."""
import ctypes
import ctypes.util
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 8, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 0x20
OUT, IN = 0, 1
CHUNK_MAX = 16384  # bytes of one record


class Pair(ctypes.Structure):
    """nghttp2_nv"""
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p),
                ("namelen", ctypes.c_size_t), ("valuelen", ctypes.c_size_t),
                ("flags", ctypes.c_uint8)]


class Deflater:
    """Header blocks of one direction of a connection."""
    lib = None

    def __init__(self, table=4096):
        if not Deflater.lib:
            lib = Deflater.lib = ctypes.CDLL("libnghttp2.so.14")
            lib.nghttp2_hd_deflate_hd.restype = ctypes.c_ssize_t
            lib.nghttp2_hd_deflate_hd.argtypes = [
                ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Pair),
                ctypes.c_size_t]
            lib.nghttp2_hd_deflate_del.argtypes = [ctypes.c_void_p]
        self.handle = ctypes.c_void_p()
        assert not self.lib.nghttp2_hd_deflate_new(ctypes.byref(self.handle),
                                                   ctypes.c_size_t(table))

    def __del__(self):
        self.lib.nghttp2_hd_deflate_del(self.handle)

    def block(self, headers):
        """headers: (name, value) as bytes, pseudo-headers first."""
        pairs = (Pair * len(headers))(*(Pair(n, v, len(n), len(v), 0) for n, v in headers))
        room = 64 + 2 * sum(len(n) + len(v) + 16 for n, v in headers)
        out = ctypes.create_string_buffer(room)
        n = self.lib.nghttp2_hd_deflate_hd(self.handle, out, room, pairs, len(headers))
        assert n >= 0, n
        return out.raw[:n]


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Recording:
    """A plain recording (user/record/recording.h), in the machine's byte order; a connection's process
    has its number."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("=8sIIqQ", b"WTALLY\r\n", 1, 2, 0, 0))
        self.off = {}

    def _wire(self, kind, conn, direction, off, ts, data, flags=0, call_len=0, seq=0):
        self.file.write(struct.pack("=7Q4IHBBBB2x", ts, conn, off, 0, 0, 0, 1, conn, 1, len(data),
                                    call_len, seq, kind, 2, direction, flags) + data)

    def call(self, conn, direction, data, ts):
        """One TLS call."""
        for seq, at in enumerate(range(0, len(data), CHUNK_MAX)):
            piece = data[at:at + CHUNK_MAX]
            off = self.off.get((conn, direction), 0)
            flags = (1 if at == 0 else 0) | (2 if at + CHUNK_MAX >= len(data) else 0)
            self._wire(1, conn, direction, off, ts, piece, flags, len(data), seq)
            self.off[conn, direction] = off + len(piece)

    def end(self, conn, ts):
        seen = [self.off.get((conn, d), 0) for d in (OUT, IN)]
        self._wire(2, conn, 0, 0, ts, struct.pack("=4Q", *seen, 0, 0))

    def close(self):
        self.file.close()
