#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Gets a version of Go, once, into .cache/ (git ignores it), and prints the path of its `go`.
#
#   tools/go_env.sh 1.21.13
#
# Any Go can get any other: they are modules, checked against the public log of checksums.
set -eu

cd "$(dirname "$0")/.."
case $(uname -m) in
x86_64) machine=linux-amd64 ;;
aarch64) machine=linux-arm64 ;;
*)
	echo "no Go for $(uname -m)" >&2
	exit 1
	;;
esac
module=golang.org/toolchain@v0.0.1-go$1.$machine
export GOMODCACHE="$PWD/.cache/go/mod" GOPATH="$PWD/.cache/go" GOFLAGS=-modcacherw GOTOOLCHAIN=local
folder=$GOMODCACHE/$module

if [ ! -x "$folder/bin/go" ]; then
	any=$(command -v go || echo /usr/local/go/bin/go)
	again=$PWD/tools/again.sh
	(cd / && "$again" "$any" mod download "$module") >&2
	chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/* # modules have no executables
fi
echo "$folder/bin/go"
