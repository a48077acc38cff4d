# SPDX-License-Identifier: BSD-2-Clause
"""Tests that are known to fail, and what of. They are run all the same: one that passes has passed, one
that fails is counted as skipped, with its reason and what it said. To mend one is to take its line out."""

KNOWN: dict[str, str] = {}

# What a test says first that the machine did not let find out anything, with what was measured of it.
CANNOT_TELL = "cannot tell: "


def told(name, why):
    """The line for a test's outcome, and whether it is "ok", "FAIL" or "SKIP"."""
    if not why:
        return "ok", f"ok {name}"
    if why.startswith(CANNOT_TELL):
        return "SKIP", f"SKIP {name}: {why}"
    if name in KNOWN:
        return "SKIP", f"SKIP {name}: known to fail: {KNOWN[name]}: {why}"
    return "FAIL", f"FAIL {name}: {why}"
