#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: the house rules, the rootless tests, the live ones. `make test` runs it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tally.sh

again=0

# live NAME COMMAND...: as run. What the host does meanwhile, a late timer, a process that waits for
# its CPU, can make a live test fail: a suite that does is run again, twice at most, and each run is
# shown. Who fails three times has failed.
live() {
	for try in 1 2 3; do
		was_passed=$passed was_failed=$failed was_skipped=$skipped
		run "$@"
		[ "$failed" != "$was_failed" ] && [ "$try" != 3 ] || return 0
		echo "== $1: again"
		again=$((again + 1))
		passed=$was_passed failed=$was_failed skipped=$was_skipped
	done
}

# What some checks and live tests compare with; without it they say so, and are skipped.
tools/test_env.sh tests/live/requirements_providers.txt >/dev/null || :
tools/test_focus.sh >/dev/null || :
run "lint" make --no-print-directory BUILD="$BUILD" lint
each=$LIMIT
LIMIT=2700 # many suites, each with a limit of its own
run "check" tests/check.sh
LIMIT=$each
if [ "$(id -u)" != 0 ]; then
	fail live "needs root: sudo make test"
elif ! python=$(tools/test_env.sh); then
	fail live "tools/test_env.sh has not made the Python that it needs"
else
	for suite in tests/live/*.py; do
		live "live: $(basename "$suite" .py)" "$python" "$suite"
	done
	live "bench, for a moment" "$python" tests/bench/bench.py --smoke
fi
[ "$again" = 0 ] || echo "live suites had to be run again: $again times"
tally
