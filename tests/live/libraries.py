#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of TLS libraries other than the system's OpenSSL.

    tests/live/libraries.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made.
"""
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CHAT, CLIENTS, STREAM, Bench, Suite  # noqa: E402 (the path comes first)
from meter import ROOT, Meter  # noqa: E402
from sim import Provider  # noqa: E402

PATH = "/v1/chat/completions"


def by(b, library, calls):
    """The rows are right, and name the library."""
    rows = b.rows(calls)
    if why := b.equal(calls, rows):
        return why
    got = {r["wiretally"].get("tls_library") for r in rows}
    return "" if got == {library} else f"the rows name the library {got}, it is {library}"


def raw(b, body=CHAT):
    """A request as bytes, which ends its connection."""
    return (f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
            f"content-length: {len(body)}\r\nx-sim-test: {b.name}\r\n\r\n{body}").encode()


def say(b, command, data=b""):
    """Runs it with data as its input; what it printed."""
    p = b.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, _ = p.communicate(data, timeout=60)
    if p.returncode:
        raise OSError(f"{command[0]} ended with {p.returncode}")
    return out


def wget(b):
    for body in (CHAT, STREAM, CHAT):
        b.run(["wget", "-q", "-O", "/dev/null", "--ca-certificate", b.sim.ca, "--header",
               f"x-sim-test: {b.name}", "--post-data", body, b.sim.url + PATH])
    return by(b, "gnutls", 3)


def gnutls_cli(b):
    for body in (CHAT, STREAM):
        p = b.start(["gnutls-cli", "--x509cafile", b.sim.ca, "-p", str(b.sim.port), "localhost"],
                    stdin=subprocess.PIPE)
        p.stdin.write(raw(b, body))
        p.stdin.flush()  # at the end of its input it hangs up, answer or not
        if p.wait(120):
            return f"it ended with {p.returncode}"
    return by(b, "gnutls", 2)


def libcurl_gnutls(b):
    b.run(*[b.client("libcurl_client.py", "libcurl-gnutls.so.4", 6)] * 3)
    return by(b, "gnutls", 18)


def gnutls_sessions(b):
    b.run(b.client("gnutls_client.py", "plain", 40))
    return by(b, "gnutls", 40)


def gnutls_corked(b):
    """What is handed over is counted once, though it is sent later."""
    b.run(b.client("gnutls_client.py", "corked", 5))
    return by(b, "gnutls", 5)


def gnutls_asked_again(b):
    """A write is done when GnuTLS says so, whichever way it is asked again."""
    asked = int(say(b, b.client("gnutls_client.py", "again", 3)))
    return by(b, "gnutls", 3) if asked else "every write was done at once: the test does not test"


def nss_tstclnt(b):
    """NSS's own test client, which sends what it is given and prints what comes."""
    with tempfile.NamedTemporaryFile() as request:
        for body in (CHAT, STREAM):
            request.seek(0)
            request.truncate()
            request.write(raw(b, body))
            request.flush()
            p = b.start(["tstclnt", "-4", "-h", "localhost", "-p", str(b.sim.port), "-D", "-o",
                         "-A", request.name], stderr=subprocess.DEVNULL)
            if p.wait(120):
                return f"it ended with {p.returncode}"
    return by(b, "nss", 2)


def libcurl_nss(b):
    """One connection for all; libcurl peeks at it before it uses it again."""
    b.run(*[b.client("libcurl_client.py", "libcurl-nss.so.4", 6)] * 2)
    return by(b, "nss", 12)


def openssl_in_a_wheel(b):
    """A library with a hash in its name."""
    b.run(b.client("wheels_client.py", "psycopg", 4))
    return by(b, "openssl", 4)


def module_runs(b, command, env=None, library="openssl"):
    """A file whose name says nothing is read when it is first mapped, which takes its time: of a client
    that runs after one of which a call was seen, all calls are."""
    was_seen = False
    for attempt in range(7):
        one = Bench(b.sim, b.meter, f"{b.name}_{attempt}")
        client = one.start(command, env)
        if client.wait(120):
            return f"the client ended with {client.returncode}"
        if was_seen:
            return by(one, library, 4)
        was_seen = any("tls_library" in r["wiretally"] for r in one.rows(4, 2))
    return "no run was seen"


def openssl_in_an_extension_module(b):
    return module_runs(b, b.client("wheels_client.py", "pyopenssl", 4))


