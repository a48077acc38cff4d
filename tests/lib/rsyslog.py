# SPDX-License-Identifier: BSD-2-Clause
"""A rsyslogd of the distribution's, with a configuration of the test's, and what it understood."""
import json
import shutil
import socket
import subprocess
import time

CONFIG = """global(workDirectory="{folder}" maxMessageSize="64k"{certs})
module(load="imudp")
module(load="imtcp"{driver})
input(type="imudp" address="127.0.0.1" port="{port}")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="fields" type="list" option.jsonf="on") {{
{fields}
}}
action(type="omfile" file="{out}" template="fields" flushOnTXEnd="on")
"""
FIELDS = {"pri": "pri", "time": "timereported", "host": "hostname", "app": "app-name", "proc": "procid",
          "msgid": "msgid", "sd": "structured-data", "msg": "msg", "version": "protocol-version"}
START_S = 30


def free_port():
    """A port that is free for TCP, and so for UDP too as far as this host goes."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certs(folder):
    """An authority, a server of that name and a client, by openssl."""
    def run(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test authority",
        "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("siem.example", "meter.example"):
        run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr")
        (folder / "ext").write_text(f"subjectAltName=DNS:{name}\n", encoding="ascii")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30",
            "-CAcreateserial", "-extfile", "ext", "-out", f"{name}.pem")


class Rsyslog:
    """with Rsyslog(folder) as siem: siem.port, siem.messages(). certs: a folder of make_certs(): TLS."""

    def __init__(self, folder, certs=None):
        folder.mkdir()
        self.folder, self.out, self.port, self.process = folder, folder / "out", free_port(), None
        # A copy: a profile of AppArmor's would keep the program at its own place to its own files.
        self.program = shutil.copy(shutil.which("rsyslogd", path="/usr/sbin:/sbin"), folder / "rsyslogd")
        driver = "" if not certs else (' StreamDriver.Name="ossl" StreamDriver.Mode="1" '
                                       'StreamDriver.AuthMode="x509/certvalid"')
        paths = "" if not certs else (f' DefaultNetstreamDriverCAFile="{certs}/ca.pem"'
                                      f' DefaultNetstreamDriverCertFile="{certs}/siem.example.pem"'
                                      f' DefaultNetstreamDriverKeyFile="{certs}/siem.example.key"')
        fields = "\n".join(f'  property(outname="{k}" name="{v}" format="jsonf"'
                           + (' dateFormat="rfc3339"' if k == "time" else "") + ")"
                           for k, v in FIELDS.items())
        (folder / "conf").write_text(CONFIG.format(folder=folder, certs=paths, driver=driver, out=self.out,
                                                   port=self.port, fields=fields), encoding="utf-8")

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-n", "-f", self.folder / "conf", "-i", self.folder / "pid"],
            stdout=subprocess.DEVNULL, stderr=(self.folder / "said").open("ab"))
        end = time.monotonic() + START_S
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as s:
                if not s.connect_ex(("127.0.0.1", self.port)):
                    return self
            time.sleep(0.05)
        raise RuntimeError("rsyslogd did not start: " + (self.folder / "said").read_text(encoding="utf-8"))

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def messages(self):
        """What was received, each as a dict; a line that a kill broke off is none."""
        found = []
        for line in self.out.read_text(encoding="utf-8").splitlines() if self.out.exists() else []:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def rows(self):
        """The rows in them; what was no message of wiretally's is left out."""
        return [json.loads(m["msg"]) for m in self.messages() if m.get("app") == "wiretally"]
