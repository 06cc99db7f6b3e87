"""Rows of workbooks kept in temporary files between two readings, because taking a workbook apart takes long."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from attrs import define, evolve, field

from erplink.erp.files.table import Row, Table

_BATCH = 1000
_MOST = 16
"""Files kept at once."""


def _nameless() -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile())


@define
class _Recording:
    """The rows of one table, once all of them have been read."""

    table: Table
    file: BinaryIO = field(factory=_nameless, repr=False)
    whole: bool = False

    def passing(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows as they come, each of which is kept."""
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) == _BATCH:
                pickle.dump(batch, self.file, protocol=pickle.HIGHEST_PROTOCOL)
                batch = []
            yield row
        pickle.dump(batch, self.file, protocol=pickle.HIGHEST_PROTOCOL)
        self.whole = True

    def again(self) -> Iterator[Row]:
        """The rows that were kept."""
        self.file.seek(0)
        while True:
            batch: list[Row] = pickle.load(self.file)  # noqa: S301 - nobody but this object can write there
            yield from batch
            if len(batch) < _BATCH:
                return


@define
class Recordings:
    """Tables that were read once and will be read again, by name and state of their file."""

    _kept: dict[tuple[str, str], _Recording] = field(factory=dict, repr=False)

    def keep(self, table: Table, mark: str) -> Table:
        """The same table, whose rows are kept while they are read, if there is room."""
        if len(self._kept) >= _MOST:
            return table
        recording = self._kept[table.name, mark] = _Recording(table)
        return evolve(table, rows=recording.passing(table.rows))

    def take(self, name: str, mark: str) -> Table | None:
        """A table as it was read before; None where it was not, or not to its end. Closing it forgets it."""
        recording = self._kept.pop((name, mark), None)
        if recording is None:
            return None
        if not recording.whole:
            recording.file.close()
            return None
        return evolve(recording.table, rows=recording.again(), closing=recording.file.close)

    def close(self) -> None:
        """Forget all that nobody took."""
        for recording in self._kept.values():
            recording.file.close()
        self._kept.clear()
