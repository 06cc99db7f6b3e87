"""A mapping is one typed value read both ways: columns and parsing come from it, whole documents and partial ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import ENTRY, ID, TEXT, Codec
from erplink.model.documents import Entity, Scalar

Model = dict[str, Any]
_NONE: Mapping[str, Any] = {}


@frozen
class Field:
    """One key of a reply ↔ one attribute. ``save`` is the dotted path it is written to; empty means read only."""

    key: str
    attr: str
    codec: Codec = TEXT
    save: str = ""


@frozen
class Rule:
    """Several cells of the head → one attribute; read only."""

    keys: tuple[str, ...]
    attr: str
    of: Callable[..., Any]
    codec: Codec = TEXT


@frozen
class Fold:
    """One key over all rows of a document → one attribute of its head; read only."""

    key: str
    attr: str
    codec: Codec
    of: Callable[[Sequence[Any]], Any]


@frozen
class Lines:
    """The rows of a document (Kingdee: 单据体) → a tuple of line values in ``attr``.

    ``entry`` is where they lie, ``save`` where they are written if that is elsewhere. Where there is ``only``, a row
    counts if each of its keys holds one of the texts. ``fixed`` are attributes the rows do not hold.
    """

    entry: str
    line: type[msgspec.Struct]
    fields: tuple[Field, ...]
    attr: str = "lines"
    save: str = ""
    only: Mapping[str, frozenset[str]] = _NONE
    fixed: Mapping[str, Any] = _NONE


@frozen
class DocumentMapping:
    """One form, table or list of a system ↔ one canonical document type.

    ``key`` is the internal id, ``number`` the number users see, ``modified`` the stamp a window is cut by. ``entry`` is
    the key that orders a document's rows where it has several. ``fixed`` are attributes the source does not hold.
    """

    entity: Entity
    source: str
    document: type[msgspec.Struct]
    key: str
    number: str
    fields: tuple[Field, ...]
    modified: str = "FModifyDate"
    rules: tuple[Rule, ...] = ()
    folds: tuple[Fold, ...] = ()
    lines: Lines | None = None
    entry: str = ""
    custom: tuple[Field, ...] = ()
    fixed: Mapping[str, Any] = field(factory=dict)

    @property
    def sort(self) -> str:
        """The order that makes pages whole: document, then row."""
        return f"{self.key} ASC,{self.entry} ASC" if self.entry else f"{self.key} ASC"

    def head_keys(self) -> tuple[str, ...]:
        """Every key that is read of a document's head, each once."""
        of_fields = (one.key for one in (*self.fields, *self.custom))
        of_rules = (key for rule in self.rules for key in rule.keys)
        named = (self.key, self.number, self.modified, *of_fields, *of_rules)
        return tuple(dict.fromkeys(key for key in named if key))

    def line_keys(self) -> tuple[str, ...]:
        """Every key that is read of a line, each once."""
        of_lines = self.lines.fields if self.lines is not None else ()
        return tuple(dict.fromkeys([one.key for one in of_lines] + [fold.key for fold in self.folds]))

    def columns(self) -> dict[str, Codec]:
        """Query key → codec, each key once; the document's id comes first, the row's id second where there are rows."""
        found: dict[str, Codec] = {self.key: ID}
        if self.entry:
            found[self.entry] = ENTRY
        lines = self.lines.fields if self.lines is not None else ()
        for one in (*self.fields, *self.custom, *lines):
            found.setdefault(one.key, one.codec)
        for fold in self.folds:
            found.setdefault(fold.key, fold.codec)
        for rule in self.rules:
            for key in rule.keys:
                found.setdefault(key, rule.codec)
        return found

    def build(self, document: msgspec.Struct) -> Model:
        """What is written of a whole document: every attribute with a ``save`` path that holds something."""
        model: Model = {}
        _put_all(model, self.fields, document)
        custom: Mapping[str, Any] = getattr(document, "custom", _NONE)
        for one in self.custom:
            if one.save and custom.get(one.attr) is not None:
                _put(model, one.save, one.codec.build(custom[one.attr]))
        if self.lines is not None and any(one.save for one in self.lines.fields):
            lines = [_line(self.lines.fields, line) for line in getattr(document, self.lines.attr)]
            _put(model, self.lines.save or self.lines.entry, lines)
        return model

    def partial(self, changes: Mapping[str, Scalar]) -> Model:
        """What is written of single fields. Raises ``ConfigInvalid`` for a name that is not writable here."""
        writable = {one.attr: one for one in (*self.fields, *self.custom) if one.save and one.attr != "number"}
        model: Model = {}
        for name, value in changes.items():
            one = writable.get(name)
            if one is None:
                raise ConfigInvalid(
                    f"{self.entity} have no writable field {name!r}; configured are: {', '.join(sorted(writable))}",
                    where=self.source,
                    next_step=f"name it among the fields of {self.entity} in the settings or the manifest",
                )
            _put(model, one.save, one.codec.build(value))
        return model


def _line(fields: tuple[Field, ...], line: msgspec.Struct) -> Model:
    model: Model = {}
    _put_all(model, fields, line)
    return model


def _put_all(model: Model, fields: tuple[Field, ...], source: msgspec.Struct) -> None:
    for one in fields:
        value = getattr(source, one.attr) if one.save else None
        if value is not None and value != "":
            _put(model, one.save, one.codec.build(value))


def _put(model: Model, path: str, value: object) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        model = model.setdefault(parent, {})
    model[last] = value
