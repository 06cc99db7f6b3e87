"""Documents handed over in a folder: a file for each key, which appears once, whoever asks for it how often.

What was handed over is remembered in a folder ``.erplink`` beside, a small folder for each key. The file is made ready
in there, and moving it out is what hands it over: it cannot be done twice, because then it is not there any more. So
it does not matter when the other side takes the file away, nor when a process dies.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

from attrs import frozen

from erplink.erp.files.folder import Folder
from erplink.erp.files.rows_out import Layout, Value
from erplink.erp.files.whole import settled
from erplink.erp.files.words import Written
from erplink.erp.files.writers import Manner
from erplink.erp.files.writing import write_whole
from erplink.errors import Conflict
from erplink.mapping.numbers import number_for

_MEMORY = ".erplink"
_RECEIPT = "receipt"


@frozen
class Outbox:
    """The files of one verb of one entity."""

    words: Written
    layout: Layout

    def hand_over(self, folder: Folder, key: str, rows: list[list[Value]]) -> Path:
        """Hand rows over under a key; once. Raises ``Conflict`` where the key was used for other rows."""
        out = folder.path(self.words.folder)
        name = f"{self.layout.mapping.entity}-{number_for(key, '')}.{self.words.format}"
        memory = out / _MEMORY / name
        memory.parent.mkdir(parents=True, exist_ok=True)
        digest = sha256(repr([[self.layout.shown(cell) for cell in row] for row in rows]).encode()).hexdigest()
        if not memory.exists():
            self._prepare(memory, rows, digest)
        if (memory / _RECEIPT).read_text(encoding="ascii") != digest:
            step = "the key was used for another document; use another key"
            raise Conflict(f"{name} holds something else", where=self.words.folder, next_step=step)
        with suppress(FileNotFoundError):  # handed over already
            (memory / name).rename(out / name)
            settled(out)
        return out / name

    def drop(self, folder: Folder, number: str, row: list[Value], now: datetime) -> Path:
        """A file with one row that another one may follow; the names sort in the order of time."""
        out = folder.path(self.words.folder)
        out.mkdir(parents=True, exist_ok=True)
        entity, shown = self.layout.mapping.entity, [self.layout.shown(cell) for cell in row]
        digest = sha256(repr(shown).encode()).hexdigest()[:8]
        name = f"{entity}-{now:%Y%m%dT%H%M%S.%f}Z-{number_for(number, '')}-{digest}.{self.words.format}"
        self._write(out / name, [row])
        return out / name

    def _prepare(self, memory: Path, rows: list[list[Value]], digest: str) -> None:
        """File and receipt side by side, in a folder that gets its name when both are there."""
        beside = Path(tempfile.mkdtemp(prefix=".", dir=memory.parent))
        try:
            beside.chmod(memory.parent.stat().st_mode & 0o777)
            self._write(beside / memory.name, rows)
            (beside / _RECEIPT).write_text(digest, encoding="ascii")
            settled(beside / _RECEIPT)
            settled(beside)
            beside.rename(memory)
            settled(memory.parent)
        except OSError:
            if not memory.exists():
                raise
        finally:
            rmtree(beside, ignore_errors=True)

    def _write(self, path: Path, rows: list[list[Value]]) -> None:
        manner = Manner(self.words.format, self.words.encoding, self.words.guard)
        write_whole(path, self.layout, rows, manner)
