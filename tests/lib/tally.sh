# SPDX-License-Identifier: BSD-2-Clause
# Adds up what test programs say: "N passed, N failed[, N skipped]". Sourced by the runners.

passed=0 failed=0 skipped=0 suites=0
remarks= # what failed or was skipped, a line each, for the end of a long log

# Seconds for a suite: several times what the slowest takes on two busy cores, downloads included.
LIMIT=${LIMIT:-1200}

# end_left_behind MARK: kills what has that word in its environment. A suite's children are in
# sessions and groups of their own, so neither says whose they are.
end_left_behind() {
	for environ in $(grep -slzx "$1" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${environ#/proc/}
		kill -KILL "${pid%/environ}" 2>/dev/null || :
	done
}

# remark SUITE TEXT: the lines of TEXT that say what failed or was skipped are said again at the end.
remark() {
	lines=$(printf '%s\n' "$2" | grep -aE '^(FAIL|SKIP) ') || return 0
	remarks="$remarks$(printf '%s\n' "$lines" | cut -c 1-300 | sed "s|^|  $1: |")
"
}

# fail NAME WHY: of the suite itself.
fail() {
	echo "FAIL $1: $2"
	remark "$1" "FAIL $1: $2"
	failed=$((failed + 1))
}

# run NAME COMMAND...: shows the output, adds its last line's figures. A command that fails without
# having counted a failure counts as one, and so does one that is not done within LIMIT seconds: it
# is interrupted, so that a Python suite says where it was, and nothing of it stays.
run() {
	name=$1
	shift
	echo "== $name"
	log=$(mktemp)
	status=0
	suites=$((suites + 1))
	mark=TALLY_$$_$suites=1
	began=$(date +%s)
	timeout --foreground --signal INT --kill-after 30 "$LIMIT" env "$mark" "$@" >"$log" 2>&1 || status=$?
	took=$(($(date +%s) - began))
	end_left_behind "$mark"
	cat "$log"
	echo "-- $name took $took s"
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1) || :
	remark "$name" "$(cat "$log")"
	rm -f "$log"
	if [ "$status" = 124 ] || { [ "$status" = 137 ] && [ "$took" -ge "$LIMIT" ]; }; then
		fail "$name" "it hung, and was ended after $took s"
		return
	fi
	if [ -z "$line" ]; then
		if [ "$status" = 0 ]; then
			passed=$((passed + 1))
		else
			fail "$name" "exit status $status"
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
	remark "$1" "SKIP $1: $2"
	skipped=$((skipped + 1))
}

# The closing line, and the exit status.
tally() {
	[ -z "$remarks" ] || printf 'failed, run again or skipped:\n%s' "$remarks"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}
