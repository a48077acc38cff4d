#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Keeps a file up to date with what the node's kubelet answers on /pods: kubelet-pods.sh FILE [SECONDS]
#
# Whoever runs it has a token that may read nodes/proxy (kubernetes.yaml); the meter, which parses what
# strangers send, has none. KUBELET_URL, TOKEN_FILE and CA_FILE say where; a file that is there was whole.
set -eu
file=$1 seconds=${2:-15}
url=${KUBELET_URL:-https://${NODE_IP:-127.0.0.1}:10250}/pods
token=${TOKEN_FILE:-/var/run/secrets/kubernetes.io/serviceaccount/token}
# Many kubelets have a certificate that they signed themselves: give theirs, or -k by INSECURE=1.
set -- --silent --show-error --fail --max-time 10
[ -z "${CA_FILE:-}" ] || set -- "$@" --cacert "$CA_FILE"
[ -z "${INSECURE:-}" ] || set -- "$@" --insecure

while :; do
	# The token is drawn anew every hour. By a file: arguments are for everybody to see.
	if { [ ! -r "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$(cat "$token")"; } |
		curl "$@" --config - --output "$file.new" "$url"; then
		mv "$file.new" "$file"
	fi
	[ "$seconds" != 0 ] || exit 0
	sleep "$seconds"
done
