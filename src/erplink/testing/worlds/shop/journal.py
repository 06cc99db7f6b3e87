"""The journal of a shop: every transaction, one JSON line each, flushed before the reply leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from erplink.errors import FileInvalid
from erplink.testing.worlds.shop.catalogue import FORMS, Cells, restored

T = TypeVar("T")

_encoder = msgspec.json.Encoder(decimal_format="number")


class Journal(Generic[T]):
    """The file behind a shop. A line that was cut off by a crash is dropped, so a transaction is there whole or not.

    Raises FileInvalid when the file cannot be read, or belongs to a shop that began with something else.
    """

    def __init__(self, path: Path, seed: Mapping[str, object], kind: type[T]) -> None:
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind, float_hook=Decimal)
        self._lines = _whole_lines(path)
        if self._lines and _head(self._lines[0]) != _head(_encoder.encode({"seed": seed})):
            raise FileInvalid(
                "the state file belongs to a shop that began with other records",
                where=str(path),
                next_step="name another --state file, or start with the same options",
            )
        self._file: BinaryIO = path.open("ab")
        self._file.truncate(sum(len(line) for line in self._lines))
        if not self._lines:
            self._append({"seed": seed})

    def replay(self) -> Iterator[T]:
        """The transactions of earlier runs, oldest first."""
        for line in self._lines[1:]:
            change = self._decoder.decode(line)
            for entity, _, record in change.records:
                if record is not None:
                    _restore(entity, record.head, record.lines)
            yield change
        self._lines = []

    def write(self, change: T) -> None:
        """Append a transaction and hand it to the operating system."""
        self._append(change)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, value: object) -> None:
        self._file.write(_encoder.encode(value) + b"\n")
        self._file.flush()


def _restore(entity: str, head: Cells, lines: tuple[Cells, ...]) -> None:
    """Give cells their types again, where they are."""
    form = FORMS[entity]
    for cells, kinds in ((head, form.kinds), *((line, form.line_kinds) for line in lines)):
        for name, cell in cells.items():
            cells[name] = restored(kinds[name], cell)


def _head(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None


def _whole_lines(path: Path) -> list[bytes]:
    try:
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    except OSError as error:
        raise FileInvalid(
            f"the state file cannot be read: {error.strerror}",
            where=str(path),
            next_step="name a file this user may read and write",
        ) from error
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    return lines
