# SPDX-License-Identifier: BSD-2-Clause
"""Answers requests as the providers do, as x-sim-* headers ask, and logs the truth of each."""
import asyncio
import itertools
import json
import time

import http1
import shapes


class Truth:
    """One JSON line for each answer: what was sent, in the provider's terms and in ours."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1) if path else None

    def log(self, **row):
        if self.file:
            self.file.write(json.dumps(row, separators=(",", ":")) + "\n")


class Server:
    def __init__(self, truth, latency_ms=0, event_ms=0):
        self.truth, self.latency_ms, self.event_ms = truth, latency_ms, event_ms
        self.numbers = itertools.count(1)

    async def connection(self, reader, writer):
        try:
            while (request := await http1.read_request(reader, writer)):
                if not await self.answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, OSError):
            pass  # the client went away, or spoke something else
        finally:
            writer.close()

    async def answer(self, request, writer):
        """Returns False when the connection is to be closed."""
        number = next(self.numbers)
        shape = shapes.SHAPES.get(request.path.replace("/openai/v1/", "/v1/"))
        try:
            body = json.loads(request.body) if shape else None
        except ValueError:
            shape = None
        if request.method != "POST" or not shape:
            return await self.send_json(writer, request, 404, {"error": {"message": "no such thing"}})
        answer = shape(request, body, number)
        status = request.sim("status", 200)
        row = {"seq": number, "peer_port": writer.get_extra_info("peername")[1],
               "t": time.time(), "api": answer.api, "provider": answer.provider,
               "stream": answer.stream, "model_requested": answer.model,
               "model_served": answer.served, "response_id": answer.id, "status": status,
               "tokens": answer.tokens, "usage_sent": answer.usage_is_sent() and status == 200,
               "request_bytes": len(request.body), "test": request.headers.get("x-sim-test", "")}
        await asyncio.sleep(request.sim("latency-ms", self.latency_ms) / 1000)
        completed = False
        try:
            if status != 200:
                keep = await self.send_json(writer, request, status,
                                            shapes.error(answer.provider, status))
            elif answer.stream:
                keep = await self.send_stream(writer, request, answer)
            else:
                keep = await self.send_json(writer, request, 200, answer.json())
            completed = True
            return keep
        finally:
            self.truth.log(**row, completed=completed)

    def coding(self, request):
        wanted = request.sim("encoding")
        return wanted if wanted and wanted in request.headers.get("accept-encoding", "") else ""

    async def send_json(self, writer, request, status, obj):
        coding = self.coding(request)
        body = http1.encode_whole(coding, json.dumps(obj).encode())
        headers = {"content-type": "application/json", "x-request-id": "req_sim"}
        if coding:
            headers["content-encoding"] = coding
        close = request.headers.get("connection", "").lower() == "close"
        step = request.sim("chunk-bytes", 0)
        if step:
            headers["transfer-encoding"] = "chunked"
            pieces = [http1.chunk(body[i:i + step]) for i in range(0, len(body), step)]
            pieces.append(b"0\r\n\r\n")
        else:
            headers["content-length"] = len(body)
            pieces = [body]
        writer.write(http1.head(status, headers))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return not close

    async def send_stream(self, writer, request, answer):
        encoder = http1.Encoder(self.coding(request))
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache",
                   "transfer-encoding": "chunked"}
        if encoder.name:
            headers["content-encoding"] = encoder.name
        writer.write(http1.head(200, headers))
        pause, cut = request.sim("event-ms", self.event_ms), request.sim("cut-after", -1)
        for i, event in enumerate(answer.events()):
            if i == cut:
                return False  # closed in the middle, as a provider in trouble does
            writer.write(http1.chunk(encoder.write(event.encode())))
            await writer.drain()
            if pause:
                await asyncio.sleep(pause / 1000)
        writer.write(http1.chunk(encoder.end()) + b"0\r\n\r\n")
        await writer.drain()
        return request.headers.get("connection", "").lower() != "close"
