#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: the house rules, the rootless tests, the live ones. `make test` runs it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tally.sh

# What some checks and live tests compare with; without it they say so, and are skipped.
tools/test_env.sh tests/live/requirements_providers.txt >/dev/null || :
run "lint" make --no-print-directory BUILD="$BUILD" lint
run "check" tests/check.sh
if [ "$(id -u)" = 0 ]; then
	python=$(tools/test_env.sh)
	for suite in tests/live/*.py; do
		run "live: $(basename "$suite" .py)" "$python" "$suite"
	done
	run "bench, for a moment" "$python" tests/bench/bench.py --smoke
else
	echo "FAIL live: needs root: sudo make test"
	failed=$((failed + 1))
fi
tally