def module_without_symbols(b, python):
    """cryptography's extension module, found by what its code says."""
    found = subprocess.run([python, "-c", "import cryptography; print(cryptography.__path__[0])"],
                           check=True, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(found.stdout.strip(), Path(folder) / "cryptography")
        for module in Path(folder).glob("cryptography/hazmat/bindings/_*.so"):
            subprocess.run(["strip", "-s", module], check=True)
        return module_runs(b, [python, *b.client("wheels_client.py", "pyopenssl", 4)[1:]],
                           {"PYTHONPATH": folder})


def openssl_in_a_stripped_module(b):
    return module_without_symbols(b, sys.executable)


def openssl1_in_a_stripped_module(b):
    """Version 1.1.1, whose functions say numbers."""
    made = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_openssl1.txt"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return module_without_symbols(b, made.stdout.strip())


def has_probe(pid, address):
    try:
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(address)
            return memory.read(1) == b"\xcc"
    except OSError:
        return False  # it is yet to become the program that has something there


def openssl_in_a_stripped_program(b):
    """Linked statically, by each way that OpenSSL has to write and to read."""
    calls = 12
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Path(folder) / "client"
        subprocess.run(["gcc", "-O2", "-static", "-no-pie", "-o", program,
                        CLIENTS / "static_client.c", "-lssl", "-lcrypto"], check=True,
                       stderr=subprocess.DEVNULL)
        names = subprocess.run(["nm", program], check=True, stdout=subprocess.PIPE, text=True).stdout
        writes = int(re.search(r"^(\w+) \w ssl_write_internal$", names, re.M)[1], 16)
        subprocess.run(["strip", "-s", program], check=True)
        client = b.start([program, str(b.sim.port), str(calls)], stdin=subprocess.PIPE)
        end = time.monotonic() + 60
        while not has_probe(client.pid, writes):
            if time.monotonic() > end:
                return "no probe was set"
            time.sleep(0.05)
        client.communicate(raw(b), timeout=60)
        if client.returncode:
            return f"the client ended with {client.returncode}"
        return by(b, "openssl", calls)


def small_library(b, library, *options):
    """A client in C of a library that names its functions."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = Path(folder) / "client"
        subprocess.run(["gcc", "-O1", "-o", program, CLIENTS / "small_tls_client.c", *options], check=True)
        for attempt in range(6):  # two short runs, and on a busy host their probes may come late
            one = Bench(b.sim, b.meter, f"{b.name}_{attempt}")
            for body in (CHAT, STREAM):
                say(one, [program, str(b.sim.port), "4"], raw(one, body))
            if len(one.rows(8, 2)) == 8:
                return by(one, library, 8)
    return "none of six runs was seen whole"


def mbedtls(b):
    return small_library(b, "mbedtls", "-lmbedtls", "-lmbedx509", "-lmbedcrypto")


def wolfssl(b):
    return small_library(b, "wolfssl", "-DOF_WOLFSSL", "-lwolfssl")


def s2n(b):
    """In a Python module, whose name says nothing; it is one that needs its inner function."""
    made = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_s2n.txt"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return module_runs(b, [made.stdout.strip(), str(CLIENTS / "s2n_client.py"), "4"], library="s2n")


def boringssl_in_an_extension_module(sim):
    """gRPC is not understood, but its bytes are there, both ways, at client and server."""
    b, count = Bench(sim, None, "boringssl_in_an_extension_module"), 3
    p = b.start(b.client("wheels_client.py", "grpc", count), stdin=subprocess.PIPE)
    maps = Path(f"/proc/{p.pid}/maps")
    while p.poll() is None and "cygrpc" not in maps.read_text(encoding="utf-8"):
        time.sleep(0.02)
    with Meter("-p", str(p.pid)) as meter:
        p.communicate(b"go\n", timeout=60)
        meter.stop()
    told = next((l for l in meter.said if l.startswith("TLS:")), "")
    numbers = [int(n) for n in re.findall(r"\d+", told)]
    sent = 4 * count * (1 << 20)
    if p.returncode or len(numbers) < 4 or not sent < numbers[1] + numbers[2] < 1.02 * sent:
        return f"the client ended with {p.returncode}, {sent} bytes were sent: {told!r}"
    return "" if not any(numbers[3:]) else f"bytes were lost: {told!r}"


TESTS = (wget, gnutls_cli, libcurl_gnutls, gnutls_sessions, gnutls_corked, gnutls_asked_again,
         nss_tstclnt, libcurl_nss, openssl_in_a_wheel, openssl_in_an_extension_module,
         openssl_in_a_stripped_module, openssl1_in_a_stripped_module,
         openssl_in_a_stripped_program, mbedtls, wolfssl, s2n)
# With perf uprobes setting a library's probes takes longer than most of these run.
LASTING = (gnutls_asked_again, openssl_in_a_stripped_program)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        for tests, options in ((TESTS, []), (LASTING, ["--perf-uprobes"])):
            with Meter(*options) as meter:
                for test in tests:
                    if test is libcurl_nss and not ctypes.util.find_library("curl-nss"):
                        suite.skip("libcurl_nss", "this system has no libcurl with NSS")
                        continue
                    name = test.__name__ + ("_perf_uprobes" if options else "")
                    suite.run(name, test, Bench(sim, meter, name))
        suite.run("boringssl_in_an_extension_module", boringssl_in_an_extension_module, sim)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
