# SPDX-License-Identifier: BSD-2-Clause
"""Just enough of an HTTP/1.1 server: requests in, framed and encoded answers out."""
import gzip
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


class Encoder:
    """Content-Encoding as a stream: each write() gives bytes that a client can decode at once."""

    def __init__(self, name):
        self.name = name
        wbits = {"gzip": 31, "deflate": 15}.get(name)
        self.z = zlib.compressobj(wbits=wbits) if wbits else None

    def write(self, data):
        return self.z.compress(data) + self.z.flush(zlib.Z_SYNC_FLUSH) if self.z else data

    def end(self):
        return self.z.flush() if self.z else b""


def head(status, headers):
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}"]
    lines += [f"{k}: {v}" for k, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def encode_whole(name, body):
    return {"gzip": gzip.compress, "deflate": zlib.compress}.get(name, bytes)(body)
