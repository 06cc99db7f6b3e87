"""Outside programs: run to their end, or served on a free port of this machine for as long as a block lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

LEASH = Path(__file__).with_name("leash.py")
LAST = 4000
"""How much of a log is shown when a program fails."""


class ProgramFailed(AssertionError):
    """A program that should have done its work did not; what it said last is in the message."""


def run(command: Sequence[str | Path], folder: Path, seconds: float = 600, env: Mapping[str, str] | None = None) -> str:
    """What a program prints that ends well within the time."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise ProgramFailed(f"{command[0]} was not done after {seconds:.0f} s") from slow
    if done.returncode != 0:
        raise ProgramFailed(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-LAST:]}")
    return done.stdout


@contextmanager
def served(
    command: Sequence[str | Path], port: int, log: Path, seconds: float = 60, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A program that listens on the port during the block; gone after it, and when this process dies.

    Raises:
        ProgramFailed: it ended before it listened, or did not listen in time; its log is in the message.
    """
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [sys.executable, str(LEASH), *(str(part) for part in command)],
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait(process, port, log, seconds)
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float) -> None:
    until = monotonic() + seconds
    while not _listens(port):
        try:
            code = process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            code = None
        if code is not None or monotonic() > until:
            what = f"ended with {code}" if code is not None else f"did not listen after {seconds:.0f} s"
            raise ProgramFailed(f"the program on port {port} {what}:\n{log.read_text('utf-8', 'replace')[-LAST:]}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
