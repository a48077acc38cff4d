#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of models served in plain HTTP, and of a proxy between a client and a provider.

    tests/live/plain.py [NAME ...]

As tests/live/run.py. Servers are those of tests/live/servers.txt and tests/live/servers.
"""
import contextlib
import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
from bench import Bench, Suite, servers_python  # noqa: E402
from meter import ROOT, WIRETALLY, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

from bystanders import Probed  # noqa: E402

SERVERS = ROOT / "tests/live/servers"
GO = "1.27.3"
GUESSED_PORT = 2242  # somebody's usual one
# One port for each server, beside those that model servers have by themselves.
PORTS = [int(s.getsockname()[1]) for s in
         [socket.create_server(("127.0.0.1", 0)) for _ in range(20)]]


class PlainBench(Bench):
    """Starts servers, asks them, and holds the rows against what the seeds stand for."""

    def __init__(self, sim, meter, name, port):
        super().__init__(sim, meter, name)
        self.port, self.servers = port, []

    def serve(self, command, cwd=SERVERS, env=None, path="/v1/models", seconds=60):
        """Starts it, and waits until it answers."""
        server = subprocess.Popen(command, cwd=cwd, env=self.env() | (env or {}),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.servers.append(server)
        end = time.monotonic() + seconds
        while time.monotonic() < end and server.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                connection.getresponse().read()
                return server
            except OSError:
                time.sleep(0.05)
        raise OSError(f"{command[0]} does not serve")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
        for server in self.servers:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def ask(self, path, body, *more):
        """curl; its pid."""
        return self.run(["curl", "-sS", "-m", "30", "-o", "/dev/null", "-d", json.dumps(body),
                         *more, f"http://127.0.0.1:{self.port}{path}"])[0]

    def chats(self, seeds, **more):
        """{seed: pid of the curl that asked}"""
        return {k: self.ask("/v1/chat/completions",
                            {"model": "llama", "seed": k, **more,
                             "messages": [{"role": "user", "content": "count me"}]})
                for k in seeds}

    def differ(self, asked, rows=None, complete=True):
        """What is wrong with the rows of {seed: pid}; "": nothing."""
        rows = self.rows(len(asked)) if rows is None else rows
        if len(rows) != len(asked):
            return f"{len(rows)} rows for {len(asked)} calls"
        for row in rows:
            w, usage = row["wiretally"], row["wiretally"].get("tokens", {})
            k = usage.get("output", 0) - 1
            wrong = w["complete"] != complete or w["result"] != "ok" or "usd" in w["cost"] \
                or (usage.get("input") or 0) != 100 + k or row["process"]["pid"] != asked.get(k)
            if wrong or w["hop"]["role"] != "server" or w["charge_role"] != "charged":
                return f"wrong row: {row}"
        return compare.schema_breach(rows)


def uvicorn(b, *options):
    b.serve([servers_python(), "-m", "uvicorn", "app:app", "--port", str(b.port), "--log-level",
             "warning", *options])


def by_uvicorn(b, *options):
    uvicorn(b, *options)
    asked = b.chats(range(8)) | b.chats(range(8, 12), stream=True,
                                         stream_options={"include_usage": True})
    return b.differ(asked)


def kept_alive(b):
    """Many calls on one connection, by a caller that stays."""
    uvicorn(b, "--loop", "uvloop")
    code = ("import http.client, json, sys\n"
            "c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))\n"
            "for k in range(20):\n"
            "    c.request('POST', '/v1/chat/completions', json.dumps({'seed': k, 'model': 'm'}))\n"
            "    c.getresponse().read()\n")
    pid = b.run([sys.executable, "-c", code, str(b.port)])[0]
    return b.differ(dict.fromkeys(range(20), pid))


def workers(b, *command):
    """Processes that were given the socket by their parent."""
    b.serve([servers_python(), "-m", *command])
    time.sleep(3.5)  # workers by exec are looked for once, a moment behind the first one
    return b.differ(b.chats(range(24)))


def in_go(b):
    go = subprocess.run([ROOT / "tools/go_env.sh", GO], check=True, stdout=subprocess.PIPE,
                        text=True).stdout.strip()
    cache = ROOT / ".cache/go"
    program = cache / "bin/ollama"
    subprocess.run([go, "build", "-ldflags=-s -w", "-o", program, "."], check=True,
                   cwd=SERVERS / "ollama",
                   env={**os.environ, "GOMODCACHE": cache / "mod", "GOCACHE": cache / "build",
                        "GOPATH": cache, "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
                        "CGO_ENABLED": "0"})
    b.serve([program, str(b.port)])
    asked = {}
    for k in range(12):
        body = {"model": "llama3.2", "messages": [{"role": "user", "content": "count me"}],
                "options": {"seed": k}}
        asked[k] = b.ask("/api/chat", body if k % 2 else {**body, "stream": False})
    rows = b.rows(12)
    names = {r["gen_ai"]["provider"]["name"] for r in rows}
    return b.differ(asked, rows) or ("" if names == {"ollama"} else f"providers {names}")


def in_c(b, program, how):
    b.serve([program, str(b.port), how])
    return in_c_calls(b)


def in_c_calls(b):
    asked = {k: b.ask("/completion", {"prompt": "count me", "seed": k}) for k in range(6)}
    asked |= {k: b.ask("/completion", {"prompt": "x" * 2000, "seed": k}) for k in range(6, 8)}
    return b.differ(asked)


def by_packets(b, program, how, told_how):
    """No function of a library is passed, or none can be found: the packets are read."""
    b.serve([program, str(b.port), how])
    told = [d for d in wiretally_json("doctor", "--model-ports", str(b.port))
            if d.get("server") == b.servers[0].pid]
    if [(d["covered"], d["how"]) for d in told] != [(True, told_how)]:
        return f"doctor says {told}"
    for _ in range(20):  # until its files have been read
        b.ask("/completion", {"prompt": "count me", "seed": 9})
        if b.rows(1, 1):
            break
    b.since = len(b.meter.rows)
    return in_c_calls(b)


def by_sendfile(b, program):
    """No process has the bytes: that shows at once, and from then on packets are read."""
    b.serve([program, str(b.port), "sendfile"])
    whole = []
    for _ in range(20):
        b.ask("/completion", {"prompt": "count me", "seed": 9})
        whole = [r["wiretally"]["complete"] for r in b.rows(len(whole) + 1)]
        if whole and whole[-1]:
            break
    if not whole or not whole[-1]:
        return f"complete: {whole}"
    b.since = len(b.meter.rows)
    return in_c_calls(b)


def first_byte(pid, name):
    """Of a function of the C library in that process: 0xcc while somebody has a probe there."""
    libc = ctypes.CDLL(None)
    address = ctypes.cast(getattr(libc, name), ctypes.c_void_p).value

    def base(of):
        for line in Path(f"/proc/{of}/maps").read_text(encoding="utf-8").splitlines():
            if line.endswith("/libc.so.6"):
                return int(line.split("-")[0], 16)
        raise OSError(f"{of} has no libc")
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(base(pid) + address - base("self"))
        return memory.read(1)[0]


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def let_go(b):
    """What listens where models are served, and serves none, is soon at full speed again."""
    server = b.serve([sys.executable, "-m", "http.server", str(b.port), "--bind", "127.0.0.1"],
                     path="/")
    if not until(lambda: first_byte(server.pid, "recv") == 0xCC):
        return "it was not looked at: the test does not test"
    for _ in range(80):
        with contextlib.suppress(http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", b.port, timeout=10)
            connection.request("GET", "/app.py")
            connection.getresponse().read()
    until(lambda: first_byte(server.pid, "recv") != 0xCC)  # or other meters look at it, too
    b.chats([1])
    return "it is still looked at" if b.rows(1, 1.0) else ""


# A model server that fetches something by TLS first, as those that load a model or a key do.
FETCHES_FIRST = """
import http.client, ssl, sys, uvicorn
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
c = http.client.HTTPSConnection('127.0.0.1', int(sys.argv[1]), context=context)
c.request('GET', '/')
c.getresponse().read()
c.close()
uvicorn.run('app:app', port=int(sys.argv[2]), log_level='warning')
"""


def asleep_in_tls(b):
    """It makes no call by TLS and loses those probes; what it is asked in plain HTTP is seen."""
    server = b.serve([servers_python(), "-c", FETCHES_FIRST, str(b.sim.port), str(b.port)])
    if not until(lambda: not Probed(server.pid).functions(), 15.0):
        return "its TLS library is still looked at: the test does not test"
    time.sleep(1.0)  # probes that other meters take away are no sign of ours
    return b.differ(b.chats(range(6)))


def known_by_doctor(b):
    uvicorn(b)
    port = b.servers[0].args[b.servers[0].args.index("--port") + 1]
    told = [d for d in wiretally_json("doctor", "--model-ports", port)
            if d.get("server") == b.servers[0].pid]
    good = [(d["port"], d["covered"], d["guessed"], d["how"]) for d in told]
    return "" if good == [(b.port, True, False, "libc")] else f"{told}"


def bill_of_exec(b):
    """A command's calls to a server that is none of its children, and nobody else's."""
    uvicorn(b)
    with tempfile.TemporaryDirectory() as folder:
        bill = Path(folder) / "bill"
        ask = ("for i in 1 2 3; do curl -sS -o /dev/null -d '{\"model\":\"m\",\"seed\":4}' "
               f"http://127.0.0.1:{b.port}/v1/chat/completions; done")
        metered = subprocess.Popen([WIRETALLY, "exec", "--json", "--model-ports", str(b.port),
                                    "--output", bill, "--", "sh", "-c", f"{ask}; sleep 2; {ask}"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 90
            while metered.poll() is None and time.monotonic() < end:
                b.chats([9])
                time.sleep(0.1)
            metered.wait(5)
        finally:
            metered.kill()
            metered.wait()
        total = json.loads(bill.read_text(encoding="utf-8"))["total"]
    good = total["calls"] == 6 and total["input"] == 6 * 104 and total["unpriced"] == 6
    return "" if good else f"{total}"


ASKS_LATER = """
import http.client, itertools, json, sys
c = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
k = 0
for line in itertools.chain(['first'], sys.stdin):
    c.request('POST', '/v1/chat/completions', json.dumps({'seed': k}))
    c.getresponse().read()
    print(k, flush=True)
    k += 1
