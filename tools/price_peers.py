#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prices of recorded calls against those that genai-prices and LiteLLM give for the same usage.

    tools/price_peers.py WIRETALLY CORPUS

Run it with a Python that has the two packages (tests/live/requirements_providers.txt). Their lists are
of other days than ours, and they leave out some of what is sold: each call whose sum differs is put
into a class of differences that says why, and those are printed as a table with an example. A call
whose prices are the same in both lists, and whose sum is not, is explained by nothing. Exits 1 when
there is such a call, or when fewer than 99 % agree of the calls that both lists price alike.
"""
import collections
import datetime
import json
import os
import subprocess
import sys
import warnings
from decimal import Decimal

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # what is in the package, and no newer one
warnings.simplefilter("ignore")

import genai_prices  # noqa: E402
import litellm  # noqa: E402
from litellm.cost_calculator import cost_per_token  # noqa: E402
from litellm.types import utils  # noqa: E402

LISTED = datetime.datetime(2026, 9, 23, 23, tzinfo=datetime.timezone.utc)  # our list's day
IN = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in")
OUT = ("output", "audio_out", "image_out")
NAMES = {  # ours: (genai-prices', LiteLLM's)
    "openai": ("openai", "openai"), "anthropic": ("anthropic", "anthropic"),
    "azure.ai.openai": ("azure", "azure"), "gcp.gemini": ("google", "gemini"),
    "gcp.vertex_ai": ("google", "vertex_ai"), "aws.bedrock": ("aws", "bedrock"),
    "mistral_ai": ("mistral", "mistral"), "x_ai": ("x-ai", "xai"), "groq": ("groq", "groq"),
    "together_ai": ("together", "together_ai"), "cohere": ("cohere", "cohere"),
    "deepseek": ("deepseek", "deepseek"), "cerebras": ("cerebras", "cerebras"),
    "perplexity": ("perplexity", "perplexity"), "moonshot_ai": ("moonshotai", "moonshot"),
    "z_ai": ("zai", "zai"), "minimax": ("minimax", "minimax"), "voyage_ai": ("voyageai", "voyage")}
WHY = {
    "no price there": "the other list does not have the model, or the provider",
    "another price there": "its list is of another day, or has another source, for this model",
    "a tier": "batch, flex or priority: no tier can be told to it",
    "a fee": "each request, or a search in the web, is charged beside tokens, which agree",
    "no tokens": "seconds, pictures, documents searched: it is given tokens alone",
    "not explained": ""}


def genai(provider, model, tokens, _tier):
    count = {"input_tokens": sum(tokens.get(k, 0) for k in IN),
             "output_tokens": sum(tokens.get(k, 0) for k in OUT),
             "cache_read_tokens": tokens.get("cache_read"), "input_audio_tokens": tokens.get("audio_in"),
             "output_audio_tokens": tokens.get("audio_out"),
             "input_image_tokens": tokens.get("image_in"),
             "output_image_tokens": tokens.get("image_out"),
             "web_searches": tokens.get("searches")}
    written = [tokens.get(k, 0) for k in ("cache_write_5m", "cache_write_1h")]
    if any(written):
        count |= {"cache_write_tokens": sum(written), "cache_write_5m_tokens": written[0],
                  "cache_write_1h_tokens": written[1]}
    usage = genai_prices.Usage(**{k: v for k, v in count.items() if v})
    return Decimal(genai_prices.calc_price(usage, model, provider_id=NAMES[provider][0],
                                           genai_request_timestamp=LISTED).total_price)


def lite(provider, model, tokens, tier):
    into, out = (sum(tokens.get(k, 0) for k in names) for names in (IN, OUT))
    usage = utils.Usage(
        prompt_tokens=into, completion_tokens=out, total_tokens=into + out,
        prompt_tokens_details=utils.PromptTokensDetailsWrapper(
            cached_tokens=tokens.get("cache_read", 0), audio_tokens=tokens.get("audio_in", 0),
            cache_creation_token_details=utils.CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=tokens.get("cache_write_5m", 0),
                ephemeral_1h_input_tokens=tokens.get("cache_write_1h", 0))),
        completion_tokens_details=utils.CompletionTokensDetailsWrapper(
            audio_tokens=tokens.get("audio_out", 0), image_tokens=tokens.get("image_out", 0)),
        cache_read_input_tokens=tokens.get("cache_read", 0),
        cache_creation_input_tokens=tokens.get("cache_write_5m", 0) + tokens.get("cache_write_1h", 0))
    costs = cost_per_token(model=model, custom_llm_provider=NAMES[provider][1], usage_object=usage,
                           service_tier=tier if tier in ("flex", "priority") else None)
    return sum(Decimal(repr(cost)) for cost in costs)


def ask(peer, *call):
    """Nano-dollars; None: it has no price. What it prints about that is nobody's concern here."""
    try:
        return peer(*call) * 10**9
    except Exception:  # of any kind: LookupError, litellm's own, a division by what it lacks
        return None


