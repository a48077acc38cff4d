# SPDX-License-Identifier: BSD-2-Clause
"""An independent bill, by the rules that stand at the head of the catalogue.

Exact fractions, rounded once a class, half to even. Nothing of it comes from the program: it reads the
same catalogue, and a metered row's own figures.
"""
import csv
import datetime
import functools
import re
from fractions import Fraction
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "user/price/catalogue.tsv"
INPUT = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in")
TOKENS = INPUT + ("output", "audio_out", "image_out")
COUNTS = ("audio_ms", "compute_ms", "video_ms", "images", "pages", "characters")
PARTS = ("cached_audio", "cached_image")  # of cache_read
FEES = ("searches", "file_searches", "containers", "requests")
# Whose price list holds, where the catalogue has another name than the row.
LISTS = {"azure.ai.openai": ["openai", "anthropic", "azure"],
         "azure.ai.inference": ["openai", "anthropic", "azure"], "aws.bedrock": ["bedrock"],
         "gcp.gemini": ["google"], "gcp.vertex_ai": ["google", "vertex"], "mistral_ai": ["mistral"],
         "x_ai": ["xai"], "together_ai": ["together"], "fireworks_ai": ["fireworks"],
         "moonshot_ai": ["moonshot"], "alibaba_cloud": ["alibaba"], "z_ai": ["zai"],
         "zhipu_ai": ["zhipuai"], "voyage_ai": ["voyage"],
         "cloudflare_ai_gateway": ["openai", "anthropic", "google", "cloudflare"],
         "github_copilot": ["openai", "anthropic", "google", "xai"],
         "portkey": ["openai", "anthropic", "google"], "helicone": ["openai", "anthropic", "google"]}
TIERS = dict.fromkeys(("", "auto", "standard", "standard_only", "on_demand", "ON_DEMAND", "1"), "default")
TIERS |= {"ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": "flex"}


@functools.cache
def catalogue():
    """Its rows by provider, and the day of its version."""
    with open(CATALOGUE, newline="", encoding="utf-8") as f:
        text = f.readlines()
    day = next(re.search(r"\d{4}-\d\d-\d\d", line)[0] for line in text
               if line.startswith("# version "))
    by_provider = {}
    lines = [line for line in text if not line.startswith("#")]
    for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        by_provider.setdefault(row["provider"], []).append(row)
    return by_provider, datetime.datetime.fromisoformat(day + "T00:00:00+00:00")


def fits(pattern, model):
    """Rank of a pattern that fits: whole names first, then the longest part; None: it doesn't."""
    regex = re.escape(pattern[1:]).replace(r"\#", "[0-9]")
    anchored = {"=": f"{regex}", "^": f"{regex}.*", "$": f".*{regex}", "*": f".*{regex}.*"}[pattern[0]]
    if not re.fullmatch(anchored, model, re.IGNORECASE | re.DOTALL):
        return None
    return (pattern[0] == "=", len(pattern))


@functools.cache
def fitting(provider, model):
    found = []
    for row in catalogue()[0].get(provider, ()):
        ranks = [rank for p in row["match"].split(" ") if (rank := fits(p, model))]
        if ranks:
            found.append((max(ranks), row))
    return found


def holds(row, tier, region, context, when):
    if row["tier"] != tier or (row["region"] and row["region"] != region.lower()):
        return False
    if row["over"] and context <= int(row["over"]):
        return False
    day = (when or catalogue()[1]).date().isoformat()
    if day < row["since"] or (row["until"] and day >= row["until"]):
        return False
    if row["hours"]:
        if not when:
            return False
        start, end = row["hours"].split("-")
        now = when.strftime("%H:%M")
        return start <= now < end if start < end else now >= start or now < end
    return True


def find(provider, models, tier, region, context, when):
    """The row that a call is priced by: of the first list and model that has one, the nearest."""
    for model in models:
        for listed in LISTS.get(provider, [provider]):
            able = [(rank, bool(row["hours"]), bool(row["region"]), int(row["over"] or 0), row)
                    for rank, row in fitting(listed, model)
                    if model and holds(row, tier, region, context, when)]
            if able:
                return max(able, key=lambda a: a[:4])[-1]
    return None


