#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the root of a container that the live tests run clients in, once, in .cache/ (git ignores
# it), and prints its path.
set -eu

cd "$(dirname "$0")/.."
root=.cache/rootfs
want="bookworm ca-certificates,curl,python3"

if [ "$(cat "$root.made" 2>/dev/null)" != "$want" ]; then
	mkdir -p .cache
	echo "making a root in $root" >&2
	tools/again.sh sh -c 'rm -rf "$1"; debootstrap --variant=minbase --include="$2" "$3" "$1"' sh \
		"$root" "${want#* }" "${want% *}" >"$root.log" 2>&1 ||
		{
			tail -n 20 "$root.log" >&2
			exit 1
		}
	rm -f "$root"/var/cache/apt/archives/*.deb
	echo "127.0.0.1 localhost" >"$root/etc/hosts"
	mkdir "$root/clients" "$root/ca"
	echo "$want" >"$root.made"
fi
echo "$PWD/$root"
