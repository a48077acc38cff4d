#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes user/price/catalogue.tsv from a table of price facts (one row for a model and a date).

    tools/prices/import_tsv.py FACTS.tsv VERSION [PROVIDER ...] > user/price/catalogue.tsv

Without a provider, all but those who tell what each call costs, or sell no tokens by the piece. Fees of
tools and videos, which those facts have not, are in fees.tsv and videos.tsv beside this.

The catalogue has one row for each model, service tier, region, context step, and time for which it
holds, so that the program looks a price up and computes nothing: a batch discount is a row with halved
prices, a long-context step a row with `over`, a region's surcharge a row with `region`. Decimals stay
text or Decimal throughout; a float never touches a price.
"""
import csv
import re
import sys
from decimal import Decimal
from pathlib import Path

CLASSES = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in",
           "output", "audio_out", "image_out"]
# Sold otherwise than by the token: what the facts call it, and what a million of ours costs when one
# of theirs costs 1.
COUNTED = {"audio_ms": [("input_cost_per_second", 1000)], "video_ms": [],
           "images": [("output_cost_per_image", 10**6), ("input_cost_per_image", 10**6)],
           "characters": [("input_cost_per_character", 10**6)],
           "searches": [("web_searches/1k", 1000), ("input_cost_per_query", 10**6)],
           "file_searches": [],
           "containers": [],
           "requests": [("per_1k_requests", 1000), ("input_cost_per_request", 10**6)]}
# These beside tokens: the others only of models that are not sold by the token.
BESIDE = ("searches", "file_searches", "containers", "requests")
# Of what is read from a cache, where the facts have a price of its own: what they call it.
CACHED = {"cached_audio": "audio_cr", "cached_image": "image_cr"}
PRICES = CLASSES + list(COUNTED) + list(CACHED)
COLUMNS = (["provider", "model", "tier", "region", "over", "since", "until", "hours", "match"]
           + PRICES + ["source"])
SHORT = {"in": "input", "out": "output", "cr": "cache_read", "cw": "cache_write_5m",
         "cw1h": "cache_write_1h"}
# LiteLLM's tier prices have slips (a priority price 50 times the base): none is real over this.
SANE_TIER_FACTOR = 5
HALF = Decimal("0.5")
# By their own pages; the facts say it of some of their models, and of others' where they do.
HALF_PRICE_BATCHES = ("openai", "anthropic", "google")

FEES, VIDEOS = (Path(__file__).parent / name for name in ("fees.tsv", "videos.tsv"))

UNUSED = ("openrouter", "vercel-gateway", "github-copilot", "provider")

HEAD = """\
# wiretally's price catalogue. USD per million, exact decimals; an empty cell is unknown.
# version {version}
# One row for each model, service tier, region, context step and time. `match` is a list of patterns on
# the model that served a call, case ignored, separated by blanks: =name, ^prefix, $suffix, *part; #
# stands for a digit, a star alone for any model. A row with `over` holds when the call's input, caches
# included, has more tokens than that: then for all of them. `since` and `until` are days (until is the
# first on which it does not hold), `hours` a part of each day, in UTC. A row with a `region` holds where
# the provider says that the work was done there. What is no token is sold by the million, too: of
# milliseconds, pictures, characters, searches (of Gemini 2.5, prompts with any), requests. Of
# cache_read, sound and pictures may have prices of their own (cached_audio, cached_image). Facts from
# pydantic/genai-prices (MIT) and LiteLLM (MIT), as each row's source says; not checked against the
# providers' own pages. A batch, which is told as one call, takes no step.
"""


def dec(text):
    return Decimal(text) if text else None


def show(value):
    if value is None:
        return ""
    text = format(value.normalize(), "f")
    return text


def pattern(alternative):
    """One alternative of the facts' match grammar in the catalogue's; None: can't be said in it."""
    alternative = alternative.strip()
    if alternative.startswith(("=", "^")):
        return alternative
    if alternative.startswith("/"):
        regex = alternative.strip("/")
        if not (regex.startswith("^") and regex.endswith("$")):
            return None
        text = re.sub(r"\\d\{(\d+)\}", lambda m: "#" * int(m[1]), regex[1:-1])
        text = text.replace(r"\d", "#").replace(r"\.", ".").replace(r"\-", "-")
        return None if re.search(r"[\\()\[\]{}+*?|^$]", text) else "=" + text
    if alternative.startswith("*") and alternative.endswith("*"):
        return alternative[:-1]
    if alternative.endswith("$"):
        return "$" + alternative[:-1]
    return None


