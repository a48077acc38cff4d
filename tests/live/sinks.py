#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sinks of `wiretally run`: every call arrives, also behind a kill -9 of either side, with one id.

    tests/live/sinks.py [NAME ...]

As tests/live/run.py: needs root, and the Python that tools/test_env.sh made.
"""
import hmac
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
import ocsf  # noqa: E402
from bench import CHAT, Bench, Suite  # noqa: E402
from collector import chat_lines, collector, hec_events, incidents, posted  # noqa: E402
from meter import Meter, wiretally_json  # noqa: E402
from rsyslog import Rsyslog, make_certs  # noqa: E402
from sim import Provider  # noqa: E402

# A receiver that was down is asked again within ten seconds; a busy machine takes its time.
ARRIVE_S = 40

TESTS = []


def test(run):
    TESTS.append(run)
    return run


def wait(condition, seconds=ARRIVE_S):
    """Until it holds, or the time is over; whether it does."""
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return holds


class Sunk(Bench):
    """A bench with a ledger and a folder of its own, and receivers' rows that are the test's."""

    def __init__(self, sim, folder, name):
        super().__init__(sim, None, name)
        self.folder = folder / name
        self.folder.mkdir()
        os.chmod(self.folder, 0o711)  # the meter's user goes through it
        self.ledger = self.folder / "ledger" / "ledger.db"

    def meter_for(self, *sinks):
        args = [a for url in sinks
                for a in ("--sink", url + ("&" if "?" in url else "?") + "events=calls,findings")]
        return Meter("--ledger", str(self.ledger), *args, command="run")

    def call(self, count):
        """Until the ledger has so many calls more: whether each is captured is other suites' to test."""
        wanted = len(self.in_ledger()) + count
        for _ in range(5):
            for _ in range(wanted - len(self.in_ledger())):
                self.run(self.curl("/v1/chat/completions", CHAT))
            if wait(lambda: len(self.in_ledger()) >= wanted, 10):
                return
        raise RuntimeError(f"{len(self.in_ledger())} of {wanted} calls are in the ledger")

    def truth_ids(self):
        return {t["response_id"] for t in self.sim.truth(self.name)}

    def mine(self, rows):
        """Those of this test's calls; the host has others."""
        ids = self.truth_ids()
        return [r for r in rows if r.get("gen_ai", {}).get("response", {}).get("id") in ids]

    def in_ledger(self):
        """The ids by which the ledger knows this test's calls, by those that the provider gave."""
        if not self.ledger.exists():
            return {}
        db = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, timeout=5)
        try:
            rows = db.execute("SELECT response_id, id FROM calls").fetchall()
        except sqlite3.OperationalError:
            return {}  # it is being made
        finally:
            db.close()
        return {r: i for r, i in rows if r in self.truth_ids()}

    def has_all(self, rows):
        """Whether all that the ledger has of this test's calls is among the rows."""
        known = set(self.in_ledger().values())
        return known and known <= {r["event"]["id"] for r in rows}

    def whole(self, rows):
        """What is wrong with a receiver's rows, each of which may be there twice; "": nothing."""
        rows, once = self.mine(rows), {}
        for row in rows:
            if once.setdefault(row["event"]["id"], row) != row:
                return f"{row['event']['id']} was sent twice, and is not the same"
        if differs := set(once) ^ set(self.in_ledger().values()):
            return f"in the ledger or at the receiver, not in both: {differs}"
        truth = {t["response_id"]: t for t in self.sim.truth(self.name)}
        wrong = (compare.row_differs(truth[r["gen_ai"]["response"]["id"]], r) for r in once.values())
        return next(filter(None, wrong), "") or compare.schema_breach(list(once.values()))

    def sinks(self):
        (status,) = wiretally_json("status", "--ledger", str(self.ledger))
        return {s["name"]: s for s in status["sinks"]}

    def all_sinks(self, count, holds):
        """Whether there are so many, and it holds for each."""
        sinks = self.sinks().values()
        return len(sinks) == count and all(map(holds, sinks))


def lines_of(*files):
    return [json.loads(line) for f in files if f.exists()
            for line in f.read_text(encoding="utf-8").splitlines()]


@test
def file_and_standard_output(b):
    file = b.folder / "log" / "calls.ndjson"
    with b.meter_for(f"file:{file}?name=log", "stdout") as meter:
        b.call(3)
        if not wait(lambda: b.has_all(lines_of(file)) and b.has_all(meter.rows)):
            return f"{len(b.mine(lines_of(file)))} in the file, {len(b.mine(meter.rows))} on stdout"
        if not wait(lambda: b.all_sinks(2, lambda s: s["delivered"] >= 3 and not s["last_error"])):
            return f"status: {b.sinks()}"
        # What the last second has is sent before the end.
        b.run(b.curl("/v1/chat/completions", CHAT))
        meter.stop()
        twice = len(b.mine(meter.rows)) != len({r["event"]["id"] for r in b.mine(meter.rows)})
        return b.whole(lines_of(file)) or ("twice on standard output" if twice else "")


