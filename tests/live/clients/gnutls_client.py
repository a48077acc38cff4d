# SPDX-License-Identifier: BSD-2-Clause
"""A program that uses GnuTLS as its manual says: gnutls_client.py KIND [COUNT], KIND of plain,
corked, again."""
import ctypes
import json
import os
import select
import socket
import sys

GNUTLS_CLIENT, CRD_CERTIFICATE, RECORD_WAIT = 2, 1, 1
E_AGAIN, E_INTERRUPTED = -28, -52
HOST, PORT = os.environ["SIM_URL"].removeprefix("https://").split(":")
MESSAGE = {"role": "user", "content": "count me"}

lib = ctypes.CDLL("libgnutls.so.30")
for name in ("send", "recv"):
    function = getattr(lib, "gnutls_record_" + name)
    function.restype, function.argtypes = ctypes.c_ssize_t, [ctypes.c_void_p, ctypes.c_char_p,
                                                            ctypes.c_size_t]
lib.gnutls_record_uncork.argtypes = [ctypes.c_void_p, ctypes.c_uint]
for name in ("gnutls_record_cork", "gnutls_deinit", "gnutls_handshake", "gnutls_set_default_priority"):
    getattr(lib, name).argtypes = [ctypes.c_void_p]
lib.gnutls_transport_set_int2.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
lib.gnutls_credentials_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]


def check(ret):
    if ret < 0:
        sys.exit(f"GnuTLS says {ret}")
    return ret


class Session:
    def __init__(self):
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.session, self.again = ctypes.c_void_p(), 0
        certificates = ctypes.c_void_p()
        check(lib.gnutls_init(ctypes.byref(self.session), GNUTLS_CLIENT))
        check(lib.gnutls_certificate_allocate_credentials(ctypes.byref(certificates)))
        check(lib.gnutls_set_default_priority(self.session))
        check(lib.gnutls_credentials_set(self.session, CRD_CERTIFICATE, certificates))
        lib.gnutls_transport_set_int2(self.session, self.socket.fileno(), self.socket.fileno())
        check(lib.gnutls_handshake(self.session))

    def wait(self, events):
        poll = select.poll()
        poll.register(self.socket, events)
        poll.poll()

    def send(self, data):
        """All of it. What could not be sent at once is asked for without the buffer."""
        while data:
            n = lib.gnutls_record_send(self.session, data, len(data))
            while n in (E_AGAIN, E_INTERRUPTED):
                self.again += 1
                self.wait(select.POLLOUT)
                n = lib.gnutls_record_send(self.session, None, 0)
            data = data[check(n):]

    def recv(self):
        buffer = ctypes.create_string_buffer(65536)
        while (n := lib.gnutls_record_recv(self.session, buffer, len(buffer))) in (
                E_AGAIN, E_INTERRUPTED):
            self.wait(select.POLLIN)
        return buffer.raw[:check(n)]

    def answer(self):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.recv()
        head, body = got.split(b"\r\n\r\n", 1)
        length = next(int(l.split(b":")[1]) for l in head.lower().split(b"\r\n")
                      if l.startswith(b"content-length:"))
        while len(body) < length:
            body += self.recv()

    def close(self):
        lib.gnutls_deinit(self.session)
        self.socket.close()


def request(message):
    body = json.dumps({"model": "gpt-4o", "messages": [message]}).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: {len(body)}\r\n"
            f"x-sim-test: {os.environ['SIM_TEST']}\r\n\r\n")
    return head.encode(), body


def plain(count):
    """A connection for every second call: addresses of sessions are used again."""
    for _ in range(0, count, 2):
        session = Session()
        for _ in range(2):
            session.send(b"".join(request(MESSAGE)))
            session.answer()
        session.close()


def corked(count):
    """Pieces are handed over one by one, and go out together."""
    session = Session()
    for _ in range(count):
        head, body = request(MESSAGE)
        lib.gnutls_record_cork(session.session)
        for piece in (head[:20], head[20:], body):
            session.send(piece)
        check(lib.gnutls_record_uncork(session.session, RECORD_WAIT))
        session.answer()
    session.close()


def again(count):
    """Without waiting, into a socket that takes little: says how often it had to ask again."""
    session = Session()
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    session.socket.setblocking(False)
    for _ in range(count):
        session.send(b"".join(request({**MESSAGE, "content": "x" * (1 << 20)})))
        session.answer()
    session.close()
    print(session.again)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1)
