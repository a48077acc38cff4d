#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of clients in other languages, and of workers that were forked before they call.

    tests/live/languages.py [NAME ...]

As tests/live/run.py. PHP and Ruby are the system's, gevent and gunicorn those of
tests/live/servers.txt.
"""
import glob
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CLIENTS, Bench, Suite, servers_python  # noqa: E402 (the path comes first)
from meter import ROOT, Meter  # noqa: E402
from sim import Provider  # noqa: E402

GREENLETS = 5


def php(b):
    b.run(*[["php", str(CLIENTS / "ask.php")]] * 3)
    return b.equal(3)


def ruby(b):
    b.run(["ruby", str(CLIENTS / "ask.rb")])
    return b.equal(2)


def gevent(b):
    b.run([servers_python(), str(CLIENTS / "ask_gevent.py"), str(GREENLETS)])
    return b.equal(4 * GREENLETS)


def dotnet(b):
    """HttpClient of a .NET that loads OpenSSL 1.1 when it needs it."""
    made = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_dotnet.txt"],
                          check=True, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        b.run(*[["env", f"TMPDIR={folder}", made.stdout.strip(), str(CLIENTS / "ask_dotnet.py"),
                 "6"]] * 2)
    return b.equal(12)


def record(kind, content=b""):
    """One of FastCGI's: version, kind, request 1, length, padding."""
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def fastcgi(path, script):
    """What the script printed."""
    params = {"SCRIPT_FILENAME": script, "REQUEST_METHOD": "GET"}
    pairs = b"".join(bytes([len(k), len(v)]) + k.encode() + v.encode() for k, v in params.items())
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(path)
        s.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, pairs) + record(4) + record(5))
        out = b""
        while True:
            head = s.recv(8, socket.MSG_WAITALL)
            if len(head) < 8 or head[1] == 3:
                return out.decode()
            length, padding = struct.unpack(">HB", head[4:7])
            data = s.recv(length + padding, socket.MSG_WAITALL) if length + padding else b""
            out += data[:length] if head[1] == 6 else b""


def php_fpm(b, folder):
    """Workers are forked at the start; each call is its worker's."""
    path = f"{folder}/fpm.sock"
    script = Path(folder) / "ask.php"  # where the workers' user may read
    script.write_text((CLIENTS / "ask.php").read_text(encoding="utf-8"), encoding="utf-8")
    config = Path(folder) / "fpm.conf"
    config.write_text(f"[global]\nerror_log = {folder}/fpm.log\n[www]\nlisten = {path}\n"
                      "user = root\ngroup = root\npm = static\npm.max_children = 3\n"
                      "clear_env = no\n", encoding="utf-8")
    program = sorted(glob.glob("/usr/sbin/php-fpm*"))[-1]
    fpm = b.start([program, "-F", "-R", "-n", "-d", "extension=curl", "-y", config])
    try:
        end = time.monotonic() + 30
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.05)
        said = [fastcgi(path, str(script)).split("\r\n\r\n")[1].split() for _ in range(9)]
        why = b.equal(9)
        rows = {r["gen_ai"]["response"]["id"]: r["process"]["pid"] for r in b.rows(9)}
        wrong = [(pid, answer) for pid, answer in said if rows.get(answer) != int(pid)]
        return why or ("" if not wrong else f"worker and answer: {wrong}, rows: {rows}")
    finally:
        fpm.terminate()
        fpm.wait(10)


def forked_workers(b):
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    server = b.start([servers_python(), "-m", "gunicorn", "-w", "3", "-b", f"127.0.0.1:{port}",
                      "--chdir", str(CLIENTS), "--log-level", "critical", "ask_wsgi:app"])
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
                break
            except OSError:
                time.sleep(0.1)
        for _ in range(12):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ask", timeout=30).read()
        return b.equal(12)
    finally:
        server.terminate()
        server.wait(15)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        with Meter(only=sim.run) as meter:
            for test, *more in ((php,), (php_fpm, folder), (ruby,), (gevent,), (dotnet,),
                                 (forked_workers,)):
                suite.run(test.__name__, test, Bench(sim, meter, test.__name__), *more)
            suite.run("meter_ends_well", lambda: meter.stop() and str(meter.said[-3:]))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
