#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A month of GPUs in a ledger: what `wiretally gpu` says of it, against the same worked out here.

Three GPUs, a server on each: one is busy by day, one at night, one hardly ever; three more that are busy
all the time with a server of three replicas. Every figure of the advice (means, percentiles, plans, gaps, base sizes, dollars) has to be equal, to the nano-dollar.
"""
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from fractions import Fraction
from math import ceil
from pathlib import Path

MINUTE_NS = 60 * 10**9
DAYS = 30
FIRST = 29_000_000  # minutes since the epoch
HOUR_NANO = 2_950_000_001
SPOT_NANO = 1_200_000_000
KWH_NANO, MINUTE_UJ = 213_000_001, 24_012_345_678  # 400 W
GB = 1 << 30
SERVERS = {"day": 21 * GB, "night": 34 * GB, "rare": 12 * GB}
BATCH, BATCH_MS, BATCH_GPUS = 70 * GB, 55_000, 3
LOAD_NS = 95 * 10**9

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE calls (id TEXT, end_ns INTEGER, duration_ns INTEGER, nano_usd INTEGER, served_model TEXT,
 requested_model TEXT, via TEXT, input INTEGER, cache_read INTEGER, output INTEGER, gpu_ns INTEGER,
 gpu_nano INTEGER, load_ns INTEGER);
CREATE TABLE gpus (id INTEGER PRIMARY KEY, device TEXT UNIQUE, parent TEXT, name TEXT, memory_bytes INTEGER);
CREATE TABLE gpu_minutes (at INTEGER, gpu INTEGER, ns INTEGER, known_ns INTEGER, busy_ns INTEGER, metric TEXT,
 sm_ms INTEGER, sm_ppm_ms INTEGER, dram_ms INTEGER, dram_ppm_ms INTEGER, memory_bytes INTEGER,
 energy_uj INTEGER, energy_ns INTEGER, priced_ns INTEGER, hour_nano INTEGER, nano_usd INTEGER, losses INTEGER,
 PRIMARY KEY (at, gpu)) WITHOUT ROWID;
CREATE TABLE gpu_uses (at INTEGER, gpu INTEGER, kind TEXT, service TEXT, label TEXT, ns INTEGER,
 nano_usd INTEGER, prefill INTEGER, decode INTEGER, memory_bytes INTEGER,
 PRIMARY KEY (at, gpu, kind, service, label)) WITHOUT ROWID;
"""


def busy_ms(server, minute, rnd):
    hour = minute // 60 % 24
    if server == "rare":
        return rnd.randrange(20_000, 50_000) if rnd.random() < 0.02 else 0
    by_day = 8 <= hour < 20
    if by_day == (server == "day"):
        return rnd.randrange(22_000, 46_000)
    return rnd.randrange(0, 3_000) if rnd.random() < 0.3 else 0


