# SPDX-License-Identifier: BSD-2-Clause
"""Becomes COMMAND under a seccomp filter that kills it for a system call which is not in libc's headers,
as those of probes are not: filtered.py COMMAND [ARGUMENT ...]"""
import ctypes
import os
import sys

KILL_PROCESS, ALLOW = 0x80000000, 0x7FFF0000
# x86-64's and those of all processors; uretprobe is 335, uprobe 336.
KNOWN = (*range(335), *range(424, 470))

lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype, lib.seccomp_init.argtypes = ctypes.c_void_p, [ctypes.c_uint32]
lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
                                       ctypes.c_void_p]
lib.seccomp_load.argtypes = [ctypes.c_void_p]

rules = lib.seccomp_init(KILL_PROCESS)
for number in KNOWN:
    if lib.seccomp_rule_add_array(rules, ALLOW, number, 0, None):
        sys.exit(f"no rule for {number}")
if lib.seccomp_load(rules):
    sys.exit("no filter")
os.execvp(sys.argv[1], sys.argv[1:])
