# SPDX-License-Identifier: BSD-2-Clause
"""Answers requests as the providers do, as x-sim-* headers ask, and logs the truth of each."""
import asyncio
import itertools
import json
import time

import http1
import replay
import shapes
import websocket


class Truth:
    """One JSON line for each answer: what was sent, in the provider's terms and in ours."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8", buffering=1) if path else None

    def log(self, **row):
        if self.file:
            self.file.write(json.dumps(row, separators=(",", ":")) + "\n")


class Server:
    def __init__(self, truth, recordings, options):
        self.truth, self.recordings, self.options = truth, recordings, options
        self.numbers = itertools.count(1)
        self.body_bytes = {}  # of the answer under way, by connection

    async def connection(self, reader, writer):
        try:
            while (request := await http1.read_request(reader, writer)):
                if websocket.session_of(request):
                    await websocket.serve(self, request, reader, writer)
                    break
                if not await self.answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, OSError):
            pass  # the client went away, or spoke something else
        finally:
            self.body_bytes.pop(writer, None)
            writer.close()

    async def answer(self, request, writer):
        """Returns False when the connection is to be closed."""
        number = next(self.numbers)
        if request.sim("pair"):
            return await self.send_recorded(writer, request, number)
        shape = shapes.SHAPES.get(request.path.replace("/openai/v1/", "/v1/"))
        try:
            body = json.loads(request.body) if shape else None
        except ValueError:
            shape = None
        if request.method != "POST" or not shape:
            return await self.send_json(writer, request, 404, {"error": {"message": "no such thing"}})
        answer = shape(request, body, number)
        status = request.sim("status", 200)
        sent = answer.usage_is_sent() and status == 200
        row = {"seq": number, "peer_port": writer.get_extra_info("peername")[1],
               "t": time.time(), "api": answer.api, "provider": answer.provider,
               "stream": answer.stream, "model_requested": answer.model,
               "model_served": answer.served, "response_id": answer.id, "status": status,
               "tokens": answer.tokens, "usage_sent": sent,
               "usage": answer.usage_as_sent() if sent else None,
               "request_bytes": len(request.body), "test": request.headers.get("x-sim-test", "")}
        await asyncio.sleep(request.sim("latency-ms", self.options.latency_ms) / 1000)
        completed = False
        self.body_bytes[writer] = 0
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
            self.truth.log(**row, completed=completed,
                           response_body_bytes=self.body_bytes.pop(writer))

    async def send_recorded(self, writer, request, number):
        recorded = self.recordings.find(request.sim("pair"))
        if recorded is None:
            missing = {"error": {"message": "no such pair"}}
            return await self.send_json(writer, request, 404, missing)
        writer.write(recorded)
        await writer.drain()
        self.truth.log(seq=number, peer_port=writer.get_extra_info("peername")[1], t=time.time(),
                       pair=request.sim("pair"), request_bytes=len(request.body),
                       response_bytes=len(recorded), test=request.headers.get("x-sim-test", ""))
        return replay.ends_itself(recorded)

    def coding(self, request):
        offered = [w.split(";")[0].strip()
                   for w in request.headers.get("accept-encoding", "").split(",")]
        wanted = request.sim("encoding") or ("gzip" if self.options.gzip else "")
        return wanted if wanted in http1.CODINGS and wanted in offered else ""

    def pause_s(self, request, answer):
        """Between two events of a stream."""
        if self.options.rate and not request.sim("event-ms"):
            return answer.tokens["output"] / self.options.rate / max(answer.events_wanted, 1)
        return request.sim("event-ms", self.options.event_ms) / 1000

    async def send_json(self, writer, request, status, obj):
        coding = self.coding(request)
        body = http1.encode_whole(coding, json.dumps(obj).encode())
        headers = {"content-type": "application/json", "x-request-id": "req_sim"}
        if coding:
            headers["content-encoding"] = coding
        close = request.headers.get("connection", "").lower() == "close"
        step = request.sim("chunk-bytes", 0)
        self.body_bytes[writer] = len(body)
        if request.sim("framing") == "close":  # the end of the connection is the end of the body
            headers["connection"], close, pieces = "close", True, [body]
        elif step:
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
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        until_close = request.sim("framing") == "close"
        headers |= {"connection": "close"} if until_close else {"transfer-encoding": "chunked"}
        frame = bytes if until_close else http1.chunk
        if encoder.name:
            headers["content-encoding"] = encoder.name
        writer.write(http1.head(200, headers))
        pause, cut = self.pause_s(request, answer), request.sim("cut-after", -1)
        for i, event in enumerate(answer.events()):
            if i == cut:
                return False  # closed in the middle, as a provider in trouble does
            encoded = encoder.write(event.encode())
            self.body_bytes[writer] += len(encoded)
            writer.write(frame(encoded))
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
        encoded = encoder.end()
        self.body_bytes[writer] += len(encoded)
        writer.write(frame(encoded) + (b"" if until_close else b"0\r\n\r\n"))
        await writer.drain()
        return not until_close and request.headers.get("connection", "").lower() != "close"