def near(a, b):
    """Equal, but for the rounding of each class, and of a float."""
    return abs(a - b) <= max(9, abs(a) / 10**6)


def classify(peer, provider, model, row, tokens, tier):
    w = row["wiretally"]
    nano = {k: n for k, n in w["cost"]["nano_usd"].items() if k != "total"}
    theirs = ask(peer, provider, model, tokens, tier)
    if theirs is None:
        return "no price there"
    if near(Decimal(sum(nano.values())), theirs):
        return "agree"
    if not any(tokens.get(k) for k in IN + OUT):
        return "no tokens"
    by_token = sum(n for k, n in nano.items() if k in IN + OUT)
    if by_token != sum(nano.values()) and near(Decimal(by_token), theirs):
        return "a fee"
    if tier in ("batch", "flex", "priority"):
        return "a tier"
    # Each class by itself, in as large a context: whose price is it that differs?
    for name, n in nano.items():
        context = {"input": sum(tokens.get(k, 0) for k in IN)}
        alone = {**context, name: tokens.get(name, 0)} if name in OUT else {name: tokens.get(name, 0)}
        base = ask(peer, provider, model, context, tier) if name in OUT else Decimal(0)
        mine = ask(peer, provider, model, alone, tier)
        if name in IN + OUT and mine is not None and not near(Decimal(n), mine - base):
            return "another price there"
    return "not explained"


def compare(name, peer, rows):
    count, example = collections.Counter(), {}
    for row in rows:
        w, gen_ai = row["wiretally"], row["gen_ai"]
        provider = gen_ai["provider"]["name"]
        model = gen_ai.get("response", {}).get("model") or gen_ai["request"].get("model")
        tokens = dict(w.get("billed_tokens") or w.get("tokens", {}))
        tokens.pop("reasoning", None)
        tokens |= {k: n for k, n in w.get("units", {}).items() if k == "searches"}
        kind = "no price there"
        if provider in NAMES:
            kind = classify(peer, provider, model, row, tokens, w.get("tier"))
        count[kind] += 1
        example.setdefault(kind, f"{provider} {model} {w.get('tier', '')}".strip())
    both = sum(count.values()) - count["no price there"] - count["another price there"]
    agree = count["agree"] + count["a fee"]
    share = agree / max(both, 1)
    print(f"{name}: of {both} calls that both price alike {agree} agree ({100 * share:.2f} %), "
          f"{count['a fee']} of them but for a fee")
    for kind, why in WHY.items():
        if count[kind]:
            print(f"  {count[kind]:5}  {kind:20} {why}; as {example[kind]}")
    return share >= 0.99 and not count["not explained"] and both > 500


def main():
    program, corpus = sys.argv[1:]
    litellm.suppress_debug_info = True
    out = subprocess.run([program, "replay", "--pairs", corpus], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True)
    rows = [row for row in map(json.loads, out.stdout.splitlines())
            if row["wiretally"]["cost"]["price"]["basis"] == "computed"]
    fine = [compare("genai-prices", genai, rows), compare("LiteLLM", lite, rows)]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
