#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds the tree to its own rules: layers, file lengths, the texts. Prints each breach with its line.

A stage (user/<stage>/) includes base/, the nouns in include/, and itself; only user/pipeline.c and
the commands know several. BPF code includes its own headers and the three it shares with user space.
There is no list of exceptions.
"""
import re
import subprocess
import sys
from pathlib import Path

STAGES = {"capture", "stream", "proto", "provider", "price", "attribute", "gpu", "ledger", "detect",
          "act", "sink", "record", "run", "flow", "hop", "top", "flight", "reconcile",
          "audit"}
SHARED_WITH_BPF = {"wire.h", "shared.h", "cuda_work.h"}
LINES_MAX = 500
TOP_LEVEL = {"bpf", "user", "include", "tools", "tests", "Makefile", "README.md", "LICENSE"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
PROMISE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?:^|[\s=(\"'])/(?:home|root|work)/\w")
CODE = {".c", ".h", ".py", ".sh", ".js", ".css", ".html", ".def", ".S"}


def tracked():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [Path(p) for p in out.splitlines() if Path(p).is_file()]


def layer_breach(path, name):
    """Why this file may not include name; None: it may."""
    target = name.split("/")[0] if "/" in name else None
    if path.parts[0] == "include":
        return "a noun includes only nouns" if target else None
    if path.parts[0] == "bpf":
        own = name.endswith(".bpf.h") or name in SHARED_WITH_BPF
        return None if own else "BPF code shares only wire.h, shared.h and cuda_work.h"
    if path.parts[0] != "user" or len(path.parts) < 3:
        return None  # pipeline.c and main.c
    stage = path.parts[1]
    if stage == "base":
        return None if target in (None, "base") else "base/ knows no stage"
    if stage in STAGES and target in STAGES | {"cmd", "web"} and target != stage:
        return f"stage {stage} includes stage {target}"
    if stage in STAGES and name == "pipeline.h":
        return f"stage {stage} includes the pipeline"
    return None


def main():
    breaches = []
    for path in tracked():
        if path.parts[0] not in TOP_LEVEL and not path.parts[0].startswith("."):
            breaches.append(f"{path}: outside the fixed top level")
        if path.suffix not in CODE and path.name not in ("Makefile", "README.md"):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LINES_MAX and path.suffix in CODE:
            breaches.append(f"{path}: {len(lines)} lines, {LINES_MAX} are the limit")
        if path.suffix in CODE and not any("SPDX-License-Identifier" in l for l in lines[:2]):
            breaches.append(f"{path}:1: no SPDX line")
        for number, line in enumerate(lines, 1):
            if path.suffix in (".c", ".h") and (m := INCLUDE.match(line)):
                if why := layer_breach(path, m[1]):
                    breaches.append(f"{path}:{number}: {m[1]}: {why}")
            if path.name == "lint_layers.py":
                continue  # it names what it looks for
            if PROMISE.search(line):
                breaches.append(f"{path}:{number}: a promise left in the tree: {line.strip()}")
            if MACHINE_PATH.search(line):
                breaches.append(f"{path}:{number}: a path of one machine: {line.strip()}")
    print("\n".join(breaches) or "layers, lengths and texts: fine")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
