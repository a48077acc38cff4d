#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A routing policy over a simulated day, held against figures that are reckoned here; what it saves
once it is deployed; and, where LITELLM_PYTHON is a Python that has LiteLLM, that LiteLLM's own Router
loads the policy and sends each call of the day where it says.

    tests/router.py WIRETALLY [LITELLM_PYTHON]
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import day as simulated  # noqa: E402

SMALL = {"gpt-4o-2024-08-06": "gpt-4o-mini", "gpt-5-2025-08-07": "gpt-5-mini",
         "claude-sonnet-4-5-20250929": "claude-haiku-4-5", "claude-opus-4-1-20250805": "claude-haiku-4-5"}
LITELLM = {"azure.ai.openai": "azure"}  # providers as LiteLLM calls them
DEAR = {served: model for model, served in simulated.SERVED.items()}
NOON = (simulated.START + 12 * 3600) * 10**9

# Run by the Python that has LiteLLM: a policy, and requests as (group, tag or null); prints for each
# the model that its Router calls. mock_response: no provider is asked.
ROUTE = """
import asyncio, json, logging, sys
import yaml
import litellm
from litellm import Router
logging.disable(logging.CRITICAL)
litellm.suppress_debug_info = True
config = yaml.safe_load(open(sys.argv[1]))
asked = json.load(open(sys.argv[2]))
for d in config["model_list"]:
    d["litellm_params"]["api_key"] = "none"
router = Router(model_list=config["model_list"], **config["router_settings"])

async def one(group, tag):
    answer = await router.acompletion(model=group, messages=[{"role": "user", "content": "hi"}],
                                      mock_response="hi", metadata={"tags": [tag]} if tag else {})
    return router.get_deployment(answer._hidden_params["model_id"]).litellm_params.model

async def all_of_them():
    return [await one(group, tag) for group, tag in asked]

print(json.dumps(asyncio.run(all_of_them())))
"""


