#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Are the functions of TLS found in the releases of tests/live/programs.txt, and in broken ones not?

    tests/live/finders.py [NAME ...]

Reads those that are there: `tools/test_programs.sh run` fetches the newest of each, `read` all of
them. Nothing is run. Needs root, as `wiretally doctor` does. What a file has to be told to have is by
its package; a mutilated copy has to be refused, with the reason.
"""
import json
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import Suite  # noqa: E402 (the path comes first)
from meter import ROOT  # noqa: E402

STACK = {"bun": "boringssl", "claude": "boringssl", "opencode": "boringssl",
         "codex": "openssl, rustls", "deno": "rustls", "node": "openssl"}
MEMORY_KIB = 32 << 10  # more than what reading a small file takes


def listed():
    """(name, program, is there) of each line of programs.txt."""
    folder = ROOT / ".cache/binaries"
    for line in (ROOT / "tests/live/programs.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words and words[0] != "#":
            name = f"{words[0].lstrip('@').replace('/', '-')}-{words[1]}"
            yield name, folder / name / "package" / words[2]


def read(path):
    """Is it hooked, and how; what of memory that took, in KiB, and of a core, in seconds."""
    with subprocess.Popen([ROOT / "build/wiretally", "doctor", "--json", path],
                          stdout=subprocess.PIPE) as doctor:
        row = json.loads(doctor.stdout.read())
        _, status, used = os.wait4(doctor.pid, 0)
        doctor.returncode = os.waitstatus_to_exitcode(status)
    if row["hooked"] == bool(doctor.returncode):
        raise ValueError(f"hooked {row['hooked']}, exit status {doctor.returncode}")
    return row["hooked"], row["how"], used.ru_maxrss, used.ru_utime + used.ru_stime


def told(path):
    return read(path)[:2]


def release(path):
    """What it has to be told to have; and reading it takes little memory, however large it is."""
    wanted = STACK[path.name]
    hooked, how, memory, seconds = read(path)
    _, _, least, _ = read("/bin/true")
    print(f"  {path.stat().st_size >> 20} MiB: {seconds:.2f} s of a core, {(memory - least) / 1024:.1f} MiB")
    if memory - least > MEMORY_KIB:
        return f"reading it took {memory - least} KiB"
    return "" if hooked and how == wanted else f"{how}, hooked {hooked}; not {wanted}"


def replace(m, old, new):
    """All of old in a mapped file by new, of the same length; how many there were."""
    at, count = m.find(old), 0
    while at >= 0:
        m[at:at + len(old)] = new
        at, count = m.find(old, at), count + 1
    return count


def no_such_error(m):
    """No function says BAD_LENGTH: mov edx, 111 and mov esi, 111 say 112."""
    return sum(replace(m, mov + bytes([111, 0, 0, 0]), mov + bytes([112, 0, 0, 0]))
               for mov in (b"\xba", b"\xbe"))


def no_reader(m):
    """No function says SHOULD_NOT_HAVE_BEEN_CALLED."""
    return sum(replace(m, mov + bytes([66, 0, 0, 0]), mov + bytes([67, 0, 0, 0]))
               for mov in (b"\xba", b"\xbe"))


def other_name(m):
    return replace(m, b"/ssl/ssl_lib.cc\0", b"/ssl/ssl_lic.cc\0")


def no_calls(m):
    """Nobody calls: all e8 and e9 of the code are traps, so that no start is known."""
    offset, size = code_of(m)
    m[offset:offset + size] = m[offset:offset + size].translate(
        bytes(0xcc if b in (0xe8, 0xe9) else b for b in range(256)))
    return 1


def code_of(m):
    """Place and size of the executable segment in the file."""
    for i in range(int.from_bytes(m[56:58], "little")):
        at = int.from_bytes(m[32:40], "little") + 56 * i
        if m[at] == 1 and m[at + 4] & 1:
            return (int.from_bytes(m[at + 8:at + 16], "little"),
                    int.from_bytes(m[at + 32:at + 40], "little"))
    raise ValueError("no code")


def no_such_seal(m):
    """No function says TOO_LARGE: push 117; pop rdx."""
    return replace(m, b"\x6a\x75\x5a", b"\x6a\x76\x5a")


def two_openers(m):
    """Two functions say BAD_DECRYPT: the one that says CTRL_NOT_IMPLEMENTED does, too."""
    return replace(m, b"\x6a\x68\x5a", b"\x6a\x65\x5a")


def other_source(m):
    return replace(m, b"/cipher/aead.c\0", b"/cipher/aeae.c\0")


# How a copy is broken, and what has to be said of it.
BROKEN = ((no_such_error, "boringssl: one of its functions was not found"),
          (no_reader, "boringssl: one of its functions was not found"),
          (no_calls, "boringssl: one of its functions was not found"),
          (other_name, "it has not the functions of a TLS library we know"))
BROKEN_RUST = ((no_such_seal, "rustls: one of its functions was not found"),
               (two_openers, "rustls: several places could be one of its functions"),
               (no_calls, "rustls: one of its functions was not found"),
               (other_source, "rustls: its cryptography is not AWS-LC's: there is nothing to hook "
                              "that stays"))


def mutilated(path, break_it, wanted):
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as folder:
        os.chmod(folder, 0o755)
        copy = Path(folder) / "copy"
        shutil.copy(path, copy)
        with open(copy, "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
            if not break_it(m):
                return "there was nothing to break"
        hooked, how = told(copy)
        return "" if not hooked and how == wanted else f"{how}, hooked {hooked}; wanted: {wanted}"


def cut(path):
    """The beginnings of a program are read without harm; one without its code is not hooked."""
    size = path.stat().st_size
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as folder:
        copy = Path(folder) / "copy"
        shutil.copy(path, copy)
        for part in (0.9, 0.5, 0.1, 0.001):
            os.truncate(copy, int(size * part))
            hooked, how = told(copy)
            if hooked and part < 0.5:
                return f"{part} of it is hooked: {how}"
    return ""


STATIC = """
#include <openssl/ssl.h>
int main(void) { SSL *s = SSL_new(SSL_CTX_new(TLS_client_method()));
                 return SSL_write(s, "", 1) + SSL_read(s, s, 1); }
