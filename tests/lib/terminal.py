# SPDX-License-Identifier: BSD-2-Clause
"""A terminal that a program draws on, by tmux: what is on it can be read, and keys pressed."""
import os
import shlex
import subprocess
import time
import unicodedata
import uuid


def columns(text):
    """How many columns of a terminal a text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Terminal:
    """with Terminal(80, 24, env) as t: t.run("less FILE"); t.wait(lambda lines: ...); t.keys("q")

    A shell runs in it, so that what a program leaves behind can be seen.
    """

    def __init__(self, width, height, env=None):
        self.socket = f"wt-{uuid.uuid4().hex[:12]}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "LC_", "LANG", "NO_COLOR"))}
        self.env = clean | {"LC_ALL": "C.UTF-8", "PS1": "$ "} | (env or {})
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  "/bin/sh")

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-u", "-L", self.socket, *args], env=self.env, check=True,
                              stdout=subprocess.PIPE, timeout=60)
        return done.stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")

    def lines(self, *more):
        return self.tmux("capture-pane", "-p", *more).split("\n")

    def wait(self, enough, seconds=60.0):
        """Until enough(lines) or the time is over; the lines as they are then."""
        end = time.monotonic() + seconds
        while not enough(lines := self.lines()) and time.monotonic() < end:
            time.sleep(0.1)
        return lines

    def run(self, *command):
        self.tmux("send-keys", "-l", shlex.join(map(str, command)) + "\n")

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def key(self, *names):
        """Keys by tmux's names: Enter, Escape, Down, C-c."""
        self.tmux("send-keys", *names)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def state(self):
        """Whether a program has the screen for itself, and the cursor is seen."""
        return self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").strip()
