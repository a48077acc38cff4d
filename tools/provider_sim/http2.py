# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 by the h2 package: each stream is a request, all are answered at the same time."""
import asyncio

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import http1
import websocket


class Out:
    """Where an answer goes: see http1.Out."""

    protocol = "HTTP/2"

    def __init__(self, connection, stream, request):
        self.connection, self.stream, self.request = connection, stream, request
        self.peer_port, self.body_bytes, self.keep = connection.peer_port, 0, True

    async def head(self, status, headers, length=None):
        headers = [(":status", str(status)), *((k, str(v)) for k, v in headers.items())]
        if length is not None:
            headers.append(("content-length", str(length)))
        self.connection.h2.send_headers(self.stream, headers)
        await self.connection.flush()

    async def write(self, data):
        self.body_bytes += len(data)
        while data:
            room = await self.connection.room(self.stream)
            self.connection.h2.send_data(self.stream, data[:room])
            await self.connection.flush()
            data = data[room:]

    async def end(self):
        self.connection.h2.end_stream(self.stream)
        await self.connection.flush()

    async def trailers(self, headers):
        self.connection.h2.send_headers(self.stream, headers, end_stream=True)
        await self.connection.flush()

    async def abort(self):
        self.connection.h2.reset_stream(self.stream)
        await self.connection.flush()

    async def raw(self, _data):
        return False


class Tunnel:
    """A WebSocket on a stream (RFC 8441), as its session reads and writes a connection of its own."""

    def __init__(self, out):
        self.out, self.reader, self.held = out, asyncio.StreamReader(), b""

    def get_extra_info(self, _name):
        return "", self.out.peer_port

    async def accept(self, headers):
        await self.out.head(200, headers)

    def write(self, data):
        self.held += data

    async def drain(self):
        data, self.held = self.held, b""
        await self.out.write(data)


SETTINGS = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 100,
            h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}


class Connection:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.peer_port = writer.get_extra_info("peername")[1]
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values=SETTINGS)
        self.requests, self.tasks, self.tunnels = {}, {}, {}
        self.window = asyncio.Condition()

    async def flush(self):
        self.writer.write(self.h2.data_to_send())
        await self.writer.drain()

    async def room(self, stream):
        """Bytes that may be sent of a stream, once there are any."""
        async with self.window:
            while not (n := min(self.h2.local_flow_control_window(stream),
                                self.h2.max_outbound_frame_size)):
                await self.window.wait()
        return n

    async def run(self):
        self.h2.initiate_connection()
        await self.flush()
        try:
            while (data := await self.reader.read(65536)):
                for event in self.h2.receive_data(data):
                    await self.take(event)
                await self.flush()
        finally:
            for task in self.tasks.values():
                task.cancel()

    async def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            headers = {n.decode(): v.decode() for n, v in event.headers}
            headers.setdefault("host", headers.get(":authority", ""))
            request = http1.Request(headers.pop(":method"), headers.pop(":path"), headers)
            if websocket.session_of(request):
                out = Out(self, event.stream_id, request)
                tunnel = self.tunnels[event.stream_id] = Tunnel(out)
                self.tasks[event.stream_id] = asyncio.create_task(self.converse(request, tunnel))
            else:
                self.requests[event.stream_id] = request
        elif isinstance(event, h2.events.DataReceived):
            if (tunnel := self.tunnels.get(event.stream_id)):
                tunnel.reader.feed_data(event.data)
            elif event.stream_id in self.requests:
                self.requests[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            if (tunnel := self.tunnels.get(event.stream_id)):
                tunnel.reader.feed_eof()
            elif (request := self.requests.pop(event.stream_id, None)):
                self.tasks[event.stream_id] = asyncio.create_task(
                    self.answer(event.stream_id, request))
        elif isinstance(event, h2.events.StreamReset):
            if (task := self.tasks.pop(event.stream_id, None)):
                task.cancel()
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            async with self.window:
                self.window.notify_all()

    async def answer(self, stream, request):
        try:
            await self.server.answer(request, Out(self, stream, request))
        except (ConnectionError, h2.exceptions.ProtocolError, asyncio.CancelledError):
            pass  # the client has enough
        finally:
            self.tasks.pop(stream, None)

    async def converse(self, request, tunnel):
        try:
            await websocket.serve(self.server, request, tunnel.reader, tunnel)
            await tunnel.drain()
            await tunnel.out.end()
        except (ConnectionError, h2.exceptions.ProtocolError, asyncio.IncompleteReadError,
                asyncio.CancelledError):
            pass  # the client has enough
        finally:
            self.tasks.pop(tunnel.out.stream, None)
            self.tunnels.pop(tunnel.out.stream, None)