def patterns(match):
    # "^gemini-2.5-pro & /^(?!.*-tts)/": what the second excludes has a row of its own, whose longer
    # pattern comes first.
    match = re.sub(r" & /\^\(\?!.*", "", match)
    if "&" in match:
        return []
    found = [pattern(a) for a in match.split(" | ")]
    return [p for p in found if p and " " not in p]


def parse_prices(text):
    """'in=10 out=37.5 cr=1' -> {"input": Decimal("10"), ...}"""
    out = {}
    for key, value in re.findall(r"\b(\w+)=([0-9.]*)", text):
        if key in SHORT and value:
            out[SHORT[key]] = Decimal(value)
    return out


def extras(text):
    """Audio and image prices from the facts' free column: 'audio_in=32; audio_out=64; audio_cr=0.4'."""
    names = {facts: ours for ours, facts in CACHED.items()}
    return {names.get(key, key): Decimal(value)
            for key, value in re.findall(r"\b((?:audio|image)_(?:in|out|cr))=([0-9.]+)", text)}


def counted(text, by_token):
    out = {}
    for name, keys in COUNTED.items():
        for key, factor in keys:
            found = re.search(rf"(?<![\w/]){re.escape(key)}=([0-9.e-]+)", text)
            if found and Decimal(found[1]) and (name in BESIDE or not by_token):
                out.setdefault(name, Decimal(found[1]) * factor)
    return out


def base_of(fact):
    prices = {"input": dec(fact["input_per_mtok"]), "output": dec(fact["output_per_mtok"]),
              "cache_read": dec(fact["cache_read"]), "cache_write_5m": dec(fact["cache_write_5m"]),
              "cache_write_1h": dec(fact["cache_write_1h"]), **extras(fact["modality_and_other"])}
    by_token = prices["input"] is not None or prices["output"] is not None
    prices = prices if by_token else {}
    prices.update(counted(fact["modality_and_other"], by_token))
    # Of a model that makes pictures, what the facts call output is pictures.
    if "image_out" not in prices and re.search(r"gpt-image", fact["model"]):
        prices["image_out"] = prices.get("output")
    # A search model searches at each request.
    if "search-preview" in fact["model"]:
        fee = re.search(r"web_search/call=([0-9.]+)", fact["modality_and_other"])
        prices.update({"requests": Decimal(fee[1]) * 10**6} if fee else {})
    return {k: v for k, v in prices.items() if v is not None}


