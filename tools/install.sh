#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what building (and testing) wiretally needs on Debian or Ubuntu.
#
#   tools/install.sh build|demo|test
#
# Quick when everything is there. Without root it names the command to run.
set -eu

build="clang gcc make pkg-config linux-libc-dev libc6-dev libbpf-dev libelf-dev zlib1g-dev
	libbrotli-dev libcapstone-dev libjansson-dev libnghttp2-dev libseccomp-dev libsodium-dev
	libsqlite3-dev libyaml-dev libzstd-dev"
tests="clang-format cppcheck libclang-rt-14-dev libssl-dev openssl curl python3 python3-venv
	iproute2 php-cli php-curl php-fpm ruby ca-certificates procps podman runc debootstrap debian-archive-keyring util-linux
	wget gnutls-bin libcurl3-gnutls libnss3-tools"

# Ubuntu ships bpftool with its kernel tools, Debian as a package of its own.
. /etc/os-release
case "$ID" in
ubuntu)
	build="$build linux-tools-common linux-tools-generic"
	tests=$(echo "$tests" | sed 's/libclang-rt-14-dev/libclang-rt-dev/')
	;;
*)
	build="$build bpftool"
	tests="$tests libcurl3-nss"
	;;
esac

# Any Go gets the ones that tests want: tools/go_env.sh.
command -v go >/dev/null || [ -x /usr/local/go/bin/go ] || tests="$tests golang-go"

# Any Java that runs a source file does.
command -v java >/dev/null || tests="$tests openjdk-17-jdk-headless"

case "${1:-}" in
build) wanted=$build ;;
demo) wanted="$build openssl curl python3" ;;
test) wanted="$build $tests" ;;
*)
	echo "usage: tools/install.sh build|demo|test" >&2
	exit 2
	;;
esac

missing=
for package in $wanted; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "wiretally needs packages that are not installed. Run:" >&2
	echo "  sudo apt-get update && sudo apt-get install -y$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
