# SPDX-License-Identifier: BSD-2-Clause
"""The measured programs: each runs a workload when it is told to, and says what that took."""
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build/bench"


class Loop:
    """loop("pipe", 30): what syscall_loop or tls_loop answers."""

    def __init__(self, program, *args):
        self.process = subprocess.Popen([BUILT / program, *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def __call__(self, *words) -> dict:
        print(*words, file=self.process.stdin, flush=True)
        return self.line()

    def line(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} has ended: {self.process.wait()}")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


class TlsLoop(Loop):
    def __init__(self, folder):
        cert, key = folder / "cert.pem", folder / "key.pem"
        if not cert.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                            "/CN=bench", "-days", "2", "-keyout", key, "-out", cert], check=True,
                           stderr=subprocess.DEVNULL)
        super().__init__("tls_loop", cert, key)
        self.places = self.line()


class EmptyPair:
    """Empty programs on SSL_write and SSL_read of a TlsLoop, at entry and return."""

    def __init__(self, loop):
        self.process = subprocess.Popen(
            [BUILT / "empty_pair", BUILT / "empty.bpf.o", str(loop.pid), loop.places["library"],
             str(loop.places["write"]), str(loop.places["read"])], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("empty_pair did not attach")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


def told(*command) -> dict:
    """The line that a program of the bench prints."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=120)
    return json.loads(done.stdout)
