# SPDX-License-Identifier: BSD-2-Clause
"""A receiver of POSTs over TLS, as Splunk, Slack, PagerDuty and webhooks are."""
import http.server
import json
import socket
import ssl
import threading


class Collector(http.server.BaseHTTPRequestHandler):
    """A receiver of POSTs: refuses the first, and keeps what it was told."""
    got, refuse = [], 1

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Collector.refuse:
            Collector.refuse -= 1
            self.send_error(503, "busy")
            return
        Collector.got.append((self.path, dict(self.headers), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"text":"Success","code":0}')

    def log_message(self, *_):
        pass


def collector(certs):
    """An HTTPS server of this host's, in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "siem.example.pem", certs / "siem.example.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def posted(path):
    return [(headers, body) for p, headers, body in Collector.got if p == path]


def hec_events():
    """The events of what was posted to the collector of Splunk's, which are one behind the other."""
    return [json.loads(line) for _, body in posted("/services/collector/event")
            for line in body.splitlines()]


def incidents():
    """The events that PagerDuty would have."""
    return [json.loads(body) for _, body in posted("/v2/enqueue")]


def chat_lines():
    """Lines of the messages that Slack would show; each begins with the host."""
    lines = [line for _, body in posted("/services/T000/B000/XXXX")
             for line in json.loads(body)["text"].splitlines()]
    return sum(line.startswith(f"*{socket.gethostname()}* ") for line in lines)
