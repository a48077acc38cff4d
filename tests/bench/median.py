# SPDX-License-Identifier: BSD-2-Clause
"""Medians with their 95 % interval, by order statistics: nothing is assumed of how figures spread."""
import math
import statistics


class Median:
    """str(Median(values)): "1.05 [1.03, 1.08]"."""

    def __init__(self, values, digits=2):
        ordered = sorted(values)
        n, half = len(ordered), 0.98 * math.sqrt(len(ordered))
        self.value, self.digits = statistics.median(ordered), digits
        # Ranks that the true median lies between, 19 times in 20 (binomial, by the normal curve).
        self.low = ordered[max(0, math.floor(n / 2 - half))]
        self.high = ordered[min(n - 1, math.ceil(n / 2 + half) - 1)]

    def __str__(self):
        return (f"{self.value:.{self.digits}f} "
                f"[{self.low:.{self.digits}f}, {self.high:.{self.digits}f}]")
