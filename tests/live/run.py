#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The live tests: real clients, unmodified, against the simulated provider; wiretally watches.

    tests/live/run.py [NAME ...]

Needs root, and the Python that tools/test_env.sh made: every row is compared with the provider's own
log, token by token and nano-dollar by nano-dollar. Prints "ok NAME" or "FAIL NAME: why", and last
"N passed, N failed, N skipped".
"""
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib")]

import compare  # noqa: E402 (the path comes first)
import prices  # noqa: E402
from bench import Suite  # noqa: E402
from burst import burst_in_a_small_ring, burst_loses_nothing  # noqa: E402
from kernel import kernel_changed  # noqa: E402
from meter import ROWS_S, WIRETALLY, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

CHAT = '{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}'
STREAM = CHAT[:-1] + ',"stream":true,"stream_options":{"include_usage":true}}'
CLAUDE = '{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[]}'

TESTS = []


def test(run):
    TESTS.append(run)
    return run


class Bench:
    """What a test has: the provider, the meter, and ways to run clients."""

    def __init__(self, sim, meter):
        self.sim, self.meter, self.name = sim, meter, ""

    def env(self):
        return {**os.environ, "SIM_URL": self.sim.url, "SIM_TEST": self.name,
                "SSL_CERT_FILE": self.sim.ca, "REQUESTS_CA_BUNDLE": self.sim.ca}

    def client(self, program, *args, **kw):
        return [sys.executable, HERE / "clients" / program, *map(str, args)]

    def run(self, command, **kw):
        return subprocess.run(command, env=self.env(), check=True, timeout=120,
                              stdout=subprocess.DEVNULL, **kw)

    def curl(self, path, body, *more):
        return ["curl", "-sS", "--cacert", self.sim.ca, "-H", f"x-sim-test: {self.name}",
                "-d", body, *more, self.sim.url + path]

    def rows(self, count, since):
        return self.meter.wait(lambda rows: len(rows) - since >= count)[since:]

    def check(self, commands, calls):
        """Runs the commands one after the other; calls is how many answers they make."""
        since = len(self.meter.rows)
        for command in commands:
            self.run(command)
        return self.compare(calls, since)

    def compare(self, calls, since):
        rows = self.rows(calls, since)
        truth = self.sim.truth(self.name)
        if len(truth) != calls:
            return f"the client made {len(truth)} calls, {calls} were expected"
        if len(rows) != calls:
            return f"{len(rows)} rows for {calls} calls"
        return compare.all_equal(truth, rows) or compare.schema_breach(rows)


@test
def curl_plain_and_streamed(b):
    return b.check([b.curl("/v1/chat/completions", CHAT), b.curl("/v1/chat/completions", STREAM),
                    b.curl("/v1/messages", CLAUDE), b.curl("/v1/responses", STREAM)], 4)


@test
def curl_a_hundred_in_a_row(b):
    return b.check([b.curl("/v1/chat/completions", STREAM)] * 100, 100)


@test
def curl_compressed(b):
    more = ["--compressed", "-H", "x-sim-encoding: gzip"]
    return b.check([b.curl("/v1/chat/completions", STREAM, *more),
                    b.curl("/v1/messages", CLAUDE, *more, "-H", "x-sim-cache-write-5m: 30", "-H",
                           "x-sim-cache-write-1h: 7", "-H", "x-sim-cached: 1000")], 2)


@test
def curl_refused_and_overloaded(b):
    return b.check([b.curl("/v1/messages", CLAUDE, "-H", "x-sim-status: 529"),
                    b.curl("/v1/chat/completions", CHAT, "-H", "x-sim-status: 429"),
                    b.curl("/v1/chat/completions", CHAT)], 3)


@test
def curl_without_usage(b):
    body = CHAT[:-1] + ',"stream":true}'
    return b.check([b.curl("/v1/chat/completions", body)], 1)


@test
def python_urllib(b):
    return b.check([b.client("http_client.py", "urllib", 6)], 6)


@test
def python_keepalive(b):
    return b.check([b.client("http_client.py", "keepalive", 18)], 18)


@test
def python_requests(b):
    return b.check([b.client("http_client.py", "requests", 6)], 6)


@test
def python_asyncio(b):
    return b.check([b.client("http_client.py", "asyncio", 20)], 20)


@test
def python_aiohttp(b):
    return b.check([b.client("http_client.py", "aiohttp", 30)], 30)


@test
def python_forked_workers(b):
    return b.check([b.client("http_client.py", "fork", 4)], 9)


@test
def answers_that_overtake_their_requests(b):
    """SSL_write returns behind the SSL_read that has its answer, in each call."""
    program = Path(b.sim.ca).with_name("overtaken")
    subprocess.run(["gcc", "-O2", "-o", program, HERE / "clients/overtaken.c", "-lssl", "-lcrypto",
                    "-lpthread"], check=True)
    return b.check([[program, "localhost", str(b.sim.port), b.name, *size]
                    for size in (("4", "100"), ("3", "100000"))], 7)


@test
def a_body_of_two_mebibytes(b):
    return b.check([b.client("http_client.py", "large", 2)], 2)


@test
def openai_sdk(b):
    return b.check([b.client("sdk_client.py", "openai", "sync", 3)], 15)


@test
def openai_sdk_async_fifty_at_once(b):
    return b.check([b.client("sdk_client.py", "openai", "async", 50)], 50)


@test
def anthropic_sdk(b):
    return b.check([b.client("sdk_client.py", "anthropic", "sync", 3)], 6)


@test
def anthropic_sdk_async(b):
    return b.check([b.client("sdk_client.py", "anthropic", "async", 20)], 20)


@test
def exec_in_place(b):
    curl = " ".join(f"'{w}'" for w in b.curl("/v1/chat/completions", CHAT))
    python = [sys.executable, "-c", "import ssl, os, sys; os.execvp('sh', ['sh', '-c', sys.argv[1]])",
              f"exec {curl}"]
    return b.check([python], 1)


@test
def killed_in_mid_stream(b):
    since = len(b.meter.rows)
    client = subprocess.Popen(b.curl("/v1/messages", CLAUDE, "-H", "x-sim-event-ms: 100", "-H",
                                     "x-sim-events: 200", "-N"), stdout=subprocess.PIPE)
    next(line for line in client.stdout if b"content_block_delta" in line)
    client.send_signal(signal.SIGKILL)
    client.wait()
    rows = b.rows(1, since)
    if len(rows) != 1:
        return f"{len(rows)} rows"
    w = rows[0]["wiretally"]
    if w["result"] != "aborted" or w["complete"] or not w["tokens"].get("input"):
        return f"{w['result']}, complete {w['complete']}, tokens {w.get('tokens')}"
    return ""


@test
def cut_by_the_provider(b):
    since = len(b.meter.rows)
    subprocess.run(b.curl("/v1/messages", CLAUDE, "-H", "x-sim-cut-after: 4"), check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rows = b.rows(1, since)
    return "" if [r["wiretally"]["result"] for r in rows] == ["aborted"] else str(rows)


@test
def owner_is_the_caller(b):
    since = len(b.meter.rows)
    b.run(b.curl("/v1/chat/completions", CHAT))
    rows = b.rows(1, since)
    if len(rows) != 1:
        return f"{len(rows)} rows of one call"
    row = rows[0]
    process = row["process"]
    if not process["executable"].endswith("/curl") or row["wiretally"]["owner"]["service"] != "curl":
        return str(process)
    return "" if row["user"] == {"id": str(os.getuid())} else str(row["user"])


@test
def nothing_of_what_was_said(b):
    """Prompts, answers, keys and queries are in no row."""
    since = len(b.meter.rows)
    body = CHAT.replace("count me", "CANARY-PROMPT")
    b.run(b.curl("/v1/chat/completions?x=CANARY-QUERY", body, "-H",
                 "authorization: Bearer CANARY-KEY"))
    text = repr(b.rows(1, since))
    return "a canary got out" if "CANARY" in text or "the meter counts" in text else ""


def started_before(sim):
    """A process that is there before the meter: a meter of its own."""
    name = "started_before_the_meter"
    bench = Bench(sim, None)
    bench.name = name
    client = subprocess.Popen(bench.client("http_client.py", "later", 6), env=bench.env(),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    with Meter("--perf-uprobes") as meter:
        bench.meter = meter
        client.communicate("go\n", timeout=60)
        return name + " (perf uprobes)", bench.compare(6, 0)


def run_exec(sim, *args):
    bench = Bench(sim, None)
    bench.name = "exec" + str(time.monotonic_ns())
    bill = Path(sim.ca).with_name("bill")
    command = [WIRETALLY, "exec", "--json", "-o", bill, "--", "sh", "-c",
               " ".join(map(str, bench.client("http_client.py", "urllib", 4))) + "; exit 7"]
    done = subprocess.run(command, env=bench.env(), timeout=60, check=False)
    return bench, done, json.loads(bill.read_text(encoding="utf-8"))["total"]


def exec_bill(sim):
    """exec follows the tree of its command, sums its calls, and passes its status on."""
    bench, done, total = run_exec(sim)
    if done.returncode != 7:
        return "exec_bill", f"exit status {done.returncode}, expected 7"
    truth = sim.truth(bench.name)
    want = sum(prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
               for t in truth)
    if len(truth) != 4 or total["calls"] != 4 or total["nano_usd"] != want:
        return "exec_bill", f"{total}, expected {want} nano-dollars for {len(truth)} calls"
    return "exec_bill", ""


def processes(meter):
    """The pids of keeper and meter."""
    keeper = meter.process.pid
    children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text(encoding="ascii").split()
    names = {int(c): Path(f"/proc/{c}/comm").read_text(encoding="ascii").strip() for c in children}
    return keeper, next(pid for pid, name in names.items() if name != "wiretally-guard")


def privileges(_sim):
    """The meter has none; the keeper has no more than it asks for."""
    name = "privileges"
    with Meter() as meter:
        keeper, child = processes(meter)
        status = {}
        for pid in (keeper, child):
            text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            status[pid] = dict(l.split(":\t", 1) for l in text.splitlines() if ":\t" in l)
        mine = status[child]
        if mine["Uid"].split()[0] == "0" or int(mine["CapEff"], 16) or mine["NoNewPrivs"] != "1":
            return name, f"meter: uid {mine['Uid']}, CapEff {mine['CapEff']}"
        if int(mine["CapPrm"], 16):
            return name, f"meter: CapPrm {mine['CapPrm']}"
        chown = 1 << 0
        if int(status[keeper]["CapEff"], 16) & chown:
            return name, "the keeper kept CAP_CHOWN, which attaching does not ask for"
    return name, ""


def killed(sim, which):
    """Either process dies: the other ends, the settings are back, clients go on."""
    name = f"kill -9 of the {which}"
    before = kernel_changed()
    with Meter() as meter:
        bench = Bench(sim, meter)
        bench.name = name.replace(" ", "-")
        keeper, child = processes(meter)
        os.kill(keeper if which == "keeper" else child, signal.SIGKILL)
        bench.run(bench.curl("/v1/chat/completions", CHAT))
        end = time.monotonic() + 5
        while Path(f"/proc/{child}").exists() and which == "keeper" and time.monotonic() < end:
            time.sleep(0.05)
        status = meter.process.wait(10)
        if which == "keeper" and Path(f"/proc/{child}").exists():
            return name, "the meter goes on without its keeper"
        if status == 0:
            return name, "exit status 0"
        end = time.monotonic() + 5
        while (left := kernel_changed() - before) and time.monotonic() < end:
            time.sleep(0.05)
        if left:
            return name, f"not put back: {left}"
        if len(sim.truth(bench.name)) != 1:
            return name, "the client suffered"
    return name, ""


def keeper_killed(sim):
    return killed(sim, "keeper")


def meter_killed(sim):
    return killed(sim, "meter")


def kept(ledger, calls):
    """Waits until so many calls are in the ledger, which a kill doesn't take; whether they are."""
    end = time.monotonic() + ROWS_S
    while time.monotonic() < end:
        rows = wiretally_json("report", "-l", ledger, "--since", "all")
        if rows and rows[-1].get("calls", 0) >= calls:
            return True
        time.sleep(0.2)
    return False


