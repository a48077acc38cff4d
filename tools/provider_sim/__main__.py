# SPDX-License-Identifier: BSD-2-Clause
"""A simulated LLM provider on loopback: python3 tools/provider_sim --state DIR [--truth FILE]

Speaks OpenAI's and Anthropic's HTTP APIs, and OpenAI's over WebSockets, over TLS (and in plain text), with a test CA that it makes
in DIR. Prints one JSON line when it is ready: {"https_port":N,"http_port":N,"ca":"DIR/ca.pem",
"run":"ID"}: each response's id ends with that. A
request's x-sim-* headers say what to answer (input, output, cached, status, events, event-ms,
cut-after, fails, encoding, chunk-bytes, framing, pair ...; of a WebSocket deflate, pieces); without them figures vary from call to call
in a fixed way. A prompt that has "simulate NAME as 1" is an agent's, by a script (agents.py): its answers
call the client's own tools and start sub-agents. With --replay DIR, x-sim-pair: NAME is answered by the recorded bytes of NAME.resp.
"""
import argparse
import asyncio
import json
import ssl
from pathlib import Path

import certs
import replay
import server
import shapes


async def serve(args):
    ca, cert, key = certs.ensure(Path(args.state))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if args.no_tickets:
        context.num_tickets = 0
    if args.http2:
        context.set_alpn_protocols(["h2", "http/1.1"])
    recordings = replay.Recordings(args.replay)
    sim = server.Server(server.Truth(args.truth), recordings, args)
    limits = {"limit": 1 << 20, "backlog": 2048}
    https = await asyncio.start_server(sim.connection, "127.0.0.1", args.port, ssl=context, **limits)
    http = await asyncio.start_server(sim.connection, "127.0.0.1", args.http_port, **limits)
    print(json.dumps({"https_port": https.sockets[0].getsockname()[1],
                      "http_port": http.sockets[0].getsockname()[1], "ca": str(ca),
                      "run": shapes.RUN}), flush=True)
    await asyncio.gather(https.serve_forever(), http.serve_forever())


def main():
    parser = argparse.ArgumentParser(prog="provider_sim", description=__doc__.split("\n\n")[0])
    parser.add_argument("--state", required=True, help="folder for the test CA")
    parser.add_argument("--truth", help="file to append a JSON line to for each answer")
    parser.add_argument("--port", type=int, default=0, help="of HTTPS; 0: any")
    parser.add_argument("--http-port", type=int, default=0, help="of plain HTTP; 0: any")
    parser.add_argument("--latency-ms", type=int, default=0, help="before each answer")
    parser.add_argument("--event-ms", type=int, default=0, help="between a stream's events")
    parser.add_argument("--rate", type=float, default=0, metavar="TOKENS_PER_S",
                        help="a stream lasts as its output tokens would; overrides --event-ms")
    parser.add_argument("--gzip", action="store_true", help="where the client offers to take it")
    parser.add_argument("--http2", action="store_true", help="offer it over TLS (asks for h2)")
    parser.add_argument("--no-tickets", action="store_true",
                        help="no session tickets: once shaken hands, TLS has nothing more to say")
    parser.add_argument("--replay", metavar="DIR", help="recorded pairs, see above")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