@test
def a_file_that_was_moved_away_is_made_anew_on_sighup(b):
    file, old = b.folder / "log" / "calls.ndjson", b.folder / "log" / "old"
    with b.meter_for(f"file:{file}") as meter:
        b.call(1)
        if not wait(lambda: b.mine(lines_of(file))):
            return "no row"
        file.rename(old)
        meter.process.send_signal(signal.SIGHUP)
        if not wait(file.exists):
            return "no new file behind SIGHUP"
        b.call(1)
        if not wait(lambda: b.mine(lines_of(file))):
            return "no row in the new file"
        if meter.process.poll() is not None:
            return "SIGHUP ended it"
        meter.stop()
        return b.whole(lines_of(old, file))


@test
def nothing_is_lost_behind_a_kill(b):
    """All of wiretally's processes, the sinks' too, at any moment: what the ledger has, arrives."""
    file = b.folder / "log" / "calls.ndjson"
    for pause in (0.2, 1.1, 0.6):
        with b.meter_for(f"file:{file}") as meter:
            b.call(2)
            time.sleep(pause)  # the moment of the kill: any will do
            meter.kill()
    with b.meter_for(f"file:{file}") as meter:
        b.call(1)
        if not wait(lambda: b.has_all(lines_of(file))):
            return f"{len(b.mine(lines_of(file)))} rows for {len(b.in_ledger())} calls"
        meter.stop()
    return b.whole(lines_of(file))


SD = re.compile(r'\[origin software="wiretally" swVersion="[0-9.]+"\]\[meta sequenceId="[1-9][0-9]*"\]')


def message_differs(m):
    """What is wrong with what rsyslog made of a message's fields; "": nothing."""
    row = json.loads(m["msg"])
    want = {"pri": "30", "version": "1", "time": row["@timestamp"], "host": socket.gethostname(),
            "app": "wiretally", "msgid": "call"}
    wrong = [f"{k} is {m.get(k)}, should be {v}" for k, v in want.items() if m.get(k) != v]
    if not SD.fullmatch(m["sd"]) or not m["proc"].isdigit():
        wrong.append(f"{m['sd']}, {m['proc']}")
    return "; ".join(wrong)


def three_of(b):
    """rsyslog for UDP, TCP and TLS, and the sinks that send to them."""
    certs = b.folder / "certs"
    certs.mkdir()
    make_certs(certs)
    udp, tcp = Rsyslog(b.folder / "udp"), Rsyslog(b.folder / "tcp")
    tls = Rsyslog(b.folder / "tls", certs)
    return (udp, tcp, tls), (
        f"syslog+udp://127.0.0.1:{udp.port}?name=udp", f"syslog+tcp://localhost:{tcp.port}?name=tcp",
        f"syslog+tls://127.0.0.1:{tls.port}?name=tls&ca={certs}/ca.pem&server-name=siem.example"
        f"&cert={certs}/meter.example.pem&key={certs}/meter.example.key")


@test
def rsyslog_has_it_field_by_field(b):
    (udp, tcp, tls), urls = three_of(b)
    with udp, tcp, tls, b.meter_for(*urls):
        b.call(3)
        for siem in (udp, tcp, tls):
            if not wait(lambda siem=siem: b.has_all(siem.rows())):
                return f"{siem.folder.name}: {len(b.mine(siem.rows()))} of {len(b.in_ledger())}: {b.sinks()}"
            ours = [m for m in siem.messages()
                    if m.get("app") == "wiretally" and b.mine([json.loads(m["msg"])])]
            for m in ours:
                if differs := message_differs(m):
                    return f"{siem.folder.name}: {differs}"
            if why := b.whole(siem.rows()):
                return f"{siem.folder.name}: {why}"
    return ""


@test
def rsyslog_and_wiretally_are_killed(b):
    """Either of them, in the middle: nothing is lost, and what is there twice has the same id."""
    siems, urls = three_of(b)
    with siems[0], siems[1], siems[2]:
        meter = b.meter_for(*urls)
        with meter:
            b.call(2)
            for siem in siems:
                siem.kill()
            b.call(2)
            if not wait(lambda: b.all_sinks(3, lambda s: s["down_since_ns"] and s["last_error"])):
                return f"not seen to be down: {b.sinks()}"
            meter.kill()
        with b.meter_for(*urls):
            b.call(1)
            for siem in siems:
                siem.start()
            for siem in siems:
                if not wait(lambda siem=siem: b.has_all(siem.rows())):
                    return f"{siem.folder.name}: {len(b.mine(siem.rows()))} of {len(b.in_ledger())}: {b.sinks()}"
                if why := b.whole(siem.rows()):
                    return f"{siem.folder.name}: {why}"
    return ""


