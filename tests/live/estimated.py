#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of calls whose plaintext can't be had: a Java client, seen by the sizes of its packets.

    tests/live/estimated.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; java, too. The provider
is on loopback under its real name, so that what is asked for is a provider's.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CLIENTS, Bench, Suite  # noqa: E402
from meter import ROOT, WIRETALLY, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

HOST = "api.openai.com"
# Plain English and its tokens, as many as it has by the ratio that people go by.
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")[:8000]
TEXT_TOKENS = len(TEXT) // 4
LATENCY = "x-sim-latency-ms=400"  # as a model has it at least

TESTS = []


def test(run):
    TESTS.append(run)
    return run


def body(stream=False, text=TEXT):
    return json.dumps({"model": "gpt-4o", "stream": stream,
                       "messages": [{"role": "user", "content": text}]})


class Java:
    """A Java client that makes a call when it is told to."""

    def __init__(self, b, *args, tls="TLSv1.3"):
        hosts = Path(b.sim.ca).parent / "hosts"
        hosts.write_text(f"127.0.0.1 {HOST} localhost\n", encoding="ascii")
        command = ["java", f"-Djdk.net.hosts.file={hosts}", f"-Djdk.tls.client.protocols={tls}",
                   str(CLIENTS / "Client.java"), b.sim.ca, *map(str, args)]
        self.b = b
        self.process = b.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.process.stdout.readline()

    def call(self, host=HOST, stream=False, text=TEXT, headers=LATENCY):
        self.process.stdin.write(
            f"https://{host}:{self.b.sim.port}/v1/chat/completions\tx-sim-test={self.b.name} "
            f"{headers}\t{body(stream, text)}\n")
        self.process.stdin.flush()
        if (status := self.process.stdout.readline().strip()) != "200":
            raise OSError(f"the call ended with {status or 'an error'}")

    def end(self):
        self.process.communicate(timeout=30)


def curl(b, *more, stream=False, data=None):
    url = f"https://{HOST}:{b.sim.port}/v1/chat/completions"
    return ["curl", "-sS", "-o", "/dev/null", "--cacert", b.sim.ca, "--resolve",
            f"{HOST}:{b.sim.port}:127.0.0.1", "-H", f"x-sim-test: {b.name}", "-H",
            f"x-sim-input: {TEXT_TOKENS}", "-H", "content-type: application/json", "-d",
            data or body(stream), *more, url]


def marked(row, pid):
    """What of the row is not as of a call that was seen by its sizes; "": nothing."""
    w = row["wiretally"]
    told = (row["url"].get("domain"), row["gen_ai"]["provider"]["name"], w["usage_source"],
            w["complete"], w.get("estimate", {}).get("from"), "usd" in w["cost"],
            row["gen_ai"].get("usage"), row["process"]["pid"])
    want = (HOST, "openai", "estimated", False, "sizes", False, None, pid)
    return "" if told == want else f"{told}, expected {want}"


def outside(row, truth):
    """What of the truth is outside of the range that the row tells; "": nothing."""
    w = row["wiretally"]
    for part in ("input", "output"):
        told, at = truth["tokens"][part], w["estimate"][part]
        if not at["low"] <= w["tokens"][part] <= at["high"]:
            return f"{part} {w['tokens'][part]} is not in its own range {at}"
        if not at["low"] <= told <= at["high"]:
            return f"{part}: the truth, {told}, is not in {at}"
    return ""


@test
def each_call_of_a_java_client(b):
    """Of one connection that is kept: a request and answer each, streamed or not, large or not."""
    streams, pids = (False, True, False), []
    for tls in ("TLSv1.3", "TLSv1.2"):
        java = Java(b, tls=tls)
        for stream in streams:
            java.call(stream=stream, headers=f"{LATENCY} x-sim-input={TEXT_TOKENS} x-sim-output=80 "
                                             "x-sim-events=40 x-sim-event-ms=10")
        java.end()
        pids += [java.pid] * 3
        b.rows(len(pids))
    rows, truth = b.rows(6), b.sim.truth(b.name)
    if len(rows) != 6 or len(truth) != 6:
        return f"{len(rows)} rows of {len(truth)} calls, 6 expected"
    if why := compare.schema_breach(rows):
        return why
    for row, told, stream, pid in zip(rows, truth, streams * 2, pids):
        if why := marked(row, pid) or outside(row, told):
            return why
        if row["gen_ai"]["request"]["stream"] != stream:
            return f"stream {not stream}, expected {stream}"
        if not 0.35e9 <= row["wiretally"]["ttft_ns"] <= row["event"]["duration"] <= 10e9:
            return f"times {row['wiretally']['ttft_ns']}, {row['event']['duration']}"
        if row["process"]["name"] != "java" or "Client.java" != row["service"]["name"]:
            return f"{row['process']}, {row['service']}"
    return ""


@test
def other_hosts_are_nobodys_business(b):
    java = Java(b)
    java.call(host="localhost")
    java.call(host="localhost")
    java.call()
    java.end()
    rows = b.rows(1)
    return "" if len(rows) == 1 and not marked(rows[0], java.pid) else str(rows)


@test
def what_is_read_is_not_estimated_too(b):
    """Curls to the same host, whose OpenSSL is hooked: a row each, exact, and no other."""
    b.run(*[curl(b) for _ in range(3)])
    b.run(curl(b, stream=True))
    return b.equal(4)


