# SPDX-License-Identifier: BSD-2-Clause
"""What open streams and the ring take of memory."""
import re
import subprocess
from pathlib import Path

from aim import most
from loops import BUILT, TlsLoop, told
from meter import Meter

MIB = 1 << 20
STREAMS, SMOKE_STREAMS = 10000, 100
AIM_ANON, AIM_RING = 32, 16  # MiB

HTTP2_EACH = 100

# (name, bytes of a request, content coding)
KINDS = (("4 KiB requests", 4096, "identity"), ("64 KiB requests", 65536, "identity"),
         ("gzip", 4096, "gzip"))


def meter_of(keeper):
    found = subprocess.run(["ps", "--ppid", str(keeper), "-o", "pid="], stdout=subprocess.PIPE,
                           text=True, check=True).stdout.split()
    return [int(p) for p in found]


def mapped_ring(pid):
    """(resident, proportional) bytes of the ring's mapping: it is mapped twice in a row."""
    rss = pss = 0
    ours = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
            ours = "bpf-map" in line
        elif ours and line.startswith("Rss:"):
            rss += int(line.split()[1]) << 10
        elif ours and line.startswith("Pss:"):
            pss += int(line.split()[1]) << 10
    return rss, pss


def http2(smoke):
    """More streams than fit: those of the connections that were silent for longest are let go."""
    conns = SMOKE_STREAMS if smoke else STREAMS
    got = told(BUILT / "http2_streams", conns, HTTP2_EACH)
    opened, per = conns * HTTP2_EACH, (got["rss_anon"] - got["rss_anon_before"]) // got["open"]
    if got["entries"] != opened:
        return f"{opened} streams opened: {got}"
    if not smoke:
        print(f"Memory, {conns} connections of {HTTP2_EACH} streams each: {got['open']} followed, "
              f"RssAnon {got['rss_anon'] / MIB:.1f} MiB ({per} bytes a stream)")
    return ""


def measure(folder, smoke):
    count = SMOKE_STREAMS if smoke else STREAMS
    for name, request, coding in KINDS:
        got = told(BUILT / "streams", count, request, coding)
        if got["entries"] + got["let_go"] < count or (coding == "identity" and got["let_go"]):
            return f"{name}: {got}"
        if not smoke:
            mib = got["rss_anon"] / MIB
            # A window is as large as what it was written with: that is the answers' doing.
            verdict = (most(round(mib, 1), AIM_ANON) if coding == "identity"
                       else f"{got['let_go']} let go, counted")
            print(f"Memory, {count} open streams, {name}: RssAnon {mib:.1f} MiB "
                  f"({(got['rss_anon'] - got['rss_anon_before']) // got['entries']} bytes a stream), "
                  f"{verdict}")
    if why := http2(smoke):
        return why
    with TlsLoop(folder) as loop, Meter("-p", str(loop.pid)) as meter:
        loop("calls", 131072, 3 if smoke else 2000)
        sizes = [mapped_ring(pid) for pid in meter_of(meter.process.pid)]
    rss, pss = max(sizes, default=(0, 0))
    if not rss:
        return "no process has the ring mapped"
    if not smoke:
        print(f"Memory, ring: {pss / MIB:.1f} MiB in use, {rss / MIB:.1f} MiB counted in RSS since "
              f"it is mapped twice in a row, {most(round(pss / MIB, 1), AIM_RING)}")
    return ""
