# SPDX-License-Identifier: BSD-2-Clause
"""Recorded answers: the raw bytes of a pair's NAME.resp, as they are. A request names its pair in
x-sim-pair; what the pair's usage is, the recording's own manifest tells."""
from pathlib import Path


class Recordings:
    def __init__(self, folder):
        self.root = Path(folder).resolve() if folder else None

    def find(self, name):
        """The bytes of NAME.resp; None: no such recording, or a name that leaves the folder."""
        if not self.root or not name:
            return None
        path = (self.root / (name + ".resp")).resolve()
        if self.root not in path.parents or not path.is_file():
            return None
        return path.read_bytes()


def ends_itself(answer: bytes) -> bool:
    """Whether a client can tell the end without the connection's; if not, the server closes."""
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return (b"\r\ncontent-length:" in head or b"\r\ntransfer-encoding:" in head) \
        and b"\r\nconnection: close" not in head
