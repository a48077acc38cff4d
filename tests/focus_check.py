#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""FOCUS exports: as recorded, adding up to the ledger's calls, and as FOCUS's own validator has it.

    tests/focus_check.py BUILD [VALIDATOR] [--accept]

--accept records what is printed now. Without a VALIDATOR (tools/test_focus.sh) its part is skipped.
"""
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "golden/focus.csv"
# What a charge is said to support; the rules for the rest are of columns that there are not.
CRITERIA = "TAGGING_SUPPORTED,SUB_ACCOUNT_SUPPORTED,ACCOUNT_NAMING_SUPPORTED"
# It can't know that no invoice has these charges, and asks for the number of one.
EXPECTED = {"InvoiceId-C-005-C"}


def export(build, ledger, *more, zone="UTC"):
    return subprocess.run([build / "wiretally", "report", "--ledger", ledger, "--since", "all",
                           "--config", os.devnull, "--format", "focus", *more], check=True,
                          env={"TZ": zone}, stdout=subprocess.PIPE, text=True).stdout


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def change(ledger, sql):
    """Changes the calls, and has the sums made anew, by the next that opens it for writing."""
    db = sqlite3.connect(ledger)
    with db:
        db.executescript(sql + ";DELETE FROM minutes; DELETE FROM hours; DELETE FROM days;"
                         "UPDATE rollups SET upto = 0")
    db.close()


def golden(build, ledger, accept):
    said = export(build, ledger) + export(build, ledger, "--by", "hour,service", "--focus-billed",
                                          zone="Asia/Kolkata")
    if accept:
        GOLDEN.write_bytes(said.encode())
    want = GOLDEN.read_bytes().decode()
    return "" if said == want else f"it is not as recorded (--accept records it):\n{said}"


def sums(build, ledger):
    db = sqlite3.connect(ledger)
    nano, calls = db.execute("SELECT sum(ifnull(nano_usd, 0)), count(*) FROM calls").fetchone()
    late, = db.execute("SELECT total(nano_usd) FROM corrections").fetchone()
    db.close()
    for by in ("day", "hour", "hour,service,pod,model"):
        got = rows(export(build, ledger, "--by", by))
        if sum(int(r["x_Calls"]) for r in got) != calls:
            return f"by {by} it has not all calls"
        money = sum(Decimal(r["EffectiveCost"]) for r in got)
        if money != Decimal(nano + int(late)) / 10**9:
            return f"by {by} it comes to {money}"
        if any(Decimal(r["BilledCost"]) for r in got):
            return "something is billed here as well"
    corrected = [r for r in got if r["ChargeClass"] == "Correction"]
    if sum(Decimal(r["EffectiveCost"]) for r in corrected) != Decimal(int(late)) / 10**9:
        return f"corrections: {corrected}"
    paid = [r for r in got if r["x_CostKind"] == "subscription"]
    if not paid or any(Decimal(r["EffectiveCost"]) for r in paid):
        return f"what a subscription pays is charged: {paid}"
    if not any(r["x_SubscriptionEquivalentCost"] == "0.000000077" for r in paid):
        return f"what it would cost is not told: {paid}"
    unknown = [r for r in got if r["x_CostKind"] == "unknown"]
    if not unknown or any(r["x_InputTokens"] for r in unknown):
        return f"what is not known is a figure: {unknown}"
    if not any(json.loads(r["Tags"]).get("service") == '=cmd|"x"' for r in got):
        return "a service that looks like a formula is not as it is"
    return ""


def validator(program, build, ledger):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
        f.write(export(build, ledger))
        f.flush()
        # It looks for its list of currencies below the folder that it is in.
        home = next((Path(program).parents[1] / "lib").glob("python3*/site-packages"))
        done = subprocess.run([program, "--data-file", f.name, "--block-download",
                               "--validate-version", "1.2", "--applicability-criteria", CRITERIA],
                              cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    total = re.search(r"Total: (\d+) \| Pass: (\d+) \| Fail: (\d+)", done.stdout)
    if not total or int(total[2]) < 100:
        return f"it did not run:\n{done.stdout[-2000:]}"
    print(f"  {total[0]}")
    failed = set(re.findall(r"^❌ (\S+): FAIL", done.stdout, re.M))
    return "" if failed <= EXPECTED else f"rules that fail: {sorted(failed - EXPECTED)}"


def main():
    accept = "--accept" in sys.argv
    build, *more = [Path(a) for a in sys.argv[1:] if a != "--accept"]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger.db"
        subprocess.run([build / "fault/ledger_writer", ledger], check=True,
                       stdout=subprocess.DEVNULL)
        tests = [("golden", lambda: golden(build, ledger, accept))]

        def changed():
            change(ledger, "UPDATE entries SET nano_usd = NULL, basis = 'unknown', input = NULL,"
                           " output = NULL, usage_source = 'none' WHERE n <= 5;"
                           "UPDATE entries SET nano_usd = NULL, basis = 'unknown' WHERE n = 6;"
                           "INSERT INTO corrections VALUES (6, 1, 5000, 'p', 'v');"
                           "UPDATE entries SET subscription = 1, nano_usd = 0,"
                           " subscription_nano = 77 WHERE n = 7;"
                           "UPDATE entries SET service = '=cmd|\"x\"' WHERE n = 8")
            return sums(build, ledger)
        tests.append(("sums", changed))
        if more:
            tests.append(("validator", lambda: validator(more[0], build, ledger)))
        for name, test in tests:
            why = test()
            print(f"FAIL focus {name}: {why}" if why else f"ok focus {name}")
            passed, failed = passed + (not why), failed + bool(why)
    if not more:
        print("SKIP focus validator: it is not installed: make test does it")
    print(f"{passed} passed, {failed} failed, {int(not more)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
