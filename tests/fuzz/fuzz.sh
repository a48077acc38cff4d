#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each fuzzer from its seeds: for FUZZ_SECONDS, and further from what earlier runs found; or, when
# that is not set, FUZZ_RUNS inputs that are the same ones every time, so that a change is told by
# what it breaks and not by luck. What crashes it is kept in $BUILD/fuzz/.
#
# Seeds are few: written by hand, made of the goldens, or named for the function of which they reach
# a branch that FUZZ_RUNS inputs made of the others do not.
set -eu
cd "$(dirname "$0")/../.."
passed=0 failed=0
rm -rf "$BUILD/fuzz/golden"
python3 tests/fuzz/golden_seeds.py "$BUILD/fuzz/golden"
for seeds in tests/fuzz/seeds/*; do
	name=$(basename "$seeds")
	# The fuzzer adds what it finds to the first folder that it is given: never to the seeds.
	if [ -n "${FUZZ_SECONDS:-}" ]; then
		found=$BUILD/fuzz/$name.found
		set -- -max_total_time="$FUZZ_SECONDS" "$found"
	else
		found=$BUILD/fuzz/$name.new
		rm -rf "$found"
		set -- -seed=1 -runs="${FUZZ_RUNS:-20000}" "$found"
	fi
	mkdir -p "$found" "$BUILD/fuzz/golden/$name"
	if "$BUILD/fuzz/${name}_fuzz" "$@" -max_len=8192 -timeout=10 \
		-artifact_prefix="$BUILD/fuzz/$name-" "$seeds" "$BUILD/fuzz/golden/$name" \
		>"$BUILD/fuzz/$name.log" 2>&1; then
		echo "ok $name: $(tail -n 1 "$BUILD/fuzz/$name.log")"
		passed=$((passed + 1))
	else
		tail -n 30 "$BUILD/fuzz/$name.log"
		echo "FAIL $name"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
