# SPDX-License-Identifier: BSD-2-Clause
"""What a model has an agent do, by a script: it calls tools, starts sub-agents, and ends.

A prompt asks for a script: "simulate NAME as PATH". PATH is the run's name: "1", its sub-agents' "1.1" and
"1.2". The header x-sim-agent tells two apart that have the same prompts. The truth of a request is what
the script is at: its run, the run above, the answer that it follows, its step; not what a meter could see.
"""
import itertools
import re

MARK = re.compile(r"simulate (\w+) as (\d+(?:\.\d+)*)")

# The moves of each step; after the last it says that it is done. "work" calls a tool, "start X" starts a
# sub-agent and waits for it, "launch X" starts one that works beside it, "wait" waits for those, "full" says that the context is,
# so that the agent makes it shorter.
SCRIPTS = {
    "steps": [["work"], ["work"], ["work", "work"], ["work"]],
    "helper": [["work"], ["work"]],
    "lead": [["work"], ["start helper"], ["work"]],
    "two": [["start helper", "start helper"], ["work"]],
    "beside": [["launch helper"], ["work"], ["wait"]],
    "deep": [["start lead"], ["work"]],
    "shorter": [["work"], ["work"], ["work", "full"], ["work"], ["work"]],
}
FULL_TOKENS = 190000

# What agents say when they want their context shorter: Claude Code, Codex.
SUMMARY = ("Your task is to create a detailed summary", "CONTEXT CHECKPOINT COMPACTION")

# By the name that a client gives its tool: what to call one with that does a little ...
WORK = {"Bash": lambda n: {"command": f"echo step {n}", "description": "Says its step"},
        "exec_command": lambda n: {"cmd": f"echo step {n}"},
        "look": lambda n: {"what": f"step {n}"},
        # Codex has newer models write programs; text(...) is the result.
        "exec": lambda n: f'text((await tools.exec_command({{cmd: "echo step {n}"}})).output)'}
# ... and one that starts a sub-agent with a prompt, which may go on beside the one that started it.
START = {"Agent": lambda prompt, beside: {"description": "Looks into it", "prompt": prompt,
                                          "subagent_type": "general-purpose",
                                          "run_in_background": beside},
         "spawn_agent": lambda prompt, _: {"message": prompt},
         "delegate": lambda prompt, _: {"task": prompt},
         "ask": lambda prompt, _: {"input": prompt}}
# Codex has two kinds of them, and each is waited for by a call. One of the newer kind, which are in this
# namespace, has a name, and is given all that was said before.
NAMED = "collaboration"
WAIT_MS = 60000


class Run:
    def __init__(self, key, script, above, starter):
        self.agent, self.name = key
        self.above, self.moves = above, list(SCRIPTS[script])
        self.depth = above.depth + 1 if above else 0
        self.last = starter  # the id of the answer that its next request follows
        self.step = self.children = self.context = 0
        self.waits, self.waited = False, 0  # for sub-agents; for how many of them it has


def user_texts(body):
    """What a request's user says, in whichever API."""
    messages = body.get("messages") or body.get("input")
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            continue
        if message.get("role") != "user" and message.get("type") != "agent_message":
            continue
        content = message.get("content") or ""
        yield from [content] if isinstance(content, str) else [
            text for part in content if (text := part.get("text") or part.get("encrypted_content"))]


def tools_of(body):
    """(name, namespace) of each tool that a request offers; Codex has some among the messages."""
    added = [item["tools"] for item in body.get("input") or [] if "tools" in item]
    for tool in itertools.chain(body.get("tools") or [], *added):
        if tool.get("type") == "namespace":
            yield from ((inner["name"], tool["name"]) for inner in tool["tools"])
        else:
            yield tool.get("name") or tool.get("function", {}).get("name"), None


