"""How much memory this process took at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_MEGABYTE = 2**20


def peak_megabytes() -> int | None:
    """Peak resident memory of this process so far, in MiB; None where the system does not tell.

    On Linux it is read from /proc, because what getrusage says of a process includes the one it was forked from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii", errors="replace"))
        if found:
            return int(found[1]) * 1024 // _MEGABYTE
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // _MEGABYTE
