# SPDX-License-Identifier: BSD-2-Clause
"""Who spends, with the real SDK: spender.py recurses|loops|pays|at-once COUNT [FEATURE].

The provider is told how many tokens a prompt has, as one that reads it would count.
"""
import asyncio
import os
import sys

import openai

URL, TEST = os.environ["SIM_URL"] + "/v1", os.environ["SIM_TEST"]
OUTPUT = 40


def headers(given, output=OUTPUT, feature=""):
    told = {"x-sim-test": TEST, "x-sim-input": str(given), "x-sim-output": str(output)}
    return {**told, "helicone-property-Feature": feature} if feature else told


def tokens(messages):
    return 8 + sum(4 + len(m["content"]) // 4 for m in messages)


def ask(client, messages):
    answer = client.chat.completions.create(model="gpt-4o", messages=messages,
                                            extra_headers=headers(tokens(messages)))
    return answer.choices[0].message.content


def recurses(client, count, _feature):
    """An agent that improves a text by calling itself, and has forgotten when to stop."""
    def improve(text, left):
        if left:
            improve(text + " " + 2 * ask(client, [{"role": "user", "content": "Improve: " + text}]),
                    left - 1)
    improve("A plan for a holiday on an island", count)


def loops(client, count, _feature):
    """A graph whose only edge out of a node leads back to it."""
    messages = [{"role": "system", "content": "You plan."}, {"role": "user", "content": "Plan it."}]
    for _ in range(count):
        messages += [{"role": "assistant", "content": ask(client, messages)},
                     {"role": "user", "content": "That is no plan yet. Go on."}]


def pays(client, count, feature):
    for _ in range(count):
        client.chat.completions.create(model="gpt-4o", max_tokens=100,
                                       messages=[{"role": "user", "content": "count me"}],
                                       extra_headers=headers(1000, 100, feature))


def at_once(_client, count, feature):
    async def all_of_them():
        client = openai.AsyncOpenAI(base_url=URL, api_key="sk-sim", max_retries=0)
        told = {**headers(1000, 100, feature), "x-sim-latency-ms": "3000"}
        await asyncio.gather(*(client.chat.completions.create(
            model="gpt-4o", max_tokens=100,
            messages=[{"role": "user", "content": f"count {i} " + 600 * "words, "}],
            extra_headers=told) for i in range(count)))
    asyncio.run(all_of_them())


if __name__ == "__main__":
    {"recurses": recurses, "loops": loops, "pays": pays, "at-once": at_once}[sys.argv[1]](
        openai.OpenAI(base_url=URL, api_key="sk-sim", max_retries=0), int(sys.argv[2]),
        sys.argv[3] if len(sys.argv) > 3 else "")