def table_of(path):
    with open(path, newline="", encoding="utf-8") as f:
        lines = [line for line in f if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def with_fees(fact, fees, prices):
    """Prices of a model that is sold by tokens, with what fees.tsv has; and whose word that is."""
    if "output" not in prices:
        return prices, fact["source"]
    mine = [fee for fee in fees if fee["provider"] == fact["provider"] and fee["class"] not in prices
            and re.fullmatch(fee["models"], fact["model"])]
    added = {fee["class"]: Decimal(fee["usd_per_1k"]) * 1000 for fee in mine}
    said = "".join(f" + {fee['class']}:{fee['source']}" for fee in mine)
    return {**prices, **added}, fact["source"] + said


def times(prices, factor):
    """Fees are no part of what a tier or a region changes."""
    return {k: v if k in BESIDE else v * factor for k, v in prices.items()}


def tier_factor(tier, prices, versions):
    """How many times the base a tier costs, by the version whose base its prices belong to."""
    for base in reversed(versions):
        if not base.get("input") or not base.get("output"):
            continue
        factor = prices["input"] / base["input"]
        sane = factor == HALF if tier == "flex" else 1 <= factor <= SANE_TIER_FACTOR
        if sane and prices["output"] == factor * base["output"]:
            return factor
    return None


def tiers_of(fact, base, versions):
    """Tiers other than the default and batches: (tier, prices)."""
    for tier, text in re.findall(r"\b(flex|priority): ([^;>]*)", fact["service_tiers"]):
        prices = parse_prices(text)
        if not {"input", "output"} <= prices.keys():
            continue
        # The facts have one price of a tier, and the model several: it is older than some of them.
        factor = tier_factor(tier, prices, versions) if len(versions) > 1 else None
        if factor:
            yield tier, times(base, factor)
        elif all(base.get(k) and v <= SANE_TIER_FACTOR * base[k] for k, v in prices.items()):
            yield tier, {**prices, **{k: base[k] for k in BESIDE if k in base}}
    fast = re.search(r"mult\[fast\]=x([0-9.]+)", fact["modality_and_other"])
    if fast:
        yield "fast", times(base, Decimal(fast[1]))


def rows_of(fact, versions):
    """(tier, region, over, prices)"""
    base = base_of(fact)
    if not base:
        return
    steps = [("", base)]
    for over, text in re.findall(r">(\d+): ([^>]*)", fact["long_context"]):
        steps.append((over, {**base, **parse_prices(text)}))
    rows = [("default", over, prices) for over, prices in steps]
    if "input" in base and (fact["batch_discount"].startswith("x0.5")
                            or fact["provider"] in HALF_PRICE_BATCHES):
        rows += [("batch", over, times(prices, HALF)) for over, prices in steps]
    rows += [(tier, "", prices) for tier, prices in tiers_of(fact, base, versions)]
    regions = re.findall(r"(?:mult|regional_uplift)\[(us|eu)\]=x([0-9.]+)", fact["modality_and_other"])
    for tier, over, prices in rows:
        yield tier, "", over, prices
        for region, factor in regions:
            yield tier, region, over, times(prices, Decimal(factor))


def start(fact):
    found = re.search(r'"start_date":"([0-9-]+)"', fact["notes"])
    return found[1] if found else ""


def hours(fact):
    found = re.search(r'"start_time":"(\d\d:\d\d):00Z","end_time":"(\d\d:\d\d):00Z"', fact["notes"])
    return f"{found[1]}-{found[2]}" if found else ""


def by_day(found):
    """The facts of a model by the day from which they hold. Of two of one day, from two sources that
    name the model each in its way, the first stands, for the names of both; a cache's price that it
    does not have is the other's."""
    dated = {}
    for fact in found:
        if not hours(fact):
            first = dated.setdefault(start(fact), {**fact})
            if first["match"] == fact["match"]:
                continue
            first["match"] += " | " + fact["match"]
            for key in ("cache_read", "cache_write_5m", "cache_write_1h"):
                if fact[key] and not first[key]:
                    first[key] = fact[key]
                    first["source"] += f" + {key}:{fact['source']}"
    return dated


def main():
    facts_path, version, *providers = sys.argv[1:]
    with open(facts_path, newline="", encoding="utf-8") as f:
        facts = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    models, fees, rows = {}, table_of(FEES), []
    for fact in facts:
        # "high/1024-x-1024/gpt-image-1": what such models made is told in tokens, and priced so.
        if "-x-" in fact["model"]:
            continue
        if fact["provider"] in providers if providers else fact["provider"] not in UNUSED:
            models.setdefault((fact["provider"], fact["model"]), []).append(fact)
    for (provider, model), found in sorted(models.items()):
        dated = by_day(found)
        days = sorted(dated)
        spans = [(fact, day, until, "") for day, until, fact in
                 zip(days, days[1:] + [""], (dated[day] for day in days))]
        spans += [(fact, "", "", hours(fact)) for fact in found if hours(fact)]
        versions = [base_of(dated[day]) for day in days]
        for fact, since, until, when in spans:
            match = " ".join(patterns(fact["match"]))
            for tier, region, over, prices in rows_of(fact, versions) if match else []:
                prices, source = with_fees(fact, fees, prices)
                rows.append([provider, model, tier, region, over, since, until, when, match]
                            + [show(prices.get(c)) for c in PRICES] + [source])
    for v in table_of(VIDEOS):
        prices = {"video_ms": Decimal(v["usd_per_second"]) * 1000}
        rows.append([v["provider"], v["model"], "default", "", "", "", "", "", v["match"]]
                    + [show(prices.get(c)) for c in PRICES] + [v["source"]])
    out = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
    sys.stdout.write(HEAD.format(version=version))
    out.writerow(COLUMNS)
    out.writerows(sorted(rows, key=lambda row: row[:2]))


if __name__ == "__main__":
    main()
