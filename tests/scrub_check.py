#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A scrubbed recording gives the rows of what it was made from, and holds none of its texts.

    tests/scrub_check.py WIRETALLY PAIRS_DIR ...

Every pair below each folder goes through `replay --record` and comes back through `replay`: the rows
must be the same but for the name of the pair and what the caller said of its owner, and estimates within a quarter (half, of an answer that asks for tools). Texts of answers can't be
compared in a recording: a sub-agent that is known by one may come back as a run of its own. No phrase that stands in a
request or answer may stand in the recording.
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TEXT = re.compile(rb" [a-z]{4,} [a-z]{4,} ")


def rows(*command):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    made = {}
    for line in out.splitlines():
        row = json.loads(line)
        if row["event"]["dataset"] != "wiretally.call":
            continue  # uploads are not recorded
        row["wiretally"].pop("source", None)
        # What a call says of its owner stays with who said it; its run does not.
        owner = row["wiretally"].pop("owner", {})
        row["wiretally"]["owner"] = {k: v for k, v in owner.items() if k in ("run", "parent_run")}
        row.pop("labels", None)
        # Answers are filler: the same arguments of tools are not the same any more.
        row["wiretally"].get("run", {}).pop("repeats", None)
        if row["wiretally"]["api"] == "messages.batches":
            row["gen_ai"].get("response", {}).pop("id", None)  # it stands in the path alone
        made[row["event"]["id"]] = row
    return made


def texts(folder):
    """Phrases of people, models and headers: two words in a row, with blanks around."""
    found = set()
    for path in Path(folder).rglob("*.re[qs]*"):
        found.update(TEXT.findall(path.read_bytes()))
    return found


def same(a, b):
    """The same row; of an estimate nearly: words and marks become letters, and count as such."""
    if b and a["wiretally"].get("run", {}).get("depth"):
        a, b = ({**row, "wiretally": {**row["wiretally"], "run": None, "owner": None}}
                for row in (a, b))
    if not b or a["wiretally"]["usage_source"] != "estimated":
        return a == b
    rest = [{**row, "wiretally": {**row["wiretally"], **dict.fromkeys(("tokens", "cost", "waste", "estimate"))}}
            for row in (a, b)]
    mine, other = a["wiretally"]["tokens"], b["wiretally"]["tokens"]
    # Arguments of tools are full of marks.
    asks = any("tool" in reason for reason in a["gen_ai"].get("response", {}).get("finish_reasons", []))
    return rest[0] == rest[1] and mine.keys() == other.keys() and all(
        abs(mine[c] - other[c]) <= 4 + mine[c] / (2 if asks else 4) for c in mine)


def check(program, folder):
    with tempfile.TemporaryDirectory() as temp:
        file = Path(temp) / "recording"
        before = rows(program, "replay", "--pairs", folder, "--record", file)
        after = rows(program, "replay", file)
        scrubbed = file.read_bytes()
    if not before:
        return f"{folder}: no rows"
    different = [i for i in before if not same(before[i], after.get(i))] + list(set(after) - set(before))
    if different:
        first = different[0]
        return (f"{folder}: {len(different)} of {len(before)} rows differ, the first:\n"
                f"  {json.dumps(before.get(first))}\n  {json.dumps(after.get(first))}")
    said = texts(folder)
    found = said & set(TEXT.findall(scrubbed))
    if found:
        return f"{folder}: {len(found)} phrases are in the recording: {sorted(found)[:5]}"
    print(f"  {folder}: {len(before)} rows the same, {len(said)} phrases gone, "
          f"{len(scrubbed)} bytes")
    return None


def main():
    bad = [b for b in (check(sys.argv[1], f) for f in sys.argv[2:]) if b]
    for text in bad:
        print(f"FAIL {text}")
    print(f"{len(sys.argv) - 2 - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
