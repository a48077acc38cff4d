#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does README's table of TLS stacks say what the code does? Prints what differs.

    tests/stacks_check.py

A stack is one line of elf_plan.c; its name is what its finder says, and what rows name it by. Each
has a row in the table, with the names of its library's files, if it has any. What is hooked has
programs that run there, and a finder that asks for it.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CAPTURE = ROOT / "user/capture"


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def stacks():
    """Names of the finders that elf_plan.c lists."""
    listed = re.search(r"tls_libs\[\] = \{(.*?)\};", read("user/capture/elf_plan.c"), re.S)[1]
    names = {}
    for path in CAPTURE.glob("*_plan.c"):
        for found in re.finditer(r'struct tls_lib (\w+) = \{\s*\.name = "([^"]+)"',
                                 path.read_text(encoding="utf-8")):
            names[found[1]] = found[2]
    return [names[symbol] for symbol in re.findall(r"&(\w+)", listed)]


def main():
    wrong, names = [], stacks()
    table = re.search(r"^## TLS stacks$.*?(?=^## )", read("README.md"), re.S | re.M)[0]
    rows = {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \| (.*) \|$", table, re.M)}
    rows.pop("tls_library", None)  # the heading
    if sorted(rows) != sorted(names):
        wrong.append(f"README's table has {list(rows)}, elf_plan.c {names}")
    told = set(re.findall(r'\[WIRE_LIB_\w+\] = "(\w+)"', read("user/sink/json.c")))
    wrong += [f"rows never name {name}" for name in names if name not in told]
    files = re.search(r"lib_names\[\] = \{(.*?)\};", read("user/capture/libs.c"), re.S)[1]
    wrong += [f"README's table has no library `{file}`" for file in re.findall(r'"([\w-]+)"', files)
              if f"`{file}`" not in "".join(rows.values())]
    finders = "".join(p.read_text(encoding="utf-8") for p in CAPTURE.glob("*_plan.c"))
    funcs = re.search(r"enum tls_func \{(.*?)\};", read("include/shared.h"), re.S)[1]
    hooked = set(re.findall(r"^\t\[(\w+)\] =", read("user/capture/hooks.c"), re.M))
    for func in re.findall(r"^\t((?:TLS|SOCK)_\w+)", funcs, re.M):
        if func == "TLS_FUNCS":
            continue
        if func not in hooked:
            wrong.append(f"no program runs at {func}")
        if func not in finders:
            wrong.append(f"no finder looks for {func}")
    print("\n".join(wrong) or f"{len(names)} stacks, {len(hooked)} functions: as they are told")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