@test
def calls_that_are_read_teach(b):
    """A kind of call that the recorded ones know nothing of: six bytes a token, and two."""
    # An answer at once comes in one with TLS's tickets, whose bytes would be taken for its own.
    teachers = ["-H", f"x-sim-input: {len(TEXT) // 6}", "-H", "x-sim-output: 300",
                "-H", LATENCY.replace("=", ": ")]
    for _ in range(9):
        b.run(curl(b, *teachers))
    b.rows(9)
    java = Java(b)
    java.call(headers=f"{LATENCY} x-sim-input={len(TEXT) // 6} x-sim-output=300")
    java.end()
    rows, told = b.rows(10), b.sim.truth(b.name)[-1]["tokens"]
    if len(rows) != 10 or (why := marked(rows[-1], java.pid)):
        return f"{len(rows)} rows; {why}"
    got = rows[-1]["wiretally"]["tokens"]
    off = max(abs(got[p] - told[p]) / told[p] for p in ("input", "output"))
    return "" if off < 0.25 else f"{got}, the truth is {told}"


class Proxy:
    """An HTTP proxy that passes on what comes behind CONNECT, to loopback whatever is asked for."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        server = socket.create_connection(("127.0.0.1", self.target))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
        self.copy(client, server)

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other end is gone already


@test
def through_a_proxy_on_this_host(b):
    """The proxy, this process, passes TLS on: a call is its client's, once, read or not."""
    proxy = Proxy(b.sim.port)
    java = Java(b, proxy.port)
    java.call()
    java.end()
    b.run(curl(b, "--proxy", f"http://127.0.0.1:{proxy.port}"))
    b.started.add(os.getpid())
    rows = b.rows(2)
    seen = [(r["process"]["pid"] == java.pid, r["wiretally"]["usage_source"]) for r in rows]
    return "" if sorted(seen) == [(False, "reported"), (True, "estimated")] else str(seen)


@test
def the_ledger_keeps_them_apart(b):
    """report counts them, status names the program, doctor says why."""
    b.meter.stop()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        ledger = f"{folder}/ledger.db"
        # Has its probes by the time that it is given what to send; a new one may be too quick.
        reader = b.start(curl(b, data="@-"), stdin=subprocess.PIPE, text=True)
        with Meter("--ledger", ledger, command="run") as b.meter:
            java = Java(b)
            java.call()
            doctor = [d for d in wiretally_json("doctor") if d.get("process") == java.pid]
            java.end()
            reader.communicate(body(), timeout=30)
            b.rows(2)
        report = wiretally_json("report", "--by", "exe", "--ledger", ledger)
        status = wiretally_json("status", "--ledger", ledger)
    if [(d["covered"], d["estimated"]) for d in doctor] != [(False, True)]:
        return f"doctor {doctor}"
    sums = {Path(r.get("exe", "total")).name: (r["calls"], r["from_sizes"]) for r in report}
    calls, from_sizes = sums.pop("total")  # others on this host may call meanwhile
    if (sums.pop("java"), from_sizes) != ((1, 1), 1) or "curl" not in sums or calls < 2 or \
            any(n for _, n in sums.values()):
        return f"report {report}"
    told = [(Path(s["executable"]).name, s["domain"], s["calls"]) for s in status[0]["from_sizes"]]
    return "" if told == [("java", HOST, 1)] else f"status {told}"


@test
def a_command_and_no_other(b):
    """exec tells what its command cost; another Java client at the same time is not in it."""
    other = Java(b)
    hosts = Path(b.sim.ca).parent / "hosts"
    line = (f"https://{HOST}:{b.sim.port}/v1/chat/completions\tx-sim-test={b.name} {LATENCY}\t"
            f"{body()}\n")
    done = subprocess.Popen(
        [WIRETALLY, "exec", "--json", "--", "java", f"-Djdk.net.hosts.file={hosts}",
         str(CLIENTS / "Client.java"), b.sim.ca],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done.stdin.write(line)
    done.stdin.flush()
    if done.stdout.readline() != "ready\n":
        return done.stderr.read()
    other.call()
    out = done.communicate(timeout=60)
    other.end()
    bill = next((json.loads(l) for l in out[1].splitlines() if l.startswith("{")), {})
    total = bill.get("total", {})
    seen = total.get("calls"), total.get("from_sizes"), total.get("unpriced")
    return "" if seen == (1, 1, 1) else f"{seen}: {out}"


@test
def http3_is_counted(b):
    """Bytes to an address that was asked for as a provider's, by UDP to port 443; to others none."""
    java = Java(b)
    java.call()
    java.call()
    java.end()
    b.rows(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(10):
            sender.sendto(b"x" * 100, ("127.0.0.1", 443))
            sender.sendto(b"x" * 100, ("127.0.0.2", 443))
            sender.sendto(b"x" * 100, ("127.0.0.1", 9))
    b.meter.stop()
    said = [line.split()[1] for line in b.meter.said if line.split()[:1] == ["http3"]]
    return "" if said == [str(10 * (20 + 8 + 100))] else f"{said}: {b.meter.said}"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        for run in TESTS:
            suite.run(run.__name__, with_meter, run, sim)
    return suite.end()


def with_meter(run, sim):
    with Meter() as meter:
        return run(Bench(sim, meter, run.__name__))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