class Test:
    def __init__(self, wiretally, folder):
        self.wiretally, self.dir, self.passed, self.failed = wiretally, folder, 0, 0
        recording, self.ledger = folder / "day.rec", folder / "ledger.db"
        subprocess.run([sys.executable, ROOT / "tools/day.py", "--seed", "7", recording,
                        folder / "truth.json"], check=True)
        subprocess.run([wiretally, "replay", "-c", os.devnull, "--secret", folder / "secret", "--into",
                        self.ledger, recording], check=True, stdout=subprocess.DEVNULL)

    def check(self, name, got, want):
        if got == want:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name}: {got}, expected {want}")

    def run(self, *args, ledger=None, command="router"):
        return subprocess.run([self.wiretally, command, "-c", os.devnull, "-l", ledger or self.ledger,
                               "--since", "all", *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)

    def policy(self, *args, ledger=None):
        """(units, total)."""
        run = self.run("--json", *args, ledger=ledger)
        if run.returncode:
            print(run.stderr)
        *units, total = [json.loads(l) for l in run.stdout.splitlines()]
        return units, total


def cost(row, model):
    p = simulated.PRICES[model]
    return (row["input"] or 0) * p[0] + (row["cache_read"] or 0) * p[1] + \
        (row["cache_write_5m"] or 0) * p[2] + (row["output"] or 0) * p[3]


def calls(ledger):
    """The day's chats at dear models that were paid, with their class."""
    db = sqlite3.connect(ledger)
    db.row_factory = sqlite3.Row
    return [dict(r) for r in db.execute(
        "SELECT *, lower(id) AS hex FROM calls WHERE result = 'ok' AND nano_usd > 0 ORDER BY end_ns")]


def is_dear(row):
    return row["operation"] == "chat" and row["served_model"] in SMALL


def truth(t):
    each = t.run("--each", "--json", command="audit").stdout.splitlines()
    classes = {e["id"]: e["class"] for e in map(json.loads, each)}
    units = {}
    for row in calls(t.ledger):
        if is_dear(row):
            key = (row["service"] or "", row["feature"] or "", row["served_model"])
            units.setdefault(key, []).append((row, classes[row["hex"]]))
    return units


def check_policy(t):
    units, total = t.policy()
    known = truth(t)
    t.check("units", {(u["service"], u["feature"], u["model"]) for u in units if u["calls"]}, set(known))
    low = high = routed = 0
    for u in units:
        rows = known.get((u["service"], u["feature"], u["model"]), [])
        name = f"{u['service']}/{u['feature']} at {u['model']}"
        small = SMALL[u["model"]]
        paid, there = sum(r["nano_usd"] for r, _ in rows), sum(cost(r, small) for r, _ in rows)
        easy = sum(c == "trivial" for _, c in rows) * 1000 >= 950 * len(rows)
        t.check(f"{name}: calls", (u["calls"], u["small"]), (len(rows), small))
        t.check(f"{name}: money", (u["paid_nano_usd"], u["there_nano_usd"]), (paid, there))
        t.check(f"{name}: routed", u["routed"], easy)
        t.check(f"{name}: range", (u["high_nano_usd"], u["low_nano_usd"]),
                (paid - there, paid - there - paid // 5))
        if easy:
            routed, high, low = routed + len(rows), high + paid - there, low + paid - there - paid // 5
    t.check("something is routed, something stays", 0 < routed < sum(map(len, known.values())), True)
    t.check("total", (total["routed_calls"], total["high_nano_usd"], total["low_nano_usd"]),
            (routed, high, low))
    easy = [r for rows in known.values() for r, c in rows if c == "trivial"]
    t.check("each by itself", (total["each_calls"], total["each_high_nano_usd"]),
            (len(easy), sum(r["nano_usd"] - cost(r, SMALL[r["served_model"]]) for r in easy)))
    more = [t.policy("--threshold", n)[1]["routed_calls"] for n in ("0", "0.1", "0.334", "0.667", "1")]
    t.check("a higher threshold routes no less", (more, more[0], more[-1]),
            (sorted(more), 0, sum(map(len, known.values()))))


def check_deployed(t):
    """From noon on the easy calls are answered by small models, but for one in four."""
    after = t.dir / "after.db"
    shutil.copy(t.ledger, after)
    db = sqlite3.connect(after)
    saved = before = moved = stayed = 0
    for i, row in enumerate(r for r in calls(t.ledger) if is_dear(r) and r["service"] == "tickets"):
        small = SMALL[row["served_model"]]
        if row["end_ns"] < NOON or i % 4 == 0:
            before, stayed = before + (row["end_ns"] < NOON), stayed + (row["end_ns"] >= NOON)
            continue
        paid = cost(row, small)
        saved += cost(row, DEAR[row["served_model"]]) - paid
        moved += 1
        db.execute("UPDATE entries SET served_model = ?, nano_usd = ? WHERE n = ?",
                   (simulated.SERVED[small], paid, row["n"]))
    db.commit()
    db.close()
    units, total = t.policy("--deployed", "2025-11-25T12:00", "--time-zone", "UTC", ledger=after)
    t.check("what it saved", total["realised_nano_usd"], saved)
    mine = [u for u in units if u["service"] == "tickets"]
    t.check("shares before and after", [sum(u[k] for u in mine) for k in
                                        ("before", "before_small", "after", "after_small")],
            [before, 0, moved + stayed, moved])
    t.check("others saved nothing", {u["realised_nano_usd"] for u in units} - {u["realised_nano_usd"]
            for u in mine}, {0})
    page = t.run("--deployed", "2025-11-25T12:00", "--time-zone", "UTC", ledger=after).stdout
    t.check("it is said", "since the routing:" in page and "routing saved $" in page, True)
    _, total = t.policy("--deployed", "2025-11-25T12:00", "--time-zone", "UTC")
    t.check("a day without routing saved nothing", total["realised_nano_usd"], 0)


def check_litellm(t, python):
    units, _ = t.policy("--threshold", "0.334")
    config, asked = t.dir / "litellm.yaml", t.dir / "asked.json"
    config.write_text(t.run("--export", "litellm").stdout, encoding="utf-8")
    known = {(u["service"], u["feature"], u["model"]): u for u in units}
    sample, predicted = [], []
    for row in [r for r in calls(t.ledger) if is_dear(r)][::7]:  # each seventh call of the day
        u = known[(row["service"] or "", row["feature"] or "", row["served_model"])]
        maker, group = LITELLM.get(row["provider"], row["provider"]), u["litellm_model_name"]
        sample.append((group, u["tag"]))
        predicted.append(f"{maker}/{u['small'] if u['routed'] else row['requested_model']}")
        sample.append((group, None))  # nobody's tag: as before
        predicted.append(f"{maker}/{row['requested_model']}")
    asked.write_text(json.dumps(sample), encoding="utf-8")
    run = subprocess.run([python, "-c", ROUTE, config, asked], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True,
                         env=dict(os.environ, LITELLM_LOCAL_MODEL_COST_MAP="True"))
    if run.returncode:
        return t.check("LiteLLM's Router loads it", run.stderr[-2000:], "")
    routed = json.loads(run.stdout.splitlines()[-1])
    for (group, tag), got, want in zip(sample, routed, predicted):
        t.check(f"LiteLLM: {group} with {tag}", got, want)
    t.check("it sends some to each", len(set(predicted)) >= 3 and len(routed) >= 100, True)


def check_mistakes(t):
    for args, said in ((("--threshold", "2"), "give a number from 0 to 1"),
                       (("--threshold", "0.33333"), "at most three decimals"),
                       (("--export", "martian"), "give litellm"),
                       (("--deployed", "soon"), "--deployed soon: give")):
        run = t.run(*args)
        t.check(" ".join(args), (run.returncode, said in run.stderr), (2, True))


def main():
    with tempfile.TemporaryDirectory(prefix="wt-router-") as folder:
        t = Test(sys.argv[1], Path(folder))
        check_policy(t)
        check_deployed(t)
        check_mistakes(t)
        if len(sys.argv) > 2:
            check_litellm(t, sys.argv[2])
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed or not t.passed else 0


if __name__ == "__main__":
    sys.exit(main())
