# SPDX-License-Identifier: BSD-2-Clause
"""Answers requests as the providers do, as x-sim-* headers ask, and logs the truth of each."""
import asyncio
import importlib
import itertools
import json
import time

import agents
import http1
import replay
import shapes
import shapes_others
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
        self.numbers, self.agents = itertools.count(1), agents.Agents()
        # The module is a package of its own: h2 is not everywhere.
        self.http2 = importlib.import_module("http2") if options.http2 else None

    async def connection(self, reader, writer):
        try:
            tls = writer.get_extra_info("ssl_object")
            if tls and tls.selected_alpn_protocol() == "h2":
                await self.http2.Connection(self, reader, writer).run()
                return
            while (request := await http1.read_request(reader, writer)):
                if websocket.session_of(request):
                    await websocket.serve(self, request, reader, writer)
                    break
                out = http1.Out(writer, request)
                await self.answer(request, out)
                if not out.keep:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, OSError):
            pass  # the client went away, or spoke something else
        finally:
            writer.close()

    async def answer(self, request, out):
        number = next(self.numbers)
        if request.sim("pair"):
            await self.send_recorded(out, request, number)
            return
        if request.path in ("/info", "/runs/multipart", "/runs/batch", "/api/public/otel/v1/traces"):
            await self.send_json(out, request, 200, {})  # an observability service
            return
        shape = (shapes_others.find(request.headers.get("host", ""), request.path)
                 or shapes.SHAPES.get(request.path.replace("/openai/v1/", "/v1/")))
        try:
            body = json.loads(request.body) if shape else None
        except ValueError:
            shape = None
        if request.method != "POST" or not shape:
            await self.send_json(out, request, 404, {"error": {"message": "no such thing"}})
            return
        answer = shape(request, body, number)
        agent = self.agents.script(request, body, answer)
        status = request.sim("status", 200)
        if int(request.headers.get("x-stainless-retry-count", 0)) < request.sim("fails", 0):
            status = 429  # until the SDK has asked so many times again
        sent = answer.usage_is_sent() and status == 200
        row = {"seq": number, "peer_port": out.peer_port, "protocol": out.protocol,
               "t": time.time(), "api": answer.api, "provider": answer.provider,
               "stream": answer.stream, "model_requested": answer.model,
               "model_served": answer.served, "response_id": answer.id, "status": status,
               "tokens": answer.tokens, "billed": answer.billed, "units": answer.units,
               "usage_sent": sent,
               "usage": answer.usage_as_sent() if sent else None,
               "request_bytes": len(request.body), "test": request.headers.get("x-sim-test", ""),
               **({"agent": agent} if agent else {})}
        await asyncio.sleep(request.sim("latency-ms", self.options.latency_ms) / 1000)
        completed = False
        try:
            if status != 200:
                await self.send_json(out, request, status, shapes.error(answer.provider, status))
            elif answer.stream:
                await self.send_stream(out, request, answer)
            else:
                await self.send_json(out, request, 200, answer.json(), answer.headers())
            completed = True
        finally:
            self.truth.log(**row, completed=completed, response_body_bytes=out.body_bytes)

    async def send_recorded(self, out, request, number):
        recorded = self.recordings.find(request.sim("pair"))
        if recorded is None or not await out.raw(recorded):
            await self.send_json(out, request, 404, {"error": {"message": "no such pair"}})
            return
        self.truth.log(seq=number, peer_port=out.peer_port, t=time.time(),
                       pair=request.sim("pair"), request_bytes=len(request.body),
                       response_bytes=len(recorded), test=request.headers.get("x-sim-test", ""))
        out.keep = replay.ends_itself(recorded)

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

    async def send_json(self, out, request, status, obj, more=None):
        coding = self.coding(request)
        body = http1.encode_whole(coding, json.dumps(obj).encode())
        headers = {"content-type": "application/json", "x-request-id": "req_sim", **(more or {})}
        if coding:
            headers["content-encoding"] = coding
        step = request.sim("chunk-bytes", 0)
        await out.head(status, headers, None if step else len(body))
        for i in range(0, len(body), step or len(body)):
            await out.write(body[i:i + (step or len(body))])
        await out.end()

    async def send_stream(self, out, request, answer):
        encoder = http1.Encoder(self.coding(request))
        headers = {"content-type": answer.stream_type, "cache-control": "no-cache"}
        if encoder.name:
            headers["content-encoding"] = encoder.name
        await out.head(200, headers)
        pause, cut = self.pause_s(request, answer), request.sim("cut-after", -1)
        for i, event in enumerate(answer.events()):
            if i == cut:  # in the middle, as a provider in trouble does
                await out.abort()
                return
            await out.write(encoder.write(event if isinstance(event, bytes) else event.encode()))
            if pause:
                await asyncio.sleep(pause)
        await out.write(encoder.end())
        await out.end()
