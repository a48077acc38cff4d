#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of processes that use TLS and make no LLM call: they pay nothing, and when they begin
to call, nothing is missed.

    tests/live/bystanders.py [NAME ...]

As tests/live/run.py: needs root. That a process pays nothing is read from its memory: the functions
that would be hooked begin with their own byte, and not with a breakpoint.
"""
import asyncio
import contextlib
import ctypes.util
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CHAT, Bench, Suite  # noqa: E402
from meter import ROOT, Meter  # noqa: E402
from pace import Pace  # noqa: E402
from sim import Provider  # noqa: E402

FUNCTIONS = ("SSL_write", "SSL_read", "SSL_write_ex", "SSL_read_ex")
BREAKPOINT = 0xCC  # x86's int3
NOTICED_S = 5.0  # by when a bystander that was seen runs at full speed
SET_S = 30.0  # by when it has its probes, whatever else goes on: they are taken away after two
SLEEPERS = 100
FIRST, WAITING = 64, 10  # bystander.h's BYSTANDER_FIRST, and more
# Few hosts are nearer to their provider than 5 ms there and back: half of that. A machine that is busy
# with others may be given more.
FAR_S = (0.0025, 0.01, 0.04)


def offsets_of(library):
    """Where the functions lie in the library, by name."""
    table = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    at = {name.split("@")[0]: int(address, 16)
          for address, _, name in (line.split() for line in table.splitlines())}
    return {name: at[name] for name in FUNCTIONS}


class Probed:
    """Which of a process's TLS functions begin with a breakpoint."""
    offsets: dict[str, dict] = {}

    def __init__(self, pid):
        self.pid = pid
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            if found := re.match(r"([0-9a-f]+)-\S+ \S+ 00000000 .*?(/\S*libssl\S*)$", line):
                self.base, self.library = int(found[1], 16), found[2]
                break
        else:
            raise LookupError(f"process {pid} maps no libssl")
        if self.library not in self.offsets:
            self.offsets[self.library] = offsets_of(self.library)

    def functions(self):
        with open(f"/proc/{self.pid}/mem", "rb") as memory:
            found = []
            for name, offset in self.offsets[self.library].items():
                memory.seek(self.base + offset)
                if memory.read(1)[0] == BREAKPOINT:
                    found.append(name)
        return found


class Herd:
    """clients/bystander.py, with its server and children."""

    def __init__(self, b, count):
        self.process = b.start(
            b.client("bystander.py", b.sim.folder / "ca/server.pem", b.sim.folder / "ca/server.key",
                     count), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"SIM_TEST": b.name})
        words = [self.process.stdout.readline().split() for _ in range(count + 1)]
        self.pids = [int(pid) for _, pid in words]
        self.server, self.children = self.pids[0], self.pids[1:]
        b.started.update(self.pids)

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().startswith("done")

    def probed(self):
        return {pid: found for pid in self.pids if (found := Probed(pid).functions())}

    def let_go(self, seconds=NOTICED_S):
        """What is still probed when that time, and what the machine kept of it, is over; {}: nothing."""
        begun = time.monotonic()
        with Pace() as pace:
            while (left := self.probed()) and time.monotonic() - begun < seconds + pace.lost:
                time.sleep(0.1)
        return left

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(120)


