# SPDX-License-Identifier: BSD-2-Clause
"""OpenAI's SDK and a server of this host, two calls at once: batching_client.py URL COUNT WORDS TOKENS"""
import concurrent.futures
import sys

import openai


def main():
    url, count, words, tokens = sys.argv[1], *map(int, sys.argv[2:])
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", timeout=240)

    def ask(_):
        for _chunk in client.chat.completions.create(
                model="qwen", max_tokens=tokens, stream=True, stream_options={"include_usage": True},
                messages=[{"role": "user", "content": "word " * words}]):
            pass
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, range(count)))


if __name__ == "__main__":
    main()
