#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The text above provider.def that tells how to add a provider: what it shows compiles and works.

    tests/provider_example.py extract FOLDER    its code, and the tables with its lines, for make
    tests/provider_example.py test WIRETALLY    a program with them reads the answer that it shows
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROVIDERS = Path(__file__).resolve().parent.parent / "user" / "provider"


def shown():
    """What the comment sets off from its sentences: three blanks, or three and a tab's eight."""
    text = (PROVIDERS / "provider.def").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^ \*   ((?! )\S.*|        .*)$", text, re.M))


def one(pattern):
    found, = re.findall(pattern, shown(), re.M)
    return found


def extract(folder):
    text = shown()
    code = text[text.index("#include"):text.rindex("};") + 3]
    (folder / "example.c").write_text(code, encoding="utf-8")
    for table, line in (("provider.def", one(r"^PROVIDER\(.*\)$")), ("hosts.def", one(r"^HOST\(.*\)$"))):
        (folder / table).write_text((PROVIDERS / table).read_text(encoding="utf-8") + line + "\n",
                                    encoding="utf-8")


def test(program):
    answer = one(r"^\{.*\}$")
    host = re.match(r'HOST\("([^"]+)"', one(r"^HOST\(.*\)$"))[1]
    path = one(r'\.path = "([^"]+)"')
    asked = '{"engine":"ex-1","limit":50,"text":"How long is a meter?"}'
    with tempfile.TemporaryDirectory() as temp:
        request, response = Path(temp, "a.req"), Path(temp, "a.resp")
        request.write_text(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json"
                           f"\r\nContent-Length: {len(asked)}\r\n\r\n{asked}", newline="")
        response.write_text("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            f"Content-Length: {len(answer)}\r\n\r\n{answer}", newline="")
        out = subprocess.run([program, "replay", request, response], check=True,
                             stdout=subprocess.PIPE).stdout
    row = json.loads(out)
    told = json.loads(answer)
    spent = told["spent"]
    want = {"provider": one(r'\.provider = "([^"]+)"'), "asked": "ex-1", "limit": 50,
            "model": told["engine"], "id": told["id"], "finish": [told["why"]], "complete": True,
            "tokens": {"input": spent["in"] - spent["cached"], "cache_read": spent["cached"],
                       "output": spent["out"], "reasoning": spent["thought"]}}
    gen_ai = row["gen_ai"]
    got = {"provider": gen_ai["provider"]["name"], "asked": gen_ai["request"]["model"],
           "limit": gen_ai["request"]["max_tokens"], "model": gen_ai["response"]["model"],
           "id": gen_ai["response"]["id"], "finish": gen_ai["response"]["finish_reasons"],
           "complete": row["wiretally"]["complete"], "tokens": row["wiretally"]["tokens"]}
    if got != want:
        print(f"FAIL\n  got      {got}\n  expected {want}")
        return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "extract":
        extract(Path(sys.argv[2]))
    else:
        sys.exit(test(sys.argv[2]))
