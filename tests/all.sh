#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Everything: the house rules, the rootless tests, the live ones. `make test` runs it.
set -eu
cd "$(dirname "$0")/.."
. tests/lib/tally.sh

again=0

# live NAME COMMAND...: as run. What the host does meanwhile, a late timer, a process that waits for
# its CPU, can make a live test fail: those that did are run again (a suite that doesn't tell which, as a
# whole), twice at most, and each run is shown. Who fails three times has failed.
live() {
	name=$1
	shift
	tests=$(mktemp) # tests/lib/again.py
	for try in 1 2 3; do
		was_passed=$passed was_failed=$failed was_skipped=$skipped
		run "$name" env TESTS_AGAIN="$tests" "$@"
		[ "$failed" != "$was_failed" ] && [ "$try" != 3 ] || break
		failed=$was_failed
		[ -s "$tests" ] || passed=$was_passed skipped=$was_skipped
		echo "== $name: again$(sed 's/^/, /' "$tests" | tr -d '\n')"
		again=$((again + 1))
	done
	rm -f "$tests"
}

# What some checks and live tests compare with; without it they say so, and are skipped.
tools/test_env.sh tests/live/requirements_providers.txt >/dev/null || :
tools/test_focus.sh >/dev/null || :
tools/test_llamacpp.sh >/dev/null || :
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
[ "$again" = 0 ] || echo "tests of live suites had to be run again: $again times"
tally
