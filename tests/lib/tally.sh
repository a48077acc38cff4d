# SPDX-License-Identifier: BSD-2-Clause
# Adds up what test programs say: "N passed, N failed[, N skipped]". Sourced by the runners.

passed=0 failed=0 skipped=0

# run NAME COMMAND...: shows the output, adds its last line's figures. A command that fails without
# having counted a failure counts as one.
run() {
	name=$1
	shift
	echo "== $name"
	log=$(mktemp)
	status=0
	"$@" >"$log" 2>&1 || status=$?
	cat "$log"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	rm -f "$log"
	if [ -z "$line" ]; then
		if [ "$status" = 0 ]; then
			passed=$((passed + 1))
		else
			echo "FAIL $name: exit status $status"
			failed=$((failed + 1))
		fi
		return
	fi
	passed=$((passed + $(echo "$line" | sed -E 's/^([0-9]+) passed.*/\1/')))
	failures=$(echo "$line" | sed -E 's/.*, ([0-9]+) failed.*/\1/')
	[ "$status" = 0 ] || [ "$failures" != 0 ] || failures=1
	failed=$((failed + failures))
	case "$line" in
	*skipped) skipped=$((skipped + $(echo "$line" | sed -E 's/.*, ([0-9]+) skipped$/\1/'))) ;;
	esac
}

# skip NAME WHY: loudly.
skip() {
	echo "== $1"
	echo "SKIP $1: $2"
	skipped=$((skipped + 1))
}

# The closing line, and the exit status.
tally() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
