# SPDX-License-Identifier: BSD-2-Clause
"""TLS that Python packages bring along: wheels_client.py KIND [COUNT], KIND of psycopg, pyopenssl, grpc."""
import ctypes
import os
import socket
import sys
import tempfile
from pathlib import Path

HOST, _, PORT = os.environ.get("SIM_URL", "").removeprefix("https://").partition(":")


def request():
    body = '{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}'
    return (f"POST /v1/chat/completions HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n"
            f"x-sim-test: {os.environ['SIM_TEST']}\r\ncontent-length: {len(body)}\r\n\r\n{body}").encode()


def psycopg(count):
    """What psycopg2-binary has in its folder of libraries, where OpenSSL's have a hash in their names."""
    import psycopg2
    folder = Path(psycopg2.__file__).parents[1] / "psycopg2_binary.libs"
    ssl = ctypes.CDLL(str(next(folder.glob("libssl-*"))))
    for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(ssl, name).restype = ctypes.c_void_p
    for name in ("SSL_CTX_new", "SSL_new", "SSL_connect", "SSL_free"):
        getattr(ssl, name).argtypes = [ctypes.c_void_p]
    ssl.SSL_set_fd.argtypes = [ctypes.c_void_p, ctypes.c_int]
    ssl.SSL_write.argtypes = ssl.SSL_read.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    context = ssl.SSL_CTX_new(ssl.TLS_client_method())
    for _ in range(count):
        with socket.create_connection((HOST, int(PORT))) as connection:
            tls, buffer = ssl.SSL_new(context), ctypes.create_string_buffer(65536)
            ssl.SSL_set_fd(tls, connection.fileno())
            if ssl.SSL_connect(tls) != 1 or ssl.SSL_write(tls, request(), len(request())) <= 0:
                sys.exit("no TLS")
            while ssl.SSL_read(tls, buffer, len(buffer)) > 0:
                pass
            ssl.SSL_free(tls)


def pyopenssl(count):
    """OpenSSL inside of cryptography's extension module, which is written in Rust."""
    from OpenSSL import SSL
    for _ in range(count):
        with socket.create_connection((HOST, int(PORT))) as connection:
            tls = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), connection)
            tls.set_connect_state()
            tls.do_handshake()
            tls.sendall(request())
            try:
                while tls.recv(65536):
                    pass
            except (SSL.ZeroReturnError, SSL.SysCallError):
                pass


def grpc(count):
    """BoringSSL inside of grpcio's extension module. Says how many bytes were sent and received."""
    import concurrent.futures
    import subprocess

    import grpc as lib
    with tempfile.TemporaryDirectory() as folder:
        key, cert = Path(folder) / "key", Path(folder) / "cert"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
        pem = cert.read_bytes()
        server_credentials = lib.ssl_server_credentials([(key.read_bytes(), pem)])
    echo = lib.unary_unary_rpc_method_handler(lambda text, _: text)
    server = lib.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers(
        [lib.method_handlers_generic_handler("echo.Echo", {"Say": echo})])
    port = server.add_secure_port("localhost:0", server_credentials)
    server.start()
    sys.stdin.readline()  # by now its probes are set
    with lib.secure_channel(f"localhost:{port}", lib.ssl_channel_credentials(pem)) as channel:
        for _ in range(count):
            text = os.urandom(1 << 20)
            if channel.unary_unary("/echo.Echo/Say")(text) != text:
                sys.exit("another answer")
    server.stop(None)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 1)
