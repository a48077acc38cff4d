#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The live table: a meter, a provider, real clients, and `wiretally top` in a terminal.

    tests/live/top.py [NAME ...]

As tests/live/run.py; tmux, too. Keys are pressed, and what is on the screen is compared with what the
provider's truth log says that each service spent.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import prices  # noqa: E402 (the path comes first)
from bench import CLAUDE, STREAM, Bench, Suite  # noqa: E402
from meter import WIRETALLY, Meter  # noqa: E402
from sim import Provider  # noqa: E402
from terminal import Terminal, columns  # noqa: E402

HEADING = re.compile(r"\$/min +total \$")


def truth_of(sim, test):
    """(calls, nano-dollars) of a client's answered calls, as the provider knows them."""
    costs = [prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
             for t in sim.truth(test)]
    return len(costs), sum(costs)


class Stage:
    """Services that have made calls, a ledger that has them, and the meter that wrote it."""

    def __init__(self, sim, folder):
        self.sim, self.folder, self.run = sim, folder, sim.run
        self.ledger = folder / "ledger/ledger.db"
        self.names = {
            "shop": f"shop-{self.run}",
            "desk": f"desk-{self.run}",
            "evil": f"\x1b[2J\x1b]0;x\x07e\u0301\u65e5\u672c\u202e\nvil-{self.run}",
        }
        self.meter = Meter("--ledger", str(self.ledger), "--trace", command="run", only=self.run)

    def __enter__(self):
        self.meter.__enter__()
        self.call("shop", "sdk_client.py", "openai", "sync", 3)
        self.call("shop", "http_client.py", "urllib", 4)
        self.call("desk", "curl", "/v1/messages", CLAUDE)
        self.call("evil", "curl", "/v1/chat/completions", STREAM)
        return self

    def __exit__(self, *_):
        self.meter.stop()

    def call(self, who, program, *args):
        """The client makes its calls, and their rows are awaited."""
        b = Bench(self.sim, self.meter, f"top-{who}")
        command = b.curl(*args) if program == "curl" else b.client(program, *args)
        process = b.start(command, {"OTEL_SERVICE_NAME": self.names[who]})
        if process.wait(120):
            raise OSError(f"{program} ended with {process.returncode}")
        self.settled()

    def settled(self):
        """Until the ledger has what the provider answered."""
        end = time.monotonic() + 60
        want = {self.names[w]: truth_of(self.sim, f"top-{w}") for w in self.names}
        want = {n: t for n, t in want.items() if t[0]}
        while (got := self.frame()) != want:
            if time.monotonic() > end:
                raise OSError(f"the frame says {got}, the provider {want}")
            time.sleep(0.2)

    def json(self, *more):
        done = subprocess.run([WIRETALLY, "top", "--json", "--ledger", self.ledger, "--window", "1h",
                               *more], stdout=subprocess.PIPE, check=False, timeout=30)
        return json.loads(done.stdout) if done.returncode == 0 else {"rows": []}

    def frame(self):
        """Calls and nano-dollars by service of this test, as a frame of JSON has them."""
        return {r["name"]: (r["calls"], r["nano_usd"]) for r in self.json()["rows"]
                if self.run in r["name"]}

    def top(self, terminal, *more):
        terminal.run(WIRETALLY, "top", "--ledger", self.ledger, "--window", "1h", *more)
        # only this test's: others may make calls on this host
        terminal.wait(lambda lines: any(HEADING.search(l) for l in lines))
        terminal.type("/" + self.run)
        terminal.key("Enter")


def figure_is(text, nano):
    """A figure is right to the digits that it has."""
    digits = len(text.partition(".")[2])
    return abs(float(text) - nano / 1e9) <= 0.5000001 * 10 ** -digits


def row_of(lines, word):
    return next((l for l in lines if word in l and "/" + word not in l), "")


def total_of(line):
    """The figure below "total $": the second that looks like money."""
    found = re.findall(r"[~(]?(\d+\.\d{2,})", line)
    return found[1] if len(found) > 1 else ""


def rows_are_the_truth(stage, terminal):
    """What differs of the table on the screen; "": nothing."""
    seen = ""

    def right(lines):
        nonlocal seen
        seen = ""
        for who in stage.names:
            # a name of bytes that no terminal gets, cut on a narrow one
            line = row_of(lines, "vil-" if who == "evil" else stage.names[who])
            _, nano = truth_of(stage.sim, f"top-{who}")
            if not total_of(line) or not figure_is(total_of(line), nano):
                seen += f"{who} spent {nano} in truth; its row: {line!r}\n"
        return not seen
    terminal.wait(right)
    return seen