"""


@contextlib.contextmanager
def waiting(b, host, *before):
    """A caller that is connected, and asks once more when it is told to; its pid, and ask()."""
    caller = b.start([*before, sys.executable, "-c", ASKS_LATER, host, str(b.port)],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    caller.stdout.readline()

    def ask():
        print("once more", file=caller.stdin, flush=True)
        return int(caller.stdout.readline())
    yield caller.pid, ask
    caller.communicate(timeout=60)


def connected_before(sim, port):
    """Server, caller and their connection are older than the meter: /proc knows whose it is."""
    with PlainBench(sim, None, "connected_before", port) as b:
        uvicorn(b, "--timeout-keep-alive", "300")
        with waiting(b, "127.0.0.1") as (pid, ask), \
                Meter("--model-ports", str(port), only="") as b.meter:
            # Calls that are over before /proc has been read are nobody's.
            for tried in range(50):
                last = ask()
                rows = b.meter.wait(lambda rows: len(rows) > tried)
                if rows and "process" in rows[-1]:
                    break
            last = ask()
            rows = b.meter.wait(lambda rows: len(rows) == last)
            return b.differ(dict.fromkeys((last - 1, last), pid), rows[-2:])


@contextlib.contextmanager
def network(name):
    """A namespace of its own, as a container has, at 10.231.7.2; this one is at 10.231.7.1."""
    try:
        for command in (f"netns add {name}", f"link add {name} type veth peer name eth0 netns {name}",
                        f"addr add 10.231.7.1/30 dev {name}", f"link set {name} up",
                        f"-n {name} addr add 10.231.7.2/30 dev eth0", f"-n {name} link set eth0 up"):
            subprocess.run(["ip", *command.split()], check=True)
        yield ["ip", "netns", "exec", name]
    finally:
        subprocess.run(["ip", "link", "del", name], check=False)
        subprocess.run(["ip", "netns", "del", name], check=False)


def across_networks(sim, port):
    """A caller in a container is known when it connects; one from before by its address alone."""
    name = f"wt{os.getpid() % 100000}"
    with network(name) as within, PlainBench(sim, None, "across_networks", port) as b:
        uvicorn(b, "--host", "0.0.0.0", "--timeout-keep-alive", "60")
        with waiting(b, "10.231.7.1", *within) as (_, ask), \
                Meter("--model-ports", str(port), only="") as b.meter:
            asked = b.run([*within, "curl", "-sS", "-o", "/dev/null", "-d", '{"seed":7}',
                           f"http://10.231.7.1:{port}/v1/chat/completions"])
            for _ in range(3):
                ask()
            rows = b.meter.wait(lambda rows: len(rows) >= 4)
    told = [(r["wiretally"]["owner"]["service"], r["wiretally"]["hop"]["peer"]["address"],
             r.get("process", {}).get("pid")) for r in rows]
    wanted = [("curl", "10.231.7.2", asked[0])] + [("10.231.7.2", "10.231.7.2", None)] * 3
    return "" if told == wanted else f"{told}"


def main():
    suite = Suite(sys.argv[1:])
    ports = iter(PORTS)
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        llama = Path(folder) / "llama"
        static = Path(folder) / "static"
        for out, *options in ((llama,), (static, "-static", "-s")):
            subprocess.run(["gcc", "-O2", "-pthread", *options, "-o", out, SERVERS / "llama.c"],
                           check=True)
        with Meter("--model-ports", ",".join(map(str, PORTS)), only="") as meter:
            def run(name, test, *args):
                with PlainBench(sim, meter, name, next(ports)) as b:
                    suite.run(name, test, b, *(str(a).replace("PORT", str(b.port)) for a in args))
            for loop in ("asyncio", "uvloop"):
                run(f"uvicorn_{loop}", by_uvicorn, "--loop", loop)
            run("kept_alive", kept_alive)
            run("uvicorn_workers", workers, "uvicorn", "app:app", "--port", "PORT", "--workers",
                "2")
            run("gunicorn_workers", workers, "gunicorn", "-w", "3", "-b", "127.0.0.1:PORT",
                "app:wsgi")
            run("go", in_go)
            for how in ("send", "write", "writev", "sendmsg", "sendto"):
                run(f"c_{how}", in_c, llama, how)
            run("c_sendfile", by_sendfile, llama)
            for program, how, told in ((llama, "uring", "libc"), (static, "send", "packets"),
                                       (static, "uring", "packets")):
                run(f"{Path(program).name}_{how}_by_packets", by_packets, program, how, told)
            run("asleep_in_tls", asleep_in_tls)
            run("doctor", known_by_doctor)
            run("bill_of_exec", bill_of_exec)
            with PlainBench(sim, meter, "let_go", GUESSED_PORT) as b:
                suite.run("let_go", let_go, b)
            suite.run("meter_ends_well", lambda: meter.stop() and str(meter.said[-3:]))
        suite.run("connected_before", connected_before, sim, next(ports))
        suite.run("across_networks", across_networks, sim, next(ports))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
