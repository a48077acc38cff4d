#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of `wiretally exec`: the right bill, of the command's tree only, and its exit status.

    tests/live/exec_test.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made.
"""
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import prices  # noqa: E402 (the path comes first)
from bench import CHAT, Bench, Suite  # noqa: E402
from meter import COMMAND_S, WIRETALLY  # noqa: E402
from sim import Provider  # noqa: E402


TRIES = 5
LATE = re.compile(r"process_late|process_gone")


def unless_late(test, b):
    """A machine that is busy with others can let probes come too late for a call, and the bill says so:
    then the test is run again. A bill that is wrong and says nothing has failed."""
    for attempt in range(TRIES):
        b.name, b.said = f"{test.__name__} {attempt}", ""
        why = test(b)
        if not why or not LATE.search(b.said):
            return why
        print(f"  {why}: again")
    return why


def run_exec(b, command, *options):
    done = subprocess.run([WIRETALLY, "exec", *options, "--", *command], env=b.env(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=COMMAND_S,
                          check=False)
    b.said += done.stderr
    return done


def run_json(b, command):
    """The ended process, and the bill's total."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as bill:
        done = run_exec(b, command, "--json", "--output", bill.name)
        return done, json.load(bill)["total"]


def owed(b, calls):
    """What the provider's own log makes of it, in nano-dollars; it has to know of all calls."""
    truth = b.sim.truth(b.name)
    if len(truth) != calls:
        raise RuntimeError(f"{len(truth)} calls were made, {calls} were expected")
    return sum(prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
               for t in truth)


def unlike(done, total, want):
    """Why a bill is wrong: what was dropped comes first, since a long line is cut."""
    dropped = " ".join(done.stderr.split())
    return (f"status {done.returncode}, {total['calls']} calls, {total['nano_usd']} of {want} nano-dollars: "
            f"{dropped}; {total}")


def bill_for_a_person(b):
    curl = shlex.join(b.curl("/v1/chat/completions", CHAT))
    done = run_exec(b, ["sh", "-c", f"{curl}; {curl}; echo out; exit 3"])
    total = re.search(r"^ *total.*\$([0-9.]+)", done.stderr, re.MULTILINE)
    if done.returncode != 3 or done.stdout != "out\n" or not total:
        return f"status {done.returncode}, out {done.stdout!r}, err {done.stderr!r}"
    got, want = Decimal(total[1]) * 10**9, owed(b, 2)
    return "" if got == want else f"the bill says {got} nano-dollars, {want} are owed"


def whole_tree(b):
    """Two Pythons side by side below a shell, each of which forks four workers."""
    python = shlex.join(b.client("lineage.py", "fork", 4))
    done, total = run_json(b, ["sh", "-c", f"{python} & {python}; wait"])
    want = owed(b, 12)
    good = not done.returncode and total["calls"] == 12 and total["nano_usd"] == want
    return "" if good else unlike(done, total, want)


def nobody_else(b):
    other = b.start(b.client("one_connection.py", "many", 300))
    _, total = run_json(b, ["sleep", "1"])
    other.kill()
    other.wait()
    return "" if total["calls"] == 0 else f"{total['calls']} calls on the bill of sleep"


def status_of_a_killed_command(b):
    done = run_exec(b, ["sh", "-c", "kill -9 $$"])
    return "" if done.returncode == 128 + 9 else f"status {done.returncode}"


def status_of_no_such_command(b):
    done = run_exec(b, ["/nowhere/at-all"])
    return "" if done.returncode == 127 and done.stderr else f"{done.returncode}: {done.stderr!r}"


def status_of_what_cannot_be_run(b):
    done = run_exec(b, ["/etc/passwd"])
    return "" if done.returncode == 126 and done.stderr else f"{done.returncode}: {done.stderr!r}"


def standard_input_is_the_commands(b):
    done = subprocess.run([WIRETALLY, "exec", "--", "cat"], env=b.env(), input="to the command",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          timeout=COMMAND_S, check=False)
    return "" if done.stdout == "to the command" else repr(done.stdout)


