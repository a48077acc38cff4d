#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The providers' own SDKs against the simulated provider: every token and nano-dollar of each call.

    tests/live/providers.py [SDK ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made. The SDKs have a folder of
their own, of tests/live/requirements_providers.txt. The calls of one client come one after the other,
and are compared in this order: some providers give them no id.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib")]

import bench  # noqa: E402 (the path comes first)
import compare  # noqa: E402
import prices  # noqa: E402
from meter import Meter  # noqa: E402
from sim import Provider  # noqa: E402

# How many calls each makes.
HTTP2 = ("google_genai", "mistralai", "cohere", "groq")  # those that can speak it
SDKS = {"google_genai": 2, "bedrock": 4, "mistralai": 2, "cohere": 3, "groq": 2, "litellm": 5}
HOSTS = {"generativelanguage.googleapis.com", "bedrock-runtime.us-east-1.amazonaws.com",
         "api.mistral.ai", "api.cohere.com", "api.groq.com", "api.openai.com", "api.anthropic.com"}


def python():
    """The SDKs' Python; made when it is not there."""
    made = subprocess.run([HERE.parents[1] / "tools/test_env.sh",
                           "tests/live/requirements_providers.txt"], check=True, text=True,
                          stdout=subprocess.PIPE)
    return made.stdout.split()[-1]


def differs(truth, row):
    """What is wrong with a row; "": nothing."""
    w, gen_ai, wrong = row["wiretally"], row["gen_ai"], []
    if w["result"] != "ok" or not w["complete"] or w["usage_source"] != "reported":
        wrong.append(f"{w['result']}, complete {w['complete']}, usage {w['usage_source']}")
    told = {"provider": gen_ai["provider"]["name"], "model": gen_ai.get("response", {}).get("model"),
            "asked": gen_ai["request"].get("model"), "stream": gen_ai["request"]["stream"],
            "units": w.get("units", {})}
    sent = {"provider": truth["provider"], "model": truth["model_served"],
            "asked": truth["model_requested"], "stream": truth["stream"], "units": truth["units"]}
    wrong += [f"{k}: sent {sent[k]}, metered {told[k]}" for k in sent if sent[k] != told[k]]
    wrong += compare.tokens_differ(truth, w.get("tokens", {}))
    counted = {**(truth["billed"] or truth["tokens"]), **truth["units"]}
    tier = prices.TIERS.get(w.get("tier", ""), w.get("tier", ""))
    want = prices.nano_dollars(truth["provider"], truth["model_served"] or truth["model_requested"],
                               counted, tier)
    if not want or want != w["cost"].get("nano_usd"):
        wrong.append(f"nano-dollars: {w['cost'].get('nano_usd')}, should be {want}")
    return "; ".join(wrong)


def run(sim, meter, sdk, program, http2=False):
    since, calls = len(meter.rows), SDKS[sdk]
    env = {**os.environ, "SIM_PORT": str(sim.port), "SIM_TEST": sdk, "SSL_CERT_FILE": str(sim.ca),
           "AWS_CA_BUNDLE": str(sim.ca), "REQUESTS_CA_BUNDLE": str(sim.ca),
           **({"SIM_HTTP2": "1"} if http2 else {}),
           "LITELLM_LOCAL_MODEL_COST_MAP": "True", "AWS_EC2_METADATA_DISABLED": "true"}
    client = subprocess.Popen([program, HERE / "clients/providers_client.py", sdk], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = client.communicate(timeout=120)
    finally:
        client.kill()
        client.wait()
    if client.returncode:
        return "the client failed: " + said[-600:]

    def mine(rows):
        return [r for r in rows[since:] if r["url"].get("domain") in HOSTS
                and r.get("process", {}).get("pid") == client.pid]
    rows = mine(meter.wait(lambda rows: len(mine(rows)) >= calls))
    truths = sim.truth(sdk)
    if {t["protocol"] for t in truths} != {"HTTP/2" if http2 else "HTTP/1"}:
        return f"{[t['protocol'] for t in truths]} is no test of it"
    if len(rows) != calls or len(truths) != calls:
        return f"{calls} calls, {len(truths)} answered, {len(rows)} rows"
    for truth, row in zip(truths, rows):
        if wrong := differs(truth, row):
            return f"{truth['api']} {truth['model_requested']}: {wrong}"
    return compare.schema_breach(rows)


def main():
    suite = bench.Suite(sys.argv[1:])
    program = python()
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        with Meter(only=sim.run) as meter:
            for sdk in SDKS:
                suite.run(sdk, run, sim, meter, sdk, program)
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder), "--http2") as sim:
        with Meter(only=sim.run) as meter:
            for sdk in HTTP2:
                suite.run(f"{sdk}_http2", run, sim, meter, sdk, program, True)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
