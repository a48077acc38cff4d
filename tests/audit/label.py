#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Labels recorded requests by RULES.md: how easy each is.

    tests/audit/label.py CORPUS >tests/audit/labels.tsv
"""
import csv
import gzip
import json
import re
import sys
from pathlib import Path

APIS = ("chat.completions", "messages", "generateContent", "streamGenerateContent", "responses", "converse",
        "converse-stream", "chat")
EACH = 4
WORDS, TURNS, ANSWER, ANSWER_JSON = 300, 1, 50, 80
WORD = re.compile(r"[^\W_]+")
MEDIA = {"image_url", "image", "input_image", "input_audio", "file", "input_file", "document", "inlineData",
         "inline_data", "fileData", "file_data", "video", "audio"}
# Tools that a provider runs itself, in an answer.
ANSWERS_CALL = ("tool_calls", "tool_use", "functionCall", "function_call", "toolUse")


def body_of(path):
    """(JSON bodies in it, text); a stream has one for each event."""
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = unchunk(body)
    if re.search(rb"(?im)^content-encoding: *gzip", head):
        body = gzip.decompress(body)
    text = body.decode("utf-8", "replace")
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except json.JSONDecodeError:
        pass
    found = []
    for line in text.splitlines():
        line = line.removeprefix("data:").strip()
        try:
            event = json.loads(line)
            found += [event] if isinstance(event, dict) else []
        except json.JSONDecodeError:
            continue
    return found


def unchunk(body):
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        n = int(size.split(b";")[0] or b"0", 16)
        if not n:
            break
        out, body = out + rest[:n], rest[n + 2:]
    return out


def walk(value, key=""):
    """(key, value) of everything in it."""
    yield key, value
    if isinstance(value, dict):
        for k, v in value.items():
            yield from walk(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from walk(v, key)


def words(value):
    text_keys = ("content", "text", "system", "instructions", "input", "prompt", "parts", "description",
                 "contents", "messages", "output")
    return sum(len(WORD.findall(v)) for k, v in walk(value) if isinstance(v, str) and k in text_keys)


def answer_words(bodies):
    keys = ("content", "text", "delta", "arguments", "partial_json")
    whole = bodies[:1] if len(bodies) == 1 else bodies
    texts, final = [], None
    for body in whole:
        if body.get("type") == "response.completed":
            final = body
        if str(body.get("type", "")).startswith("response.") and "delta" not in str(body.get("type")):
            continue
        texts += [v for k, v in walk(body) if isinstance(v, str) and k in keys]
    if final and not texts:
        texts = [v for k, v in walk(final) if isinstance(v, str) and k == "text"]
    return len(WORD.findall("".join(texts) if len(bodies) > 1 else " ".join(texts)))


def messages_of(request):
    """[(role, message)]"""
    found = request.get("messages") or request.get("contents") or request.get("input") or []
    if isinstance(found, str):
        return [("user", found)]
    out = []
    for m in found:
        role = m.get("role") or m.get("type") or "user" if isinstance(m, dict) else "user"
        out.append((role, m))
    return out


def is_multi_stage(request, answer):
    messages = messages_of(request)
    seen = {k for _r, m in messages for k, _v in walk(m)} | \
           {m.get("type") for _r, m in messages if isinstance(m, dict)} | \
           {v for _r, m in messages for k, v in walk(m) if k == "type" and isinstance(v, str)}
    if seen & {"tool_calls", "tool_use", "tool_result", "functionCall", "functionResponse", "function_call",
               "function_call_output", "toolUse", "toolResult"} or any(r == "tool" for r, _m in messages):
        return True
    if sum(r in ("assistant", "model") for r, _m in messages) >= 2:
        return True
    offered = bool(request.get("tools") or request.get("toolConfig") or request.get("functions"))
    said = {k for body in answer for k, v in walk(body) if v not in (None, [], {}, "")} | \
           {v for body in answer for k, v in walk(body) if k == "type" and isinstance(v, str)}
    return offered and bool(said & set(ANSWERS_CALL))


def asks_to_reason(request):
    for key, value in walk(request):
        if key in ("reasoning_effort", "effort") and value not in (None, "none", "minimal"):
            return True
        if key in ("budget_tokens", "thinkingBudget", "thinking_budget") and value not in (0, None):
            return True
        if key in ("thinkingConfig", "thinking") and isinstance(value, dict) and \
                value.get("type") in ("enabled", "adaptive"):
            return True
        if key in ("thinkingLevel", "thinking_level") and str(value).lower() not in ("minimal", "none"):
            return True
    return False


def wants_json(request):
    for key, value in walk(request):
        if key in ("response_format", "format") and isinstance(value, dict) and value.get("type") != "text":
            return True
        if key in ("responseSchema", "responseJsonSchema", "response_schema") and value:
            return True
    return False


def label(request, answer):
    if is_multi_stage(request, answer):
        return "multi_stage"
    keys = {k for k, _v in walk(request)} | {v for k, v in walk(request) if k == "type" and isinstance(v, str)}
    if any(request.get(k) for k in ("tools", "functions", "toolConfig", "plugins", "web_search_options")):
        return "medium"
    earlier = sum(r in ("assistant", "model") for r, _m in messages_of(request))
    if keys & MEDIA or words(request) > WORDS or earlier > TURNS or asks_to_reason(request):
        return "medium"
    most = ANSWER_JSON if wants_json(request) else ANSWER
    return "trivial" if answer_words(answer) <= most else "medium"


def main():
    corpus = Path(sys.argv[1])
    rows = []
    with open(corpus / "MANIFEST.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["api"] in APIS and row["status"] == "200" and "req_synth" not in row["flags"] and \
                    "truncated" not in row["flags"] and row["in_total"]:
                rows.append(row["file"])
    print("# see RULES.md")
    for name in sorted(rows)[::EACH]:
        try:
            request, answer = body_of(corpus / f"{name}.req"), body_of(corpus / f"{name}.resp")
        except (OSError, ValueError):
            continue
        if request and answer and isinstance(request[0], dict):
            print(f"{name}\t{label(request[0], answer)}")


if __name__ == "__main__":
    main()
