#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls whose truth is known, as a ledger and as bills of each provider's shape."""
import csv
import io
import json
import random
import sqlite3
from datetime import datetime, timedelta, timezone
from decimal import Decimal

DAY0 = datetime(2026, 11, 2, tzinfo=timezone.utc)
DAYS = 5
MTOK = {  # USD per million: what --price says, so that no catalogue has a say
    "gpt-4o-2024-08-06": (2500, 1250, 0, 10000),
    "gpt-4o-mini-2024-07-18": (150, 75, 0, 600),
    "claude-sonnet-4-20250514": (3000, 300, 3750, 15000),
    "claude-3-5-haiku-20241022": (800, 80, 1000, 4000),
    "gemini-2.5-flash": (300, 75, 0, 2500),
    "anthropic.claude-3-5-haiku-20241022-v1:0": (800, 80, 1000, 4000),
    "amazon.nova-pro-v1:0": (800, 200, 0, 3200),
}  # thousandths of a dollar
CLASSES = ("input", "cache_read", "cache_write_5m", "output")


def nano(model, call):
    """Nano-dollars by the list, each class rounded by itself."""
    return sum(n * p for n, p in zip(call["tokens"], MTOK[model]))


class World:
    """Calls of a provider's models over some days."""

    def __init__(self, seed, provider, models, projects=("proj_a", "proj_b"), others=0.3):
        rnd = random.Random(seed)
        self.provider, self.calls = provider, []
        for i in range(400):
            at = DAY0 + timedelta(seconds=rnd.randrange(600, DAYS * 86400 - 600))
            model = rnd.choice(models)
            write = rnd.randrange(3000) if MTOK[model][2] and rnd.random() < .3 else 0
            self.calls.append({
                "at": at, "model": model, "project": rnd.choice(projects), "took": 3,
                "tokens": (rnd.randrange(1, 20000), rnd.choice((0, rnd.randrange(9000))), write,
                           rnd.randrange(1, 4000)),
                "here": rnd.random() >= others, "batch": False, "estimated": False})

    def billed(self, share=1):
        """By day, model, project: tokens, calls, nano-dollars."""
        out = {}
        for c in self.calls:
            if c.get("unbilled"):
                continue
            key = (c["at"].date(), c["model"], c["project"])
            row = out.setdefault(key, {"tokens": [0] * 4, "calls": 0, "nano": 0})
            row["tokens"] = [a + b for a, b in zip(row["tokens"], c["tokens"])]
            row["calls"] += 1
            row["nano"] += int(nano(c["model"], c) * share)
        return dict(sorted(out.items()))

    def elsewhere(self):
        return sum(nano(c["model"], c) for c in self.calls if not c["here"])

    def ledger(self, path):
        db = sqlite3.connect(path)
        db.executescript("CREATE TABLE calls (n INTEGER PRIMARY KEY, end_ns INTEGER, duration_ns"
                         " INTEGER, provider TEXT, requested_model TEXT, served_model TEXT, project"
                         " TEXT, key TEXT, tier TEXT, result TEXT, basis TEXT, usage_source TEXT,"
                         " nano_usd INTEGER, input INTEGER, cache_read INTEGER, cache_write_5m"
                         " INTEGER, output INTEGER);"
                         "CREATE TABLE meta (key TEXT PRIMARY KEY, value);"
                         "CREATE TABLE drops (name TEXT, n INTEGER);")
        for c in self.calls:
            if not c["here"]:
                continue
            tokens = c.get("guess", c["tokens"])
            money = sum(n * p for n, p in zip(tokens, MTOK[c["model"]]))
            db.execute("INSERT INTO calls VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (
                int(c["at"].timestamp()) * 10**9, c["took"] * 10**9, self.provider, c["model"],
                c["model"], c["project"], c.get("key", ""), "batch" if c["batch"] else "default",
                "ok", "estimated" if "guess" in c else "computed",
                "estimated" if "guess" in c else "reported", money, *tokens))
        db.commit()
        db.close()