class Hanging:
    """Who listens at a Unix socket, and reads when it is told to."""

    def __init__(self, path):
        self.reads, self.texts = threading.Event(), []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o777)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            self.texts.append(b"")
            threading.Thread(target=self.read, args=(peer, len(self.texts) - 1), daemon=True).start()

    def read(self, peer, number):
        self.reads.wait()
        while part := peer.recv(65536):
            self.texts[number] += part

    def rows(self):
        """Of each connection what is whole: the last line may still be on its way."""
        return [json.loads(line) for text in self.texts for line in text.split(b"\n")[:-1]]


@test
def a_receiver_that_hangs_hurts_no_other(b):
    file, hanging = b.folder / "log" / "calls.ndjson", Hanging(b.folder / "socket")
    with b.meter_for(f"unix:{b.folder}/socket?name=hanging", f"file:{file}?name=log") as meter:
        b.call(3)
        if not wait(lambda: b.has_all(lines_of(file))):
            return f"{len(b.mine(lines_of(file)))} of {len(b.in_ledger())} in the file"
        if not wait(lambda: b.sinks().get("hanging", {}).get("last_error") == "the receiver does not read"):
            return f"status: {b.sinks()}"
        if b.sinks()["hanging"]["waiting"] < 3:
            return f"it waits for nothing: {b.sinks()}"
        hanging.reads.set()
        if not wait(lambda: b.has_all(hanging.rows())):
            return f"{len(b.mine(hanging.rows()))} of {len(b.in_ledger())} at the socket"
        meter.stop()
        return b.whole(lines_of(file)) or b.whole(hanging.rows())


@test
def ocsf_is_by_the_schema(b):
    file = b.folder / "log" / "calls.ndjson"
    with b.meter_for(f"file:{file}?format=ocsf") as meter:
        b.call(2)
        b.run(b.curl("/v1/chat/completions", CHAT, "-H", "x-sim-status: 429"))
        meter.stop()
    events = lines_of(file)
    if why := next(filter(None, map(ocsf.breach, events)), ""):
        return why
    ours = {e["metadata"]["uid"]: e for e in events if e["metadata"]["uid"] in b.in_ledger().values()}
    tokens = {(e["message_context"].get("prompt_tokens"), e["message_context"].get("completion_tokens"))
              for e in ours.values()}
    want = {(t["tokens"]["input"] + t["tokens"].get("cache_read", 0), t["tokens"]["output"])
            for t in b.sim.truth(b.name) if t["response_id"] in b.in_ledger()}
    if len(ours) != len(b.in_ledger()) or tokens != want:
        return f"{len(ours)} events of {len(b.in_ledger())}, tokens {tokens}, should be {want}"
    names = {(e["dst_endpoint"]["hostname"], e["actor"]["process"]["name"]) for e in ours.values()}
    return "" if names == {("localhost", "curl")} else f"names {names}"


@test
def findings_are_sent_unasked(b):
    """Of all calls of this host's curls, more a minute than is allowed: a finding, and no call."""
    ecs, by_ocsf = b.folder / "log" / "ecs", b.folder / "log" / "ocsf"
    with Meter("--ledger", str(b.ledger), "--sink", f"file:{ecs}", "--sink", f"file:{by_ocsf}?format=ocsf",
               "--detect", "runaway.calls-per-minute=2", command="run") as meter:
        b.call(5)
        if not wait(lambda: lines_of(ecs) and lines_of(by_ocsf)):
            return f"no finding: {b.sinks()}"
        meter.stop()
    rows, events = lines_of(ecs), lines_of(by_ocsf)
    if kinds := {r["event"]["dataset"] for r in rows} - {"wiretally.finding", "wiretally.action"}:
        return f"not asked for: {kinds}"
    if why := next(filter(None, map(ocsf.breach, events)), ""):
        return why
    told = {r["event"]["id"] for r in rows if r["event"]["dataset"] == "wiretally.finding"}
    sent = {e["finding_info"]["uid"] for e in events if e["class_uid"] == 2004}
    return "" if told and told == sent else f"{told} by ECS, {sent} by OCSF"