def the_ledger(sim):
    """run keeps what it saw, over a kill -9 and a second start; report and status tell it."""
    name = "the_ledger"
    bench = Bench(sim, None)
    bench.name = name
    ledger = Path(sim.ca).parent.parent / "ledger" / "ledger.db"
    with Meter("--ledger", ledger, command="run") as meter:
        for _ in range(3):
            bench.run(bench.curl("/v1/chat/completions", STREAM))
        if not kept(ledger, 3):
            return name, "what was called is not kept"
        bench.run(bench.curl("/v1/chat/completions", CHAT, "-H", "x-sim-status: 429"))
        if not wiretally_json("status", "-l", ledger)[0]["running"]:
            return name, "status does not see it run"
        keeper, child = processes(meter)
        os.kill(child, signal.SIGKILL)
        os.kill(keeper, signal.SIGKILL)
        meter.process.wait(10)
    time.sleep(0.3)
    with Meter("--ledger", ledger, command="run") as meter:
        bench.run(bench.client("sdk_client.py", "anthropic", "sync", 2))
        meter.stop()
    rows = wiretally_json("report", "-l", ledger, "--by", "provider", "--since", "all")
    got = {r.get("provider", "total"): r for r in rows}
    want = {"openai": [], "anthropic": []}
    for t in sim.truth(name):
        if t["status"] == 200:
            want[t["provider"]].append(prices.nano_dollars(t["provider"], t["model_served"],
                                                           t["tokens"])["total"])
    for provider, nano in want.items():
        row = got.get(provider, {})
        priced = row.get("calls", 0) - row.get("not_billed", 0)
        if row.get("nano_usd") != sum(nano) or priced != len(nano):
            return name, f"{provider}: {row}, expected {len(nano)} calls, {sum(nano)}"
    if got["total"]["nano_usd"] != sum(map(sum, want.values())):
        return name, f"total {got['total']}"
    return name, ""