class Proxy:
    """An HTTP proxy that knows CONNECT, with all but it FAR_S[0] away."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def serve(client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        host, port = head.split()[1].decode().rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def pump(a, b):
            try:
                while data := a.recv(65536):
                    time.sleep(FAR_S[0])
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Far:
    """The provider as from another town: what comes or goes takes so many seconds."""

    def __init__(self, port, seconds=FAR_S[0]):
        self.to, self.seconds = port, seconds
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def serve(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                await asyncio.sleep(self.seconds)
                writer.write(data)
        except OSError:
            pass
        writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def bystanders_lose_their_probes(sim):
    """Those that run when the meter starts, and those that start later."""
    b = Bench(sim, None, "bystanders")
    with Herd(b, 4) as older:
        with Meter() as b.meter:
            if not until(older.probed, SET_S):
                return "no process was looked at in the first place"
            if left := older.let_go():
                return f"probed after {NOTICED_S} s: {left}"
            with Herd(b, 4) as newer:
                if not until(newer.probed, SET_S):
                    return "no new process was looked at"
                if left := newer.let_go():
                    return f"new ones probed after {NOTICED_S} s: {left}"
            if left := older.probed():
                return f"probed again: {left}"
            meter = b.meter
    said = "".join(meter.said)
    return "" if "not looked at in the end" in said else f"it does not say so: {said}"


def first_calls(b, herd, port, way):
    """Each child's first LLM call ever, to whom it never connected to. The rows of them."""
    for i in range(SLEEPERS):
        herd.tell("call", port, i)
        time.sleep(0.02)
    rows = b.rows(SLEEPERS)
    print(f"  {way}: {len(rows)} of {SLEEPERS} first calls of processes that were asleep")
    return rows


