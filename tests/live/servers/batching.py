# SPDX-License-Identifier: BSD-2-Clause
"""A stand-in for a server that batches as vLLM does, on the stand-in for libcuda: batching.py LIBCUDA PORT TELLS

In each step prompts are read in chunks beside all answers that are being written, a token each, and the step
takes what its tokens take. What each request truly had of the GPU, in ns, is in a line of JSON on stdout when it
is answered. After so many answers as TELLS says they tell it themselves, too, as llama.cpp's `timings` do; those
to prompts of a single word do not count, and never do.
"""
import ctypes
import http.server
import json
import queue
import sys
import threading
import time

# ns that a token takes: one that is read, one that is written, each that is looked back at for that.
READ, WRITE, BACK = 620_000, 3_400_000, 420
CHUNK, BATCH = 128, 8


class Request:
    def __init__(self, number, prompt, tokens):
        self.id = f"chatcmpl-{number}-batching"
        self.prompt, self.tokens = prompt, tokens
        self.read = self.written = 0
        self.read_ns = self.write_ns = 0
        self.events = queue.SimpleQueue()  # None: a token was written


class Gpu:
    """One stream of the library: what is launched is waited for."""

    def __init__(self, path):
        self.cuda = ctypes.CDLL(path)
        self.stream = ctypes.c_void_p()
        self.call("cuInit", 0)
        self.call("cuStreamCreate", ctypes.byref(self.stream), 0)

    def call(self, name, *args):
        if error := getattr(self.cuda, name)(*args):
            raise OSError(f"{name}: error {error}")

    def run(self, ns):
        """Returns how long it took: a machine with more to do has it later than was asked for."""
        begin = time.monotonic_ns()
        took = ctypes.c_uint64(ns)
        arguments = (ctypes.c_void_p * 1)(ctypes.cast(ctypes.byref(took), ctypes.c_void_p))
        self.call("cuLaunchKernel", None, 1, 1, 1, 32, 1, 1, 0, self.stream, arguments, None)
        self.call("cuStreamSynchronize", self.stream)
        return time.monotonic_ns() - begin


def step(gpu, batch):
    """One for all of the batch; those of it that go on."""
    room, parts = CHUNK, []
    for request in batch:
        left = min(request.prompt - request.read, room)
        if left:
            parts.append((request, left, left * READ))
            room -= left
        elif request.read == request.prompt:
            parts.append((request, 0, WRITE + BACK * (request.prompt + request.written)))
    total = sum(ns for _, _, ns in parts)
    took = gpu.run(total)
    for request, read, ns in parts:
        part = took * ns // total
        if read:
            request.read += read
            request.read_ns += part
        else:
            request.written += 1
            request.write_ns += part
            request.events.put(None)
    return [request for request in batch if request.written < request.tokens]


def serve_steps(gpu, arrived):
    batch = []
    while True:
        while len(batch) < BATCH and not (batch and arrived.empty()):
            batch.append(arrived.get())
        batch = step(gpu, batch)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arrived = queue.SimpleQueue()
    lock = threading.Lock()
    begun = answered = tells = 0

    def log_message(self, *_):
        pass

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def event(self, **more):
        data = json.dumps({"object": "chat.completion.chunk", "model": "qwen", "choices": [], **more})
        self.chunk(f"data: {data}\n\n".encode())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with Handler.lock:
            Handler.begun += 1
            request = Request(Handler.begun, len(asked["messages"][-1]["content"].split()), asked["max_tokens"])
        self.arrived.put(request)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for _ in range(request.tokens):
            request.events.get()
            self.event(id=request.id, choices=[{"index": 0, "delta": {"content": "x "}, "finish_reason": None}])
        self.end(request)

    def end(self, request):
        with Handler.lock:
            Handler.answered += request.prompt > 1
            told = request.prompt > 1 and Handler.answered > Handler.tells
            print(json.dumps({"id": request.id, "ns": request.read_ns + request.write_ns, "told": told}), flush=True)
        times = {"timings": {"prompt_n": request.prompt, "prompt_ms": request.read_ns / 1e6,
                             "predicted_n": request.tokens, "predicted_ms": request.write_ns / 1e6}}
        self.event(id=request.id, choices=[{"index": 0, "delta": {}, "finish_reason": "length"}])
        self.event(id=request.id, usage={"prompt_tokens": request.prompt, "completion_tokens": request.tokens,
                                         "total_tokens": request.prompt + request.tokens}, **(times if told else {}))
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")


def main():
    Handler.tells = int(sys.argv[3])
    gpu = Gpu(sys.argv[1])
    threading.Thread(target=serve_steps, args=(gpu, Handler.arrived), daemon=True).start()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
