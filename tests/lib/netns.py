# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace of its own, with a pair of interfaces to the host."""
import os
import subprocess


class Namespace:
    """with Namespace() as there: there.name, there.path; the host is there.host from within."""
    host = "10.213.7.1"

    def __init__(self):
        self.name = f"wtact{os.getpid()}"
        self.path = f"/run/netns/{self.name}"

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True, stderr=subprocess.PIPE)

    def __enter__(self):
        here = self.name[-10:]
        self.ip("netns", "add", self.name)
        try:
            self.ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            self.ip("addr", "add", f"{self.host}/30", "dev", here)
            self.ip("link", "set", here, "up")
            self.ip("-n", self.name, "addr", "add", "10.213.7.2/30", "dev", "eth0")
            self.ip("-n", self.name, "link", "set", "eth0", "up")
            self.ip("-n", self.name, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)
