# SPDX-License-Identifier: BSD-2-Clause
"""Proxies that hand bytes on: python3 connect.py CERT KEY

HTTP's CONNECT in plain text and within TLS, and SOCKS5. Prints their ports, as JSON, then serves.
"""
import asyncio
import json
import ssl
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def join(reader, writer, host, port, greeting):
    to_reader, to_writer = await asyncio.open_connection(host, port)
    writer.write(greeting)
    await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))


async def by_connect(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    host, _, port = head.split()[1].decode().rpartition(":")
    await join(reader, writer, host, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n")


async def by_socks(reader, writer):
    """RFC 1928: no authentication, CONNECT to a name."""
    count = (await reader.readexactly(2))[1]
    await reader.readexactly(count)
    writer.write(b"\5\0")
    kind = (await reader.readexactly(4))[3]
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = ".".join(map(str, await reader.readexactly(4)))
    port = int.from_bytes(await reader.readexactly(2), "big")
    await join(reader, writer, host, port, b"\5\0\0\1\0\0\0\0\0\0")


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[1:3])
    servers = {"http": await asyncio.start_server(by_connect, "127.0.0.1"),
               "https": await asyncio.start_server(by_connect, "127.0.0.1", ssl=context),
               "socks5h": await asyncio.start_server(by_socks, "127.0.0.1")}
    print(json.dumps({k: s.sockets[0].getsockname()[1] for k, s in servers.items()}), flush=True)
    await asyncio.gather(*(s.serve_forever() for s in servers.values()))


asyncio.run(main())
