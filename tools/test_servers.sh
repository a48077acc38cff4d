#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the folder of real servers and proxies that the live tests put between clients and models,
# once, in .cache/ (git ignores it), and prints the path of its Python.
set -eu

cd "$(dirname "$0")/.."
venv=.cache/servers
want=tests/live/servers.txt

if ! cmp -s "$want" "$venv/servers.txt"; then
	rm -rf "$venv"
	/usr/bin/python3 -m venv "$venv" >&2
	"$venv/bin/pip" install -q --disable-pip-version-check -r "$want" >&2
	cp "$want" "$venv/servers.txt"
fi
echo "$PWD/$venv/bin/python"
