"""Files of a manifest looked through without a link: what is in them, and which rows cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from erplink.erp.files.checking import FileChecked, check
from erplink.erp.files.settings import Files
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import iterate
from erplink.model.documents import Entity


def check_files(files: Files, entities: Collection[Entity] = ()) -> Iterator[FileChecked]:
    """Read every file from start to end, write the reports about rows that cannot be read, and say what was found.

    Gives some documents at a time, as progress; the last word about a file is ``finished``. Moves nothing.

    Raises:
        ConfigInvalid: the manifest has no such entity, its folder is not there, or a library is missing.
        FileInvalid: a file may not be read.
        RetryError: the disk or the share failed, or a file was changed while it was read.
    """
    io = SyncIo()
    try:
        yield from iterate(check(io, files, entities))
    finally:
        io.close()