def half_even(x):
    return round(x)  # of a Fraction: exactly so


def sold_as(row, name):
    """The class whose price holds for one that has none of its own."""
    if name in ("cache_read", "cache_write_5m", "image_in"):
        return "input"
    if row["provider"] in ("google", "vertex") and row["tier"] in ("default", "batch"):
        return {"audio_in": "input", "audio_out": "output"}.get(name, name)
    return name


def context_of(tokens, tier):
    """What steps go by: the tokens of a request, which those of a whole batch are not."""
    return 0 if tier == "batch" else sum(tokens.get(k, 0) for k in INPUT)


def parts(row, counted):
    """{class: nano, "total": nano}, and the fees that have no price; None where a class has none."""
    counted = dict(counted)
    apart = {part: counted.pop(part) for part in PARTS if part in counted}
    if row["requests"]:
        counted.setdefault("requests", 1)
    out, unpriced = {}, []
    for name, n in counted.items():
        price = row.get(name) or row.get(sold_as(row, name))
        if price:
            sums = 0
            for part, of in apart.items() if name == "cache_read" else ():
                if row.get(part):
                    n, sums = n - of, sums + half_even(Fraction(of) * Fraction(row[part]) * 1000)
            out[name] = sums + half_even(Fraction(n) * Fraction(price) * 1000)
        elif name in COUNTS and "input" in counted and row["input"]:
            continue  # sold by the token
        elif n and name in FEES:
            unpriced.append(name)
        elif n:
            return None, []
    if unpriced and not out:
        return None, []
    out["total"] = sum(out.values())
    return {k: v for k, v in out.items() if v or k == "total"}, unpriced


def nano_dollars(provider, model, tokens, tier="default", region="", when=None):
    """{class: nano, ..., "total": nano}, or None where there is no price."""
    counted = {k: v for k, v in tokens.items() if k != "reasoning"}
    row = find(provider, [model], tier, region, context_of(counted, tier), when)
    return parts(row, counted)[0] if row else None


def without_parts(counted, beside):
    """What of a call's figures is not told to be of one model of several."""
    return {k: v - sum(b["tokens"].get(k, 0) for b in beside if b["type"] == "part")
            for k, v in counted.items()}


def of_row(row, when=None):
    """The same for a metered row, of what it tells of the call; None: no figure."""
    w, gen_ai = row["wiretally"], row["gen_ai"]
    told = w.get("tokens", {})
    counted = {**w.get("billed_tokens", told), **w.get("units", {})}
    counted.pop("reasoning", None)
    operation, tier = gen_ai["operation"]["name"], w.get("tier", "")
    measured = (any(k in counted for k in COUNTS) or ("searches" in counted and operation == "rerank")
                or ("input" in counted and ("output" in counted or operation in ("embeddings", "rerank")
                                            or w.get("billed") == "likely")))
    if not measured:
        return None
    models = [w.get("fallback_model", ""), gen_ai.get("response", {}).get("model", ""),
              gen_ai["request"].get("model", "")]
    if w.get("variant"):
        models = [f"{w['variant']}/{m}" if m else "" for m in models]
    provider = gen_ai["provider"]["name"]
    if tier == "fast" and provider in ("openai", "azure.ai.openai"):
        tier = "priority"
    where = (TIERS.get(tier, tier), w.get("region", ""))
    priced_by = find(provider, models, *where, context_of(told, tier), when)
    rest = without_parts(counted, w.get("beside", []))
    if any(rest.values()) or rest == counted:
        bill = parts(priced_by, rest)[0] if priced_by else None
    else:
        bill = {"total": 0}
    for beside in w.get("beside", []) if bill else []:
        own = [beside["model"]] if "model" in beside else models
        tokens = beside["tokens"]
        by = find(provider, own, *where, context_of(tokens, tier), when)
        part = parts(by, tokens)[0] if by and {"input", "output"} <= tokens.keys() else None
        if not part:
            return None
        bill["beside"] = bill.get("beside", 0) + part["total"]
        bill["total"] += part["total"]
    return bill
