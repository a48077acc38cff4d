#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of programs that are run about findings: those that work, hang, fail and flood.

    tests/live/hooks.py [NAME ...]

As tests/live/run.py: needs root. A budget of one call is used up by curl, and that is found.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CHAT, Bench, Suite  # noqa: E402 (the path comes first)
from compare import schema_breach  # noqa: E402
from meter import Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

WAIT_S = 60

# What each does, as a shell's script; {out} is a folder that anybody may write to.
HOOKS = {
    "good": "cat > {out}/finding; echo \"$1\" > {out}/argument; env > {out}/environment;"
            " grep -E '^(Uid|CapEff|CapPrm|NoNewPrivs)' /proc/$$/status > {out}/rights; : > {out}/good.ended",
    "deaf": ": > {out}/deaf.ended",  # it reads nothing
    "fails": "exit 3",
    "hangs": "echo $$ > {out}/hangs.pid; sleep 86399 & echo $! > {out}/child.pid; sleep 86399",
    "floods": "while :; do echo 0123456789012345678901234567890123456789; echo error >&2; done",
}


def config(folder, hooks, enforce=True):
    """Rules that run each of them; those that are to end by themselves within a second or two."""
    rules = []
    for name, text in hooks.items():
        path = Path(folder) / f"{name}.sh"
        path.write_text(f"#!/bin/sh\n{text.format(out=Path(folder) / 'out')}\n", encoding="utf-8")
        path.chmod(0o755)
        rules.append({"on": "budgets.exceeded", "do": "hook", "run": f"{path}  once",
                      "timeout": "2s" if name in ("hangs", "floods") else "60s"})
    rules.append({"on": "budgets.exceeded", "do": "hook", "run": "/nowhere/at/all"})
    path = Path(folder) / "config.yaml"
    path.write_text(json.dumps({
        "budgets": [{"name": "one", "limit": "1 calls", "per": "day"}],
        "actions": {"enforce": enforce, "rules": rules}}), encoding="utf-8")
    return ["--config", str(path)], [r["run"] for r in rules]


def results(actions):
    return sorted(a["wiretally"]["action"]["result"] for a in actions if a["event"]["action"] == "hook")


def gone(path):
    """The process whose number is in the file."""
    try:
        state = Path(f"/proc/{path.read_text().strip()}/stat").read_text(encoding="utf-8")
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


def good_and_bad(b, folder):
    """Each is told with what came of it; none holds up another, and nothing is left of any."""
    out = Path(folder) / "out"
    out.mkdir()
    out.chmod(0o777)
    ledger = Path(folder) / "ledger/ledger.db"
    args, runs = config(folder, HOOKS)
    os.environ["WIRETALLY_TEST_SECRET"] = "not for hooks"
    with Meter(*args, "--trace", "--ledger", ledger, "--control", Path(folder) / "control", command="run") as meter:
        b.run(b.curl("/v1/chat/completions", CHAT))
        meter.wait(lambda _: len(results(meter.actions)) >= len(runs), WAIT_S)
        if results(meter.actions) != ["done"] * 2 + ["failed"] * 4:
            return f"{results(meter.actions)}: {meter.actions} {meter.said}"
        if not (out / "deaf.ended").exists() or not gone(out / "hangs.pid") or not gone(out / "child.pid"):
            return "one did not end as it should, or a process is left"
        if why := schema_breach(meter.actions, "action") or schema_breach(meter.findings, "finding"):
            return why
        told = [f for f in meter.findings if f["rule"]["name"] == "budgets.exceeded"]
    finding = json.loads((out / "finding").read_text(encoding="utf-8"))
    if [f["event"]["id"] for f in told] != [finding["event"]["id"]]:
        return f"it got {finding}, told was {told}"
    rights = dict(line.split(":") for line in (out / "rights").read_text(encoding="utf-8").splitlines())
    if "0" in rights["Uid"].split() or int(rights["CapPrm"], 16) or rights["NoNewPrivs"].strip() != "1":
        return f"it ran with {rights}"
    if "SECRET" in (environment := (out / "environment").read_text(encoding="utf-8")) or "SIM_" in environment:
        return f"its environment was {environment}"
    if (out / "argument").read_text(encoding="utf-8") != "once\n":
        return "its argument is missing"
    kept = results(wiretally_json("actions", "--ledger", ledger))
    return "" if kept == ["done"] * 2 + ["failed"] * 4 else f"the ledger has {kept}"


def dry(b, folder):
    """Without `enforce` none is run, and it is told which would be."""
    args, runs = config(folder, {"dry": ": > {out}/dry.ended"}, enforce=False)
    with Meter(*args) as meter:
        b.run(b.curl("/v1/chat/completions", CHAT))
        meter.wait(lambda _: len(results(meter.actions)) >= len(runs), WAIT_S)
        if results(meter.actions) != ["dry_run"] * 2 or (Path(folder) / "out/dry.ended").exists():
            return f"{results(meter.actions)}: {meter.actions} {meter.said}"
    return ""


TESTS = (good_and_bad, dry)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        os.chmod(folder, 0o711)
        Meter.only = sim.run
        for test in TESTS:
            suite.run(test.__name__, test, Bench(sim, None, test.__name__), folder)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
