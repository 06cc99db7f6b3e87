"""Documents → rows of typed cells under the headings of a manifest, a row for each line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.erp.files.columns import Mapped, OutColumn
from erplink.erp.files.words import Language
from erplink.errors import ConfigInvalid
from erplink.manifest.words import Constant
from erplink.mapping.fields import DocumentMapping
from erplink.model.documents import Document, Scalar

Type = Literal["text", "number", "whole", "flag", "time"]
Value = str | Decimal | int | bool | datetime | None

_TYPES: Mapping[str, Type] = {"number": "number", "whole": "whole", "flag": "flag", "time": "time"}
_YES: Mapping[Language, tuple[str, str]] = {"zh": ("是", "否"), "en": ("yes", "no")}


@frozen
class Heading:
    """One column that is written: what it is called, and of which type its cells are."""

    name: str
    type: Type


@frozen
class Layout:
    """The columns of a file that is written, and how documents become its rows. Immutable."""

    mapping: DocumentMapping
    columns: tuple[OutColumn, ...]
    values: Mapping[str, Constant]
    zone: ZoneInfo
    language: Language

    @classmethod
    def of(
        cls, mapped: Mapped, values: Mapping[str, Constant], language: Language, only: Collection[str] = ()
    ) -> Layout:
        """The layout of an entity; ``only`` these attributes of the head, if any are named."""
        columns: dict[str, OutColumn] = {}
        for column in mapped.out:
            if column.heading not in values and (not only or (column.side == "head" and column.attr in only)):
                columns[column.heading] = column  # a heading of head and line holds what the line says
        return cls(mapped.mapping, tuple(columns.values()), values, mapped.zone, language)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The columns in the order in which they are written."""
        own = [Heading(column.heading, self._type(column)) for column in self.columns]
        return (*own, *(Heading(name, "text") for name in self.values))

    def rows(self, document: Document) -> Iterator[list[Value]]:
        """The rows of one document: the head on each of them."""
        lines: Sequence[Any] = (None,)
        if self.mapping.lines is not None and any(column.side == "line" for column in self.columns):
            lines = getattr(document, self.mapping.lines.attr) or (None,)
        given = [str(value) for value in self.values.values()]
        for line in lines:
            yield [*(self._value(column, document, line) for column in self.columns), *given]

    def changed(self, number: str, changes: Mapping[str, Scalar]) -> list[Value]:
        """The row of single fields of a record."""
        cells = [
            number if column.attr == "number" else self._built(column, changes.get(column.attr))
            for column in self.columns
        ]
        return [*cells, *(str(value) for value in self.values.values())]

    def shown(self, value: Value) -> str:
        """A value as the text of a CSV cell."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return _YES[self.language][0 if value else 1]
        if isinstance(value, Decimal):
            return f"{value:f}"
        return self.wall_text(value) if isinstance(value, datetime) else str(value)

    def wall_text(self, moment: datetime) -> str:
        """Wall time of the system; with its offset in an hour that the clocks go through for the second time."""
        wall = moment.astimezone(self.zone)
        return (wall if wall.fold else wall.replace(tzinfo=None)).isoformat(" ")

    def _type(self, column: OutColumn) -> Type:
        return "text" if column.form else _TYPES.get(column.kind, "text")

    def _value(self, column: OutColumn, document: Document, line: Any) -> Value:
        if column.side == "line":
            return None if line is None else self._built(column, getattr(line, column.attr))
        if column.custom:
            custom: Mapping[str, Any] = getattr(document, "custom", {})
            return self._built(column, custom.get(column.attr))
        value = getattr(document, column.attr)
        if column.attr == "status" and value == "unknown":
            return str(getattr(document, "raw_status", ""))
        return self._built(column, value)

    def _built(self, column: OutColumn, value: Any) -> Value:
        if value is None:
            return None
        if column.attr == "version":
            return _stamp(value, column, self.mapping.source)
        if column.kind == "time" and not column.form and isinstance(value, datetime):
            return value
        built = column.codec.build(value)
        if built is None or not isinstance(built, str | int | Decimal):
            return None if built is None else str(built)
        return built if column.kind == "any" else _typed(built, self._type(column))


def _typed(value: str | int | Decimal, kind: Type) -> Value:
    if kind == "number":
        return Decimal(value)
    return value if kind in {"whole", "flag"} else str(value)


def _stamp(version: str, column: OutColumn, source: str) -> Value:
    """The stamp that a version says; a version that is none belongs to another system."""
    if not version:
        return None
    if column.kind != "time":
        return version
    try:
        found = datetime.fromisoformat(version)
    except ValueError:
        step = "write documents whose version is a time, or leave the column of the stamp out with write = false"
        raise ConfigInvalid(
            f"a version is no time to be written under {column.heading}", where=source, next_step=step
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
