#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shows the meter with a simulated provider and a few calls of curl and Python: tools/demo.sh WIRETALLY
set -eu
bin=$1
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "wiretally attaches to processes: run 'make demo' as root" >&2
		exit 1
	}
	exec sudo "$0" "$bin"
fi

dir=$(mktemp -d)
provider='' meter=''
stop() {
	[ -z "$meter" ] || kill -INT "$meter" 2>/dev/null || true
	[ -z "$provider" ] || kill "$provider" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Lines of a file appear within some seconds, or the demo ends.
wait_for() {
	tries=0
	until grep -q "$1" "$2" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || {
			echo "the demo did not start:" >&2
			cat "$2" >&2
			exit 1
		}
		sleep 0.1
	done
}

python3 tools/provider_sim --state "$dir" --event-ms 40 >"$dir/provider" 2>&1 &
provider=$!
wait_for https_port "$dir/provider"
url=https://localhost:$(sed -E 's/.*"https_port": ([0-9]+).*/\1/' "$dir/provider")

"$bin" trace 2>"$dir/said" &
meter=$!
wait_for watching "$dir/said"

ask() {
	path=$1 body=$2
	shift 2
	curl -s --cacert "$dir/ca.pem" -d "$body" "$@" "$url$path" >/dev/null
}
messages='"messages":[{"role":"user","content":"What do you cost?"}]'
# ask_long PATH BODY WORDS HEADERS...: the same with a prompt of so many words, as agents send them.
ask_long() {
	path=$1 body=$2 words=$3
	shift 3
	{
		printf '%s"messages":[{"role":"user","content":"' "$body"
		yes lorem | head -n "$words" | tr '\n' ' '
		printf '"}]}'
	} >"$dir/body"
	ask "$path" "@$dir/body" "$@"
}
ask /v1/chat/completions "{\"model\":\"gpt-4o\",$messages}"
ask_long /v1/chat/completions \
	'{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},' 48200 \
	-H 'x-sim-input: 48210' -H 'x-sim-output: 912' -H 'x-sim-events: 200' -H 'x-sim-event-ms: 2'
ask_long /v1/messages '{"model":"claude-sonnet-4-5","max_tokens":2048,"stream":true,' 120000 \
	-H 'x-sim-cached: 120000' -H 'x-sim-output: 1804' -H 'x-sim-events: 300' -H 'x-sim-event-ms: 2'
ask /v1/messages "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":99,$messages}" -H 'x-sim-status: 429'
SSL_CERT_FILE="$dir/ca.pem" python3 - "$url" <<'PYTHON'
import json, sys, urllib.request
body = {"model": "gpt-4o", "input": "What do you cost?", "stream": True}
request = urllib.request.Request(sys.argv[1] + "/v1/responses", json.dumps(body).encode(),
                                 {"content-type": "application/json", "x-sim-reasoning": "300"})
urllib.request.urlopen(request).read()
PYTHON
sleep 1
