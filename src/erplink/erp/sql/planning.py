"""Words → plans. Everything that can be wrong in a text is told here, by its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from erplink.erp.sql.plan import EntityPlan, Lines, StockPlan, Table, Test
from erplink.erp.sql.table_words import Condition, SqlLines, names_in
from erplink.erp.sql.words import SqlEntity, SqlStock
from erplink.manifest.attributes import DOCUMENTS, LINES, attributes
from erplink.manifest.codecs import codec_of
from erplink.manifest.compile import MODIFIED, House, compiled
from erplink.manifest.words import EntityWords, Fields, LinesWords
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.native import Layout, NativeReader
from erplink.model.documents import Entity
from erplink.text.parts import did_you_mean
from erplink.text.source import Path, show_path


@frozen
class Rows:
    """The words of a table whose rows are documents, at a place of the manifest.

    ``key`` is the column that tells rows apart, the document's id if nothing is said; ``control`` are further columns
    that are read, each with its place.
    """

    entity: Entity
    at: Path
    table: str
    fields: Fields
    custom: Fields
    lines: SqlLines | None
    where: tuple[Condition, ...] = ()
    created: str = ""
    key: str = ""
    control: Mapping[str, Path] = field(factory=dict)
    refine: Callable[[DocumentMapping], DocumentMapping] = lambda mapping: mapping


@frozen
class Planner:
    """Makes plans of the words of one manifest. ``schema`` is that of tables that name none."""

    house: House
    schema: str | None

    def entity(self, entity: Entity, words: SqlEntity) -> EntityPlan:
        """The plan of an entity that is read where it lies. Raises ``ConfigInvalid``: file, line, what is allowed."""
        at: Path = ("entities", entity)
        for place, fields in (("fields", words.fields), ("custom", words.custom)):
            for name, each in fields.items():
                if each.write:
                    step = f"say it under [outbound.{entity}.update]; nothing is written where the ERP keeps its own"
                    raise self.house.text.invalid(f"{name} cannot be written here", (*at, place, name), step)
        if words.created and MODIFIED not in words.fields:
            step = 'write modified = "the column of the last change" under its fields'
            raise self.house.text.invalid("created goes with modified", (*at, "created"), step)
        created = words.created or ""
        return self.rows(Rows(entity, at, words.table, words.fields, words.custom, words.lines, words.where, created))

    def rows(self, words: Rows) -> EntityPlan:
        """The plan of a table whose rows are documents."""
        at, used = words.at, Used()
        if words.lines is None and words.entity in LINES:
            step = f"write [{show_path((*at, 'lines'))}] with table, parent and fields"
            raise self.house.text.invalid(f"{words.entity} need lines", at, step)
        mapping = words.refine(self._mapping(words))
        key = column_of(words.key or mapping.key)
        head = used.keys(
            mapping.head_keys(), _spots(words.fields, (*at, "fields")) | _spots(words.custom, (*at, "custom")), at
        )
        control = [used.column(column, spot) for column, spot in words.control.items()]
        if words.created:
            used.column(words.created, (*at, "created"))
        apart = self._apart(words, mapping, key)
        flat = words.lines if apart is None else None
        own: tuple[str, ...] = ()
        order: tuple[str, ...] = ()
        if flat is not None:
            own = used.keys(mapping.line_keys(), _spots(flat.fields, (*at, "lines", "fields")), at)
            order = used.keys(self._order(flat, (*at, "lines")), {}, (*at, "lines", "order"))
        columns = tuple(dict.fromkeys((key, *head, *control)))
        stamp = words.fields.get(MODIFIED)
        return EntityPlan(
            entity=words.entity,
            mapping=mapping,
            table=self.table(words.table, (*at, "table"), used, words.where),
            key=key,
            number=column_of(mapping.number),
            modified=column_of(mapping.modified) if mapping.modified else "",
            created=column_of(words.created) if words.created else "",
            version=next((column_of(one.key) for one in mapping.fields if one.attr == "version"), ""),
            head=columns,
            lines=apart,
            flat=order if flat is not None else None,
            own=own,
            reader=_reader(mapping, columns, key, apart, own),
            times=(stamp.time if stamp is not None else None) or self.house.times,
            zone=self.house.zone,
        )

    def stock(self, words: SqlStock) -> StockPlan:
        """The plan of live stock."""
        at: Path = ("entities", "stock")
        known = attributes(DOCUMENTS["stock"])
        used, found = Used(), {}
        fixed: dict[str, Any] = {"warehouse": ""} if "warehouse" not in words.fields else {}
        for name, each in words.fields.items():
            spot = (*at, "fields", name)
            if name not in known:
                raise self.house.text.invalid(f"stock has no {name!r}", spot, did_you_mean(name, known))
            if each.path is None:
                fixed[name] = each.value
                continue
            self.check(each.path, spot)
            found[name] = (used.column(each.path, spot), codec_of(each, known[name], self.house, spot))
        for name in ("sku", "on_hand"):
            if name not in found:
                step = f'write {name} = "its column"'
                raise self.house.text.invalid(f"stock needs {name}", (*at, "fields"), step)
        return StockPlan(self.table(words.table, (*at, "table"), used, words.where), found, fixed)

    def table(self, name: str, at: Path, used: Used, where: Iterable[Condition] = ()) -> Table:
        """A table with what is used of it."""
        tests = [_test(each, used.column(each.column, (*at[:-1], "where"))) for each in where]
        *schema, table = names_in(name)
        return Table(table, ".".join(schema) or self.schema, at, dict(used.columns), tuple(tests))

    def check(self, path: str, at: Path) -> None:
        """Raise ``ConfigInvalid`` for a path into something, where a column belongs."""
        try:
            (_,) = names_in(path)
        except ValueError:
            step = 'name a column; one with a dot in it stands in quotes, like "\\"a.b\\""'
            raise self.house.text.invalid(f"{path!r} is no column", at, step) from None

    def _mapping(self, words: Rows) -> DocumentMapping:
        lines = words.lines
        self._check_all(words.fields, (*words.at, "fields"))
        self._check_all(words.custom, (*words.at, "custom"))
        if lines is not None:
            self._check_all(lines.fields, (*words.at, "lines", "fields"))
        of_lines = LinesWords(path=".", fields=lines.fields) if lines is not None else None
        given = EntityWords(fields=words.fields, custom=words.custom, lines=of_lines)
        return compiled(words.entity, given, self.house, words.at)

    def _apart(self, words: Rows, mapping: DocumentMapping, key: str) -> Lines | None:
        """The table of lines that lie apart from their head."""
        lines, at, used = words.lines, (*words.at, "lines"), Used()
        if lines is None or lines.table is None or lines.parent is None:
            return None
        parent = used.column(lines.parent, (*at, "parent"))
        order = used.keys(self._order(lines, at), {}, (*at, "order"))
        columns = used.keys(mapping.line_keys(), _spots(lines.fields, (*at, "fields")), at)
        table = self.table(lines.table, (*at, "table"), used, lines.where)
        refers_to = column_of(mapping.number) if lines.refers_to == "number" else key
        return Lines(table, parent, refers_to, order, tuple(dict.fromkeys((*columns, *order))))

    def _order(self, words: SqlLines, at: Path) -> Sequence[str]:
        """The columns that order lines; without an order they would be other ones at every look."""
        known = [words.fields[name].path for name in ("line", "id") if name in words.fields]
        found = words.order or tuple(path for path in known if path is not None)[:1]
        if not found:
            step = 'write order = "the column that counts the lines of a document"'
            raise self.house.text.invalid("nothing says the order of the lines", at, step)
        return found

    def _check_all(self, fields: Fields, at: Path) -> None:
        for key, spot in _spots(fields, at).items():
            self.check(key, spot)


@frozen
class Used:
    """The columns of a table that are used, as they come up, each with where the manifest names it first."""

    columns: dict[str, Path] = field(factory=dict)

    def column(self, path: str, at: Path) -> str:
        """A column by its path."""
        found = column_of(path)
        self.columns.setdefault(found, at)
        return found

    def keys(self, keys: Iterable[str], spots: Mapping[str, Path], at: Path) -> tuple[str, ...]:
        """The columns of keys, each once; ``at`` is the place of those that have none in ``spots``."""
        return tuple(dict.fromkeys(self.column(key, spots.get(key, at)) for key in keys))


def column_of(path: str) -> str:
    """The column of a path that was checked to be one."""
    return names_in(path)[-1]


def _reader(
    mapping: DocumentMapping, head: Sequence[str], key: str, lines: Lines | None, own: Sequence[str]
) -> NativeReader:
    """What reads rows of these columns of a head, then of a line; lines apart come with a key and a kind before."""
    first = 0 if lines is None else 2
    heads = {column: first + n for n, column in enumerate(head)}
    of_line = {column: first + len(head) + n for n, column in enumerate(own if lines is None else lines.columns)}
    layout = Layout(
        {one: heads[column_of(one)] for one in mapping.head_keys()},
        by=heads[key] if lines is None else 0,
        line={one: of_line[column_of(one)] for one in mapping.line_keys()},
        kind=None if lines is None else 1,
        repeats=bool(own),
    )
    return NativeReader(mapping, layout)


def _test(condition: Condition, column: str) -> Test:
    if condition.null is not None:
        return Test(column, (None,), turned=not condition.null)
    if condition.is_ is not None:
        return Test(column, condition.is_)
    return Test(column, condition.not_ or (), turned=True)


def _spots(fields: Fields, at: Path) -> dict[str, Path]:
    """Where the manifest names each key of some fields."""
    found: dict[str, Path] = {}
    for name, words in fields.items():
        cases = [key for case in words.cases or () for key in case.when]
        for key in (*([words.path] if words.path is not None else []), *cases):
            found.setdefault(key, (*at, name))
    return found
