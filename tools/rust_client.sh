#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the client in tests/live/clients/rust for a provider of rustls's cryptography, once for each
# content of its sources, into .cache/ (git ignores it), and prints the path of the program:
#
#   tools/rust_client.sh aws-lc|ring
#
# What is built of its libraries is kept for both. Cold it takes some three minutes.
set -eu

provider=${1:?aws-lc or ring}
cd "$(dirname "$0")/.."
source=tests/live/clients/rust
cache=$PWD/.cache/rust
want=$(cat "$source/Cargo.toml" "$source/Cargo.lock" "$source"/src/*.rs | sha256sum | cut -c1-16)
program=$cache/calls-$provider-$want

if [ ! -x "$program" ]; then
	mkdir -p "$cache"
	# Fetched apart: a build that fails is no matter of the network.
	tools/again.sh cargo fetch --quiet --locked --manifest-path "$source/Cargo.toml" >&2
	cargo build --quiet --release --locked --manifest-path "$source/Cargo.toml" \
		--target-dir "$cache/target" --features "$provider" >&2
	cp "$cache/target/release/calls" "$program.new"
	mv "$program.new" "$program"
fi
echo "$program"