def a_table_at(stage, width, height):
    with Terminal(width, height) as t:
        stage.top(t)
        if why := rows_are_the_truth(stage, t):
            return why + "\n".join(t.lines())
        lines = t.lines()
        if wide := [l for l in lines if columns(l) > width]:
            return f"more than {width} columns: {wide}"
        ends = {columns(l[:l.index(total_of(l)) + len(total_of(l))])
                for l in lines if total_of(l) and any(n in l for n in ("vil-", "shop-", "desk-"))
                and not l.startswith("!")}  # a finding
        if len(ends) != 1:
            return f"the totals end in columns {ends}:\n" + "\n".join(lines)
        if any(c < " " or "\x7f" <= c < "\xa0" or c == "\u202e" for l in lines for c in l):
            return f"a terminal would obey {lines}"
        # a call more is a row that changes, with nobody pressing a key
        stage.call("desk", "curl", "/v1/messages", CLAUDE)
        if why := rows_are_the_truth(stage, t):
            return "after another call: " + why
        t.type("q")
        t.wait(lambda _: t.state() == "0 1")
        return "" if t.state() == "0 1" else f"the terminal is left as {t.state()}"


def an_owner_is_looked_into(stage):
    with Terminal(80, 24) as t:
        stage.top(t)
        t.wait(lambda lines: row_of(lines, stage.names["shop"]))
        t.key("Escape")  # the filter
        t.type("/" + stage.names["shop"])
        t.key("Enter")
        t.wait(lambda lines: not row_of(lines, stage.names["desk"]))
        t.key("Enter")
        costs = [prices.nano_dollars(r["provider"], r["model_served"], r["tokens"])["total"]
                 for r in stage.sim.truth("top-shop")]
        newest = sorted(f"{c / 1e9:.9f}".rstrip("0") for c in costs)

        def told(lines):
            return sorted(re.findall(r"\$(\d+\.\d+)", "\n".join(
                lines[lines.index(next(l for l in lines if "the last calls" in l)):]))) \
                if any("the last calls" in l for l in lines) else []
        lines = t.wait(lambda lines: set(told(lines)) and set(told(lines)) <= set(newest))
        if not told(lines) or not set(told(lines)) <= set(newest):
            return f"the last calls cost {told(lines)}, in truth {newest}:\n" + "\n".join(lines)
        if not any("[models]" in l for l in lines):
            return "its models are not shown:\n" + "\n".join(lines)
        t.key("Escape")
        lines = t.wait(lambda lines: any("[services]" in l for l in lines))
        return "" if any("[services]" in l for l in lines) else "there is no way back"


def a_run_is_looked_into(stage):
    with Terminal(100, 30) as t:
        stage.call("shop", "http_client.py", "urllib", 1)
        frame = stage.json("--by", "run")
        runs = [r for r in frame["rows"] if r["name"] and r["service"] == stage.names["shop"]]
        if not runs:
            return "the SDK's calls make no run"
        stage.top(t, "--by", "run")
        t.wait(lambda lines: row_of(lines, runs[0]["name"][:8]))
        t.key("Escape")
        t.type("/" + runs[0]["name"][:8])
        t.key("Enter", "Enter")
        title = f"run {runs[0]['name']}"
        lines = t.wait(lambda lines: any(title in l for l in lines))
        if not any(title in l and f"{runs[0]['calls']} call" in l for l in lines):
            return f"{title} of {runs[0]['calls']} calls is not shown:\n" + "\n".join(lines)
        return ""


def every_end_leaves_the_terminal(stage):
    """By a key, by Ctrl-C, by signals: neither a screen of its own nor a hidden cursor is left."""
    ends = {"q": lambda t, _: t.type("q"), "Ctrl-C": lambda t, _: t.key("C-c"),
            "TERM": lambda t, pid: os.kill(pid, 15), "QUIT": lambda t, pid: os.kill(pid, 3),
            "ABRT": lambda t, pid: os.kill(pid, 6), "SEGV": lambda t, pid: os.kill(pid, 11)}
    for name, end in ends.items():
        with Terminal(80, 24) as t:
            modes = stage.folder / "modes"
            t.run("sh", "-c", f"stty -a >{modes}.before")
            t.run(WIRETALLY, "top", "--ledger", stage.ledger)
            t.wait(lambda lines: any(HEADING.search(l) for l in lines))
            if t.state() != "1 0":
                return f"{name}: while it runs the terminal is {t.state()}"
            shell = int(t.tmux("display-message", "-p", "#{pane_pid}"))
            pid = int(subprocess.run(["pgrep", "-P", str(shell)], check=True, text=True, timeout=20,
                                     stdout=subprocess.PIPE).stdout.split()[0])
            end(t, pid)
            t.wait(lambda _: t.state() == "0 1")
            if t.state() != "0 1":
                return f"{name}: it leaves the terminal as {t.state()}"
            t.run("sh", "-c", f"stty -a >{modes}.after; echo over")
            t.wait(lambda lines: any(l.startswith("over") for l in lines))
            before, after = (Path(f"{modes}.{w}").read_text() for w in ("before", "after"))
            if before != after:
                return f"{name}: the terminal's modes were {before}, are {after}"
    return ""