def agent_of_an_sdk(b):
    done, total = run_json(b, b.client("sdk_client.py", "openai", "sync", 2))
    want = owed(b, 10)
    good = not done.returncode and total["calls"] == 10 and total["nano_usd"] == want
    return "" if good else unlike(done, total, want)


def child_that_left_its_parent(b):
    """A daemon of the command's: its parent is gone, its session is its own."""
    curl = shlex.join(b.curl("/v1/chat/completions", CHAT))
    with tempfile.TemporaryDirectory() as folder:
        daemon = shlex.quote(f"sleep 0.3; {curl}; touch {folder}/called")
        _, total = run_json(b, ["sh", "-c", f"(setsid sh -c {daemon} &); "
                                            f"while [ ! -e {folder}/called ]; do sleep 0.1; done"])
    return "" if total["nano_usd"] == owed(b, 1) else f"{total}, {owed(b, 1)} are owed"


def signalled(b, number, to_group):
    """Its bill and status when a signal comes in the middle; the command counts what it gets."""
    counting = ("import os, signal, subprocess, sys, time\n"
                "got = []\n"
                "for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
                "    signal.signal(s, lambda n, _: got.append(n))\n"
                "subprocess.run(sys.argv[1:], check=True)\n"
                "print('ready', flush=True)\n"
                "while not got: time.sleep(0.05)\n"
                "time.sleep(0.5)\n"
                "print(got, flush=True)\n"
                "sys.exit(40 + len(got))\n")
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as bill:
        process = subprocess.Popen(
            [WIRETALLY, "exec", "--json", "--output", bill.name, "--", sys.executable, "-c", counting,
             *b.curl("/v1/chat/completions", CHAT)], env=b.env(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True)
        process.stdout.readline()
        if to_group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, said = process.communicate(timeout=COMMAND_S)
        b.said += said
        total = json.load(bill)["total"]
    if (process.returncode, out) != (41, f"[{int(number)}]\n"):
        return f"status {process.returncode}, it got {out}"
    return "" if total["nano_usd"] == owed(b, 1) else f"{total}, {owed(b, 1)} are owed"


def a_signal_is_passed_on(b):
    why = signalled(b, signal.SIGTERM, False)
    b.name += " again"
    return why or signalled(b, signal.SIGHUP, False)


def ctrl_c_reaches_the_command_once(b):
    """A terminal sends it to the whole group; the bill is printed all the same."""
    return signalled(b, signal.SIGINT, True)


def who_called_sudo_runs_it(b):
    curl = ["curl", "-sSk", *b.curl("/v1/chat/completions", CHAT)[2:]]
    curl[curl.index("--cacert"):curl.index("--cacert") + 2] = []  # in a folder of root's
    says = "id -u; id -g; id -G; grep CapEff /proc/self/status"
    done = subprocess.run([WIRETALLY, "exec", "--json", "--", "sh", "-c",
                           f"{says}; {shlex.join(curl)}; exit 6"], timeout=COMMAND_S, check=False,
                          env=b.env() | {"SUDO_UID": "65534", "SUDO_GID": "65534"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    b.said += done.stderr
    if (done.returncode, done.stdout.split()) != (6, ["65534"] * 3 + ["CapEff:", "0" * 16]):
        return f"status {done.returncode}, out {done.stdout!r}, err {done.stderr!r}"
    total = json.loads(done.stderr.splitlines()[-1])["total"]
    return "" if total["nano_usd"] == owed(b, 1) else f"{total}, {owed(b, 1)} are owed"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        for run in (bill_for_a_person, whole_tree, nobody_else, status_of_a_killed_command,
                    status_of_no_such_command, status_of_what_cannot_be_run,
                    standard_input_is_the_commands, agent_of_an_sdk, child_that_left_its_parent,
                    a_signal_is_passed_on, ctrl_c_reaches_the_command_once,
                    who_called_sudo_runs_it):
            suite.run(run.__name__, unless_late, run, Bench(sim, None, run.__name__))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
