# SPDX-License-Identifier: BSD-2-Clause
"""Says secrets wherever a client can: teller.py URL CA SECRETS.json --token SECRET

Each secret goes to its place: prompts plain, escaped, in base64 and compressed, headers, names of
headers, the query, the path, JSON keys, tools, numbers; and the simulated provider repeats some.
"""
import base64
import gzip
import http.client
import json
import ssl
import sys
import time
import urllib.parse


def requests(secret):
    """(path, headers, body) of each call."""
    escaped = "".join(f"\\u{ord(c):04x}" for c in secret["escaped"])
    chat = {"model": "gpt-4o", "messages": [
        {"role": "system", "content": secret["system"]},
        {"role": "user", "content": secret["prompt"] + " " * 9},
        {"role": "user", "content": [
            {"type": "text", "text": base64.b64encode(secret["base64"].encode()).decode()},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64," + secret["image"]}}]}],
        "tools": [{"type": "function", "function": {
            "name": secret["tool"], "parameters": {"type": "object", "properties": {
                secret["key"]: {"type": "string", "enum": [secret["enum"]]}}}}}],
        "user": secret["user"], "seed": int(secret["number"])}
    text = json.dumps(chat)[:-1] + f',"stop":"{escaped}"}}'
    head = {"Authorization": "Bearer sk-" + secret["bearer"], "Cookie": "s=" + secret["cookie"],
            "X-" + secret["header_name"]: "1", "X-Note": secret["header"],
            "x-goog-api-key": secret["api_key"], "chatgpt-account-id": secret["account"],
            "Helicone-User-Id": secret["end_user"], "X-End-User": secret["ruled_user"],
            "X-Cart": secret["ruled_header"],
            "User-Agent": "teller/" + secret["agent"], "Content-Type": "application/json",
            "x-sim-text": secret["answer"] + " and more"}
    claude = json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "system": secret["system"],
                         "messages": [{"role": "user", "content": secret["prompt"]}],
                         "metadata": {"user_id": secret["user"]}})
    for stream in (False, True):
        yield ("/v1/chat/completions?key=" + secret["query"], head,
               text[:-1] + (',"stream":true,"stream_options":{"include_usage":true}}' if stream else "}"))
        yield ("/v1/messages?beta=" + secret["query"], {**head, "x-api-key": secret["bearer"]},
               claude[:-1] + (',"stream":true}' if stream else "}"))
    for coding in ("gzip", "br", "zstd"):
        yield ("/v1/chat/completions", {**head, "Accept-Encoding": coding, "x-sim-encoding": coding,
                                        "x-sim-chunk-bytes": "7"}, text)
    yield ("/v1/chat/completions", {**head, "Content-Encoding": "gzip"}, gzip.compress(text.encode()))
    yield (f"/{secret['path']}/v1/chat/completions", head, text)
    yield ("/v1/chat/completions", {**head, "x-sim-cut-after": "3"},
           text[:-1] + ',"stream":true}')
    yield ("/v1/chat/completions", head, text[:len(text) // 2])  # cut short: broken JSON


def main():
    url, ca, secrets = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], sys.argv[3]
    with open(secrets, encoding="utf-8") as file:
        secret = json.load(file)
    context = ssl.create_default_context(cafile=ca)
    for path, head, body in requests(secret):
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=context)
        data = body if isinstance(body, bytes) else body.encode()
        try:
            connection.putrequest("POST", path, skip_accept_encoding=True)
            for name, value in {**head, "Content-Length": str(len(data))}.items():
                connection.putheader(name, value)
            connection.endheaders()
            for at in range(0, len(data), 50):  # split across writes
                connection.send(data[at:at + 50])
            connection.getresponse().read()
        except (http.client.HTTPException, ConnectionError):
            pass
        connection.close()
    time.sleep(0.2)


if __name__ == "__main__":
    main()
