#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the command line says: help, mistakes, exit statuses. tests/cmdline.sh WIRETALLY
set -u
bin=$1
passed=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# expect NAME STATUS PATTERN COMMAND...: the status, and the pattern in what it says.
expect() {
	name=$1 status=$2 pattern=$3
	shift 3
	got=0
	said=$("$@" 2>&1) || got=$?
	if [ "$got" = "$status" ] && echo "$said" | grep -qE "$pattern"; then
		passed=$((passed + 1))
	else
		echo "FAIL $name: status $got, expected $status; it said: $said"
		failed=$((failed + 1))
	fi
}

expect "help" 0 "wiretally trace +a line for each" "$bin" --help
expect "version" 0 "^wiretally [0-9]" "$bin" --version
expect "no command" 2 "wiretally trace" "$bin"
expect "an unknown command" 2 "there is no command 'tarce'" "$bin" tarce
for command in trace exec replay; do
	expect "$command --help" 0 "Usage: wiretally $command" "$bin" "$command" --help
done
expect "an unknown option" 2 "unrecognized option" "$bin" trace --jsno
expect "an odd ring" 2 "give a power of two" "$bin" trace --ring-bytes 5000
expect "trace with a command" 2 "use 'wiretally exec" "$bin" trace curl
expect "exec without one" 2 "which command" "$bin" exec
expect "replay of nothing" 2 "give FILE, or NAME.req NAME.resp, or --pairs DIR" "$bin" replay
expect "replay of what is not there" 1 "nope.req: No such file" "$bin" replay nope.req nope.resp
expect "replay of no folder" 1 "nope: No such file" "$bin" replay --pairs nope
printf 'provider\tmodel\tmatch\tinput\nopenai\tgpt-x\t=gpt-x\tcheap\n' >"$dir/prices"
expect "a catalogue with a mistake" 1 "prices:2: a price is a decimal number" \
	"$bin" replay --prices "$dir/prices" --pairs "$dir"
expect "a full disk" 1 "can't write to standard output: No space left" \
	sh -c "$bin replay --pairs tests/golden/pairs >/dev/full"
if [ "$(id -u)" = 0 ]; then
	expect "not root" 1 "run it with sudo" setpriv --reuid 65534 --clear-groups \
		sh -c "cp $bin $dir/w 2>/dev/null; $bin trace"
else
	expect "not root" 1 "run it with sudo" "$bin" trace
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
