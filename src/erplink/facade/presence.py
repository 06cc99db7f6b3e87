"""Who this process is, and whether another one on this machine is gone: what a killed process held is free at once.

Linux tells for certain: a process is known by machine start, process namespace, number and its own start. Elsewhere,
and of processes on other machines, nothing is claimed to be known; what they hold is free when its lease runs out.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from attrs import frozen

_PROC = Path("/proc")
_STATE, _START = 0, 19
"""Places behind the name in /proc/PID/stat, which stands in brackets and may hold anything."""


@frozen
class Process:
    """One process of one machine. ``room`` is where its number counts; empty where that is not known."""

    host: str
    room: str
    pid: str
    start: str

    def __str__(self) -> str:
        return f"{self.host}:{self.room}:{self.pid}:{self.start}"


def me() -> str:
    """This process, as a worker's name."""
    pid = os.getpid()
    host = socket.gethostname().replace(":", "_")[:40]
    return str(Process(host, _room(), str(pid), _started(pid) or ""))


def gone(worker: str) -> bool:
    """Whether a worker was a process of this machine that runs no longer. False when that is not certain."""
    parts = worker.split(":")
    if len(parts) != 4:  # noqa: PLR2004 - the parts of a process
        return False
    other, own = Process(*parts), Process(*me().split(":"))
    if not own.room or (other.host, other.room) != (own.host, own.room) or not other.pid.isdecimal():
        return False
    return _started(int(other.pid)) != other.start


def _room() -> str:
    """Machine start and process namespace: a number counts only within both."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        return f"{boot}.{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the machine did; None when it runs no longer."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    told = stat.rpartition(")")[2].split()
    return None if told[_STATE] in ("Z", "X") else told[_START]