def write(path):
    """The ledger, and each server's minutes as they are in it."""
    rnd = random.Random(7)
    series = {s: [busy_ms(s, m, rnd) for m in range(DAYS * 1440)] for s in SERVERS}
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + SCHEMA)
    minutes, uses = [], []
    for gpu, (server, memory) in enumerate(SERVERS.items(), 1):
        db.execute("INSERT INTO gpus VALUES (?,?,'','NVIDIA H100 80GB HBM3',?)", (gpu, f"GPU-{gpu}", 80 * GB))
        paid = 0
        for m, ms in enumerate(series[server]):
            nano = HOUR_NANO * (m + 1) // 60 - HOUR_NANO * m // 60
            busy = nano * ms // 60_000
            paid += nano
            minutes.append((FIRST + m, gpu, MINUTE_NS, MINUTE_NS, ms * 10**6, "gpm_graphics_util", 60_000,
                            60_000 * 180_000, 0, 0, memory, MINUTE_UJ, MINUTE_NS, MINUTE_NS, HOUR_NANO, nano, 0))
            if ms:
                uses.append((FIRST + m, gpu, "requests", server, "good", ms * 10**6, busy, ms, ms // 10, None))
            uses.append((FIRST + m, gpu, "held", server, "", (60_000 - ms) * 10**6, nano - busy, 0, 0, memory))
        assert paid == HOUR_NANO * 24 * DAYS
    for gpu in range(4, 4 + BATCH_GPUS):
        db.execute("INSERT INTO gpus VALUES (?,?,'','NVIDIA H100 80GB HBM3',?)", (gpu, f"GPU-{gpu}", 80 * GB))
        for m in range(DAYS * 1440):
            minutes.append((FIRST + m, gpu, MINUTE_NS, MINUTE_NS, BATCH_MS * 10**6, "gpm_graphics_util", 60_000,
                            60_000 * 600_000, 0, 0, BATCH, 0, 0, MINUTE_NS, HOUR_NANO, 0, 0))
            uses.append((FIRST + m, gpu, "unattributed", "batch", "exact", BATCH_MS * 10**6, 0, 0, 0, None))
        uses.append((FIRST, gpu, "held", "batch", "", (60_000 - BATCH_MS) * 10**6, 0, 0, 0, BATCH))
    db.executemany("INSERT INTO gpu_minutes VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", minutes)
    db.executemany("INSERT INTO gpu_uses VALUES (?,?,?,?,?,?,?,?,?,?)", uses)
    for server in SERVERS:
        db.execute("INSERT INTO calls VALUES (?,?,?,NULL,'qwen','qwen',?,900000,100000,50000,?,?,?)",
                   (server, (FIRST + 5) * MINUTE_NS, 4 * 10**9, server, 10**12, 7 * 10**9,
                    LOAD_NS if server != "night" else None))
    db.commit()
    db.close()
    return series


def p95(values):
    return sorted(values)[ceil(len(values) * 95 / 100) - 1]


def pack(series):
    """First fit, the largest memory first; by the sum of the series."""
    bins = [{"busy": [BATCH_MS] * DAYS * 1440, "memory": BATCH + BATCH // 100 * 5, "servers": ["batch"]}
            for _ in range(BATCH_GPUS)]
    for server in sorted(SERVERS, key=lambda s: -SERVERS[s]):
        need = SERVERS[server] + SERVERS[server] // 100 * 5
        for b in bins:
            together = [x + y for x, y in zip(b["busy"], series[server])]
            if b["memory"] + need <= 80 * GB and p95(together) <= 48_000:
                b["busy"], b["memory"] = together, b["memory"] + need
                b["servers"].append(server)
                break
        else:
            bins.append({"busy": series[server], "memory": need, "servers": [server]})
    return [b["servers"] for b in bins]


def gaps(values):
    found, run = [], 0
    for v in values + [1]:
        if v:
            found += [run] if run else []
            run = 0
        else:
            run += 1
    return found


def hybrid(series, percent):
    together = [sum(each) + BATCH_GPUS * BATCH_MS for each in zip(*series.values())]
    mean = Fraction(sum(together), len(together) * 60_000)
    base = max(1, int(mean * percent / 100 + Fraction(1, 2)))
    burst_ms = sum(max(0, t - base * 60_000) for t in together)
    return {"gpus": 3 + BATCH_GPUS, "minutes": len(together), "percent": percent, "mean_milli_gpus": int(mean * 1000),
            "base_gpus": base, "burst_ms": burst_ms,
            "base_nano_usd": base * len(together) * HOUR_NANO // 60,
            "burst_nano_usd": burst_ms * SPOT_NANO // 3_600_000}


def equal(what, got, want):
    wrong = {k: (got.get(k), v) for k, v in want.items() if got.get(k) != v}
    if wrong:
        sys.exit(f"FAIL {what}: (got, expected) {wrong}")


def check(rows, series):
    advice = [r for r in rows if r["kind"] == "advice"]

    def of(name, **match):
        found = [a for a in advice if a["advice"] == name and all(a.get(k) == v for k, v in match.items())]
        if len(found) != 1:
            sys.exit(f"FAIL {name} {match}: {len(found)} of it")
        return found[0]

    for gpu, server in enumerate(SERVERS, 1):
        device = [r for r in rows if r["kind"] == "device" and r["device"] == f"GPU-{gpu}"][0]
        parts = device["parts"]
        equal("device", device, {"nano_usd": HOUR_NANO * 24 * DAYS, "busy_ns": sum(series[server]) * 10**6,
                                 "sm_ppm": 180_000, "used_bytes": SERVERS[server],
                                 "energy_uj": MINUTE_UJ * 1440 * DAYS,
                                 "energy_nano_usd": MINUTE_UJ * 1440 * DAYS * KWH_NANO // (3_600_000 * 10**6)})
        if sum(p["nano_usd"] for p in parts.values()) != device["nano_usd"]:
            sys.exit("FAIL the parts are not the whole")
        equal("underused", of("underused", device=f"GPU-{gpu}"),
              {"mean_percent": sum(series[server]) * 100 // (len(series[server]) * 60_000),
               "p95_percent": p95(series[server]) // 600, "metric": "gpm_graphics_util", "held_by": server,
               "wasted_nano_usd": parts["held"]["nano_usd"]})
        found = gaps(series[server])
        want = {"gaps": len(found), "mean_gap_ms": sum(found) * 60_000 // len(found)}
        if server == "night":
            continue  # how long it loads is not known, and its gaps are short
        saved = sum(g * 60_000 - LOAD_NS // 10**6 for g in found if g * 60_000 > LOAD_NS // 10**6)
        equal("scale_to_zero", of("scale_to_zero", service=server),
              want | {"saved_ms": saved, "break_even_gap_ms": LOAD_NS // 10**6,
                      "saved_nano_usd": saved * HOUR_NANO // 3_600_000})
        equal("spot", of("spot", service=server), {"replicas": 1, "longest_ns": 4 * 10**9})
        again = Fraction(LOAD_NS, 10**9) + Fraction(4, 2)
        lost = Fraction(1, 2) / 24 * again / 3600 * SPOT_NANO
        if abs(of("spot", service=server)["saved_hour_nano_usd"] - (HOUR_NANO - SPOT_NANO - lost)) > 2:
            sys.exit("FAIL spot")
    equal("spot", of("spot", service="night"), {"missing": "how long loading takes"})
    plan = of("consolidate")
    servers = [[p["service"] for p in gpu] for gpu in plan["gpus"]]
    if servers != pack(series):
        sys.exit(f"FAIL consolidate: {servers}, expected {pack(series)}")
    equal("consolidate", plan, {"gpus_in_use": 3 + BATCH_GPUS, "gpus_needed": len(servers),
                                "saved_hour_nano_usd": HOUR_NANO * (3 + BATCH_GPUS - len(servers))})
    for percent in (70, 75, 80):
        equal("hybrid", of("hybrid", percent=percent), hybrid(series, percent))
    for server in SERVERS:
        model = [r for r in rows if r["kind"] == "model" and r["service"] == server][0]
        service = [r for r in rows if r["kind"] == "service" and r["service"] == server][0]["parts"]
        busy, held = service["requests"]["nano_usd"], service["held"]["nano_usd"]
        loaded = 7 * 10**9 * (busy + held) // busy
        api = 900_000 * 150 + 100_000 * 75 + 50_000 * 600  # gpt-4o-mini, nano-dollars a token
        equal("model", model, {"loaded_nano_usd": loaded, "loaded_nano_usd_per_million": loaded * 10**6 // 1_050_000,
                               "api_nano_usd": api, "break_even_tokens_per_hour": HOUR_NANO * 1_050_000 // api})
    return len(advice)


def check_minutes(command, series):
    """Each minute of a device has the dollars of its price, its services have what it is busy."""
    out = subprocess.run(command + ["minutes", "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    nano, busy = {}, {}
    for m in map(json.loads, out.splitlines()):
        key = (m["kind"], m["device"])
        nano[key] = nano.get(key, 0) + m["busy_nano_usd"] + m["idle_nano_usd"]
        busy.setdefault(key, []).append(m["busy_ns"])
    for gpu, server in enumerate(SERVERS, 1):
        for kind in ("minute", "service_minute"):
            if nano[kind, f"GPU-{gpu}"] != HOUR_NANO * 24 * DAYS:
                sys.exit(f"FAIL {kind} of GPU-{gpu}: {nano[kind, f'GPU-{gpu}']} nano-dollars")
            if busy[kind, f"GPU-{gpu}"] != [ms * 10**6 for ms in series[server]]:
                sys.exit(f"FAIL {kind} of GPU-{gpu}: busy otherwise than it was")


def main():
    with tempfile.TemporaryDirectory() as folder:
        ledger, config = Path(folder, "ledger.db"), Path(folder, "config.yaml")
        series = write(ledger)
        config.write_text('gpu-prices:\n  - {gpu: "*H100*", usd-per-hour: 2.950000001, kind: reserved,\n'
                          "     spot-usd-per-hour: 1.2, interruptions-per-day: 0.5, usd-per-kwh: 0.213000001}\n")
        command = [sys.argv[1], "gpu", "--since", "all", "-l", ledger, "-c", config,
                   "--against", "openai/gpt-4o-mini"]
        out = subprocess.run(command + ["--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
        count = check([json.loads(line) for line in out.splitlines()], series)
        check_minutes(command, series)
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        for word in ("held", "kWh at $0.213", "gpm_graphics_util", "consolidate", "hybrid", "MODEL SERVED HERE"):
            if word not in text:
                sys.exit(f"FAIL {word} is not in the text:\n{text}")
        if "-v" in sys.argv:
            print(text)
    print(f"{count} advices of a month of GPUs are equal; 1 passed, 0 failed")


if __name__ == "__main__":
    main()
