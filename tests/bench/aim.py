# SPDX-License-Identifier: BSD-2-Clause
"""Whether a figure is what it is aimed at. Of one that is not sure the whole interval has to be."""


def most(value, aim):
    return f"aim at most {aim}: {'PASS' if value <= aim else 'over'}"


def least(median, aim):
    """median: a Median."""
    verdict = "PASS" if median.low >= aim else "short of it" if median.high < aim else "about"
    return f"aim at least {aim}: {verdict}"
