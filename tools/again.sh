#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs a command that fetches something, up to three times with a pause in between: what a network
# refuses now it may give in a moment.
#
#   tools/again.sh COMMAND...
set -eu

for pause in 5 20; do
	"$@" && exit
	echo "failed: $*; again in $pause s" >&2
	sleep "$pause"
done
exec "$@"
