#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the folder of real client SDKs that the live tests run, once, in .cache/ (git ignores it), and
# prints the path of its Python.
#
# The system's Python is used, since it loads the system's own OpenSSL: a process like a user's.
set -eu

cd "$(dirname "$0")/.."
venv=.cache/venv
want=tests/live/requirements.txt

if ! cmp -s "$want" "$venv/requirements.txt"; then
	rm -rf "$venv"
	/usr/bin/python3 -m venv "$venv" >&2
	"$venv/bin/pip" install -q --disable-pip-version-check -r "$want" >&2
	cp "$want" "$venv/requirements.txt"
fi
echo "$PWD/$venv/bin/python"
