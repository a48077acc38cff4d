#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds llama.cpp's server for the live tests, once, into .cache/ (git ignores it), and prints its path:
# a minute of a core. The sources are those inside a pinned package of llama-cpp-python, which PyPI has;
# needs a C++ compiler. What is left out: GPUs, threads of OpenMP, downloads of models.
set -eu

version=0.3.6
sha256=86e35a8888274466958e24201b856cd71c8def0ea72e14312be13da96c15c7a4
cd "$(dirname "$0")/.."
dir=$PWD/.cache/llamacpp-$version
mkdir -p .cache
exec 9>"$dir.lock" # of two at once, the second waits for what the first makes
flock 9
if [ ! -x "$dir/llama-server" ]; then
	rm -rf "$dir"
	mkdir "$dir"
	/usr/bin/python3 -m venv "$dir/venv" >&2
	PATH=$dir/venv/bin:$PATH
	command -v cmake >/dev/null && command -v ninja >/dev/null ||
		pip install -q --disable-pip-version-check cmake==4.4.5 ninja==1.13.2 >&2
	echo "llama-cpp-python==$version --hash=sha256:$sha256" >"$dir/wanted"
	pip download -q --disable-pip-version-check --no-deps --no-binary llama-cpp-python \
		--require-hashes -r "$dir/wanted" -d "$dir" >&2
	tar xzf "$dir/llama_cpp_python-$version.tar.gz" -C "$dir" --strip-components=3 \
		"llama_cpp_python-$version/vendor/llama.cpp"
	cmake -G Ninja -S "$dir" -B "$dir/build" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O1 \
		-DCMAKE_CXX_FLAGS=-O1 -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_CCACHE=OFF \
		-DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF \
		-DLLAMA_BUILD_EXAMPLES=ON -DLLAMA_BUILD_SERVER=ON >&2
	ninja -C "$dir/build" llama-server >"$dir/log" || {
		tail "$dir/log" >&2
		exit 1
	}
	mv "$dir/build/bin/llama-server" "$dir.server"
	rm -rf "$dir"
	mkdir "$dir"
	mv "$dir.server" "$dir/llama-server"
fi
echo "$dir/llama-server"