"""


def static_openssl(wanted, *options):
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as folder:
        os.chmod(folder, 0o755)
        program = Path(folder) / "program"
        subprocess.run(["gcc", "-xc", *options, "-o", program, "-", "-lssl", "-lcrypto"],
                       input=STATIC, text=True, check=True, stderr=subprocess.DEVNULL)
        told_of = told(program)
        return "" if told_of == wanted else f"{told_of}"


def main():
    suite, missing = Suite(sys.argv[1:]), 0
    subprocess.run([ROOT / "tools/test_programs.sh", "run"], check=True, stdout=subprocess.DEVNULL)
    for name, path in listed():
        if path.exists():
            suite.run(name, release, path)
        else:
            missing += 1
    for options in (("-static",), ("-static", "-s"), ("-static-pie", "-s"),
                    ("-static", "-s", "-flto", "-O2", "-Wl,--gc-sections")):
        suite.run(f"static_openssl{''.join(options)}", static_openssl, (True, "openssl"), *options)
    bun = next(path for name, path in listed() if name.startswith("oven-bun-linux-x64-"))
    deno = next(path for name, path in listed() if name.startswith("deno-linux-x64-"))
    for program, ways in ((bun, BROKEN), (deno, BROKEN_RUST)):
        for break_it, wanted in ways:
            suite.run(f"mutilated {program.name}: {break_it.__name__}", mutilated, program, break_it,
                      wanted)
        suite.run(f"cut {program.name}", cut, program)
    if missing:
        print(f"# {missing} more are read when `tools/test_programs.sh read` has fetched them")
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("doctor reads what belongs to others: run it as root")
    sys.exit(main())
