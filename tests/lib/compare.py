# SPDX-License-Identifier: BSD-2-Clause
"""Holds metered rows against the provider's truth, token by token and nano-dollar by nano-dollar."""
import json
from pathlib import Path

import prices

INCLUDE = Path(__file__).resolve().parents[2] / "include"


def by_id(rows):
    found = {}
    for row in rows:
        found.setdefault(row["gen_ai"].get("response", {}).get("id", ""), []).append(row)
    return found


def tokens_differ(truth, got):
    """What is wrong with the tokens by class, as a list; one that is not there was not told."""
    return [f"{name}: sent {n}, metered {got.get(name)}" for name, n in truth["tokens"].items()
            if (got.get(name) or 0) != n]


def row_differs(truth, row):
    """What is wrong with a metered row of an answered call; "": nothing."""
    w, wrong = row["wiretally"], []
    if w["result"] != "ok" or not w["complete"]:
        wrong.append(f"result {w['result']}, complete {w['complete']}")
    if row["gen_ai"]["response"].get("model") != truth.get("model_told", truth["model_served"]):
        wrong.append(f"model {row['gen_ai']['response'].get('model')}")
    if row["gen_ai"]["request"]["stream"] != truth["stream"]:
        wrong.append("stream or not")
    if not truth["usage_sent"]:
        if "output_tokens" in row["gen_ai"].get("usage", {}):
            wrong.append("a figure where the provider sent none")
        if w["usage_source"] != "estimated" or w["cost"]["price"]["basis"] != "estimated":
            wrong.append(f"usage {w['usage_source']}, cost {w['cost']}: not estimated")
        return "; ".join(wrong)
    wrong += tokens_differ(truth, w.get("tokens", {}))
    want = prices.nano_dollars(truth["provider"], truth["model_served"], truth["tokens"])
    if want != w["cost"].get("nano_usd"):
        wrong.append(f"nano-dollars: {w['cost'].get('nano_usd')}, should be {want}")
    return "; ".join(wrong)


def all_equal(truths, rows):
    """Every answered call is there, once, and right; refused ones are counted. "": so it is."""
    wrong, found = [], by_id(rows)
    for truth in truths:
        if truth["status"] != 200 or not truth["response_id"]:
            continue
        mine = found.get(truth["response_id"], [])
        if len(mine) != 1:
            wrong.append(f"{truth['response_id']} ({truth['api']}): {len(mine)} rows")
        elif differs := row_differs(truth, mine[0]):
            wrong.append(f"{truth['response_id']}: {differs}")
    refused = sum(t["status"] != 200 for t in truths)
    seen = sum(r["wiretally"]["result"] in ("refused", "error") for r in rows)
    if refused != seen:
        wrong.append(f"{refused} were refused, {seen} rows say so")
    return "; ".join(wrong[:5])


def schema_breach(rows, of="call"):
    """The first row that is not by the schema; "": all are."""
    import jsonschema
    validator = jsonschema.Draft202012Validator(json.loads((INCLUDE / f"{of}.schema.json").read_text(encoding="utf-8")))
    for row in rows:
        for error in validator.iter_errors(row):
            return f"{error.json_path}: {error.message}"
    return ""
