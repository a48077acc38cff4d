#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runaways and budgets, live: agents that recurse by mistake, with the real SDK, are told in time; so is
what a budget was used up to, over a kill and a start, and with 200 calls under way at its limit.

    tests/live/detect.py [NAME ...]

As tests/live/run.py.
"""
import datetime
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import prices  # noqa: E402 (the path comes first)
from bench import Bench, Suite  # noqa: E402
from meter import ROOT, Meter, wiretally_json  # noqa: E402
from pace import Pace  # noqa: E402
from sim import Provider  # noqa: E402

SPENDER = str(Path(__file__).resolve().parent / "clients/spender.py")
SCHEMA = ROOT / "include/finding.schema.json"
SECONDS, CALLS = 60, 20  # a runaway is found within this, whichever is later
COST = 3_500_000  # nano-dollars of a call: 1000 tokens in, 100 out
AT_ONCE = 200


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def awaited(enough, seconds=60):
    """enough(), once it says so or the time is over."""
    end = time.monotonic() + seconds
    while not (got := enough()) and time.monotonic() < end:
        time.sleep(0.1)
    return got


def found(meter, pid):
    return [f for f in list(meter.findings) if f.get("process", {}).get("pid") == pid]


def runs_away(b, how, kind):
    """An agent with the SDK recurses by mistake: it is told while it does, and in time."""
    began = time.time()
    with Pace() as pace:
        agent = b.start([sys.executable, SPENDER, how, "60"])
        told = awaited(lambda: found(b.meter, agent.pid), 120)
    agent.wait(120)
    if not told:
        return f"nothing was found: {[f['message'] for f in b.meter.findings]}"
    finding = told[0]["wiretally"]["finding"]
    ends = sorted(t["t"] for t in b.sim.truth(b.name))
    late = instant(finding["found"]) - max(began + SECONDS, ends[min(CALLS, len(ends)) - 1])
    print(f"  {told[0]['message']}: after {finding['calls']} calls of it")
    if told[0]["rule"]["name"] != kind or late > 1 + pace.lost:
        return f"{told[0]['rule']['name']}, {late:.1f} s too late (the machine kept {pace.lost:.1f} s): " \
               f"{told[0]['message']}"
    return schema_breach(told)


def schema_breach(rows):
    import jsonschema
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return next((f"{e.json_path}: {e.message}" for r in rows for e in validator.iter_errors(r)), "")


def spent(sim, name):
    return sum(prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
               for t in sim.truth(name))


def of_budget(ledger):
    return [(f["rule"]["name"], f["event"]["id"], f["wiretally"]["finding"]["evidence"][0]["value"])
            for f in wiretally_json("findings", "-l", ledger, "--since", "all")
            if f["wiretally"]["finding"].get("budget")]


def the_budget(ledger, *args):
    return (wiretally_json("budget", "-l", ledger, *args) or [{}])[0]


def a_budget(sim, folder):
    """Told at 70 % and at 100 %, once each, and exactly what was spent, over a kill -9 in between."""
    b = Bench(sim, None, "a_budget" + sim.run)
    ledger = folder / "budget" / "ledger.db"
    args = ("--budget", f"name=live,limit=0.035 USD,per=month,when=feature:{b.name}")
    with Meter("--ledger", ledger, *args, command="run", only="") as meter:
        b.run([sys.executable, SPENDER, "pays", "8", b.name])
        if not awaited(lambda: the_budget(ledger, *args).get("spent") == 8 * COST):
            return f"{the_budget(ledger, *args)}, expected {8 * COST}"
        meter.kill()
    first = of_budget(ledger)
    if [f[0] for f in first] != ["budgets.step"]:
        return f"behind eight of ten calls: {first}"
    with Meter("--ledger", ledger, *args, command="run", only="") as meter:
        b.run([sys.executable, SPENDER, "pays", "3", b.name])
        awaited(lambda: the_budget(ledger, *args).get("spent") == 11 * COST)
        meter.stop()
    state = the_budget(ledger, *args)
    if state.get("spent") != spent(sim, b.name) or state["spent"] != 11 * COST or state["in_flight"]:
        return f"{state}, expected {spent(sim, b.name)}"
    told = of_budget(ledger)
    if sorted(f[0] for f in told) != ["budgets.exceeded", "budgets.step"] or first[0] not in told:
        return f"{told}, before the kill {first}"
    return ""


def at_the_limit(sim, folder):
    """200 calls under way when half of them are all that may be spent: told while they are."""
    b = Bench(sim, None, "at_the_limit" + sim.run)
    ledger = folder / "limit" / "ledger.db"
    limit = AT_ONCE // 2 * COST
    args = ("--budget", f"name=live,limit={limit / 1e9} USD,per=month,when=feature:{b.name}")
    with Meter("--ledger", ledger, *args, command="run", only="") as meter:
        client = b.start([sys.executable, SPENDER, "at-once", str(AT_ONCE), b.name])
        held = awaited(lambda: the_budget(ledger, *args).get("in_flight", 0))
        client.wait(120)
        total = spent(sim, b.name)
        awaited(lambda: the_budget(ledger, *args).get("spent", 0) >= total)
        meter.stop()
    state, told = the_budget(ledger, *args), [f[0] for f in of_budget(ledger)]
    print(f"  limit ${limit / 1e9}, spent ${state.get('spent', 0) / 1e9}: over by "
          f"{(state.get('spent', 0) - limit) // COST} of {AT_ONCE} calls in flight; held at most seen "
          f"${held / 1e9}; {', '.join(told)}")
    if state.get("spent") != total or state.get("in_flight") or total < AT_ONCE * COST:
        return f"{state}, expected {total}"
    if not held or not {"budgets.in_flight", "budgets.exceeded"} <= set(told):
        return f"{held} was held; {told}"
    return ""


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as name, Provider(Path(name)) as sim:
        folder = Path(name)
        os.chmod(folder, 0o711)  # the meter's user goes through it to its ledger
        with Meter(only="") as meter:
            suite.run("recurses", runs_away, Bench(sim, meter, "recurses"), "recurses",
                      "runaway.recursion")
            suite.run("loops", runs_away, Bench(sim, meter, "loops"), "loops", "runaway.growth")
        suite.run("a_budget", a_budget, sim, folder)
        suite.run("at_the_limit", at_the_limit, sim, folder)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
