# SPDX-License-Identifier: BSD-2-Clause
"""How often the kernel ran a meter's programs: each time, a process had stopped at a breakpoint."""
import ctypes
import json
import os
import platform
import re
import subprocess
from pathlib import Path

BPF = {"x86_64": 321, "aarch64": 280}  # the system call's number
BPF_ENABLE_STATS = 32


class Traps:
    """with Traps(meter) as traps: traps.of("tls_"): since then, of programs with such names.

    The kernel counts while somebody asks it to; who else asks is not in the way.
    """

    def __init__(self, meter):
        self.group = meter.process.pid

    def __enter__(self):
        kind = ctypes.c_uint32(0)  # BPF_STATS_RUN_TIME
        libc = ctypes.CDLL(None, use_errno=True)
        self.stats = libc.syscall(BPF[platform.machine()], BPF_ENABLE_STATS, ctypes.byref(kind), 4)
        if self.stats < 0:
            raise OSError(ctypes.get_errno(), "the kernel does not count programs")
        self.before = self.counts()
        return self

    def __exit__(self, *_):
        os.close(self.stats)

    def programs(self):
        """Numbers of the programs that the meter's processes hold."""
        ids = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(process.name)) != self.group:
                    continue
                for info in (process / "fdinfo").iterdir():
                    ids |= {int(i) for i in re.findall(r"^prog_id:\s*(\d+)", info.read_text(), re.M)}
            except OSError:
                pass  # it, or a file of it, is gone
        return ids

    def counts(self):
        told = subprocess.run(["bpftool", "-j", "prog", "show"], stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.DEVNULL).stdout
        ours = self.programs()
        return {p["id"]: (p.get("name", ""), p.get("run_cnt", 0)) for p in json.loads(told)
                if p["id"] in ours}

    def of(self, *names):
        return sum(count - self.before.get(i, ("", 0))[1]
                   for i, (name, count) in self.counts().items() if name.startswith(names))
