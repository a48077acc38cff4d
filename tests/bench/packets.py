# SPDX-License-Identifier: BSD-2-Clause
"""What the program on each packet that this host sends takes, by the kernel's own count.

The kernel counts with a clock that it reads twice: what a program takes that does nothing is the
price of counting, and is to be taken off.
"""
import json
import socket
import ssl
import statistics
import subprocess
import threading
from pathlib import Path

from loops import BUILT, Loop
from meter import Meter

STATS = Path("/proc/sys/kernel/bpf_stats_enabled")
OURS, EMPTY = "flow_sent", "empty_packet"
CONNECTIONS, SMOKE_CONNECTIONS = 200, 5
TURNS, SMOKE_TURNS = 9, 1
SLICE_MS, SMOKE_MS = 50, 5


def counted(name):
    """Nanoseconds and packets of the programs with that name, so far."""
    told = subprocess.run(["bpftool", "-j", "prog", "show", "name", name], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout
    told = json.loads(told or b"[]")
    programs = told if isinstance(told, list) else [told]
    return (sum(p.get("run_time_ns", 0) for p in programs),
            sum(p.get("run_cnt", 0) for p in programs))


class Empty:
    """The empty program, at the root of all cgroups, while it is wanted."""

    def __init__(self):
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        self.root = next(m.split()[1] for m in mounts if m.split()[2] == "cgroup2")
        self.pin = "/sys/fs/bpf/wiretally_bench_empty"

    def __enter__(self):
        Path(self.pin).unlink(missing_ok=True)  # of a run that was killed
        subprocess.run(["bpftool", "prog", "load", BUILT / "empty_packet.bpf.o", self.pin], check=True,
                       stderr=subprocess.DEVNULL)
        self.attach("attach", "multi")

    def __exit__(self, *_):
        self.attach("detach")
        Path(self.pin).unlink()

    def attach(self, how, *flags):
        subprocess.run(["bpftool", "cgroup", how, self.root, "egress", "pinned", self.pin, *flags],
                       check=True)


class Server:
    """TLS on loopback, of a name that is nobody's."""

    def __init__(self, folder):
        cert, key = folder / "packets.pem", folder / "packets.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=bystander.example", "-keyout", key, "-out", cert], check=True,
                       stderr=subprocess.DEVNULL)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.client = ssl.create_default_context(cafile=cert)
        self.client.check_hostname = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            with self.context.wrap_socket(self.listener.accept()[0], server_side=True) as tls:
                tls.recv(100)
                tls.sendall(b"answer")

    def connections(self, count):
        for _ in range(count):
            with self.client.wrap_socket(socket.create_connection(self.listener.getsockname()),
                                         server_hostname="bystander.example") as tls:
                tls.sendall(b"request")
                tls.recv(100)


def datagrams(count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        to.bind(("127.0.0.1", 0))
        sender.connect(to.getsockname())
        for _ in range(count):
            sender.send(b"x")


def ns_a_packet(work, turns):
    """Medians over the turns of what a packet took: the empty program's, ours; packets in a turn."""
    took, packets = ([], []), 0
    for _ in range(turns):
        before = [counted(name) for name in (EMPTY, OURS)]
        work()
        for i, name in enumerate((EMPTY, OURS)):
            ns, count = (b - a for a, b in zip(before[i], counted(name)))
            if not count:
                raise RuntimeError(f"{name} has seen no packet")
            took[i].append(ns / count)
            packets = count
    return statistics.median(took[0]), statistics.median(took[1]), packets


def measure(folder, smoke):
    turns, ms = (SMOKE_TURNS, SMOKE_MS) if smoke else (TURNS, SLICE_MS)
    count = SMOKE_CONNECTIONS if smoke else CONNECTIONS
    server, tcp = Server(folder), Loop("syscall_loop")
    works = {"TCP, of a connection that is open": lambda: tcp("tcp", ms),
             "UDP": lambda: datagrams(50 * count),
             "TLS connections to others, a request each": lambda: server.connections(count)}
    rows, was = [], STATS.read_text(encoding="ascii")
    try:
        STATS.write_text("1", encoding="ascii")
        with Empty(), Meter("--ledger", folder / "packets/ledger.db", command="run"):
            server.connections(1)  # its name is asked for once
            rows = [(name, *ns_a_packet(work, turns)) for name, work in works.items()]
    finally:
        STATS.write_text(was, encoding="ascii")
        tcp.__exit__()
    if not smoke:
        print("Packets that this host sends: ns in the program, by the kernel's count")
        print(f"{'':44}{'empty':>8} {'wiretally':>10} {'difference':>11}")
        for name, empty, ours, _ in rows:
            print(f"  {name:42}{empty:>8.0f} {ours:>10.0f} {ours - empty:>11.0f}")
    return ""
