#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Whose money: two containers, a unit, a pod, a plain shell, each with the same SDK at the same time.

    tests/live/owners.py [NAME ...]

As tests/live/run.py; podman, too. What `wiretally report` gives each of them must be what the
provider's truth log says that they spent, to the nano-dollar.
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
import prices  # noqa: E402
from bench import CLIENTS, Bench, Suite  # noqa: E402
from hosts import INSIDE, LIMITS, PODMAN, podman, rootfs  # noqa: E402
from meter import ROOT, WIRETALLY, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

UNIFIED = next(p for p in (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
               if (p / "cgroup.controllers").exists())
PACKAGES = next(p for p in sys.path if p.endswith("site-packages"))
# Each of them has calls of its own number, so that no two cost the same by chance.
CALLS = {"web": 1, "jobs": 2, "unit": 3, "pod": 4, "shell": 5, "kube": 6}


class Group:
    """A cgroup as systemd or kubelet makes one; for the process that enters it."""

    def __init__(self, path):
        self.folder = UNIFIED / path
        self.made = [p for p in (self.folder, *self.folder.parents)
                     if UNIFIED in p.parents and not p.exists()]

    def __enter__(self):
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        for folder in self.made:
            end = time.monotonic() + 60
            while True:
                try:
                    folder.rmdir()
                    break
                except OSError:  # whoever ended is not quite gone yet
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.05)

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))


class Files:
    """Files as another program keeps them, for as long as the test runs."""

    def __init__(self):
        self.made = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in reversed(self.made):
            shutil.rmtree(path)

    def make(self, folder, name=None, content=""):
        folder = Path(folder)
        first = next(p for p in (*reversed(folder.parents), folder) if not p.exists())
        folder.mkdir(parents=True)
        self.made.append(first)
        if name:
            (folder / name).write_text(content)


class Kubelet(http.server.BaseHTTPRequestHandler):
    """Answers /pods as kubelet does: the shape is a recorded one's, shortened."""
    pods = []

    def do_GET(self):
        body = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {},
                           "items": self.pods}).encode()
        self.send_response(200 if self.path == "/pods" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def pod_of(uid, container):
    return {"metadata": {"name": "agents-66bcd8d99-9lsk4", "namespace": "ai", "uid": uid,
                         "labels": {"app.kubernetes.io/name": "agents", "team": "platform",
                                    "hostile": "\u001b[2J\n" + "x" * 65536},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                                              "name": "agents-66bcd8d99", "controller": True}]},
            "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "reg/agents:7"}]},
            "status": {"phase": "Running", "containerStatuses": [
                {"name": "main", "image": "reg/agents:7", "containerID": "containerd://" + container,
                 "ready": True}]}}


def in_container(name, command, *more, network="host"):
    """A container of that name that has the tests' clients and their packages; it is to be started."""
    return podman("create", f"--name={name}", f"--network={network}", *LIMITS, *more,
                  f"--volume={CLIENTS}:/clients:ro", f"--volume={PACKAGES}:/packages:ro",
                  "--env=PYTHONPATH=/packages", "--rootfs", rootfs(), *command)


def container_client(b, name, count, *more):
    """One that makes the SDK's calls."""
    env = [f"--env={k}={v}" for k, v in (b.env() | INSIDE).items() if k.startswith(("SIM_", "SSL_"))]
    return in_container(name, ["python3", "/clients/sdk_client.py", "openai", "sync", str(count)], *env, *more,
                        f"--volume={Path(b.sim.ca).parent}:/ca:ro")


def report(ledger, by):
    rows = wiretally_json("report", "--ledger", ledger, "--by", by, "--since", "all")
    return {r.get(by, ""): (r["calls"], r["nano_usd"]) for r in rows if not r.get("total")}


def spent(sim, test):
    """Calls and nano-dollars of a client, as the provider knows them."""
    costs = [prices.nano_dollars(t["provider"], t["model_served"], t["tokens"])["total"]
             for t in sim.truth(test)]
    return len(costs), sum(costs)


def hostile_in_table(ledger, by):
    """What of a table for people could steer their terminal; "": nothing."""
    done = subprocess.run([WIRETALLY, "report", "--ledger", ledger, "--by", by, "--since", "all"],
                          stdout=subprocess.PIPE, check=True, timeout=20).stdout
    return "".join(repr(c) for c in done.decode() if c != "\n" and (c < " " or "\x7f" <= c < "\xa0"))


