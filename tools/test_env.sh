#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the folder of real client SDKs that the live tests run, once, in .cache/ (git ignores it), and
# prints the path of its Python.
#
#   tools/test_env.sh [REQUIREMENTS]            tests/live/requirements.txt, or another list
#   tools/test_env.sh --if-made REQUIREMENTS    its path if it is there; else nothing, and status 1
#
# One folder for each content of the list: working trees that share .cache/ and want different SDKs
# take nothing from each other. The system's Python is used, since it loads the system's own OpenSSL:
# a process like a user's.
set -eu

cd "$(dirname "$0")/.."
made=
if [ "${1:-}" = --if-made ]; then
	made=only
	shift
fi
want=${1:-tests/live/requirements.txt}
venv=.cache/venv-$(cksum <"$want" | cut -d ' ' -f 1)

if [ "$made" ] && [ ! -e "$venv/complete" ]; then
	exit 1
fi
mkdir -p .cache
exec 9>"$venv.lock" # of two at once, the second waits for what the first makes
flock 9
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv" # one that was broken off
	/usr/bin/python3 -m venv "$venv" >&2
	tools/again.sh "$venv/bin/pip" install -q --disable-pip-version-check -r "$want" >&2
	touch "$venv/complete"
fi
echo "$PWD/$venv/bin/python"
