"""Runs a program that ends when whoever started it is gone, however that one ended.

Usage: `python leash.py PROGRAM ARGUMENT…` with a pipe as standard input; the end of the pipe ends the program and
what it started. Its own end is reported by its exit code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever holds the pipe decides
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=lambda: os._exit(child.wait()), daemon=True).start()
    sys.stdin.buffer.read()
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
