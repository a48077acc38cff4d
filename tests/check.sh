#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tests that need no root: unit tests, goldens, recorded traffic, a moment of each fuzzer.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tally.sh

for test in "$BUILD"/unit/*_test; do
	run "unit: $(basename "$test" _test)" "$test"
done
run "GPUs" python3 tests/gpu_check.py "$BUILD"
run "goldens" python3 tests/golden/golden.py "$BUILD/wiretally"
run "OCSF" python3 tests/ocsf_check.py "$BUILD"
run "the example of a provider" python3 tests/provider_example.py test "$BUILD/example/wiretally"
run "10,000 open streams" python3 tests/open_streams.py "$BUILD"
run "a month of GPUs" python3 tests/gpu_advice.py "$BUILD/wiretally"
run "TLS stacks" python3 tests/stacks_check.py
run "bills" python3 tests/reconcile.py "$BUILD/wiretally"
if peers=$(tools/test_env.sh --if-made tests/live/requirements_providers.txt); then
	run "routing, and LiteLLM's Router" python3 tests/router.py "$BUILD/wiretally" "$peers"
else
	run "routing" python3 tests/router.py "$BUILD/wiretally"
	skip "LiteLLM's Router" "litellm is not installed: make test does it"
fi
run "statements" python3 tests/statement.py "$BUILD/wiretally"
run "audits of simulated days" python3 tools/day_check.py "$BUILD/wiretally"
run "command line" sh tests/cmdline.sh "$BUILD/wiretally"
if [ -f "${CORPUS:=../shared/corpus}/MANIFEST.tsv" ]; then
	# The misses are named in the log; fewer hits than ever before is a failure.
	run "scrubbed recordings" python3 tests/scrub_check.py "$BUILD/wiretally" tests/golden "$CORPUS"
	run "recorded traffic over HTTP/2" python3 tests/http2_corpus.py "$BUILD/wiretally" tests/golden/pairs "$CORPUS"
	run "prices, reckoned otherwise" python3 tools/price_check.py "$BUILD/wiretally" \
		tests/golden/pairs "$CORPUS"
	run "HTTP/2 joined in the middle" python3 tests/http2_joined.py "$BUILD/wiretally" "$CORPUS"
	if peers=$(tools/test_env.sh --if-made tests/live/requirements_providers.txt); then
		run "prices, as others reckon" "$peers" tools/price_peers.py "$BUILD/wiretally" "$CORPUS"
	else
		skip "prices, as others reckon" "genai-prices and litellm are not installed: make test does it"
	fi
	run "estimates" python3 tools/estimate_check.py --at-most 0.10 "$BUILD/wiretally" "$CORPUS"
	run "recorded traffic" python3 tools/corpus_check.py --at-least 3074 "$BUILD/wiretally" "$CORPUS"
	run "simulated months, and recorded traffic" python3 tools/month_check.py "$BUILD/wiretally" \
		tests/golden/pairs "$CORPUS"
	run "how easy requests are" python3 tests/audit_check.py "$BUILD/wiretally" "$CORPUS"
	run "recorded WebSockets" python3 tools/corpus_check_websocket.py "$BUILD/wiretally" "$CORPUS"
	# How far they are off is in the log; that each call is one row is the test.
	run "estimates from sizes" python3 tools/sizes_check.py "$BUILD/wiretally" "$CORPUS"
else
	run "scrubbed recordings" python3 tests/scrub_check.py "$BUILD/wiretally" tests/golden
	run "recorded traffic over HTTP/2" python3 tests/http2_corpus.py "$BUILD/wiretally" tests/golden/pairs
	run "prices, reckoned otherwise" python3 tools/price_check.py "$BUILD/wiretally" \
		tests/golden/pairs
	run "HTTP/2 joined in the middle" python3 tests/http2_joined.py "$BUILD/wiretally" tests/golden/pairs
	run "simulated months" python3 tools/month_check.py "$BUILD/wiretally" tests/golden/pairs
	skip "how easy requests are" "no corpus at $CORPUS: precision and recall of the audit are not measured"
	skip "recorded traffic" "no corpus at $CORPUS"
fi
if validator=$(tools/test_focus.sh --if-made); then
	run "FOCUS" python3 tests/focus_check.py "$BUILD" "$validator"
else
	run "FOCUS" python3 tests/focus_check.py "$BUILD"
fi
run "faults of the host" python3 tests/fault/fault.py "$BUILD"
run "fuzz" tests/fuzz/fuzz.sh
tally
