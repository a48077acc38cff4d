#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A month's statement, over a ledger whose money is known.  tests/statement.py WIRETALLY"""
import json
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from bill_shapes import DAY0, MTOK, World

MODELS = ["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"]


GPU_HOUR = 2_490_000_000  # nano-dollars
GPU_TABLES = """
CREATE TABLE gpus (id INTEGER PRIMARY KEY, device TEXT UNIQUE, parent TEXT, name TEXT, memory_bytes INTEGER);
CREATE TABLE gpu_minutes (at INTEGER, gpu INTEGER, ns INTEGER, known_ns INTEGER, busy_ns INTEGER, metric TEXT,
 sm_ms INTEGER, sm_ppm_ms INTEGER, dram_ms INTEGER, dram_ppm_ms INTEGER, memory_bytes INTEGER,
 energy_uj INTEGER, energy_ns INTEGER, priced_ns INTEGER, hour_nano INTEGER, nano_usd INTEGER, losses INTEGER,
 PRIMARY KEY (at, gpu)) WITHOUT ROWID;
CREATE TABLE gpu_uses (at INTEGER, gpu INTEGER, kind TEXT, service TEXT, label TEXT, ns INTEGER,
 nano_usd INTEGER, prefill INTEGER, decode INTEGER, memory_bytes INTEGER,
 PRIMARY KEY (at, gpu, kind, service, label)) WITHOUT ROWID;
"""


