#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The NVML source against a real driver, in a minute and a half: lists devices, looks each second for 30 s
# while a load of known size runs, and holds what it saw against that. Needs bash, a GPU with its
# driver, and what `make device` built, or make and gcc; no BPF, no root.
#
#   OUT=FOLDER tests/gpu/device.sh        windows, trace, truth and a summary go to FOLDER
set -u
cd "$(dirname "$0")/../.."
OUT=${OUT:-/tmp/wiretally-device}
mkdir -p "$OUT"
bin=build/gpu

usable() {
	[ -x "$bin/watch" ] && [ -x "$bin/load" ] && ldd "$bin/watch" >/dev/null 2>&1 &&
		! ldd "$bin/watch" 2>&1 | grep -q 'not found'
}

if ! usable; then
	rm -f "$bin/watch" "$bin/load" "$bin/calls" "$bin/addresses"
	make -s device || { echo "neither build/gpu runs here, nor can it be built"; exit 2; }
fi

work=$(mktemp -d)
{
	uname -r
	nvidia-smi --query-gpu=index,uuid,name,driver_version,memory.total,mig.mode.current,accounting.mode,persistence_mode --format=csv 2>&1
	ls -l /dev/nvidia* 2>&1
} >"$work/host.txt"

# Idle, one small kernel at a time, all of the GPU, two processes at once, idle again.
"$bin/watch" 30 1000 "$OUT/trace.txt" >"$OUT/windows.jsonl" 2>"$work/watch.txt" &
watch=$!
command -v nvidia-smi >/dev/null && { nvidia-smi dmon -s pu -o T -c 30 >"$OUT/dmon.txt" 2>&1 & }
sleep 3
: >"$OUT/truth.jsonl"
"$bin/load" 6 50000 50000 1 1024 >>"$OUT/truth.jsonl" 2>"$work/load.txt"
"$bin/load" 6 80000 20000 1056 2048 >>"$OUT/truth.jsonl" 2>>"$work/load.txt"
"$bin/load" 8 60000 40000 1 512 >>"$OUT/truth.jsonl" 2>>"$work/load.txt" &
first=$!
"$bin/load" 8 20000 80000 1 256 >>"$OUT/truth.jsonl" 2>>"$work/load.txt"
wait $first
wait $watch
status=$?

# As nobody: what a driver tells only to root shows here. At ten looks a second: its own period.
as=
[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && as="setpriv --reuid 65534 --regid 65534 --clear-groups"
"$bin/load" 5 50000 50000 1 128 >>"$OUT/truth.jsonl" 2>>"$work/load.txt" &
first=$!
$as "$bin/watch" 4 100 >"$OUT/windows_nobody.jsonl" 2>"$work/watch_nobody.txt"
wait $first

{
	echo "watch ended with $status"
	cat "$work/host.txt" "$work/watch.txt" "$work/load.txt"
	echo "as nobody, ten times a second:"
	cat "$work/watch_nobody.txt"
	echo "libcuda's functions by what it exports, and as the runtime is given them:"
	"$bin/addresses"
	echo "each call, the GPU idle, then busy:"
	"$bin/calls" 10 100
	"$bin/load" 12 90000 10000 1056 128 >/dev/null 2>&1 &
	"$bin/calls" 10 100
	wait $!
	command -v python3 >/dev/null && python3 tests/gpu/compare.py "$OUT/windows.jsonl" "$OUT/truth.jsonl"
} | tee "$OUT/summary.txt"
exit $status
