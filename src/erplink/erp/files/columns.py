"""Words of fields → the mapping every system has, and the columns of a file that it is read from and written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from erplink.erp.files.cells import Kind, checked, reading
from erplink.erp.files.moments import moment
from erplink.erp.files.words import Columns, ColumnWords, FileEntity, LinesInFile
from erplink.manifest.attributes import DOCUMENTS, LINES, Attribute, attributes
from erplink.manifest.compile import MODIFIED, House, compiled
from erplink.manifest.words import EntityWords, FieldWords, LinesWords
from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping, Field, Lines
from erplink.model.documents import Entity

Side = Literal["head", "line"]

_CODES = frozenset({"id", "number", "customer", "sku", "order", "order_line", "phone", "unionid"})
"""Texts in which every digit counts."""
_FILLED = frozenset({"id", "number", "customer", "currency", "name", "sku"})
"""Texts without which a document is of no use."""
_LAX = frozenset({"text", "time", "flag", "any", "word"})
"""Kinds of which an empty cell means something."""


@frozen
class Column:
    """One column of a file. ``names`` are the headings it may have; ``needed``: one of them has to be there."""

    names: tuple[str, ...]
    needed: bool = True

    @property
    def key(self) -> str:
        """What it is called in the mapping."""
        return self.names[0]


@frozen
class OutColumn:
    """One column of a file that is written: under which heading, and of what.

    ``key`` is what it is called when it is read. ``form`` is how instants are written, where that is not the usual way.
    """

    heading: str
    key: str
    side: Side
    attr: str
    kind: Kind
    codec: Codec
    form: str = ""
    custom: bool = False


@frozen
class Mapped:
    """An entity ready to be read: its mapping, with the columns of its heads and of its lines.

    ``form`` is how its stamps are written, where that is not any usual way.
    """

    mapping: DocumentMapping
    heads: tuple[Column, ...]
    lines: tuple[Column, ...]
    out: tuple[OutColumn, ...]
    parent: Column | None = None
    zone: ZoneInfo = field(default=ZoneInfo("UTC"))
    form: str = ""

    @property
    def needed(self) -> tuple[Column, ...]:
        """The columns of a file that holds heads, and lines unless they have a file of their own."""
        return self.heads if self.parent is not None else _merged(self.heads, self.lines)

    @property
    def needed_of_lines(self) -> tuple[Column, ...]:
        """The columns of a second file with lines."""
        return () if self.parent is None else _merged((self.parent,), self.lines)


def mapped(entity: Entity, words: FileEntity, house: House) -> Mapped:
    """The mapping of an entity, with codecs that read cells as people write them.

    Raises ``ConfigInvalid``, with file, line and the words that are allowed.
    """
    found = compiled(entity, _as_entity(words), house)
    known, of_lines = attributes(DOCUMENTS[entity]), attributes(LINES[entity]) if entity in LINES else {}
    maker = _Maker(house, found.modified)
    fields = tuple(maker.field(one, words.fields, known) for one in found.fields)
    custom = tuple(maker.field(one, words.custom, {}) for one in found.custom)
    lines = _lines(found.lines, words.lines, of_lines, maker)
    mapping = evolve(found, fields=fields, custom=custom, lines=lines)
    heads = _columns([*words.fields.values(), *words.custom.values()])
    line_words = [] if words.lines is None else [*words.lines.fields.values()]
    only = () if words.lines is None else tuple(Column((heading,)) for heading in words.lines.only)
    parent = Column(words.lines.parent) if words.lines is not None and words.lines.parent else None
    out = (*_out(mapping, words, maker), *_out_of_lines(lines, words.lines, maker))
    form = maker.form(words.fields[MODIFIED]) if MODIFIED in words.fields else ""
    return Mapped(mapping, heads, _merged(_columns(line_words), only), out, parent, house.zone, form)


def kind_of(attr: str, words: ColumnWords, known: Mapping[str, Attribute]) -> Kind:
    """What the cells of an attribute are."""
    attribute = known.get(attr, Attribute("any"))
    if words.map is not None or attribute.words:
        return "word"
    kind = words.type or attribute.type
    return "code" if kind == "text" and attr in _CODES else kind


def stamped(zone: ZoneInfo, form: str) -> Codec:
    """The version of a document that a stamp makes: UTC, so that versions sort as their instants do."""

    def read(cell: object) -> str:
        at = moment(cell, zone, form)
        return "" if at is None else at.replace(tzinfo=None).isoformat()

    return Codec("stamp", str, read)


@frozen
class _Maker:
    """Makes codecs of one manifest."""

    house: House
    modified: str

    def field(self, one: Field, words: Columns, known: Mapping[str, Attribute]) -> Field:
        """The field of a mapping with a codec for cells."""
        if one.attr == "version" and "version" not in words:
            return evolve(one, codec=stamped(self.house.zone, self.form(words[MODIFIED])))
        name = "status" if one.attr == "raw_status" else one.attr
        said = words.get(name) or words["number"]  # an id that is not mapped is the number
        return evolve(one, codec=self.codec(one, said, known))

    def codec(self, one: Field, words: ColumnWords, known: Mapping[str, Attribute]) -> Codec:
        """How its cells are read."""
        kind = kind_of("number" if one.attr == "id" else one.attr, words, known)
        if one.attr == "raw_status":
            kind = "word"
        optional = words.optional
        filled = not optional and (one.attr in _FILLED if kind in _LAX | {"code"} else True)
        read = checked(reading(kind, self.house.zone, self.form(words)), filled=filled, optional=optional)
        parse = None if kind == "time" else one.codec.parse
        return evolve(one.codec, coerce=read, parse=parse, bulk=None)

    def form(self, words: ColumnWords) -> str:
        """The one way to write instants, where the manifest names one that people do not use."""
        form = words.time or self.house.times
        return form if "%" in form or form in {"epoch", "epoch_ms", "dotnet"} else ""


def _lines(
    lines: Lines | None, words: LinesInFile | None, known: Mapping[str, Attribute], maker: _Maker
) -> Lines | None:
    if lines is None or words is None:
        return lines
    return evolve(lines, fields=tuple(maker.field(one, words.fields, known) for one in lines.fields))


def _as_entity(words: FileEntity) -> EntityWords:
    """The same words as those of other manifests; headings are no paths, so they are not checked as such."""
    lines = None
    if words.lines is not None:
        fields, only = _as_fields(words.lines.fields), words.lines.only
        lines = LinesWords.model_construct(path=".", write="", only=only, fields=fields)
    return EntityWords.model_construct(fields=_as_fields(words.fields), custom=_as_fields(words.custom), lines=lines)


def _as_fields(words: Columns) -> dict[str, FieldWords]:
    return {name: _as_field(each) for name, each in words.items()}


def _as_field(words: ColumnWords) -> FieldWords:
    said = {name: getattr(words, name) for name in ColumnWords.model_fields if name not in {"also", "write"}}
    return FieldWords.model_construct(**said, write=False)


def _columns(words: Sequence[ColumnWords]) -> tuple[Column, ...]:
    found = [Column(each.headings, not each.optional) for each in words if each.path is not None]
    found += [Column((heading,)) for each in words for case in each.cases or () for heading in case.when]
    return _merged(tuple(found))


def _merged(*groups: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns by key; one that is needed anywhere is needed."""
    found: dict[str, Column] = {}
    for column in (each for group in groups for each in group):
        known = found.get(column.key, column)
        names = tuple(dict.fromkeys((*known.names, *column.names)))
        found[column.key] = Column(names, known.needed or column.needed)
    return tuple(found.values())


