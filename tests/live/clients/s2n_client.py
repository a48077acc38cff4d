# SPDX-License-Identifier: BSD-2-Clause
"""AWS's common runtime, whose TLS is s2n: s2n_client.py COUNT calls of one connection."""
import io
import os
import sys

from awscrt import http
from awscrt.io import (ClientBootstrap, ClientTlsContext, DefaultHostResolver, EventLoopGroup,
                       TlsContextOptions)

HOST, _, PORT = os.environ["SIM_URL"].removeprefix("https://").partition(":")
WAIT_S = 60


def main(count):
    loops = EventLoopGroup(1)
    options = TlsContextOptions()
    options.override_default_trust_store_from_path(None, os.environ["SSL_CERT_FILE"])
    tls = ClientTlsContext(options).new_connection_options()
    tls.set_server_name(HOST)
    connection = http.HttpClientConnection.new(
        HOST, int(PORT), ClientBootstrap(loops, DefaultHostResolver(loops)),
        tls_connection_options=tls).result(WAIT_S)
    for i in range(count):
        body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]'
        if i % 2:
            body += b',"stream":true,"stream_options":{"include_usage":true}'
        body += b"}"
        request = http.HttpRequest("POST", "/v1/chat/completions", http.HttpHeaders([
            ("host", HOST), ("content-length", str(len(body))),
            ("x-sim-test", os.environ["SIM_TEST"])]), io.BytesIO(body))
        answer = connection.request(request)
        answer.activate()
        answer.completion_future.result(WAIT_S)
    connection.close().result(WAIT_S)


if __name__ == "__main__":
    main(int(sys.argv[1]))
