#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What people say stays with them: secrets said in every place of a call are in nothing that is written.

A client puts a different secret into each place where one can be (clients/teller.py); wiretally runs
as daemon with a ledger, as trace, as exec and as recorder at once, and is crashed too. Then every
file and every output is searched for each secret, as it is and in base64.
"""
import base64
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib")]

from meter import COMMAND_S, ROWS_S, START_S, WIRETALLY  # noqa: E402 (the path comes first)
from sim import Provider  # noqa: E402

PLACES = ("escaped system prompt base64 image tool key enum user bearer cookie header_name header "
          "agent answer query path argument environment api_key account end_user "
          "ruled_user ruled_header attribute").split()
# Rules look at headers, and who they make the user is told as users are.
RULES = """rules:
  - {set: user, from: header.x-end-user, when: {header.x-end-user: "*"}}
  - {set: team, to: ads, when: {header.x-cart: "*"}}
"""
REFUSED = """rules:
  - {set: team, to: ads, when: {header.authorization: "*"}}
"""


def forms(secret):
    """The secret and its three ways to stand in base64."""
    raw = secret.encode()
    yield raw
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw)[(4 if shift else 0):-4]


def find(folder, said):
    """Places whose secret is in a file below folder: (place, file)."""
    for path in sorted(Path(folder).rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        for place, secret in said.items():
            if any(form in data for form in forms(secret)):
                yield place, path.name


def start(folder, name, *command):
    out, err = open(folder / f"{name}.out", "wb"), open(folder / f"{name}.err", "wb")
    return subprocess.Popen([WIRETALLY, *command], stdout=out, stderr=err, cwd=folder)


def ours(text):
    """The rows of the client's calls; the last line may still be on its way."""
    return [row for row in text[:text.rfind("\n") + 1].splitlines()
            if json.loads(row)["service"]["name"] == "teller.py"]


def call_until(count, client, env, folder):
    """Eleven calls, and until `trace --json` has told so many in all: five meters set their probes one by
    one, and a run for which one of them was too late is made again."""
    for _ in range(5):
        subprocess.run(client, env=env, check=True, timeout=COMMAND_S)
        end = time.monotonic() + ROWS_S / 3
        while time.monotonic() < end:
            if len(ours((folder / "json.out").read_text())) >= count:
                return
            time.sleep(0.1)


def wait_ready(folder, running):
    """Five of them start at once."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if all("watching" in (folder / f"{n}.err").read_text(errors="replace") for n in running):
            return
        time.sleep(0.05)
    for process in running.values():
        process.terminate()
    raise RuntimeError("wiretally did not start")


def meters_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children]


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    said = {place: "Canary" + secrets.token_hex(9) for place in PLACES}
    said["number"] = str(10**15 + secrets.randbelow(10**15))
    passed, failed = 0, []

    def check(name, why):
        nonlocal passed
        if why:
            failed.append(name)
            print(f"FAIL {name}: {why}")
        else:
            passed += 1
            print(f"ok {name}")

    with tempfile.TemporaryDirectory() as temp:
        temp = Path(temp)
        folder = temp / "written"
        folder.mkdir()
        os.chmod(temp, 0o755)
        os.chmod(folder, 0o777)
        told = temp / "secrets.json"
        told.write_text(json.dumps(said))
        config, refused = temp / "rules.yaml", temp / "refused.yaml"
        config.write_text(RULES)
        refused.write_text(REFUSED)
        answer = subprocess.run([WIRETALLY, "check-config", refused], capture_output=True, text=True)
        check("no rule looks at a key",
              (answer.returncode != 1 or "is a secret" not in answer.stderr) and f"{answer}")
        with Provider(temp) as sim:
            client = [sys.executable, HERE / "clients/teller.py", sim.url, sim.ca, told,
                      "--token", said["argument"]]
            env = {**os.environ, "SECRET_TOKEN": said["environment"],
                   "OTEL_RESOURCE_ATTRIBUTES": f"team=ads,session.id={said['attribute']}",
                   "OPENAI_API_KEY": "sk-" + said["bearer"]}
            running = {
                "run": start(folder, "run", "run", "-c", config, "--ledger", folder / "ledger.db",
                             "--trace"),
                "trace": start(folder, "trace", "trace", "--no-colour"),
                "json": start(folder, "json", "trace", "-c", config, "--json", "--command-line", "plain"),
                "record": start(folder, "record", "record", "--output", folder / "recording"),
                "crash": start(folder, "crash", "trace", "--json"),
            }
            wait_ready(folder, running)
            exec_ = subprocess.run([WIRETALLY, "exec", "--json", "--output", folder / "bill", "--",
                                    *client], env=env, cwd=folder, timeout=60,
                                   stderr=open(folder / "exec.err", "wb"))
            check("the client ran", exec_.returncode and f"status {exec_.returncode}")
            call_until(22, client, env, folder)
            # A crash in the middle of somebody's words: of the meter, then of the keeper.
            for pid in meters_of(running["crash"].pid):
                os.kill(pid, signal.SIGSEGV)
            time.sleep(0.3)
            call_until(33, client, env, folder)
            for name, process in running.items():
                if name != "crash":
                    process.send_signal(signal.SIGINT)
            for process in running.values():
                process.wait(60)
        for name, command in (("report", ["report", "--json", "--ledger", folder / "ledger.db"]),
                              ("status", ["status", "--json", "--ledger", folder / "ledger.db"])):
            (folder / f"{name}.out").write_bytes(
                subprocess.run([WIRETALLY, *command], stdout=subprocess.PIPE).stdout)
        replayed = subprocess.run([WIRETALLY, "replay", folder / "recording"],
                                  stdout=subprocess.PIPE).stdout
        (folder / "replay.out").write_bytes(replayed)

        rows = ours((folder / "json.out").read_text())
        # Two runs of eleven calls, a third after the crash; exec's bill has one of them, too.
        check("there was something to find", len(rows) < 27 and f"{len(rows)} rows in trace")
        owners = [json.loads(row)["wiretally"]["owner"] for row in rows]
        check("keys, accounts, users and prompts are told as hashes",
              any(len(o.get(f, "")) != 16 for o in owners for f in ("key", "organization", "user"))
              and f"{owners[:2]}")
        check("rules fit by headers that are told nowhere",
              any(o.get("team") != "ads" for o in owners) and f"{owners[:2]}")
        lines = {json.loads(row)["process"].get("command_line", "") for row in rows}
        check("arguments are told without the secret",
              any("--token ***" not in line for line in lines) and f"{lines}")
        check("the recording replays",
              len(ours(replayed.decode())) != len(rows) and
              f"{len(ours(replayed.decode()))} rows of {len(rows)}")
        # The search itself must be able to find.
        probe = temp / "probe"
        probe.mkdir()
        (probe / "p").write_bytes(b"x" + base64.b64encode(b"z" + said["prompt"].encode()))
        check("a secret in base64 would be found", not list(find(probe, said)) and "it was not")
        found = sorted(set(find(folder, said)))
        check("no secret is in any output", found and f"{found}")
        cores = [p.name for p in folder.iterdir() if "core" in p.name.lower()]
        check("no core was written", cores and f"{cores}")
    print(f"{passed} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
