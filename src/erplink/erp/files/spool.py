"""Lines of a second file, found by the number of their document, in whatever order they stand.

They go through a temporary file that has no name; what is held of each run of lines is sixteen bytes.
"""

from __future__ import annotations

import pickle
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO, cast

from attrs import define, field

from erplink.erp.files.grouping import Group

_BUCKETS = 256
_WORD = (1 << 64) - 1


def _nameless() -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile())


@define
class Spool:
    """Runs of lines by the number of their document. Close it when done; the temporary file is gone then."""

    _file: BinaryIO = field(factory=_nameless, repr=False)
    _hashes: list[array[int]] = field(factory=lambda: [array("Q") for _ in range(_BUCKETS)], repr=False)
    _offsets: list[array[int]] = field(factory=lambda: [array("Q") for _ in range(_BUCKETS)], repr=False)
    _used: list[bytearray] = field(factory=list, repr=False)

    def fill(self, runs: Iterator[Group]) -> None:
        """Take in all lines; then they can be asked for."""
        for run in runs:
            found = hash(run.number) & _WORD
            self._hashes[found % _BUCKETS].append(found)
            self._offsets[found % _BUCKETS].append(self._file.tell())
            pickle.dump((run.number, run.rows), self._file, protocol=pickle.HIGHEST_PROTOCOL)
        for bucket, (hashes, offsets) in enumerate(zip(self._hashes, self._offsets, strict=True)):
            order = sorted(range(len(hashes)), key=lambda n: (hashes[n], offsets[n]))
            self._hashes[bucket] = array("Q", (hashes[n] for n in order))
            self._offsets[bucket] = array("Q", (offsets[n] for n in order))
        self._used = [bytearray(len(hashes)) for hashes in self._hashes]

    def take(self, number: str) -> Group | None:
        """The lines of a document, in their order; None when there are none."""
        found = hash(number) & _WORD
        bucket = found % _BUCKETS
        hashes, place = self._hashes[bucket], bisect_left(self._hashes[bucket], found)
        lines: Group | None = None
        while place < len(hashes) and hashes[place] == found:
            run = self._read(self._offsets[bucket][place])
            if run.number == number:
                self._used[bucket][place] = 1
                lines = Group(number, [*(lines.rows if lines is not None else ()), *run.rows])
            place += 1
        return lines

    def left(self) -> Iterator[Group]:
        """Runs that nobody has asked for, in the order of the file."""
        offsets = [
            offset
            for offsets, used in zip(self._offsets, self._used, strict=True)
            for offset, taken in zip(offsets, used, strict=True)
            if not taken
        ]
        for offset in sorted(offsets):
            yield self._read(offset)

    def close(self) -> None:
        """Give the temporary file back. Closing twice is fine."""
        self._file.close()

    def _read(self, offset: int) -> Group:
        self._file.seek(offset)
        number, rows = pickle.load(self._file)  # noqa: S301 - nobody but this object can write there
        return Group(number, rows)