def what_is_under_way_is_told(stage):
    """A stream of seconds: it has a row from its request on, and money at its end."""
    name = stage.names["slow"] = f"slow-{stage.run}"
    b = Bench(stage.sim, stage.meter, "top-slow")
    with Terminal(80, 24) as t:
        stage.top(t)
        stream = b.start(b.curl("/v1/messages", CLAUDE, "-H", "x-sim-event-ms: 1000"),
                         {"OTEL_SERVICE_NAME": name})
        live = re.compile(name + r" +\? +\? +\? +0\.0 +- +- +1 +\d+s")
        lines = t.wait(lambda lines: live.search(row_of(lines, name)) or stream.poll() is not None)
        line = row_of(lines, name)
        if not live.search(line):
            return f"while it is under way its row is {line!r}:\n" + "\n".join(lines)
        if stream.wait(120):
            return f"curl ended with {stream.returncode}"
        return rows_are_the_truth(stage, t)


def a_terminal_is_resized(stage):
    with Terminal(80, 24) as t:
        stage.top(t)
        t.wait(lambda lines: row_of(lines, stage.names["shop"]))
        t.resize(200, 50)
        lines = t.wait(lambda lines: any("over the window" in l for l in lines))
        if not any("over the window" in l for l in lines):
            return "what is wide is not shown:\n" + "\n".join(lines)
        calls, _ = truth_of(stage.sim, "top-shop")
        line = row_of(lines, stage.names["shop"])
        if not re.search(rf" {calls} +[\d.]+k? +[\d.]+k? ", line):
            return f"{calls} calls in truth: {line!r}"
        t.resize(40, 10)
        lines = t.wait(lambda lines: lines[0].startswith("wiretally"))
        if not lines[0].startswith("wiretally") or max(map(columns, lines)) > 40:
            return "nothing is left of it when it is small:\n" + "\n".join(lines)
        t.resize(80, 24)
        lines = t.wait(lambda lines: row_of(lines, stage.names["shop"]))
        return "" if row_of(lines, stage.names["shop"]) else "it does not come back"


def colours_only_where_wanted(stage):
    for env, wanted in (({}, True), ({"NO_COLOR": "1"}, False)):
        with Terminal(80, 24, env) as t:
            stage.top(t)
            t.wait(lambda lines: row_of(lines, stage.names["shop"]))
            coloured = any(re.search(r"\x1b\[[\d;]*3[0-7]m", l) for l in t.lines("-e"))
            if coloured != wanted:
                return f"with {env} coloured is {coloured}"
    return ""


def a_reader_needs_no_rights(stage):
    """Who may read the ledger can look, and a frame goes through a pipe without a terminal."""
    owner = stage.ledger.stat()
    done = subprocess.run([WIRETALLY, "top", "--ledger", stage.ledger, "--window", "1h"],
                          user=owner.st_uid, group=owner.st_gid, extra_groups=[], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=30, text=True,
                          env={**os.environ, "COLUMNS": "90", "LC_ALL": "C.UTF-8"})
    lines = done.stdout.split("\n")
    line = row_of(lines, stage.names["shop"])
    _, nano = truth_of(stage.sim, "top-shop")
    if done.returncode or not total_of(line) or not figure_is(total_of(line), nano):
        return f"status {done.returncode}, {nano} in truth: {line!r}"
    return "" if "\x1b" not in done.stdout else "a frame in a pipe has escapes"


def main():
    suite = Suite(sys.argv[1:])
    if not shutil.which("tmux"):
        suite.skip("top", "there is no tmux")
        return suite.end()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # the meter's user goes through it to its ledger
        with Provider(Path(folder)) as sim, Stage(sim, Path(folder)) as stage:
            suite.run("a_table_of_80_columns", a_table_at, stage, 80, 24)
            suite.run("a_table_of_200_columns", a_table_at, stage, 200, 50)
            suite.run("an_owner_is_looked_into", an_owner_is_looked_into, stage)
            suite.run("a_run_is_looked_into", a_run_is_looked_into, stage)
            suite.run("every_end_leaves_the_terminal", every_end_leaves_the_terminal, stage)
            suite.run("what_is_under_way_is_told", what_is_under_way_is_told, stage)
            suite.run("a_terminal_is_resized", a_terminal_is_resized, stage)
            suite.run("colours_only_where_wanted", colours_only_where_wanted, stage)
            suite.run("a_reader_needs_no_rights", a_reader_needs_no_rights, stage)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
