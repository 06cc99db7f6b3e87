"""The journal of a world: every committed change, one JSON line each, flushed before the reply leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from attrs import frozen

from erplink.errors import FileInvalid
from erplink.testing.worlds.kingdee.cells import restored
from erplink.testing.worlds.kingdee.forms import Field, Row
from erplink.testing.worlds.kingdee.store import Document, Table

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@frozen
class Change:
    """A document as it is after a call, or None when it was deleted."""

    form_id: str
    fid: int
    document: Document | None


class Journal:
    """An append-only file of changes that belongs to one seed.

    ``seed`` identifies the documents the world starts from. Opening a journal of another seed raises FileInvalid;
    a torn last line, as a killed process leaves it, is cut off.
    """

    def __init__(self, path: Path, seed: Mapping[str, Any]) -> None:
        self._path = path
        self._lines = _whole_lines(path)
        if self._lines and json.loads(self._lines[0]) != {"seed": seed}:
            what = "the state file belongs to a world with other documents, zone or fields"
            raise FileInvalid(
                what, where=str(path), next_step="name another --state file, or start with the same options"
            )
        self._file: BinaryIO = path.open("ab")
        self._file.truncate(sum(len(line) for line in self._lines))
        if not self._lines:
            self._append({"seed": seed})

    def replay(self, tables: Mapping[str, Table]) -> Iterator[Change]:
        """The changes of earlier runs, oldest first, in the cells of the given tables' forms."""
        for line in self._lines[1:]:
            for form_id, fid, image in json.loads(line, parse_float=Decimal):
                yield Change(form_id, fid, None if image is None else _document(image, tables[form_id]))
        self._lines = []

    def write(self, changes: Sequence[Change]) -> None:
        """Append the changes of one commit as one line and hand it to the operating system."""
        self._append(
            [
                [change.form_id, change.fid, change.document and [change.document.head, change.document.lines]]
                for change in changes
            ]
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, value: object) -> None:
        self._file.write(_ENCODER.encode(value) + b"\n")
        self._file.flush()


def _whole_lines(path: Path) -> list[bytes]:
    try:
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    except OSError as error:
        what = f"the state file cannot be read: {error.strerror}"
        raise FileInvalid(what, where=str(path), next_step="name a file this user may read and write") from error
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    return lines


def _document(image: Sequence[Any], table: Table) -> Document:
    head, lines = image
    return Document(_row(table.form.head, head), tuple(_row(table.form.lines, line) for line in lines))


def _row(fields: Sequence[Field], cells: Sequence[Any]) -> Row:
    return tuple(restored(field, value) for field, value in zip(fields, cells, strict=True))
