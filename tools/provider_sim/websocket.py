# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket sessions: OpenAI's Realtime, and Responses over a WebSocket."""
import json
import time
import zlib

import frames
import http1
import shapes


class Socket:
    """The server's end: messages in, messages out; compressed where the client offers it."""

    def __init__(self, request, reader, writer):
        self.reader, self.writer = reader, writer
        offer = request.headers.get("sec-websocket-extensions", "")
        self.terms = request.sim("deflate", "") if "permessage-deflate" in offer else None
        fresh = "server_no_context_takeover" in (self.terms or "")
        self.deflater = None if self.terms is None else frames.Deflater(fresh)
        self.inflater = zlib.decompressobj(wbits=-15)
        self.pieces = request.sim("pieces", 1)

    async def accept(self, request):
        headers = {}
        if self.terms is not None:
            headers["sec-websocket-extensions"] = "permessage-deflate" + self.terms
        # Over HTTP/2 there is no key (RFC 8441 5); undici sends one, and wants it answered.
        if (key := request.headers.get("sec-websocket-key")):
            headers["sec-websocket-accept"] = frames.accept(key.encode()).decode()
        if over_http2(request):
            await self.writer.accept(headers)
        else:
            headers |= {"upgrade": "websocket", "connection": "Upgrade"}
            self.writer.write(http1.head(101, headers))

    async def send(self, **message):
        text = shapes.compact(message).encode()
        self.writer.write(frames.message(text, False, self.deflater, pieces=self.pieces))
        await self.writer.drain()

    async def receive(self):
        """The next message; None when the client closes."""
        whole, compressed = b"", False
        while True:
            opcode, fin, packed, payload = await frames.read_frame(self.reader)
            if opcode == 8:
                self.writer.write(frames.frame(8, payload, False))
                return None
            if opcode > 8:
                if opcode == 9:
                    self.writer.write(frames.frame(10, payload, False))
                continue
            compressed |= packed
            whole += payload
            if fin:
                if compressed:
                    whole = self.inflater.decompress(whole + b"\0\0\xff\xff")
                    if "client_no_context_takeover" in self.terms:
                        self.inflater = zlib.decompressobj(wbits=-15)
                return json.loads(whole)


class Session:
    """What both APIs have in common: messages are answered until the client closes."""

    def __init__(self, server, request, socket, port):
        self.server, self.request, self.socket, self.port = server, request, socket, port

    async def opened(self):
        pass

    async def run(self):
        await self.opened()
        while (message := await self.socket.receive()) is not None:
            await self.answer(message)

    def truth(self, api, model, identity, tokens, usage, **more):
        self.server.truth.log(**{
            "seq": next(self.server.numbers), "peer_port": self.port, "t": time.time(), "api": api,
            "provider": "openai", "stream": True, "model_requested": model, "model_served": model,
            "response_id": identity, "status": 200, "tokens": tokens, "usage_sent": True,
            "usage": usage, "completed": True, "test": self.request.headers.get("x-sim-test", ""),
            **more})


class Realtime(Session):
    async def opened(self):
        query = dict(p.split("=") for p in self.request.target.partition("?")[2].split("&") if p)
        self.model = query.get("model") or query.get("deployment", "")
        self.session = {"type": "realtime", "model": self.model, "output_modalities": ["audio"]}
        await self.socket.send(type="session.created", session=self.session)

    async def answer(self, message):
        kind = message["type"]
        if kind == "session.update":
            self.session |= {k: v for k, v in message["session"].items() if k != "model"}
            await self.socket.send(type="session.updated", session=self.session)
        elif kind == "input_audio_buffer.commit":
            await self.write_down()
        elif kind == "response.create":
            await self.respond()

    def identity(self, prefix):
        return f"{prefix}{next(self.server.numbers):08d}{shapes.RUN}"

    async def write_down(self):
        """What was said, by the model of the session's settings."""
        model = self.session.get("audio", {}).get("input", {}).get("transcription", {}).get("model")
        if not model:
            return
        identity, heard, written = self.identity("item_"), 26, 9
        usage = {"type": "tokens", "total_tokens": heard + written, "input_tokens": heard,
                 "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
                 "output_tokens": written}
        await self.socket.send(type="conversation.item.input_audio_transcription.completed",
                               item_id=identity, content_index=0, transcript="hello", usage=usage)
        # No message of the server's names the model.
        self.truth("realtime.transcription", model, identity,
                   {"input": 0, "audio_in": heard, "output": written}, usage, model_told=None)

    async def respond(self):
        identity = self.identity("resp_")
        n = int(identity[5:13])
        t = {"input": 14 + n % 97, "cache_read": 64, "audio_in": 30 + n % 41, "output": 20 + n % 53,
             "audio_out": 70 + n % 89}
        total = t["input"] + t["cache_read"] + t["audio_in"]
        usage = {"total_tokens": total + t["output"] + t["audio_out"], "input_tokens": total,
                 "output_tokens": t["output"] + t["audio_out"],
                 "input_token_details": {
                     "text_tokens": t["input"] + 64, "audio_tokens": t["audio_in"],
                     "image_tokens": 0, "cached_tokens": 64,
                     "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0}},
                 "output_token_details": {"text_tokens": t["output"],
                                          "audio_tokens": t["audio_out"]}}
        response = {"object": "realtime.response", "id": identity, "status": "in_progress",
                    "output": [], "usage": None}
        await self.socket.send(type="response.created", response=response)
        for word in shapes.WORDS:
            await self.socket.send(type="response.output_audio_transcript.delta",
                                   response_id=identity, delta=word + " ")
            await self.socket.send(type="response.output_audio.delta", response_id=identity,
                                   delta="AAAA" * 400)
        await self.socket.send(type="response.done", response=response | {
            "status": "completed", "usage": usage})
        await self.socket.send(type="rate_limits.updated", rate_limits=[])
        self.truth("realtime", self.model, identity, t, usage)


class Responses(Session):
    async def answer(self, message):
        if message["type"] != "response.create":
            return
        answer = shapes.Responses(self.request, message, next(self.server.numbers))
        for event in answer.events():
            await self.socket.send(**json.loads(event.partition("\ndata: ")[2]))
        self.truth("responses", answer.served, answer.id, answer.tokens, answer.usage(),
                   model_requested=answer.model)


SESSIONS = {"/v1/realtime": Realtime, "/openai/realtime": Realtime, "/v1/responses": Responses,
            "/backend-api/codex/responses": Responses}


def over_http2(request):
    return request.headers.get(":protocol") == "websocket"


def session_of(request):
    if request.headers.get("upgrade", "").lower() != "websocket" and not over_http2(request):
        return None
    return SESSIONS.get(request.path.replace("/openai/v1/", "/v1/"))


async def serve(server, request, reader, writer):
    socket = Socket(request, reader, writer)
    await socket.accept(request)
    port = writer.get_extra_info("peername")[1]
    await session_of(request)(server, request, socket, port).run()