def waits_for(run, body):
    """Arguments of a call that waits for one of the run's sub-agents; {}: there is none to wait for."""
    ids = [m for item in body["input"] if item.get("type") == "function_call_output"
           for m in re.findall(r'"agent_id":\s*"([^"]+)"', str(item["output"]))]
    done = {item["author"] for item in body["input"] if item.get("type") == "agent_message"
            and "FINAL_ANSWER" in str(item["content"])}
    if ids:
        run.waited += 1
        return {"targets": ids[run.waited - 1:run.waited]} if run.waited <= len(ids) else {}
    return {"timeout_ms": WAIT_MS} if len(done) < run.children else {}


class Agents:
    """All runs that were asked for."""

    def __init__(self):
        self.runs, self.numbers = {}, itertools.count(1)
        self.starters = {}  # the id of the answer that starts a run

    def find(self, request, texts):
        mark = next((m for text in reversed(texts) if (m := MARK.search(text))), None)
        if not mark:
            return None
        agent = (request.headers.get("x-sim-test"), request.headers.get("x-sim-agent", ""))
        key = (agent, mark[2])
        if key not in self.runs:
            above = self.runs.get((agent, mark[2].rpartition(".")[0]))
            self.runs[key] = Run(key, mark[1], above, self.starters.get(key, ""))
        return self.runs[key]

    def script(self, request, body, answer):
        """What the answer says, by the script that the request is a step of; its truth, or None."""
        texts = list(user_texts(body))
        run = self.find(request, texts)
        if not run:
            return None
        run.step += 1
        truth = {"agent": run.agent[1], "run": run.name, "parent_run": run.above.name if run.above else "",
                 "follows": run.last, "step": run.step, "depth": run.depth}
        run.last = answer.id
        self.count(run, request, answer)
        tools = dict(tools_of(body))
        if any(asks in texts[-1] for asks in SUMMARY):
            answer.said = [f"<summary>So far so good. It was: {MARK.search(' '.join(texts))[0]}</summary>"]
        elif run.waits and (what := waits_for(run, body)):
            self.call(answer, tools, "wait_agent", {**what, "timeout_ms": WAIT_MS})
        elif run.moves:
            run.waits = False
            for move in run.moves.pop(0):
                self.move(run, move, body, answer, tools)
        return {**truth, "tool_calls": len(answer.calls)}

    @staticmethod
    def count(run, request, answer):
        """The context is as long as the request; what the step before it sent is in the cache."""
        whole = len(request.body) // 4
        answer.tokens["cache_read"] = min(run.context, whole)
        new = "cache_write_5m" if answer.provider == "anthropic" else "input"
        answer.tokens |= {"input": 3, new: whole - answer.tokens["cache_read"]}
        run.context = whole

    def call(self, answer, tools, name, arguments):
        answer.calls.append({"id": answer.call_prefix + f"{next(self.numbers):06d}{answer.id[-16:]}",
                             "name": name, "namespace": tools[name], "arguments": arguments})

    def move(self, run, move, body, answer, tools):
        verb, _, script = move.partition(" ")
        if verb == "full":
            answer.tokens["input"] = FULL_TOKENS
        elif verb == "wait":
            if "wait_agent" in tools and (what := waits_for(run, body)):
                run.waits = True
                self.call(answer, tools, "wait_agent", {**what, "timeout_ms": WAIT_MS})
        elif verb == "work":
            name = next(n for n in tools if n in WORK)
            self.call(answer, tools, name, WORK[name](run.step))
        else:
            name = next((n for n in tools if n in START), None)
            if not name:
                return  # as deep as its client lets agents go
            run.children += 1
            name_of_it = f"{run.name}.{run.children}"
            self.starters[run.agent, name_of_it] = answer.id
            prompt = f"Please look into it: simulate {script} as {name_of_it}"
            arguments = START[name](prompt, verb == "launch")
            if tools[name] == NAMED:
                arguments["task_name"] = f"look_{run.children}"
            self.call(answer, tools, name, arguments)
            run.waits |= name == "spawn_agent" and verb == "start"