@test
def splunk_and_a_webhook_get_it_signed(b):
    certs = b.folder / "certs"
    certs.mkdir()
    make_certs(certs)
    server = collector(certs)
    (b.folder / "secret").write_text("a shared secret".replace(" ", "-") + "\n", encoding="ascii")
    (b.folder / "path").write_text("/services/T000/B000/XXXX\n", encoding="ascii")
    tls = f"ca={certs}/ca.pem&server-name=siem.example"
    at = f"//127.0.0.1:{server.server_port}"
    with b.meter_for(f"splunk+https:{at}?name=hec&token-file={b.folder}/secret&index=llm&{tls}",
                     f"https:{at}/hook?name=hook&secret-file={b.folder}/secret&{tls}",
                     f"slack+https:{at}?name=chat&path-file={b.folder}/path&{tls}",
                     f"pagerduty+https:{at}?name=duty&key-file={b.folder}/secret&{tls}",
                     f"https:{at}/strange?name=strange") as meter:
        b.call(2)

        def hooked():
            return [json.loads(line) for _, body in posted("/hook") for line in body.splitlines()]
        if not wait(lambda: b.has_all(hooked()) and b.has_all([e["event"] for e in hec_events()])):
            return f"{len(hooked())}, {len(hec_events())}: {b.sinks()}"
        if not wait(lambda: b.has_all([e["payload"]["custom_details"] for e in incidents()])
                    and chat_lines() >= len(b.in_ledger())):
            return f"{len(incidents())} incidents, {chat_lines()} lines: {b.sinks()}"
        # An authority that is not known is not believed.
        if not wait(lambda: "certificate" in b.sinks()["strange"]["last_error"]) or posted("/strange"):
            return f"status: {b.sinks()}"
        meter.stop()
    server.shutdown()
    for headers, body in posted("/hook"):
        signed = headers["X-Wiretally-Timestamp"].encode() + b"." + body
        mac = hmac.new(b"a-shared-secret", signed, "sha256").hexdigest()
        if headers["X-Wiretally-Signature"] != f"sha256={mac}":
            return "a wrong signature"
    for headers, _ in posted("/services/collector/event"):
        if headers["Authorization"] != "Splunk a-shared-secret":
            return "without its token"
    for e in incidents():
        payload = e["payload"]
        if (e["routing_key"], e["event_action"], payload["severity"], payload["source"]) != (
                "a-shared-secret", "trigger", "info", socket.gethostname()):
            return f"incident: {e}"
        if e["dedup_key"] != payload["custom_details"]["event"]["id"] or not payload["summary"]:
            return f"incident: {e}"
    for e in hec_events():
        if (e["index"], e["source"], e["host"]) != ("llm", "wiretally", socket.gethostname()):
            return f"envelope: {e}"
    return b.whole(hooked()) or b.whole([e["event"] for e in hec_events()])


JOURNALD = Path("/lib/systemd/systemd-journald")


class Journal:
    """A journald in a mount namespace of its own: its /run is a folder of the test's."""

    def __init__(self, folder):
        self.run, config = folder / "run", folder / "journald.conf"
        self.run.mkdir()
        config.write_text("[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\n",
                          encoding="ascii")
        binds = f"mount --bind {self.run} /run && mount --bind {config} /etc/systemd/journald.conf"
        self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", f"{binds} && exec {JOURNALD}"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self.run / "systemd/journal/socket"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def entries(self):
        done = subprocess.run(["journalctl", "-D", self.run / "log/journal", "-o", "json", "--no-pager",
                               "SYSLOG_IDENTIFIER=wiretally"], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL, check=False)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@test
def journald_has_each_value_as_a_field(b):
    with Journal(b.folder) as journal:
        if not wait(journal.socket.exists):
            return "journald did not start"
        with b.meter_for(f"journald:{journal.socket}"):
            b.call(2)

            def ours():
                ids = b.in_ledger().values()
                return {e["EVENT_ID"]: e for e in journal.entries() if e["EVENT_ID"] in ids}
            if not wait(lambda: len(ours()) >= 2):
                return f"{len(ours())} of 2 entries: {b.sinks()}"
            truth = {t["response_id"]: t for t in b.sim.truth(b.name)}
            for entry in ours().values():
                t = truth[entry["GEN_AI_RESPONSE_ID"]]
                want = {"PRIORITY": "6", "PROCESS_NAME": "curl", "GEN_AI_PROVIDER_NAME": t["provider"],
                        "GEN_AI_RESPONSE_MODEL": t["model_served"], "WIRETALLY_RESULT": "ok",
                        "WIRETALLY_TOKENS_OUTPUT": str(t["tokens"]["output"]), "EVENT_CATEGORY": "api"}
                if wrong := {k: entry.get(k) for k, v in want.items() if entry.get(k) != v}:
                    return f"{wrong}, should be {want}"
                if not entry["MESSAGE"].startswith(f"curl called {t['model_served']}, "):
                    return f"MESSAGE: {entry['MESSAGE']}"
    return ""


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        with Provider(Path(folder)) as sim:
            for run in TESTS:
                if run is journald_has_each_value_as_a_field and not JOURNALD.exists():
                    suite.skip(run.__name__, "this host has no journald")
                    continue
                suite.run(run.__name__, lambda run=run: run(Sunk(sim, Path(folder), run.__name__)))
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
