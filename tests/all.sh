#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: the house rules, the rootless tests, the live ones. `make test` runs it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tally.sh

# What some checks and live tests compare with; without it they say so, and are skipped.
tools/test_env.sh tests/live/requirements_providers.txt >/dev/null || :
run "lint" make --no-print-directory BUILD="$BUILD" lint
each=$LIMIT
LIMIT=2700 # many suites, each with a limit of its own
run "check" tests/check.sh
LIMIT=$each
if [ "$(id -u)" != 0 ]; then
	echo "FAIL live: needs root: sudo make test"
	failed=$((failed + 1))
elif ! python=$(tools/test_env.sh); then
	echo "FAIL live: tools/test_env.sh has not made the Python that it needs"
	failed=$((failed + 1))
else
	for suite in tests/live/*.py; do
		run "live: $(basename "$suite" .py)" "$python" "$suite"
	done
	run "bench, for a moment" "$python" tests/bench/bench.py --smoke
fi
tally
