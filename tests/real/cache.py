"""What the tests of this folder install for themselves: kept between runs, beside nox's own environments."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers.streams import lacking
from tests.conftest import REPOSITORY
from tests.real.programs import ProgramFailed

HOME = Path(os.environ.get("ERPLINK_REAL_CACHE") or REPOSITORY / ".nox" / "real-systems")


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Where an installation in the block fails, skip the test; fail it where CI promises what is missing."""
    try:
        yield
    except ProgramFailed as failed:
        log = str(failed)
        lacking(f"cannot install {what}: {log if os.environ.get('CI') else log.splitlines()[0].rstrip(':')}")


def kept(name: str, *of: Path | str, make: Callable[[Path], None]) -> Path:
    """A folder of the cache, made when nothing was kept under this name ``of`` these files and texts.

    It appears whole or not at all: an interrupted run leaves nothing behind that a later one would take for finished.
    """
    digest = hashlib.sha256(sys.version.encode())
    for part in of:
        digest.update(hashlib.sha256(part.read_bytes() if isinstance(part, Path) else part.encode()).digest())
    place = HOME / f"{name}-{digest.hexdigest()[:16]}"
    if not place.is_dir():
        HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=HOME, ignore_cleanup_errors=True) as workshop:
            made = Path(workshop) / name
            made.mkdir()
            make(made)
            _place(made, place)
    return place


def _place(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError:  # another run was first: its folder is as good
        if not place.is_dir():
            raise
        shutil.rmtree(made)
