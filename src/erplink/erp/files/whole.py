"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, which takes its place when the block ends, and is gone when the block fails."""
    with tempfile.TemporaryDirectory(prefix=".erplink-", dir=path.parent) as beside:
        temporary = Path(beside) / path.name
        yield temporary
        settled(temporary)
        temporary.replace(path)
    settled(path.parent)


def settled(path: Path) -> None:
    """Have what was written to a file, or the entries of a folder, reach the disk."""
    with suppress(PermissionError, IsADirectoryError):  # Windows opens no folders
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
