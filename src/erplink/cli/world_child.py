"""The world's own process, as the demo starts it: it ends when the process that started it is gone.

The parent holds the other end of this process's standard input. However the parent ends, killed included, the system
closes that end; then no world is left behind to write into a state file that the next run's world has opened.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> int:
    """Run the Kingdee world with this process's arguments; its exit code."""
    threading.Thread(target=_end_with_parent, daemon=True, name="parent-watch").start()
    from erplink.testing.worlds.kingdee.__main__ import main as run_world

    return run_world()


def _end_with_parent() -> None:
    # The descriptor itself: a buffered reader would hold a lock that the interpreter needs in order to end.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
