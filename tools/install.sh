#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what building (and testing) wiretally needs on Debian or Ubuntu.
#
#   tools/install.sh build|demo|test
#
# Quick when everything is there. Without root it names the command to run.
set -eu

build="clang gcc make pkg-config linux-libc-dev libc6-dev libbpf-dev libelf-dev zlib1g-dev
	libbrotli-dev libcapstone-dev libjansson-dev libncurses-dev libnghttp2-dev libseccomp-dev libsodium-dev
	libsqlite3-dev libssl-dev libyaml-dev libzstd-dev"
tests="clang-format cppcheck openssl curl rsyslog rsyslog-openssl python3 python3-venv
	iproute2 tmux php-cli php-curl php-fpm ruby ca-certificates procps podman runc debootstrap debian-archive-keyring util-linux
	wget gnutls-bin libnss3-tools libmbedtls-dev libwolfssl-dev g++"

. /etc/os-release
# libbpf's interface of version 1.0 on.
case "$ID $VERSION_ID" in
"debian "[1-9] | "debian "1[01] | "ubuntu "1* | "ubuntu "2[0-3]*)
	echo "$PRETTY_NAME has libbpf before 1.0: wiretally builds on Debian 12, Ubuntu 24.04 and later" >&2
	exit 1
	;;
esac

# Ubuntu ships bpftool with its kernel tools, Debian as a package of its own.
case "$ID" in
ubuntu)
	build="$build linux-tools-common linux-tools-generic"
	;;
*)
	build="$build bpftool"
	;;
esac

# Names that differ from release to release; the last ones with libcurl3-nss are older than 2023-10.
case "$ID $VERSION_ID" in
"debian 12") tests="$tests libclang-rt-14-dev libcurl3-gnutls libcurl3-nss android-libboringssl" ;;
*) tests="$tests libclang-rt-dev libcurl3t64-gnutls" ;;
esac

# Any Go gets the ones that tests want: tools/go_env.sh.
command -v go >/dev/null || [ -x /usr/local/go/bin/go ] || tests="$tests golang-go"

# Any Java that runs a source file does: one with a compiler, of Java 11 or later.
command -v javac >/dev/null || tests="$tests default-jdk-headless"

# Any Rust from 1.85 on builds the client of tests/live/rust.py, which is skipped without one. Debian
# 12 has it under a name of its own.
[ "$ID $VERSION_ID" != "debian 12" ] || command -v cargo >/dev/null || tests="$tests cargo-web cmake"

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

# Tests start what they need themselves: a service that comes with a package, as PHP's does, neither
# runs from now on nor from the next boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
services() {
	find /lib/systemd/system /usr/lib/systemd/system \( -name 'php*-fpm.service' -o \
		-name rsyslog.service \) 2>/dev/null | sed 's|.*/||' | sort -u
}
had=$(services)

# shellcheck disable=SC2086 # a list of words
"$(dirname "$0")/again.sh" sh -c \
	'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null' sh $missing
if command -v systemctl >/dev/null; then
	for unit in $(services); do
		case " $(echo $had) " in *" $unit "*) continue ;; esac
		systemctl disable --quiet "$unit" || :
	done
fi
