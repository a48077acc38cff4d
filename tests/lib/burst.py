# SPDX-License-Identifier: BSD-2-Clause
"""Bursts of calls as fast as two CPUs can make them: what is read, and what is counted as lost."""
import json
import os
import re
import subprocess
import time
from pathlib import Path

from known import CANNOT_TELL
from meter import ROOT, Meter

CLIENT = ROOT / "tests/live/clients/burst.c"

# The ring holds this much of the fastest burst. A thread that is kept off its CPU for longer, or a
# machine whose CPUs the host takes, is nothing that any program could make up for.
RING_MS = 16
TRIES = 4


def stolen_ms():
    """In which the CPUs wanted to run, and the host did not let them."""
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[8]) * 1000 // os.sysconf("SC_CLK_TCK")


def kept_waiting_ms(meter):
    """For how long the thread that takes records from the ring has wanted to run, and did not."""
    waited = 0
    for task in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            if (task / "comm").read_text() == "wiretally-drain\n" and \
                    os.getsid(int(task.parts[2])) == meter.process.pid:
                waited += int((task / "schedstat").read_text(encoding="ascii").split()[1])
        except OSError:
            pass  # it ended just now
    return waited / 1e6


def burst(sim, folder, threads, exchanges, size, *meter_args):
    """A burst in one process; (what passed, what the meter counted, its rows)."""
    program = folder / "burst"
    if not program.exists():
        subprocess.run(["gcc", "-O2", "-o", program, CLIENT, "-lssl", "-lcrypto",
                        "-lpthread"], check=True)
    ca = Path(sim.ca).parent
    client = subprocess.Popen([program, *map(str, (threads, exchanges, size)), ca / "server.pem",
                               ca / "server.key"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    client.stdout.readline()
    # What is promised is for two cores: more would be more than one meter can read.
    os.sched_setaffinity(client.pid, sorted(os.sched_getaffinity(client.pid))[:2])
    with Meter("-p", str(client.pid), *meter_args, only="") as meter:
        before = kept_waiting_ms(meter), stolen_ms()
        out, _ = client.communicate("go\n", timeout=120)
        time.sleep(1)
        withheld = {"kept_waiting_ms": round(kept_waiting_ms(meter) - before[0], 1),
                    "stolen_ms": stolen_ms() - before[1]}
        meter.stop()
        line = next(l for l in meter.said if l.startswith("TLS:"))
        calls, read, ignored, full, fault, capped, over = map(int, re.findall(r"\d+", line))
        why = [l.strip() for l in meter.said if l.startswith("the ring was full")]
        return json.loads(out), {"calls": calls, "read": read, "ignored": ignored, "lost":
                                 full + fault + capped, "over": over, **withheld, "why": why}, \
            meter.rows


def excused(seen):
    """Bytes were lost while the machine gave the thread less time than the ring can hold."""
    return seen["kept_waiting_ms"] > RING_MS or seen["stolen_ms"] > RING_MS


def burst_loses_nothing(sim, folder):
    """75,000 TLS calls of LLM requests and streams: every byte, every token, one and four threads."""
    name = "burst_loses_nothing"
    said = []
    for threads, exchanges, size in ((1, 12500, 64), (4, 3125, 64), (1, 3000, 16384),
                                     (4, 750, 16384), (2, 400, 131072)):
        for _ in range(TRIES):
            truth, seen, rows = burst(sim, folder, threads, exchanges, size)
            told = f"{threads} threads, {size} B: {truth} but {seen}; {os.cpu_count()} CPUs"
            if seen["read"] + seen["ignored"] + seen["lost"] != truth["bytes"]:
                return name, told
            if not seen["lost"] or not excused(seen):
                break
            print(f"  again: {told}", flush=True)
        if seen["lost"]:
            return name, (CANNOT_TELL if excused(seen) else "") + told
        said.append(f"{truth['tls_calls']} calls x {size} B")
        tokens = [sum(r["wiretally"]["tokens"][k] for r in rows) for k in ("input", "output")]
        if len(rows) != truth["exchanges"] or tokens != [truth["input"], truth["output"]]:
            return name, f"{len(rows)} rows, tokens {tokens}: {truth}"
        if not all(r["wiretally"]["complete"] for r in rows):
            return name, "a row is not complete"
    print("  " + ", ".join(said) + ": 0 bytes lost")
    return name, ""


def burst_in_a_small_ring(sim, folder):
    """A ring of 64 KiB loses, and every byte of it is accounted for; no row lies."""
    name = "burst_in_a_small_ring"
    lost = 0
    # Pieces of 16 KiB mostly find room; those of 64 KiB, of the larger calls, have none.
    for threads, exchanges, size in ((4, 750, 16384), (1, 100, 131072)):
        truth, seen, rows = burst(sim, folder, threads, exchanges, size, "--ring-bytes", "65536")
        if seen["read"] + seen["ignored"] + seen["lost"] != truth["bytes"] or seen["over"]:
            return name, f"{truth} but {seen}"
        lost += seen["lost"]
        whole = [r for r in rows if r["wiretally"]["complete"]]
        if any(not r["wiretally"].get("tokens", {}).get("input") for r in whole):
            return name, "a row is called complete without its figures"
        if len({r["event"]["id"] for r in rows}) != len(rows) or len(rows) > truth["exchanges"]:
            return name, "a call was told twice"
        print(f"  {seen['lost']} of {truth['bytes']} bytes lost, all counted; {len(whole)} of "
              f"{truth['exchanges']} calls whole")
    return name, "" if lost else "nothing was lost: the test does not test"