def _out(mapping: DocumentMapping, words: FileEntity, maker: _Maker) -> list[OutColumn]:
    known, found = attributes(DOCUMENTS[mapping.entity]), list[OutColumn]()
    for one in mapping.fields:
        name = MODIFIED if one.attr == "version" and "version" not in words.fields else one.attr
        said = words.fields.get(name)
        if said is not None and _written(said):
            kind = "time" if name == MODIFIED else kind_of(name, said, known)
            found.append(_out_column(one, "head", said, kind, maker))
    for one in mapping.custom:
        said = words.custom[one.attr]
        if _written(said):
            found.append(evolve(_out_column(one, "head", said, kind_of(one.attr, said, {}), maker), custom=True))
    return found


def _out_of_lines(lines: Lines | None, words: LinesInFile | None, maker: _Maker) -> list[OutColumn]:
    if lines is None or words is None:
        return []
    known = attributes(cast("Any", lines.line))
    return [
        _out_column(one, "line", said, kind_of(one.attr, said, known), maker)
        for one in lines.fields
        if _written(said := words.fields[one.attr])
    ]


def _out_column(one: Field, side: Side, said: ColumnWords, kind: Kind, maker: _Maker) -> OutColumn:
    return OutColumn(_written(said), one.key, side, one.attr, kind, one.codec, maker.form(said))


def _written(words: ColumnWords) -> str:
    """The heading an attribute is written under; empty when it is not."""
    return words.write if isinstance(words.write, str) else str(words.path) if words.path and words.write else ""
