#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each fuzzer for FUZZ_SECONDS, from its seeds. What crashes it is kept in $BUILD/fuzz/.
set -eu
cd "$(dirname "$0")/../.."
passed=0 failed=0
for seeds in tests/fuzz/seeds/*; do
	name=$(basename "$seeds")
	found=$BUILD/fuzz/$name.found
	mkdir -p "$found"
	if "$BUILD/fuzz/${name}_fuzz" -max_total_time="${FUZZ_SECONDS:-5}" -max_len=8192 -timeout=10 \
		-artifact_prefix="$BUILD/fuzz/$name-" "$found" "$seeds" >"$BUILD/fuzz/$name.log" 2>&1; then
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
