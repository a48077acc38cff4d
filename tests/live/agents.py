#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs of real agents: is each call linked to the one that it follows? Precision and recall, by kind.

    tests/live/agents.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; the frameworks are in one of
their own (requirements_agents.txt), tools/test_programs.sh fetches Claude Code and Codex. The simulated
provider has the agents call tools and start sub-agents by scripts (tools/provider_sim/agents.py), and logs
which run, step and parent each request is of. A meter tells links as they come; what it read is recorded
too, and is told once more with all headers and fields gone that name a session or a thread.
"""
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib")]

from bench import CLIENTS, Bench, Suite  # noqa: E402 (the path comes first)
from meter import WIRETALLY, Meter  # noqa: E402
from programs import Programs  # noqa: E402
from sim import Provider  # noqa: E402

AT_LEAST = 0.95
ROWS_S = 15  # for what an agent did to be told, on a busy host
TRIES = 4    # agents one of whose calls was not seen, since their probes came late, are run again

# What tells a thread, a session or a trace, by the same number of letters that tell nothing.
TELLING = re.compile(
    rb"(?i)(?<=\n)(thread-id|session[-_]id|conversation_id|traceparent|x-codex-[a-z-]+|x-openai-subagent"
    rb"|x-claude-code-[a-z-]+|x-client-request-id)(?=:)"
    rb'|(?<=")(prompt_cache_key|client_metadata|user_id)(?=":)')


def frameworks_python():
    made = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_agents.txt"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return made.stdout.strip()


class AgentBench(Bench):
    """Agents that run at the same time: (script, name) of each."""

    def __init__(self, sim, meter, name, programs, folder):
        super().__init__(sim, meter, name)
        self.programs, self.folder = programs, folder

    def env(self):
        home = Path(tempfile.mkdtemp(dir=self.folder))
        return {**super().env(), "HOME": str(home), "CODEX_HOME": str(home), "OPENAI_API_KEY": "sk-sim",
                "CODEX_CA_CERTIFICATE": self.sim.ca, "NODE_EXTRA_CA_CERTS": self.sim.ca,
                "ANTHROPIC_BASE_URL": self.sim.url, "ANTHROPIC_API_KEY": "sk-ant-sim", "IS_SANDBOX": "1",
                "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}

    def claude(self, script, name, by=()):
        return self.begin([*by, self.programs["claude"], "--dangerously-skip-permissions", "--autocompact",
                           "100000", "-p", prompt(script)],
                          {"ANTHROPIC_CUSTOM_HEADERS": f"x-sim-test: {self.name}\nx-sim-agent: {name}"})

    def codex(self, script, name, model):
        provider = (f'model_providers.sim={{name="sim",base_url="{self.sim.url}/v1",wire_api="responses",'
                    f'env_key="OPENAI_API_KEY",http_headers={{"x-sim-test"="{self.name}",'
                    f'"x-sim-agent"="{name}"}}}}')
        return self.begin([self.programs["codex"], "exec", "--skip-git-repo-check",
                           "--dangerously-bypass-approvals-and-sandbox", "-c", provider, "-c",
                           'model_provider="sim"', "-c", "model_auto_compact_token_limit=100000", "-c",
                           "agents.max_depth=3", "-m", model, prompt(script)])

    def framework(self, kind, script, *names):
        return self.begin([self.programs["python"], str(CLIENTS / "agents_client.py"), kind,
                           prompt(script), *names])

    def begin(self, command, env=None):
        env = self.env() | (env or {})
        return self.start(command, env, cwd=env["HOME"], stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)


def prompt(script):
    return f"Please simulate {script} as 1"


@dataclass
class Kind:
    """How agents of a kind are started: by a script and a name, or names where they share a process."""
    start: object
    scripts: tuple
    one_process: bool = False

    def run(self, b):
        """All scripts, and one twice at the same time; until each call of them was seen."""
        alike = ("alike 1", "alike 2")
        started = [self.start(b, script, script) for script in self.scripts]
        started += ([self.start(b, "lead", *alike)] if self.one_process
                    else [self.start(b, "lead", name) for name in alike])
        return [p.wait(240) for p in started]


CLI = ("steps", "two", "deep", "beside", "shorter")
KINDS = {
    "claude_code": Kind(AgentBench.claude, CLI),
    "codex": Kind(lambda b, script, name: b.codex(script, name, "gpt-5.1-codex"), CLI),
    "codex_forks": Kind(lambda b, script, name: b.codex(script, name, "gpt-6.2-sol"), CLI),
    "langgraph": Kind(lambda b, *a: b.framework("langgraph", *a), ("two", "deep"), True),
    "langgraph_claude": Kind(lambda b, *a: b.framework("langgraph_claude", *a), ("two", "deep"), True),
    "openai_agents": Kind(lambda b, *a: b.framework("openai_agents", *a), ("two", "deep"), True),
}


def told_of(rows):
    """response id -> what a meter says of it, in ids of responses."""
    ids = {r["event"]["id"]: r["gen_ai"]["response"]["id"] for r in rows}
    runs = {e[:16]: i for e, i in ids.items()}
    told = {}
    for r in rows:
        link, owner = r["wiretally"].get("run"), r["wiretally"].get("owner", {})
        told[ids[r["event"]["id"]]] = {
            "follows": ids.get(link["follows"], "?") if link and "follows" in link else None,
            "run": runs.get(owner.get("run"), "?") if link else None,
            "parent_run": runs.get(owner["parent_run"], "?") if "parent_run" in owner else None,
            "step": link["step"] if link else None, "depth": link["depth"] if link else None}
    return told


def truth_of(truth):
    """The same by the provider's log."""
    firsts = {(t["agent"]["agent"], t["agent"]["run"]): t["response_id"] for t in reversed(truth)}
    return {t["response_id"]: {
        "follows": a["follows"] or None, "run": firsts[a["agent"], a["run"]],
        "parent_run": firsts.get((a["agent"], a["parent_run"])), "step": a["step"], "depth": a["depth"]}
        for t in truth for a in [t["agent"]]}


