# SPDX-License-Identifier: BSD-2-Clause
"""Settings of the kernel that a meter changes while it runs, and puts back."""
import contextlib
import os
from pathlib import Path

PF_KTHREAD = 0x00200000  # include/linux/sched.h


def is_raised(stat: Path) -> bool:
    """One of the kernel's threads that see to RCU grace periods, with a real-time priority."""
    with contextlib.suppress(OSError):
        text = stat.read_text(encoding="utf-8", errors="replace")
        flags = int(text[text.rindex(")") + 2:].split()[6])
        return ("(rcu_exp_" in text and flags & PF_KTHREAD != 0 and
                os.sched_getscheduler(int(stat.parent.name)) != os.SCHED_OTHER)
    return False


def kernel_changed() -> set[str]:
    """What is not as the kernel has it by itself."""
    changed = {"rcu_expedited"} if Path("/sys/kernel/rcu_expedited").read_text(
        encoding="ascii").strip() != "0" else set()
    if any(map(is_raised, Path("/proc").glob("[0-9]*/stat"))):
        changed.add("priority of the kernel's threads")
    return changed
