# SPDX-License-Identifier: BSD-2-Clause
"""Google's client of Gemini by gRPC, and a server for it:

    google_rpc.py serve RUN CERT KEY TRUTH     prints its port; a JSON line in TRUTH for each answer
    google_rpc.py call PORT CA COUNT           says "ready", waits for a line of input; each a call and a
                                               stream, on one channel
"""
import itertools
import json
import sys
from concurrent import futures

import grpc
from google.ai.generativelanguage_v1beta.services.generative_service import GenerativeServiceClient
from google.ai.generativelanguage_v1beta.services.generative_service.transports import (
    GenerativeServiceGrpcTransport)
from google.ai.generativelanguage_v1beta.types import content, generative_service as api

SERVICE, MODEL = "google.ai.generativelanguage.v1beta.GenerativeService", "gemini-2.5-flash"


def answer(number, run, output, last):
    parts = [content.Part(text=f"piece {number}")]
    usage = api.GenerateContentResponse.UsageMetadata(
        prompt_token_count=10 + number, candidates_token_count=output, thoughts_token_count=number,
        total_token_count=10 + 2 * number + output)
    return api.GenerateContentResponse(
        candidates=[api.Candidate(content=content.Content(parts=parts, role="model"),
                                  finish_reason=1 if last else 0)],
        usage_metadata=usage, model_version=MODEL, response_id=f"rpc-{number}-{run}")


def serve(run, cert, key, truth):
    numbers, log = itertools.count(1), open(truth, "a", encoding="utf-8", buffering=1)

    def told(number, output, stream):
        log.write(json.dumps({"id": f"rpc-{number}-{run}", "stream": stream, "tokens": {
            "input": 10 + number, "output": output + number, "reasoning": number}}) + "\n")

    def once(_request, _context):
        number = next(numbers)
        told(number, 5, False)
        return answer(number, run, 5, True)

    def stream(_request, _context):
        number = next(numbers)
        for i in range(1, 5):
            yield answer(number, run, 3 * i, i == 4)
        told(number, 12, True)

    def handler(make, run_it):
        return make(run_it, response_serializer=lambda m: type(m).serialize(m))
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {
        "GenerateContent": handler(grpc.unary_unary_rpc_method_handler, once),
        "StreamGenerateContent": handler(grpc.unary_stream_rpc_method_handler, stream)})])
    with open(cert, "rb") as c, open(key, "rb") as k:
        credentials = grpc.ssl_server_credentials([(k.read(), c.read())])
    print(server.add_secure_port("localhost:0", credentials), flush=True)
    server.start()
    server.wait_for_termination()


def call(port, ca, count):
    with open(ca, "rb") as f:
        channel = grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(f.read()))
    client = GenerativeServiceClient(transport=GenerativeServiceGrpcTransport(channel=channel))
    ask = api.GenerateContentRequest(
        model=f"models/{MODEL}", generation_config=api.GenerationConfig(max_output_tokens=200),
        contents=[content.Content(parts=[content.Part(text="count me")], role="user")])
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(count)):
        client.generate_content(ask)
        list(client.stream_generate_content(ask))
    channel.close()


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](*sys.argv[2:])
