# SPDX-License-Identifier: BSD-2-Clause
"""Passes connections on, byte by byte: relay.py ADDR PORT: from ADDR:PORT to 127.0.0.1:PORT."""
import asyncio
import sys


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def connection(reader, writer):
    there = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pass_on(reader, there[1]), pass_on(there[0], writer))


async def main():
    server = await asyncio.start_server(connection, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


asyncio.run(main())
