#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of what refers to a call: what SDKs upload of it, and the same request once more.

    tests/live/uploads.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import Bench, Suite  # noqa: E402 (the path comes first)
from meter import ROOT, Meter  # noqa: E402
from sim import Provider  # noqa: E402

COUNT = 4


def uploads_of(b, pid):
    """Waits for what the process uploaded."""
    def mine():
        return [u for u in b.meter.uploads if u["process"]["pid"] == pid]
    b.meter.wait(lambda _: len(mine()) >= COUNT)
    return mine()


def schema_breach(rows):
    import jsonschema
    schema = json.loads((ROOT / "include/upload.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    return next((f"{e.json_path}: {e.message}" for r in rows for e in validator.iter_errors(r)), "")


def uploaded(b, service, matched_by):
    """Each call has a line, and so has what was uploaded of it; the figures are the provider's, and
    no call is there twice."""
    pid = b.run(b.client("upload_client.py", service, COUNT))[0]
    rows = b.rows(COUNT)
    if why := b.equal(COUNT, rows):
        return why
    told = uploads_of(b, pid)
    calls = {r["event"]["id"]: r for r in rows}
    if sorted(u["wiretally"]["upload"].get("call", "") for u in told) != sorted(calls):
        return f"{len(told)} uploads of {len(calls)} calls: {told}"
    for u in told:
        up = u["wiretally"]["upload"]
        usage = calls[up["call"]]["gen_ai"]["usage"]
        if up["tokens"] != {"input": usage["input_tokens"], "output": usage["output_tokens"]} or \
                up["matched_by"] != matched_by or up["service"] != service or \
                not up["run"].get("parent_id"):
            return f"{up} of {usage}"
    if service == "langsmith" and {tuple(u["wiretally"]["upload"].get("tags", ())) for u in told} != {
            ("billing",)}:
        return f"tags: {told}"
    return schema_breach(told)


def asked_again(b):
    """Each call is refused twice, and each try names the one before it."""
    b.run(b.client("upload_client.py", "failing", 2))
    rows = b.rows(6)
    if why := b.equal(6, rows):
        return why
    got = [(r["wiretally"]["result"], r["wiretally"].get("retry")) for r in rows]
    ids = [r["event"]["id"] for r in rows]
    want = [(result, {"count": i % 3, "of": ids[i - 1]} if i % 3 else None)
            for i, result in enumerate(["refused", "refused", "ok"] * 2)]
    return "" if got == want else f"{got}, expected {want}"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim, \
            Meter(only="") as meter:
        suite.run("langsmith", uploaded, Bench(sim, meter, "langsmith"), "langsmith", "response_id")
        suite.run("langfuse", uploaded, Bench(sim, meter, "langfuse"), "langfuse", "figures")
        suite.run("asked_again", asked_again, Bench(sim, meter, "asked_again"))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
