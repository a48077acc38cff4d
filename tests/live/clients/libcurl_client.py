# SPDX-License-Identifier: BSD-2-Clause
"""libcurl on another TLS library than OpenSSL: libcurl_client.py LIBRARY [COUNT]. One connection."""
import ctypes
import json
import os
import sys

WRITEFUNCTION, URL, POSTFIELDS, HTTPHEADER, VERIFYPEER, FAILONERROR = 20011, 10002, 10015, 10023, 64, 45
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}]}
STREAM = {**BODY, "stream": True, "stream_options": {"include_usage": True}}


@ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
def drop(_data, size, count, _ctx):
    return size * count


def main(library, count):
    curl = ctypes.CDLL(library)
    curl.curl_easy_init.restype = curl.curl_slist_append.restype = ctypes.c_void_p
    curl.curl_slist_append.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    handle, headers = ctypes.c_void_p(curl.curl_easy_init()), None
    for line in ("content-type: application/json", f"x-sim-test: {os.environ['SIM_TEST']}"):
        headers = curl.curl_slist_append(headers, line.encode())
    for option, value in ((WRITEFUNCTION, drop), (HTTPHEADER, ctypes.c_void_p(headers)),
                          (URL, f"{os.environ['SIM_URL']}/v1/chat/completions".encode()),
                          (VERIFYPEER, ctypes.c_long(0)), (FAILONERROR, ctypes.c_long(1))):
        curl.curl_easy_setopt(handle, option, value)
    for i in range(count):
        body = json.dumps(STREAM if i % 2 else BODY).encode()
        curl.curl_easy_setopt(handle, POSTFIELDS, body)
        if (code := curl.curl_easy_perform(handle)):
            sys.exit(f"libcurl says {code}")
    curl.curl_easy_cleanup(handle)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
