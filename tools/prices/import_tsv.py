#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes user/price/catalogue.tsv from a table of price facts (one row a model, USD per million).

    tools/prices/import_tsv.py FACTS.tsv VERSION [PROVIDER ...] > user/price/catalogue.tsv

Without a provider, all but those who tell what each call costs, or sell no tokens by the piece.

The catalogue has one row for each model, service tier and context step, so that the program looks a
price up and computes nothing: a batch discount is a row with halved prices, a long-context step a
row with `over`. Decimals stay text or Decimal throughout; a float never touches a price.
"""
import csv
import re
import sys
from decimal import Decimal

CLASSES = ["input", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in",
           "output", "audio_out", "image_out"]
COLUMNS = ["provider", "model", "tier", "over", "match"] + CLASSES + ["source"]
SHORT = {"in": "input", "out": "output", "cr": "cache_read", "cw": "cache_write_5m",
         "cw1h": "cache_write_1h"}
# LiteLLM's tier prices have slips (a priority price 50 times the base): none is real over this.
SANE_TIER_FACTOR = 5
HALF = Decimal("0.5")
# By their own pages; the facts say it of some of their models, and of others' where they do.
HALF_PRICE_BATCHES = ("openai", "anthropic", "google")

UNUSED = ("openrouter", "vercel-gateway", "github-copilot", "provider")

HEAD = """\
# wiretally's price catalogue. USD per million tokens, exact decimals; an empty cell is unknown.
# version {version}
# One row for each model, service tier and context step. `match` is a list of patterns on the model
# that served a call, case ignored, separated by blanks: =name, ^prefix, $suffix, *part; # stands for
# a digit. A row with `over` holds when the call's input, caches included, has more tokens than that:
# then it holds for all of them. Facts from pydantic/genai-prices (MIT) and LiteLLM (MIT), as each
# row's source says; not checked against the providers' own pages.
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
    """Audio and image prices from the facts' free column: 'audio_in=32; audio_out=64'."""
    return {key: Decimal(value)
            for key, value in re.findall(r"\b(audio_in|audio_out|image_in|image_out)=([0-9.]+)", text)}


def rows_of(fact):
    base = {"input": dec(fact["input_per_mtok"]), "output": dec(fact["output_per_mtok"]),
            "cache_read": dec(fact["cache_read"]), "cache_write_5m": dec(fact["cache_write_5m"]),
            "cache_write_1h": dec(fact["cache_write_1h"]), **extras(fact["modality_and_other"])}
    if base["input"] is None and base["output"] is None:
        return
    steps = [("", base)]
    for over, text in re.findall(r">(\d+): ([^>]*)", fact["long_context"]):
        steps.append((over, {**base, **parse_prices(text)}))
    for over, prices in steps:
        yield "default", over, prices
    if fact["batch_discount"].startswith("x0.5") or fact["provider"] in HALF_PRICE_BATCHES:
        for over, prices in steps:
            yield "batch", over, {k: v * HALF for k, v in prices.items() if v is not None}
    for tier, text in re.findall(r"\b(flex|priority): ([^;>]*)", fact["service_tiers"]):
        prices = parse_prices(text)
        sane = all(base.get(k) and v <= SANE_TIER_FACTOR * base[k] for k, v in prices.items())
        if {"input", "output"} <= prices.keys() and sane:
            yield tier, "", prices


def main():
    facts_path, version, *providers = sys.argv[1:]
    with open(facts_path, newline="", encoding="utf-8") as f:
        facts = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    # A later row of the same model supersedes the earlier one, unless it holds for hours of a day,
    # or from a day that is not yet.
    chosen = {}
    for fact in facts:
        since = re.search(r'"start_date":"([0-9-]+)"', fact["notes"])
        if since and since[1] > version:
            continue
        if (fact["provider"] in providers if providers else fact["provider"] not in UNUSED) and "time_of_date" not in fact["notes"]:
            chosen[fact["provider"], fact["model"]] = fact
    out = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
    sys.stdout.write(HEAD.format(version=version))
    out.writerow(COLUMNS)
    for (provider, model), fact in sorted(chosen.items()):
        match = " ".join(patterns(fact["match"]))
        for tier, over, prices in rows_of(fact) if match else []:
            out.writerow([provider, model, tier, over, match]
                         + [show(prices.get(c)) for c in CLASSES] + [fact["source"]])


if __name__ == "__main__":
    main()
