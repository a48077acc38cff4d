#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What 10,000 open streams take of memory, as much as is promised: what a stream takes more of is to
be taken from elsewhere. A figure of bytes, not of time: it does not depend on the machine's load.

    tests/open_streams.py BUILD
"""
import json
import subprocess
import sys
from pathlib import Path

STREAMS, MIB = 10000, 1 << 20
MOST = 32  # MiB, RssAnon


def main():
    streams = Path(sys.argv[1]) / "bench/streams"
    done = subprocess.run([streams, str(STREAMS), "4096", "identity"], stdout=subprocess.PIPE,
                          text=True, check=True, timeout=120)
    got = json.loads(done.stdout)
    taken = got["rss_anon"] / MIB
    each = (got["rss_anon"] - got["rss_anon_before"]) / STREAMS
    print(f"{got['entries']} of {STREAMS} whole, {taken:.1f} MiB, {each:.0f} bytes each")
    return 0 if got["entries"] == STREAMS and taken <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