def doctor_says(word):
    """Within a minute: libraries come to have common probes once a second."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if word in subprocess.run([ROOT / "build/wiretally", "doctor", "--json"], timeout=120,
                                  check=False, stdout=subprocess.PIPE, text=True).stdout:
            return True
        time.sleep(1)
    return False


def sleepers_begin_to_call(sim):
    """Their first calls are seen, 99 of 100, by a provider as near as this machine can do."""
    for seconds in FAR_S:
        why, enough = sleepers_begin(sim, seconds)
        if enough:
            return why
    return why


def sleepers_begin(sim, seconds):
    """What is wrong; and False, if it is only that too many first calls were missed, and told as late."""
    with Meter() as meter, Far(sim.port, seconds) as far:
        b = Bench(sim, meter, f"sleepers {seconds}")
        with Herd(b, SLEEPERS) as herd:
            if left := herd.let_go(60):
                return f"{len(left)} were not let go", True
            rows = first_calls(b, herd, far.port, f"{seconds * 2000:.0f} ms away")
            if len(rows) < SLEEPERS * 99 // 100:
                meter.stop()
                return (f"{len(rows)} rows for {SLEEPERS} calls, {late(meter)} told as late",
                        len(rows) + late(meter) < SLEEPERS * 99 // 100)
            seen = {r["gen_ai"]["response"]["id"] for r in rows}
            if why := compare.all_equal(
                    [t for t in sim.truth(b.name) if t["response_id"] in seen], rows):
                return why, True
            time.sleep(NOTICED_S)
            kept = herd.probed()
            missing = [pid for pid in herd.children if pid not in kept]
            if len(missing) > 1:
                return f"callers lost their probes: {missing}", True
            # So many clients have one set of probes in common (wide.h), those that begin now, too.
            b.run(*[b.curl("/v1/chat/completions", CHAT)] * 3)
            if not doctor_says("shared_probes"):
                return "doctor does not say that all users of the library pay", True
        # Those that are left have their own again.
        b.run(*[b.curl("/v1/chat/completions", CHAT)] * 3)
        if len(more := b.rows(len(rows) + 6)) != len(rows) + 6:
            return f"{len(more) - len(rows)} rows for the 6 calls of others", True
        meter.stop()
    said = "".join(meter.said)
    return "" if re.search(r"^\s+wide\s+\d+", said, re.M) else f"it does not say so: {said}", True


def late(meter):
    """Whose probes came late, as it says at its end."""
    return sum(int(line.split()[1]) for line in meter.said if "process_late" in line)


def sleepers_that_are_quicker(sim):
    """On a busy machine a client on loopback can be quicker than its probes: then that is said."""
    with Meter() as meter:
        b = Bench(sim, meter, "quick_sleepers")
        with Herd(b, SLEEPERS) as herd:
            if left := herd.let_go(60):
                return f"{len(left)} were not let go"
            rows = first_calls(b, herd, sim.port, "on loopback")
    print(f"  probes of {late(meter)} came late")
    return "" if len(rows) + late(meter) >= SLEEPERS * 95 // 100 else \
        f"{len(rows)} rows, {late(meter)} told as late"


def those_that_were_there_before(sim):
    """Of many idle ones only some are looked at from the start; the others are woken."""
    b = Bench(sim, None, "before")
    library = ctypes.util.find_library("ssl")
    idle = [b.start(["sleep", "600"], env={"LD_PRELOAD": library}) for _ in range(FIRST)]
    waiting = [b.start(b.client("one_connection.py", "waiting", 2), text=True,
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(WAITING)]
    try:
        for process in waiting:
            process.stdout.readline()
        with Meter() as b.meter, Far(sim.port) as far:
            asleep = sum(not is_probed(process.pid) for process in waiting)
            for process in waiting:
                print(f"https://127.0.0.1:{far.port}", file=process.stdin, flush=True)
                time.sleep(0.02)
            rows = len(b.rows(2 * WAITING))
        print(f"  {asleep} of {WAITING} slept from the start: {rows} of {2 * WAITING} calls, "
              f"probes of {late(b.meter)} came late")
        # One of a hundred may be late; on a machine that is busy with others, those that are told.
        good = asleep and rows >= WAITING and rows + 2 * late(b.meter) >= 2 * WAITING - 1
        return "" if good else f"{asleep} slept, {rows} rows, {late(b.meter)} told as late"
    finally:
        for process in idle + waiting:
            process.kill()
            process.wait()


def a_call_through_a_known_proxy(sim):
    """It knows the proxy; that others make LLM calls through it is what wakes it."""
    with Proxy() as proxy, Meter() as meter:
        b = Bench(sim, meter, "known_proxy")
        with Herd(b, 2) as herd:
            herd.tell("plain", sim.port, proxy.port, 0)
            if left := herd.let_go(60):
                return f"not let go: {left}"
            herd.tell("proxy", sim.port, proxy.port, 1)
            if why := b.equal(1):
                return "the first caller through the proxy: " + why
            herd.tell("proxy", sim.port, proxy.port, 0)
            return b.equal(2)


def until(condition, seconds):
    """Whether it came true."""
    end = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return true


def is_probed(pid):
    with contextlib.suppress(LookupError):  # it does not map the library yet
        return bool(Probed(pid).functions())
    return False


def a_call_over_a_connection_that_is_held(sim):
    """No connect tells that it begins to call: it is looked at again by chance."""
    with Meter("--look-again", "30") as meter:
        b = Bench(sim, meter, "held")
        process = b.start(b.client("one_connection.py", "later", 240), stdin=subprocess.PIPE)
        try:
            if not until(lambda: is_probed(process.pid), SET_S):
                return "it was not looked at in the first place"
            if not until(lambda: not is_probed(process.pid), 60):
                return "it was not let go"
            process.stdin.write(b"call\n")
            process.stdin.flush()
            return "" if b.rows(1, 180) else "never found"
        finally:
            process.kill()
            process.wait()


def nobody_is_let_go_on_request(sim):
    b = Bench(sim, None, "always")
    with Herd(b, 2) as herd, Meter("--look-again", "0"):
        until(lambda: len(herd.probed()) == 3, SET_S)
        time.sleep(NOTICED_S)
        kept = herd.probed()
        return "" if len(kept) == 3 else f"probed: {kept} of {herd.pids}"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        sim.folder = Path(folder)
        Meter.only = sim.run
        for run in (bystanders_lose_their_probes, sleepers_begin_to_call, sleepers_that_are_quicker,
                    those_that_were_there_before, a_call_through_a_known_proxy,
                    a_call_over_a_connection_that_is_held,
                    nobody_is_let_go_on_request):
            suite.run(run.__name__, run, sim)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