def shares(true, told):
    """{field: (precision, recall)}"""
    result = {}
    for field in ("follows", "run", "parent_run", "step", "depth"):
        want = {(i, v[field]) for i, v in true.items() if v[field] is not None}
        got = {(i, v[field]) for i, v in told.items() if v[field] is not None}
        right = len(want & got)
        result[field] = (right / len(got) if got else 1.0, right / len(want) if want else 1.0)
    return result


def verdict(name, true, told):
    """Prints the figures; what is wrong, or ""."""
    figures = shares(true, told)
    print(f"  {name:28} {len(true):3} calls " + " ".join(
        f" {field} {p:.1%}/{r:.1%}" for field, (p, r) in figures.items()))
    if os.environ.get("SHOW"):
        for i, v in true.items():
            if v != told.get(i):
                print("   ", i, "is", v, "told", told.get(i))
    low = [f for f, both in figures.items() if min(both) < AT_LEAST]
    return f"{name}: {', '.join(low)} below {AT_LEAST:.0%}" if low else ""


def replayed(recording):
    done = subprocess.run([WIRETALLY, "replay", "--json", recording], check=True, text=True,
                          stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(truth, rows):
    """The rows of calls that the log knows."""
    ids = {t["response_id"] for t in truth}
    return [r for r in rows if r["gen_ai"].get("response", {}).get("id") in ids]


def run_kind(b, kind, seen):
    name = b.name
    for attempt in range(TRIES):
        b.name = f"{name} {attempt}"
        codes = kind.run(b)
        truth = b.sim.truth(b.name)
        strangers = [t["response_id"] for t in truth if "agent" not in t]
        if any(codes) or strangers or not truth:
            return f"ended with {codes}, {len(truth)} calls; those of no script: {strangers}"
        b.meter.wait(lambda rows: len(of(truth, rows)) == len(truth), ROWS_S)
        rows = of(truth, b.meter.rows)
        if len(rows) == len(truth):
            seen[name] = truth
            return verdict(name, truth_of(truth), told_of(rows))
        print(f"  {name}: {len(rows)} of {len(truth)} calls were seen: again")
    return f"in none of {TRIES} runs was each call seen"


def billed_by_exec(b):
    """What a developer sees: the steps of the bill are the run's, and the sum is theirs."""
    bill = b.folder / "bill"
    p = b.claude("lead", "billed", [WIRETALLY, "exec", "--json", "-o", bill, "--"])
    if p.wait(240):
        return f"ended with {p.returncode}"
    told, truth = json.loads(bill.read_text(encoding="utf-8")), b.sim.truth(b.name)
    steps = told["steps"]
    got = [(s["step"], s["depth"], s["tool_calls"], s["input"] + s["output"]) for s in steps]
    want = [(t["agent"]["step"], t["agent"]["depth"], t["agent"]["tool_calls"], sum(
        t["tokens"].values())) for t in truth]
    cost = sum(s["nano_usd"] for s in steps)
    if got != want or len(truth) != 7 or cost != told["total"]["nano_usd"] or not cost:
        return f"{got}, it is {want}; {cost} nano-dollars, {told['total']}"
    return ""


def without_names(recording, seen):
    """What was recorded, told without any name. The recorder is a meter of its own: it may be late where
    the other one was not, and then has not all calls of a kind."""
    bare = Path(str(recording) + ".bare")
    bare.write_bytes(TELLING.sub(lambda m: b"x" * len(m[0]), recording.read_bytes()))
    rows, why, whole = replayed(bare), [], 0
    for name, truth in seen.items():
        recorded = of(truth, rows)
        if len(recorded) < len(truth):
            print(f"  {name}, nameless: {len(recorded)} of {len(truth)} calls were recorded")
            continue
        whole += 1
        why.append(verdict(name + ", nameless", truth_of(truth), told_of(recorded)))
    return "; ".join(filter(None, why)) or ("" if whole else "no kind was recorded as a whole")


def main():
    suite = Suite(sys.argv[1:])
    if "without_names" in suite.wanted:
        suite.wanted.append("claude_code")  # which it is told of
    if platform.machine() != "x86_64":
        print("SKIP agents: the programs are x86-64's\n0 passed, 0 failed, 1 skipped")
        return 0
    fetched = Programs()
    programs = {"codex": fetched.find("openai-codex-"), "claude": fetched.find("claude-code-linux-x64-"),
                "python": frameworks_python()}
    seen = {}
    with tempfile.TemporaryDirectory() as temporary, Provider(Path(temporary)) as sim:
        folder, recording = Path(temporary), Path(temporary) / "recording"
        settings = folder / "config.yaml"
        settings.write_text("allow-plaintext: true\n", encoding="ascii")
        Meter.only = sim.run
        with Meter("--plaintext", "--yes", "-c", settings, "-o", recording, command="record") as taper:
            with Meter() as meter:
                for name, kind in KINDS.items():
                    suite.run(name, run_kind, AgentBench(sim, meter, name, programs, folder), kind, seen)
            taper.stop()
        suite.run("without_names", without_names, recording, seen)
        suite.run("billed_by_exec", billed_by_exec,
                  AgentBench(sim, None, "billed_by_exec", programs, folder))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
