#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the folder of FOCUS's own validator, once, in .cache/ (git ignores it), and prints the path of
# the program.
#
#   tools/test_focus.sh [--if-made]    with that: its path if it is there; else nothing, and status 1
#
# It asks for Python 3.12 because of one line, whose quotes 3.11 does not read: there that line is
# written otherwise. The rules of FOCUS 1.2 are in the package.
set -eu

cd "$(dirname "$0")/.."
version=2.2.1
venv=.cache/focus-$version

if [ "${1:-}" = --if-made ] && [ ! -e "$venv/complete" ]; then
	exit 1
fi
mkdir -p .cache
exec 9>"$venv.lock" # of two at once, the second waits for what the first makes
flock 9
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv" # one that was broken off
	/usr/bin/python3 -m venv "$venv" >&2
	# It wants NumPy 1, and PyArrow from 21 on does not.
	tools/again.sh "$venv/bin/pip" install -q --disable-pip-version-check --ignore-requires-python \
		"focus-validator==$version" 'pyarrow<21' >&2
	"$venv/bin/python" - <<'PYTHON' >&2
import importlib.util
import pathlib

package = pathlib.Path(importlib.util.find_spec("focus_validator").origin).parent
file = package / "config_objects/focus_to_duckdb_converter.py"
text = file.read_text(encoding="utf-8")
file.write_text(text.replace("""f"'{k.replace('\\"', '\\"\\"')}'" for k""",
                             """"'" + k.replace('"', '""') + "'" for k"""), encoding="utf-8")
PYTHON
	touch "$venv/complete"
fi
echo "$PWD/$venv/bin/focus-validator"