def add_gpus(path, minutes):
    """Two GPUs with a price, one without; a quarter of each minute is a call's, the rest is held."""
    db = sqlite3.connect(path)
    db.executescript(GPU_TABLES)
    first = int(DAY0.timestamp()) // 60
    for gpu in (1, 2, 3):
        db.execute("INSERT INTO gpus VALUES (?, ?, '', ?, 1)", (gpu, f"GPU-{gpu}",
                   "NVIDIA H100 80GB HBM3" if gpu < 3 else "NVIDIA L4"))
        price = GPU_HOUR if gpu < 3 else None
        for at in range(first, first + minutes):
            cost = GPU_HOUR // 60 if price else 0
            db.execute("INSERT INTO gpu_minutes VALUES (?,?,60000000000,60000000000,15000000000,'x',0,0,0,0,0,"
                       "0,0,?,?,?,0)", (at, gpu, 60 * 10**9 if price else 0, price, cost))
            for kind, part in (("requests", 1), ("held", 3)):
                db.execute("INSERT INTO gpu_uses VALUES (?,?,?,'s','exact',?,?,0,0,0)",
                           (at, gpu, kind, part * 15 * 10**9, cost * part // 4))
    db.commit()
    db.close()


class Test:
    def __init__(self, wiretally):
        self.wiretally, self.passed, self.failed = wiretally, 0, 0
        self.dir = Path(tempfile.mkdtemp(prefix="wt-statement-"))
        (self.dir / "empty.yaml").touch()

    def check(self, name, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name}: {got}, expected {want}")

    def run(self, *args, zone="UTC"):
        return subprocess.run([self.wiretally, "statement", "-l", self.dir / "ledger.db", "-c",
                               self.dir / "empty.yaml", "--time-zone", zone, *args],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def json(self, *args, zone="UTC"):
        run = self.run("--json", *args, zone=zone)
        return json.loads(run.stdout) if run.returncode == 0 else {"error": run.stderr}


def main():
    t = Test(sys.argv[1])
    world = World(21, "openai", MODELS, others=0)
    for c in world.calls[:30]:
        c["guess"] = c["tokens"]
    world.ledger(t.dir / "ledger.db")
    db = sqlite3.connect(t.dir / "ledger.db")
    at = (int(DAY0.timestamp()) + 3600) * 10**9
    row = "INSERT INTO calls VALUES (NULL,?,10,?,?,?,'','','default','ok',?,?,?,?,0,0,?)"
    db.execute(row, (at, "local", "llama", "llama", "unknown", "reported", None, 9000, 1000))
    db.execute(row, (at, "acme", "odd", "odd", "unknown", "none", None, None, None))
    db.execute(row, (at - 86400 * 10**9 * 40, "openai", "old", "old", "computed", "reported", 77, 1, 1))
    db.commit()
    db.close()
    spent = sum(sum(n * p for n, p in zip(c["tokens"], MTOK[c["model"]])) for c in world.calls)
    guessed = sum(sum(n * p for n, p in zip(c["tokens"], MTOK[c["model"]])) for c in world.calls[:30])

    s = t.json("--month", "2026-11", "--reserved", "h100=8x2.49/h,ptu=100x260/month")
    variable, passed = s["variable"], s["passed_s"]
    t.check("what was called", variable["nano_usd"], spent)
    t.check("by model", sum(m["nano_usd"] for m in s["models"]), spent)
    t.check("estimated", variable["estimated_nano_usd"], guessed)
    t.check("unknown", (variable["unpriced"], variable["calls"]), (1, 401))
    t.check("models of this host", (s["own_models"]["calls"], s["own_models"]["input"]), (1, 9000))
    t.check("a whole month", s["fixed_month_nano_usd"], 8 * 2490000000 * 720 + 100 * 260 * 10**9)
    t.check("so far", s["fixed_nano_usd"], 8 * 2490000000 * passed // 3600 +
            100 * 260 * 10**9 * passed // s["month_s"])
    t.check("both", s["total_nano_usd"], s["fixed_nano_usd"] + spent)
    tokens = sum(sum(c["tokens"]) for c in world.calls)
    million = spent * 10**6 // tokens
    t.check("a million tokens", s["nano_usd_per_million_tokens"], million)
    t.check("break-even", s["break_even_tokens_per_month"], s["fixed_month_nano_usd"] * 10**6 // million)

    s = t.json("--month", "2026-11", "--reserved", "h100=1x1/h", "--against", "openai/gpt-4o-mini",
               "--price", "model=gpt-4o-mini,input=1,cache_read=1,output=11")
    t.check("a million of own tokens elsewhere", s["nano_usd_per_million_tokens"], 2 * 10**9)
    t.check("break-even there", s["break_even_tokens_per_month"], 360 * 10**6)
    s = t.json("--month", "2026-09", "--reserved", "h100=1x1/h")
    t.check("a month that is over", (s["fixed_nano_usd"], s["variable"]["nano_usd"]), (720 * 10**9, 77))
    s = t.json("--month", "2026-03", "--reserved", "h100=1x1/h", zone="Europe/Berlin")
    t.check("a month of summer time", s["fixed_nano_usd"], 743 * 10**9)
    s = t.json("--month", "2199-01", "--reserved", "h100=1x1/h")
    t.check("a month to come", (s["fixed_nano_usd"], s["passed_s"]), (0, 0))
    s = t.json("--month", "2026-11")
    t.check("nothing is fixed", ("break_even_tokens_per_month" in s, s["fixed_nano_usd"]), (False, 0))

    add_gpus(t.dir / "ledger.db", 90)
    s = t.json("--month", "2026-11")
    gpus = {g["name"]: g for g in s["gpus"]}
    h100, l4 = gpus["NVIDIA H100 80GB HBM3"], gpus["NVIDIA L4"]
    metered = 2 * 90 * (GPU_HOUR // 60)
    t.check("GPUs of the ledger", (s["fixed_nano_usd"], s["fixed_month_nano_usd"]),
            (metered, 2 * GPU_HOUR * 720))
    t.check("their money", (h100["nano_usd"], h100["idle_nano_usd"]), (metered, 2 * 90 * (GPU_HOUR // 60 * 3 // 4)))
    t.check("their time", (h100["devices"], h100["metered_ns"], h100["busy_ns"]),
            (2, 2 * 90 * 60 * 10**9, 2 * 90 * 15 * 10**9))
    t.check("no price is none", (l4["unpriced"], l4["nano_usd"], l4["month_nano_usd"]), (1, 0, 0))
    s = t.json("--month", "2026-11", "--reserved", "h100=1x1/h")
    t.check("what is reserved is counted once", s["fixed_month_nano_usd"], 720 * 10**9)
    gpu_page = t.run("--month", "2026-11").stdout
    for line in ("  NVIDIA L4              1, metered", "busy 25.0 %", "idle of it", "BREAK-EVEN"):
        t.check(line, line in gpu_page, True)
    page = t.run("--month", "2026-11", "--reserved", "h100=8x2.49/h").stdout
    for line in ("FIXED, used or not", "VARIABLE, by what was called", "TOTAL so far", "APART",
                 "unknown, in no sum: 1 calls without a price", "BREAK-EVEN",
                 "models of this host answered 10.0k so far"):
        t.check(line, line in page, True)
    for wrong in ("h100", "h100=2.49/h", "h100=0x1/h", "h100=1x1", "h100=1x1/day", "=1x1/h",
                  "h100=1x-1/h", "h100=1x1e9/h", "h100=1x99999/h", "h100=1.5x1/h", ""):
        run = t.run("--reserved", wrong)
        t.check(f"reserved '{wrong}'", (run.returncode, "give NAME=COUNTxUSD/h" in run.stderr), (2, True))
    for wrong in ("2026", "2026-13", "2026-1", "11-2026", "2026-11-01"):
        run = t.run("--month", wrong)
        t.check(f"month '{wrong}'", (run.returncode, "give one as 2026-11" in run.stderr), (2, True))
    run = t.run("--reserved", "h=1x1/h", "--against", "nobody/nothing")
    t.check("against nothing", (run.returncode, "no price is known of it" in run.stderr), (1, True))
    subprocess.run(["rm", "-rf", t.dir], check=True)
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed or not t.passed else 0


if __name__ == "__main__":
    sys.exit(main())
