# SPDX-License-Identifier: BSD-2-Clause
"""Calls by a TLS library whose every call it counts: counted_client.py LIBRARY COUNT

LIBRARY: a file that speaks as OpenSSL's does, or as GnuTLS's. Says that it is ready, waits for a line
of input, makes COUNT calls of a model, and prints how often it wrote and read, and how often it called
what begins and ends a connection.
"""
import ctypes
import os
import socket
import sys

HOST, _, PORT = os.environ["SIM_URL"].removeprefix("https://").partition(":")
BODY = '{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}'
REQUEST = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n"
           f"x-sim-test: {os.environ['SIM_TEST']}\r\ncontent-length: {len(BODY)}\r\n\r\n{BODY}").encode()
SIZE = 100  # of a read: an answer takes several
GNUTLS_CLIENT, CRD_CERTIFICATE = 2, 1


class Counted:
    def __init__(self, path):
        self.library, self.moves, self.others = ctypes.CDLL(path), 0, 0
        self.buffer = ctypes.create_string_buffer(SIZE)

    def function(self, name, returns, *takes):
        function = getattr(self.library, name)
        function.restype, function.argtypes = returns, takes
        return function

    def move(self, function, *args):
        self.moves += 1
        return function(*args)

    def other(self, function, *args):
        self.others += 1
        return function(*args)


class OpenSSL(Counted):
    def __init__(self, path):
        super().__init__(path)
        number, address = ctypes.c_int, ctypes.c_void_p
        self.new = self.function("SSL_new", address, address)
        self.set_fd = self.function("SSL_set_fd", number, address, number)
        self.connect = self.function("SSL_connect", number, address)
        self.write = self.function("SSL_write", number, address, ctypes.c_char_p, number)
        self.read = self.function("SSL_read", number, address, ctypes.c_char_p, number)
        self.free = self.function("SSL_free", None, address)
        method = self.function("TLS_client_method", address)
        self.context = self.function("SSL_CTX_new", address, address)(method())

    def call(self, fd):
        tls = self.other(self.new, self.context)
        self.set_fd(tls, fd)
        if self.other(self.connect, tls) != 1 or self.move(self.write, tls, REQUEST, len(REQUEST)) <= 0:
            sys.exit("no TLS")
        while self.move(self.read, tls, self.buffer, SIZE) > 0:
            pass
        self.other(self.free, tls)


class GnuTLS(Counted):
    def __init__(self, path):
        super().__init__(path)
        size, address = ctypes.c_ssize_t, ctypes.c_void_p
        self.write = self.function("gnutls_record_send", size, address, ctypes.c_char_p, size)
        self.read = self.function("gnutls_record_recv", size, address, ctypes.c_char_p, size)
        self.free = self.function("gnutls_deinit", None, address)
        self.set_fds = self.function("gnutls_transport_set_int2", None, address, ctypes.c_int,
                                     ctypes.c_int)
        self.set_credentials = self.function("gnutls_credentials_set", ctypes.c_int, address,
                                             ctypes.c_int, address)
        self.set_priority = self.function("gnutls_set_default_priority", ctypes.c_int, address)
        self.connect = self.function("gnutls_handshake", ctypes.c_int, address)

    def call(self, fd):
        tls, certificates = ctypes.c_void_p(), ctypes.c_void_p()
        self.library.gnutls_init(ctypes.byref(tls), GNUTLS_CLIENT)
        self.library.gnutls_certificate_allocate_credentials(ctypes.byref(certificates))
        self.set_priority(tls)
        self.set_credentials(tls, CRD_CERTIFICATE, certificates)
        self.set_fds(tls, fd, fd)
        if self.other(self.connect, tls) or self.move(self.write, tls, REQUEST, len(REQUEST)) <= 0:
            sys.exit("no TLS")
        while self.move(self.read, tls, self.buffer, SIZE):
            pass
        self.other(self.free, tls)


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    library = (GnuTLS if "gnutls" in path else OpenSSL)(path)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(count):
        with socket.create_connection((HOST, int(PORT))) as connection:
            library.call(connection.fileno())
    print(library.moves, library.others)


if __name__ == "__main__":
    main()
