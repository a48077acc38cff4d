# SPDX-License-Identifier: BSD-2-Clause
"""An agent that calls itself by mistake: looping_agent.py STEPS [OPTION ...]

Each step sends all that was said before, and the answer to it, through the real openai SDK. Prints "ok"
for each, "error CLASS TIME" for one that failed at that time since 1970, and at last "other ok": a connection to another name at the
same address and port, made before the loop, still works.

--until-error   ends with the first error
--then-again    tries again until a call works: "again ok"
--child         starts a child that sleeps, and says its pid first
--relay ADDR    the provider is reached at this address, by its own name
"""
import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from urllib.parse import urlsplit

import httpx
import openai

steps, options = int(sys.argv[1]), sys.argv[2:]
url = urlsplit(os.environ["SIM_URL"])
relay = options[options.index("--relay") + 1] if "--relay" in options else ""
address = relay or "127.0.0.1"

if relay:
    resolve = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *a, **kw: resolve(relay if host == url.hostname else host, *a, **kw)


def connect_otherwise():
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    context.check_hostname = False
    raw = socket.create_connection((address, url.port), timeout=20)
    connection = http.client.HTTPConnection("other.example", timeout=20)
    connection.sock = context.wrap_socket(raw, server_hostname="other.example")
    return connection


def ask_otherwise(connection):
    connection.request("GET", "/status")
    connection.getresponse().read()
    return "ok"


if "--child" in options:
    child = subprocess.Popen(["sleep", "60"])
    print("child", child.pid, flush=True)
other = connect_otherwise()
ask_otherwise(other)
client = openai.OpenAI(base_url=os.environ["SIM_URL"] + "/v1", api_key="sk-sim", max_retries=0, timeout=20,
                       default_headers={"x-sim-test": os.environ["SIM_TEST"]},
                       http_client=httpx.Client(verify=os.environ["SSL_CERT_FILE"], timeout=20))
said = [{"role": "user", "content": f"{os.getpid()} {time.time()}: do it again"}]
for step in range(steps):
    try:
        answer = client.chat.completions.create(model="gpt-4o", messages=said)
        print("ok", flush=True)
    except openai.OpenAIError as e:
        print("error", type(e).__name__, time.time(), flush=True)
        if "--until-error" in options:
            break
        continue
    said += [{"role": "assistant", "content": answer.choices[0].message.content or "-"},
             {"role": "user", "content": f"step {step}: again"}]
print("other", ask_otherwise(other), flush=True)
while "--then-again" in options:
    try:
        client.chat.completions.create(model="gpt-4o", messages=said)
        print("again ok", flush=True)
        break
    except openai.OpenAIError:
        time.sleep(0.2)
if "--child" in options:
    child.kill()
