# SPDX-License-Identifier: BSD-2-Clause
"""COUNT calls by .NET's HttpClient, every second one a stream. ask_dotnet.py COUNT

The runtime is dotnetcore2's, and loads OpenSSL 1.1 as it needs it: psycopg2's, under its usual name.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

import dotnetcore2

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "count me"}]}
STREAM = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
WHERE = Path(dotnetcore2.__file__).parent


def with_openssl(folder):
    """OpenSSL 1.1 where the dynamic linker looks, which reads its variable when a program starts."""
    for library in (WHERE.parent / "psycopg2_binary.libs").iterdir():
        name = library.name.split("-")[0] + ".so.1.1"
        os.symlink(library, Path(folder) / library.name)
        if name.startswith(("libssl.", "libcrypto.")):
            os.symlink(library, Path(folder) / name)
    os.environ["LD_LIBRARY_PATH"] = folder
    os.execv(sys.executable, [sys.executable, *sys.argv])


def client(folder):
    from clr_loader import get_coreclr
    from pythonnet import set_runtime

    config = Path(folder) / "runtimeconfig.json"
    config.write_text(json.dumps({"runtimeOptions": {
        "tfm": "netcoreapp3.1", "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
        "configProperties": {"System.Globalization.Invariant": True}}}), encoding="utf-8")
    set_runtime(get_coreclr(runtime_config=str(config), dotnet_root=str(WHERE / "bin")))
    import clr

    clr.AddReference("System.Net.Http")
    from System.Net.Http import HttpClient

    return HttpClient()


def main():
    http = client(os.environ["LD_LIBRARY_PATH"])
    from System.Net.Http import StringContent
    from System.Text import Encoding

    http.DefaultRequestHeaders.Add("x-sim-test", os.environ["SIM_TEST"])
    for i in range(int(sys.argv[1])):
        body = StringContent(json.dumps(STREAM if i % 2 else CHAT), Encoding.UTF8,
                             "application/json")
        url = os.environ["SIM_URL"] + "/v1/chat/completions"
        http.PostAsync(url, body).Result.Content.ReadAsStringAsync().Wait()


if __name__ == "__main__":
    if "LD_LIBRARY_PATH" not in os.environ:
        with_openssl(tempfile.mkdtemp())
    main()