def dollars(n):
    return str(Decimal(n) / 10**9)


def table(heading, rows):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\r\n")
    w.writerow(heading.split(","))
    w.writerows(rows)
    return out.getvalue()


def unix(day):
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())


def pages(rows, bucket):
    """Rows by day as an API's page of buckets: bucket(day) gives its times."""
    days = {}
    for day, row in rows:
        days.setdefault(day, []).append(row)
    return {"data": [dict(bucket(d), results=r) for d, r in days.items()], "has_more": False}


def openai_bucket(day):
    return {"object": "bucket", "start_time": unix(day), "end_time": unix(day) + 86400}


def iso_bucket(day):
    return {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{day + timedelta(1)}T00:00:00Z"}


def openai_usage(world):
    return json.dumps(pages([(d, {
        "object": "organization.usage.completions.result", "model": m, "project_id": p,
        "input_tokens": r["tokens"][0] + r["tokens"][1], "input_cached_tokens": r["tokens"][1],
        "output_tokens": r["tokens"][3], "num_model_requests": r["calls"], "batch": False,
        "api_key_id": None}) for (d, m, p), r in world.billed().items()], openai_bucket), indent=1)


def openai_costs(world, share=1, more=(), sort=False):
    rows = [(d, {"object": "organization.costs.result", "line_item": None, "project_id": p,
                 "amount": {"value": float(dollars(r["nano"])), "currency": "usd"},
                 "line_item": f"{m}, input"}) for (d, m, p), r in world.billed(share).items()]
    return json.dumps(pages(rows + list(more), openai_bucket), sort_keys=sort)


def openai_csv(world):
    rows = []
    for (d, m, p), r in world.billed().items():
        for name, n, price in zip(("input", "cached input", None, "output"), r["tokens"], MTOK[m]):
            if name:
                rows.append((unix(d), unix(d) + 86400, "", "", dollars(n * price) + "0" * 9, "usd",
                             f"{n}.0", "tokens", f"{m}, {name}", "", "key_1", p, "org", "", "", "", ""))
    return table("start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,"
                 "quantity,quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,"
                 "project_name,organization_name,user_email,api_source",
                 [(unix(DAY0.date()), unix(DAY0.date()) + 86400) + ("",) * 15] + rows)


TYPES = ("uncached_input_tokens", "cache_read_input_tokens",
         "cache_creation.ephemeral_5m_input_tokens", "output_tokens")


def anthropic_usage(world):
    return json.dumps(pages([(d, {
        "uncached_input_tokens": r["tokens"][0], "cache_read_input_tokens": r["tokens"][1],
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": r["tokens"][2]},
        "output_tokens": r["tokens"][3], "server_tool_use": {"web_search_requests": 0},
        "api_key_id": None, "workspace_id": p, "model": m, "service_tier": "standard",
        "context_window": "0-200k"}) for (d, m, p), r in world.billed().items()], iso_bucket))


def anthropic_cost(world, more=()):
    rows = [(d, {"currency": "USD", "amount": str(Decimal(n * price) / 10**7), "workspace_id": p,
                 "description": "Usage", "cost_type": "tokens", "model": m,
                 "service_tier": "standard", "token_type": t, "context_window": "0-200k"})
            for (d, m, p), r in world.billed().items()
            for t, n, price in zip(TYPES, r["tokens"], MTOK[m]) if n]
    return json.dumps(pages(rows + list(more), iso_bucket))


def anthropic_console_usage(world):
    return table("usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
                 "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
                 "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
                 "usage_output_tokens,web_search_count,inference_geo,speed",
                 [(d, m, "a, key", p, "standard", "≤ 200k", r["tokens"][0], r["tokens"][2], 0,
                   r["tokens"][1], r["tokens"][3], 0, "global", "")
                  for (d, m, p), r in world.billed().items()])


def anthropic_console_cost(world):
    names = {"claude-sonnet-4-20250514": "Claude Sonnet 4", "claude-3-5-haiku-20241022": "Claude Haiku 3.5"}
    return table("usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,"
                 "cost_usd,list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status",
                 [(d, names[m], p, "a key", "message", "≤ 200k", t, dollars(n * price), "", "token",
                   "", "", "apikey_01", "active") for (d, m, p), r in world.billed().items()
                  for t, n, price in zip(("input_no_cache", "input_cache_read",
                                          "input_cache_write_5m", "output"), r["tokens"], MTOK[m])])


SKUS = ("Gemini 2.5 Flash GA Text Input - Predictions", "Gemini 2.5 Flash GA Input Text Caching", None,
        "Gemini 2.5 Flash GA Text Output - Predictions")


def google_rows(world):
    for (d, m, p), r in world.billed().items():
        for sku, n, price in zip(SKUS, r["tokens"], MTOK[m]):
            if sku:
                yield {"billing_account_id": "01", "service": {"id": "C7E2-9256-1C43", "description": "Vertex AI"},
                       "sku": {"id": "X", "description": sku}, "usage_start_time": f"{d} 08:00:00 UTC",
                       "usage_end_time": f"{d} 09:00:00 UTC", "project": {"id": p, "name": "n"},
                       "cost": float(dollars(n * price)), "currency": "USD",
                       "usage": {"amount": n, "unit": "count"}, "cost_type": "regular", "credits": []}


def google_extra():
    row = {"service": {"description": "Invoice"}, "sku": {"description": "Tax"},
           "usage_start_time": "2026-11-03 08:00:00 UTC", "usage_end_time": "2026-11-03 09:00:00 UTC",
           "project": {"id": None}, "cost": 1.25, "currency": "USD", "usage": {}, "cost_type": "tax"}
    vm = {"service": {"description": "Compute Engine"}, "sku": {"description": "N2 core"}}
    return [row, dict(row, **vm, cost=9, cost_type="regular"),
            dict(row, service={"description": "Vertex AI"}, sku={"description": "Rounding error"},
                 cost=-0.000004, cost_type="rounding_error")]


def google_json(world):
    rows = list(google_rows(world)) + google_extra()
    rows[0]["credits"] = [{"name": "Promo", "amount": -0.01}, {"name": "Free", "amount": -0.002}]
    return "".join(json.dumps(r) + "\n" for r in rows)


def google_csv(world):
    rows = list(google_rows(world))
    return table("service.description,sku.description,usage_start_time,usage_end_time,project.id,cost,"
                 "currency,usage.amount,usage.unit,cost_type",
                 [(r["service"]["description"], r["sku"]["description"], r["usage_start_time"],
                   r["usage_end_time"], r["project"]["id"], f"{r['cost']:.12f}", "USD",
                   r["usage"]["amount"], "count", "regular") for r in rows])


def google_console(world, hours):
    """Days of another zone: hours east of UTC."""
    out = {}
    for c in world.calls:
        day = (c["at"] + timedelta(hours=hours)).date()
        if DAY0.date() < day < DAY0.date() + timedelta(DAYS - 1):
            for sku, n, price in zip(SKUS, c["tokens"], MTOK[c["model"]]):
                if sku:
                    row = out.setdefault((day, sku, c["project"]), [0, 0])
                    row[0] += n
                    row[1] += n * price
    head = "Invoice number,1234\r\nInvoice date,2026-12-01\r\n\r\n"
    return head + table("Billing account name,Project ID,Service description,Service ID,SKU description,"
                        "SKU ID,Credit type,Cost type,Usage start date,Usage end date,Usage amount,"
                        "Usage unit,Unrounded Cost ($),Cost ($)",
                        [("acct", p, "Vertex AI", "C7", sku, "X", "", "Usage", d, d, f"{n:,}", "count",
                          dollars(money), f"{money / 1e9:.2f}") for (d, sku, p), (n, money) in out.items()]
                        + [("", "", "", "", "", "", "", "Total", "", "", "", "", "99", "99")])


def aws_rows(world):
    for (d, m, p), r in world.billed().items():
        nova = "nova" in m
        types = (("USE1-NovaPro-input-tokens", "USE1-NovaPro-cache-read-input-token-count", None,
                  "USE1-NovaPro-output-tokens") if nova else
                 ("USE1-MP:USE1_InputTokenCount-Units", "USE1-MP:USE1_CacheReadInputTokenCount-Units",
                  "USE1-MP:USE1_CacheWriteInputTokenCount-Units", "USE1-MP:USE1_OutputTokenCount-Units"))
        for kind, n, price in zip(types, r["tokens"], MTOK[m]):
            if kind:
                scale, unit = (1000, "1K tokens") if nova else (10**6, "Units")
                yield (f"{d}T00:00:00.000Z", f"{d + timedelta(1)}T00:00:00.000Z", "Usage",
                       "AmazonBedrock" if nova else "5vqtj", kind, "" if nova else
                       "AWS Marketplace software usage|us-east-1|Million Tokens",
                       "" if nova else '{"product_name":"Claude 3.5 Haiku (Amazon Bedrock Edition)"}',
                       str(Decimal(n) / scale), unit, p, dollars(n * price), "USD")


CUR = ("line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,"
       "line_item_product_code,line_item_usage_type,line_item_line_item_description,product,"
       "line_item_usage_amount,pricing_unit,line_item_usage_account_id,line_item_unblended_cost,"
       "line_item_currency_code")
OLD_CUR = ("lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/LineItemType,lineItem/ProductCode,"
           "lineItem/UsageType,lineItem/LineItemDescription,product/ProductName,lineItem/UsageAmount,"
           "pricing/unit,lineItem/UsageAccountId,lineItem/UnblendedCost,lineItem/CurrencyCode")


def aws_cur(world, heading=CUR):
    rows = list(aws_rows(world))
    extra = [(rows[0][:2]) + (t, "AmazonBedrock", "", "", "", "", "", "1", cost, "USD")
             for t, cost in (("Tax", "2.5"), ("Credit", "-1.5"), ("EdpDiscount", "-0.25"))]
    vm = rows[0][:2] + ("Usage", "AmazonEC2", "BoxUsage", "", "", "1", "Hrs", "1", "7", "EUR")
    return table(heading, rows + extra + [vm])


def cost_explorer(world):
    days = {}
    for r in aws_rows(world):
        name = "Claude 3.5 Haiku (Amazon Bedrock Edition)" if "MP:" in r[4] else "Amazon Bedrock"
        group = days.setdefault(r[0][:10], {}).setdefault((name, r[4]), [Decimal(0)])
        group[0] += Decimal(r[10])
    return json.dumps({"GroupDefinitions": [{"Type": "DIMENSION", "Key": "SERVICE"},
                                            {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
                       "ResultsByTime": [{
                           "TimePeriod": {"Start": d, "End": str(datetime.fromisoformat(d).date() + timedelta(1))},
                           "Total": {}, "Estimated": False, "Groups": [{"Keys": list(k), "Metrics": {
                               "UnblendedCost": {"Amount": str(v[0]), "Unit": "USD"},
                               "UsageQuantity": {"Amount": "1", "Unit": "N/A"}}} for k, v in g.items()]}
                           for d, g in days.items()]}, indent=4)


def focus(world):
    rows = [(str(Decimal(n * price) / 10**9), "USD", "Usage", f"{d}T00:00:00Z",
             f"{d + timedelta(1)}T00:00:00Z", "OpenAI", "OpenAI API", f"{m}, {c}", n, "Tokens", p)
            for (d, m, p), r in world.billed().items()
            for c, n, price in zip(("input", "cached input", None, "output"), r["tokens"], MTOK[m]) if c]
    tax = ("3.5", "USD", "Tax") + rows[0][3:7] + ("Sales tax", "", "", "")
    disk = ("3.5", "EUR", "Usage") + rows[0][3:5] + ("AWS", "Amazon S3", "Storage", "1", "GB", "")
    return table("BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,"
                 "ProviderName,ServiceName,ChargeDescription,ConsumedQuantity,ConsumedUnit,SubAccountId",
                 rows + [tax, disk])
