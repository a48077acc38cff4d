#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Starts the meter live on this host: tools/run.sh WIRETALLY
set -eu
bin=$1
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "wiretally attaches to processes: run it as root" >&2
		exit 1
	}
	sudo=sudo
fi
cat <<TEXT
Each LLM call that a program on this host makes shows here as it ends.
To see the first one, run any client in another terminal, for example:

  curl -s https://api.openai.com/v1/chat/completions -H "Authorization: Bearer \$OPENAI_API_KEY" \\
    -H "Content-Type: application/json" -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}'

No key? 'make demo' shows it with a simulated provider. What was spent: $bin report. Ctrl-C stops.

TEXT
exec $sudo "$bin" run --trace
