# SPDX-License-Identifier: BSD-2-Clause
"""Just enough of an HTTP/1.1 server: requests in, framed and encoded answers out."""
import importlib
import zlib
from dataclasses import dataclass, field

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           429: "Too Many Requests", 500: "Internal Server Error", 529: "Overloaded"}


@dataclass
class Request:
    method: str
    target: str
    headers: dict = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    def sim(self, name, default=None):
        """An x-sim-NAME header: how a test tells the provider what to answer."""
        value = self.headers.get("x-sim-" + name)
        return default if value is None else type(default)(value) if default is not None else value


async def read_request(reader, writer):
    """The next request of the connection; None at its end."""
    line = await reader.readline()
    if not line.strip():
        return None
    method, target, _version = line.decode("latin-1").split(None, 2)
    request = Request(method, target)
    while (line := (await reader.readline()).decode("latin-1").rstrip("\r\n")):
        name, _, value = line.partition(":")
        request.headers[name.strip().lower()] = value.strip()
    if request.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if request.headers.get("transfer-encoding", "").lower() == "chunked":
        request.body = await read_chunked(reader)
    else:
        request.body = await reader.readexactly(int(request.headers.get("content-length", 0)))
    return request


async def read_chunked(reader):
    parts = []
    while (size := int((await reader.readline()).split(b";")[0], 16)):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return b"".join(parts)


class Zlib:
    def __init__(self, wbits):
        self.z = zlib.compressobj(wbits=wbits)

    def write(self, data):
        return self.z.compress(data) + self.z.flush(zlib.Z_SYNC_FLUSH)

    def end(self):
        return self.z.flush()


class Brotli:
    def __init__(self, module):
        self.z = module.Compressor(quality=5)

    def write(self, data):
        return self.z.process(data) + self.z.flush()

    def end(self):
        return self.z.finish()


class Zstd:
    def __init__(self, module):
        self.module, self.z = module, module.ZstdCompressor().compressobj()

    def write(self, data):
        return self.z.compress(data) + self.z.flush(self.module.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self):
        return self.z.flush()


def codings():
    """Content-Encodings that this Python can make; br and zstd are modules of their own."""
    made = {"gzip": lambda: Zlib(31), "deflate": lambda: Zlib(15)}
    for name, module, make in (("br", "brotli", Brotli), ("zstd", "zstandard", Zstd)):
        try:
            made[name] = lambda make=make, loaded=importlib.import_module(module): make(loaded)
        except ImportError:
            pass
    return made


CODINGS = codings()


class Encoder:
    """Content-Encoding as a stream: each write() gives bytes that a client can decode at once."""

    def __init__(self, name):
        self.name = name if name in CODINGS else ""
        self.z = CODINGS[name]() if self.name else None

    def write(self, data):
        return self.z.write(data) if self.z else data

    def end(self):
        return self.z.end() if self.z else b""


def head(status, headers):
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}"]
    lines += [f"{k}: {v}" for k, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


class Out:
    """Where an answer to a request goes: a head, its body in pieces, an end."""

    protocol = "HTTP/1"

    def __init__(self, writer, request):
        self.writer, self.request, self.body_bytes = writer, request, 0
        self.keep = request.headers.get("connection", "").lower() != "close"
        self.peer_port = writer.get_extra_info("peername")[1]
        self.frame = bytes

    async def head(self, status, headers, length=None):
        """length: of the body, where it is known."""
        if self.request.sim("framing") == "close":  # the connection's end is the body's
            headers, self.keep = headers | {"connection": "close"}, False
        elif length is None:
            headers, self.frame = headers | {"transfer-encoding": "chunked"}, chunk
        else:
            headers = headers | {"content-length": length}
        self.writer.write(head(status, headers))

    async def write(self, data):
        self.body_bytes += len(data)
        self.writer.write(self.frame(data))
        await self.writer.drain()

    async def end(self):
        self.writer.write(b"0\r\n\r\n" if self.frame is chunk else b"")
        await self.writer.drain()

    async def abort(self):
        self.keep = False

    async def raw(self, data):
        """An answer with its head and framing. Returns False where that is not possible."""
        self.writer.write(data)
        await self.writer.drain()
        return True


def encode_whole(name, body):
    encoder = Encoder(name)
    return encoder.write(body) + encoder.end()
