# SPDX-License-Identifier: BSD-2-Clause
"""An independent bill: the catalogue's prices in exact decimals, rounded once a class, half to even."""
import csv
import functools
import re
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "user/price/catalogue.tsv"


@functools.cache
def rows():
    with open(CATALOGUE, newline="", encoding="utf-8") as f:
        lines = [line for line in f if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def fits(pattern, model):
    regex = re.escape(pattern[1:]).replace(r"\#", r"\d")
    anchored = {"=": f"^{regex}$", "^": f"^{regex}", "$": f"{regex}$", "*": regex}[pattern[0]]
    if not re.search(anchored, model, re.IGNORECASE):
        return 0
    return 1000 if pattern[0] == "=" else len(pattern) - 1


@functools.cache
def candidates(provider, model, tier):
    """[(how well it fits, row)] of the rows that fit, whatever the context."""
    fitting = ((max(fits(p, model) for p in row["match"].split(" ")), row) for row in rows()
               if row["provider"] == provider and row["tier"] == tier)
    return [(best, row) for best, row in fitting if best]


def find(provider, model, tier, context):
    able = [(best, int(row["over"] or 0), row) for best, row in candidates(provider, model, tier)
            if not row["over"] or context > int(row["over"])]
    return max(able, key=lambda a: a[:2])[2] if able else None


def nano_dollars(provider, model, tokens, tier="default"):
    """{class: nano, ..., "total": nano}, or None where there is no price."""
    counted = {k: v for k, v in tokens.items() if k != "reasoning" and v}
    context = sum(v for k, v in counted.items() if k not in ("output", "audio_out", "image_out"))
    row = find(provider, model, tier, context)
    if not row:
        return None
    out = {}
    for name, n in counted.items():
        price = row[name] or (row["input"] if name in ("cache_read", "cache_write_5m") else "")
        if not price:
            return None
        nano = Decimal(n) * Decimal(price) * 1000
        out[name] = int(nano.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    out["total"] = sum(out.values())
    return {k: v for k, v in out.items() if v or k == "total"}