def default_folder(_sim):
    """`run` in the folder that `trace` made for the secret, root's, or somebody's volume."""
    name = "run_in_a_folder_of_roots"
    script = ("mount -t tmpfs -o mode=755 none /var/lib && mkdir -m 755 /var/lib/wiretally && "
              "head -c 32 /dev/zero >/var/lib/wiretally/secret && "
              '("$0" run 2>&1 & echo $! >/var/lib/pid; wait $!) | while read -r line; do echo "$line"; '
              'case "$line" in watching*) kill -INT $(cat /var/lib/pid);; esac; done; '
              'cd /var/lib/wiretally && ls -ln && "$0" report')
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, WIRETALLY], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if "watching" not in done.stdout or "ledger.db" not in done.stdout or done.returncode != 0:
        return name, done.stdout[-400:]
    return name, ""


def exec_follows_its_tree_alone(sim):
    """Calls of others are not on the bill."""
    name = "exec_follows_its_tree_alone"
    bench = Bench(sim, None)
    bench.name = name
    curl = shlex.join(map(str, bench.curl("/v1/chat/completions", CHAT)))
    other = subprocess.Popen(["sh", "-c", f"sleep 1; for i in 1 2 3; do {curl}; done"],
                             stdout=subprocess.DEVNULL)
    bill = Path(sim.ca).with_name("bill")
    subprocess.run([WIRETALLY, "exec", "--json", "-o", bill, "--", "sh", "-c",
                    f"sleep 0.5; {curl} & sleep 2; sh -c {shlex.quote(curl)}; wait"],
                   stdout=subprocess.DEVNULL, timeout=60, check=True)
    other.wait()
    calls = json.loads(bill.read_text(encoding="utf-8"))["total"]["calls"]
    return name, "" if calls == 2 else f"{calls} calls on the bill, 2 were made"


def why_of(test, *args):
    """Of a test that tells its name, too."""
    return test(*args)[1]


def main():
    if os.geteuid() != 0:
        print("the live tests attach to processes: run them as root", file=sys.stderr)
        return 1
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        Meter.only = sim.run
        os.chmod(folder, 0o711)  # the meter's user goes through it to its ledger
        with Meter() as meter:
            bench = Bench(sim, meter)
            for run in TESTS:
                bench.name = run.__name__
                suite.run(run.__name__, run, bench)
            suite.run("meter_ends_well", lambda: str(meter.said[-3:]) if meter.stop() or meter.bad else "")
        for extra in (started_before, exec_bill, exec_follows_its_tree_alone, default_folder, the_ledger,
                      privileges, keeper_killed, meter_killed):
            suite.run(extra.__name__, why_of, extra, sim)
        for extra in (burst_loses_nothing, burst_in_a_small_ring):
            suite.run(extra.__name__, why_of, extra, sim, Path(folder))
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