def split_by_owner(sim):
    run = uuid.uuid4().hex[:8]
    names = {n: f"{n}-{run}" for n in CALLS}
    pod_uid, pod_container = str(uuid.uuid4()), uuid.uuid4().hex * 2
    shell_name = f"\x1b[2J{names['shell']}\n\x1b]0;owned\x07"
    pod_name = "search-7d4b9c6f5d-x2x9z"
    pod_group = (f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
                 f"{pod_uid.replace('-', '_')}.slice/cri-containerd-{pod_container}.scope")
    kube_uid, kube_container = str(uuid.uuid4()), uuid.uuid4().hex * 2
    kube_group = f"kubepods/burstable/pod{kube_uid}/{kube_container}"
    Kubelet.pods = [pod_of(kube_uid, kube_container)]
    with tempfile.TemporaryDirectory() as folder, Files() as files, \
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), Kubelet) as kubelet, \
            Group(f"system.slice/{names['unit']}.service") as unit, Group(pod_group) as pod, \
            Group(kube_group) as kube:
        threading.Thread(target=kubelet.serve_forever, daemon=True).start()
        pods = Path(folder) / "pods.json"
        subprocess.run([ROOT / "tools/deploy/kubelet-pods.sh", pods, "0"], check=True, timeout=20,
                       env={**os.environ, "TOKEN_FILE": "/nowhere",
                            "KUBELET_URL": f"http://127.0.0.1:{kubelet.server_port}"})
        os.chmod(folder, 0o777)
        ledger = Path(folder) / "ledger.db"
        # As containerd and kubelet leave them.
        files.make(f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{pod_container}",
                   "config.json", json.dumps({"ociVersion": "1.1.0", "annotations": {
                       "io.kubernetes.cri.container-name": "app",
                       "io.kubernetes.cri.image-name": "reg.example/search:1.2"}}))
        files.make(f"/var/log/pods/shop_{pod_name}_{pod_uid}")
        config = Path(folder) / "config.yaml"
        config.write_text("rules:\n  - set: feature\n    to: search page\n"
                          "    when: {namespace: shop, container: app}\n")
        with Meter("--ledger", str(ledger), "--trace", "--config", str(config), "--kubelet-pods",
                   str(pods), command="run", only=sim.run) as meter:
            benches = {n: Bench(sim, meter, names[n]) for n in CALLS}
            sdk = {n: b.client("sdk_client.py", "openai", "sync", CALLS[n])
                   for n, b in benches.items()}
            containers = [container_client(benches[n], names[n], CALLS[n], f"--label=team=team of {n}")
                          for n in ("web", "jobs")]
            try:
                running = [benches["web"].start([*PODMAN, "start", "--attach", c])
                           for c in containers]
                running.append(benches["unit"].start(sdk["unit"], preexec_fn=unit.enter))
                running.append(benches["pod"].start(sdk["pod"], preexec_fn=pod.enter))
                running.append(benches["kube"].start(sdk["kube"], preexec_fn=kube.enter))
                running.append(benches["shell"].start(sdk["shell"], {
                    "OTEL_SERVICE_NAME": shell_name,
                    "OTEL_RESOURCE_ATTRIBUTES": "team=night%20shift"}))
                codes = [r.wait(100) for r in running]
            finally:
                for c in containers:
                    podman("rm", "--force", c)
            if any(codes):
                return f"clients ended with {codes}"
            total = sum(len(sim.truth(n)) for n in names.values())
            rows = meter.wait(lambda rows: len(rows) >= total)
        truth = {n: spent(sim, names[n]) for n in CALLS}
        if len(rows) != total or compare.schema_breach(rows):
            return f"{len(rows)} rows of {total}; {compare.schema_breach(rows)}"
        wanted = {
            "service": {names["web"]: "web", names["jobs"]: "jobs", names["unit"]: "unit",
                        "search": "pod", "agents": "kube", shell_name: "shell"},
            "container": {names["web"]: "web", names["jobs"]: "jobs", "app": "pod",
                          "main": "kube"},
            "unit": {f"{names['unit']}.service": "unit"},
            "pod": {pod_name: "pod", "agents-66bcd8d99-9lsk4": "kube"},
            "pod_uid": {pod_uid: "pod", kube_uid: "kube"},
            "namespace": {"shop": "pod", "ai": "kube"},
            "workload": {"search": "pod", "agents": "kube"},
            "node": {"node-1": "kube"},
            "image": {"reg.example/search:1.2": "pod", "reg/agents:7": "kube"},
            "team": {"team of web": "web", "team of jobs": "jobs", "night shift": "shell",
                     "platform": "kube"},
            "feature": {"search page": "pod"},
        }
        for by, keys in wanted.items():
            got = report(ledger, by)
            for key, who in keys.items():
                if got.get(key) != truth[who]:
                    return f"by {by}: {key} spent {got.get(key)}, in truth {truth[who]}: {got}"
            if sum(n for _, n in got.values()) != sum(n for _, n in truth.values()):
                return f"by {by}: the parts are not the whole: {got}"
        hostile = next(r["labels"]["hostile"] for r in rows if "hostile" in r.get("labels", {}))
        if len(hostile) > 256:
            return f"a label of {len(hostile)} bytes"
        call = next(r["event"]["id"] for r in rows
                    if r["wiretally"]["owner"].get("namespace") == "shop")
        [why] = wiretally_json("tags", "--ledger", ledger, "--explain", call)
        for field, said in {"feature": ("search page", "platform", "config.yaml:2"),
                            "namespace": ("shop", "platform", "k8s.namespace.name"),
                            "service": ("search", "platform", "workload")}.items():
            if tuple(why[field][k] for k in ("value", "trust", "origin")) != said:
                return f"{field} is explained by {why[field]}, not {said}"
        if found := hostile_in_table(ledger, "service"):
            return f"a terminal would obey {found}"
        # Each has a key of his own.
        if sorted(report(ledger, "key").values()) != sorted(truth.values()):
            return f"by key: {report(ledger, 'key')}, in truth {truth}"
    return ""


def lineage_is_told(sim):
    """Who started the client: a shell that has no probes itself."""
    with Meter(only=sim.run) as meter:
        b = Bench(sim, meter, "owners-lineage")
        curl = b.curl("/v1/chat/completions",
                      '{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}')
        quoted = " ".join(f"'{w}'" for w in curl)
        b.run(["bash", "-c", f"{quoted}; exit $?"])
        rows = meter.wait(lambda rows: len(rows) >= 1)
    told = [r["wiretally"].get("lineage", "") for r in rows]
    return "" if len(told) == 1 and told[0].startswith("bash[") else f"{told}"


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        suite.run("split_by_owner", split_by_owner, sim)
        suite.run("lineage_is_told", lineage_is_told, sim)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
