#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of where clients live: containers, other roots, libraries replaced under them, crowds.

    tests/live/hosts.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made; podman, too. Each test
has a meter of its own, which knows no library but those of the host's own folders.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

from bench import CHAT, CLIENTS, STREAM, Bench, Suite  # noqa: E402 (the path comes first)
from meter import ROOT, ROWS_S, Meter  # noqa: E402
from sim import Provider  # noqa: E402

PODMAN = ["podman", "--runtime", "runc", "--cgroup-manager=cgroupfs"]
# More than a process here may have is what podman asks for by default.
LIMITS = ["--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1000:4000"]
# In a container, and in a root, are the clients in /clients and the test CA in /ca.
INSIDE = {"SSL_CERT_FILE": "/ca/ca.pem"}

TESTS = []


def test(run):
    TESTS.append(run)
    return run


def rootfs():
    made = subprocess.run([ROOT / "tools/test_rootfs.sh"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()
    return os.path.realpath(made)  # runc takes no link for a root


def podman(*args):
    return subprocess.run([*PODMAN, *args], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=60).stdout.strip()


def curl_inside(b):
    return [w.replace(b.sim.ca, INSIDE["SSL_CERT_FILE"])
            for w in b.curl("/v1/chat/completions", STREAM)]


def python_inside(*args):
    return ["python3", "/clients/http_client.py", *map(str, args)]


def run_in_container(b, root, command):
    """Runs the command in a container on that root; the container's id."""
    env = [f"--env={k}={v}" for k, v in (b.env() | INSIDE).items() if k.startswith(("SIM_", "SSL_"))]
    container = podman("create", "--network=host", *LIMITS, *env, f"--volume={CLIENTS}:/clients:ro",
                       f"--volume={Path(b.sim.ca).parent}:/ca:ro", "--rootfs", root, *command)
    b.started.add(container)
    try:
        b.run([*PODMAN, "start", "--attach", container])
    finally:
        podman("rm", "--force", container)
    return container


def containers_on(b, root):
    """A Python that runs for a while, whose library was never seen; then curls, to which it was."""
    ids = [run_in_container(b, root, python_inside("urllib", 6))] * 6
    b.rows(6)
    ids += [run_in_container(b, root, curl_inside(b)) for _ in range(3)]
    rows = b.rows(9)
    if why := b.equal(9, rows):
        return why
    seen = [(r["container"]["id"], r["container"].get("runtime")) for r in rows]
    return "" if seen == [(i, "podman") for i in ids] else f"{seen}, expected {ids}"


@test
def containers_on_a_folder(b):
    return containers_on(b, rootfs())


@test
def containers_on_an_overlay(b):
    """As an image is mounted: the container's files have another device each time."""
    return containers_on(b, rootfs() + ":O")


@test
def own_root_in_an_own_mount_namespace(b):
    """The path of the library, /mnt/usr/lib/..., leads nowhere for the meter."""
    mounts = ('mount --bind "$1" /mnt && mount --bind "$2" /mnt/clients && '
              'mount --bind "$3" /mnt/ca && shift 3 && exec chroot /mnt "$@"')
    env = [f"{k}={v}" for k, v in INSIDE.items()]
    inside = ["unshare", "--mount", "sh", "-c", mounts, "sh", rootfs(), str(CLIENTS),
              str(Path(b.sim.ca).parent), "env", *env]
    [pid] = b.run([*inside, *python_inside("keepalive", 12)])
    b.rows(12)
    [second] = b.run([*inside, *curl_inside(b)])
    rows = b.rows(13)
    if why := b.equal(13, rows):
        return why
    seen = [r["process"]["pid"] for r in rows]
    return "" if seen == [pid] * 12 + [second] else f"{seen}, expected {pid} and {second}"


class Agent:
    """A process that makes a call when it is told to."""

    def __init__(self, b, command, **env):
        self.process = subprocess.Popen(command, env=b.env() | env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        b.started.add(self.process.pid)
        self.process.stdout.readline()

    def call(self, times=1):
        for _ in range(times):
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
            if not self.process.stdout.readline():
                raise OSError(f"the client ended with {self.process.wait(10)}")

    def end(self):
        self.process.communicate(timeout=30)


def own_library(folder):
    """A folder with a copy of the host's OpenSSL, for LD_LIBRARY_PATH."""
    [found] = Path("/usr/lib").glob("*-linux-gnu/libssl.so.3")
    shutil.copy(found, folder)
    return Path(folder) / found.name


def unmount(folder):
    """Tries for as long as probes may need to go; why not, in the end."""
    end = time.monotonic() + ROWS_S
    while (done := subprocess.run(["umount", folder], stderr=subprocess.PIPE, text=True,
                                  check=False)).returncode and time.monotonic() < end:
        time.sleep(0.1)
    if done.returncode:
        subprocess.run(["umount", "--lazy", folder], check=True)
    return done.stderr.strip() if done.returncode else ""


def replaced(path):
    """As a package manager does it: a new file is given the old one's name."""
    new = path.with_name(path.name + ".new")
    shutil.copy(path, new)
    new.rename(path)


def file_of(pid, part):
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return next((l for l in maps.splitlines() if part in l), "")


@test
def library_replaced_while_in_use(b):
    with tempfile.TemporaryDirectory() as folder:
        library = own_library(folder)
        command = b.client("http_client.py", "lines")
        old = Agent(b, command, LD_LIBRARY_PATH=folder)
        old.call(2)
        replaced(library)
        old.call(2)
        new = Agent(b, command, LD_LIBRARY_PATH=folder)
        new.call(3)
        old.call(2)
        if not file_of(old.process.pid, str(library)).endswith(" (deleted)"):
            return "the running process does not have the old file: the test does not test"
        if file_of(new.process.pid, str(library)).endswith(" (deleted)"):
            return "the new process does not have the new file: the test does not test"
        old.end()
        new.end()
        return b.equal(9)


@test
def library_deleted_while_in_use(b):
    with tempfile.TemporaryDirectory() as folder:
        library = own_library(folder)
        agent = Agent(b, b.client("http_client.py", "lines"), LD_LIBRARY_PATH=folder)
        agent.call(1)
        library.unlink()
        agent.call(3)
        agent.end()
        return b.equal(4)


@test
def library_and_program_deleted_before_the_meter(b):
    """Both are gone from the disk when the meter starts; the process is not."""
    b.meter.stop()
    with tempfile.TemporaryDirectory() as folder:
        library, program = own_library(folder), Path(folder) / "agent"
        shutil.copy("/usr/bin/python3", program)
        agent = Agent(b, [program, *b.client("http_client.py", "lines")[1:]], LD_LIBRARY_PATH=folder)
        library.unlink()
        program.unlink()
        with Meter() as b.meter:
            b.since = 0
            agent.call(4)
            agent.end()
            rows = b.rows(4)
    if why := b.equal(4, rows):
        return why
    seen = {r["process"]["executable"] for r in rows}
    return "" if seen == {str(program)} else f"executable {seen}"


@test
def disk_unmounted_after_use(b):
    """Its library in use, then not: wiretally doesn't keep the disk busy, and knows the next one."""
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(2):  # the second library may have the device and inode of the first
            subprocess.run(["mount", "-t", "tmpfs", "disk", folder], check=True)
            try:
                own_library(folder)
                agent = Agent(b, b.client("http_client.py", "lines"), LD_LIBRARY_PATH=folder)
                agent.call(2)
                agent.end()
                curls = [b.start(b.curl("/v1/chat/completions", CHAT), {"LD_LIBRARY_PATH": folder})
                         for _ in range(10)]
                for curl in curls:
                    curl.wait(120)
                b.rows(12 * (turn + 1))
            finally:
                busy = unmount(folder)
            if busy:
                return busy
    return b.equal(24)


@test
def a_thousand_streams_at_once(b):
    """All 1,000 are under way at the same moment, each on its own connection."""
    b.run(b.client("http_client.py", "streams", 1000))
    if why := b.equal(1000, b.rows(1000, 60)):
        return why
    b.meter.stop()
    said = "".join(b.meter.said)
    return "" if "0 ring full, 0 unreadable" in said else said


@test
def openssl_1_1(b):
    """libcurl and OpenSSL 1.1.1 from one wheel: libssl-52849bc7.so.1.1.1k."""
    b.run(b.client("http_client.py", "pycurl", 6))
    return b.equal(6)


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # provider and clients inherit it
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        for run in TESTS:
            suite.run(run.__name__, with_meter, run, sim)
    return suite.end()


def with_meter(run, sim):
    with Meter() as meter:
        return run(Bench(sim, meter, run.__name__))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
