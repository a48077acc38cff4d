# SPDX-License-Identifier: BSD-2-Clause
"""Processes that come to TLS by other ways than a fresh start. lineage.py WAY COUNT

before:  waits for a line of input with OpenSSL loaded, then makes a call.
fork:    a call, COUNT children that each make one without an exec, a call.
pool:    COUNT calls by a multiprocessing pool, made after OpenSSL was loaded.
threads: COUNT calls by 20 threads.
exec:    a call, then it becomes curl, in the same process, which makes one.
"""
import json
import multiprocessing
import os
import ssl
import sys
import threading
import urllib.request

URL = os.environ["SIM_URL"] + "/v1/chat/completions"
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}]})
HEADERS = {"content-type": "application/json", "x-sim-test": os.environ["SIM_TEST"]}
THREADS = 20


def call(_number=0):
    request = urllib.request.Request(URL, BODY.encode(), HEADERS)
    with urllib.request.urlopen(request, context=ssl.create_default_context()) as answer:
        answer.read()


def run_before(_count):
    ssl.create_default_context()
    print("ready", flush=True)
    sys.stdin.readline()
    call()


def run_fork(count):
    call()
    children = []
    for _ in range(count):
        if not (child := os.fork()):
            call()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    call()


def run_pool(count):
    ssl.create_default_context()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.map(call, range(count))


def run_threads(count):
    started = [threading.Thread(target=lambda: [call() for _ in range(count // THREADS)])
               for _ in range(THREADS)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def run_exec(_count):
    call()
    headers = [word for k, v in HEADERS.items() for word in ("-H", f"{k}: {v}")]
    os.execvp("curl", ["curl", "-sf", "--cacert", os.environ["SSL_CERT_FILE"], "-o", "/dev/null",
                       *headers, "-d", BODY, URL])


if __name__ == "__main__":
    globals()["run_" + sys.argv[1]](int(sys.argv[2]))
