"""The words of an entity → its mapping: what a manifest says becomes the very value that built-in systems have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from erplink.manifest.attributes import DOCUMENTS, LINES, Attribute, attributes
from erplink.manifest.codecs import codec_of
from erplink.manifest.words import Case, EntityWords, Fields, FieldWords, LinesWords
from erplink.mapping import cells
from erplink.mapping.codecs import TEXT
from erplink.mapping.fields import DocumentMapping, Field, Lines, Rule
from erplink.model.documents import Entity
from erplink.text.parts import did_you_mean
from erplink.text.source import Path, Text, show_path

MODIFIED = "modified"
"""The word for the stamp of a record's last change: windows are cut by it, and it is the version if none is named."""


@frozen
class House:
    """What holds for a whole manifest: its text for messages, its zone, its currency and its way to write times."""

    text: Text
    system: str
    zone: ZoneInfo
    currency: str
    times: str


def compiled(entity: Entity, words: EntityWords, house: House, place: Path = ()) -> DocumentMapping:
    """The mapping of one entity, whose words are at a place of the manifest: under ``entities`` if nothing is said.

    Raises ``ConfigInvalid``, with file, line and the words that are allowed, for an attribute that is unknown, missing
    or of another type.
    """
    at: Path = place or ("entities", entity)
    document = DOCUMENTS[entity]
    known = attributes(document)
    head = _Fields(known, house, (*at, "fields"))
    head.check(words.fields, also=(MODIFIED,))
    fields = _with_defaults(words.fields, known)
    head.demand(fields, house.currency)
    number = _path(fields["number"], house, (*at, "fields", "number"))
    key = fields["id"].path or number
    return DocumentMapping(
        entity=entity,
        source=f"{house.system} {entity}",
        document=document,
        key=key,
        number=number,
        fields=tuple(head.fields(fields)),
        modified=fields[MODIFIED].path or "" if MODIFIED in fields else "",
        rules=tuple(head.rules(fields)),
        lines=_lines(entity, words.lines, house, (*at, "lines")),
        custom=tuple(_custom(words.custom, known, house, (*at, "custom"))),
        fixed=_fixed(fields, known, house.currency),
    )


def _with_defaults(given: Fields, known: Mapping[str, Attribute]) -> Fields:
    """What need not be said: the id is the number, the version is the stamp, the raw status what the status is of."""
    fields = dict(given)
    number = fields.get("number")
    if number is not None and number.path:
        fields.setdefault("id", FieldWords(path=number.path))
    if MODIFIED in fields and fields[MODIFIED].path and "version" in known:
        fields.setdefault("version", FieldWords(path=fields[MODIFIED].path, optional=fields[MODIFIED].optional))
    return fields


@frozen
class _Fields:
    """Fields of a document or a line."""

    known: Mapping[str, Attribute]
    house: House
    at: Path

    def check(self, given: Fields, also: tuple[str, ...] = ()) -> None:
        allowed = [*self.known, *also]
        for name in given:
            if name not in allowed:
                what = f"unknown attribute {name!r} in {self.at[1]}"
                raise self.house.text.invalid(what, (*self.at, name), did_you_mean(name, allowed))

    def demand(self, given: Fields, currency: str) -> None:
        supplied = {"version", *(("currency",) if currency else ())}
        for name, attribute in self.known.items():
            if not attribute.required or name in given or name in supplied or attribute.type == "time":
                continue
            step = f'write {name} = "where it is", or {name} = {{ value = "…" }} if it is always the same'
            raise self.house.text.invalid(f"{self.at[1]} need {name}", self.at, step)

    def fields(self, given: Fields) -> list[Field]:
        found: list[Field] = []
        for name, words in given.items():
            if name == MODIFIED or words.path is None:
                continue
            codec = codec_of(words, self.known[name], self.house, (*self.at, name))
            found.append(Field(words.path, name, codec, words.save))
            if name == "status":
                found.append(Field(words.path, "raw_status", evolve(TEXT, optional=words.optional)))
        return found

    def rules(self, given: Fields) -> list[Rule]:
        found: list[Rule] = []
        for name, words in given.items():
            if words.cases is None:
                continue
            for n, case in enumerate(words.cases):
                self._allowed(name, case.is_, (*self.at, name, "cases", n))
            keys = tuple(dict.fromkeys(key for case in words.cases for key in case.when))
            found.append(Rule(keys, name, decided(words.cases, keys)))
            if name == "status":
                found.append(Rule(keys, "raw_status", lambda *held: " ".join(str(cell or "") for cell in held)))
        return found

    def _allowed(self, name: str, word: str, path: Path) -> None:
        words = self.known[name].words
        if words and word not in words:
            raise self.house.text.invalid(f"{name} cannot be {word!r}", path, did_you_mean(word, words))


def decided(cases: tuple[Case, ...], keys: tuple[str, ...]) -> Callable[..., str]:
    """The first case whose fields hold what it says; ``unknown`` when none does.

    >>> cases = (Case.model_validate({"when": {"void": "1"}, "is": "cancelled"}),)
    >>> decided(cases, ("void",))("1"), decided(cases, ("void",))("0")
    ('cancelled', 'unknown')
    """
    rows = [
        ([(keys.index(key), frozenset(map(cells.text, _several(held)))) for key, held in case.when.items()], case.is_)
        for case in cases
    ]

    def decide(*held: str | None) -> str:
        texts = [cells.text(cell) for cell in held]
        return next((is_ for wanted, is_ in rows if all(texts[at] in allowed for at, allowed in wanted)), "unknown")

    return decide


def _several(held: object) -> tuple[object, ...]:
    return held if isinstance(held, tuple) else (held,)


def _fixed(fields: Fields, known: Mapping[str, Attribute], currency: str) -> Mapping[str, Any]:
    fixed: dict[str, Any] = {name: words.value for name, words in fields.items() if words.value is not None}
    if "currency" in known and "currency" not in fields:
        fixed["currency"] = currency
    if "version" in known and "version" not in fields:
        fixed["version"] = ""
    for name, attribute in known.items():
        if attribute.required and attribute.type == "time" and name not in fields:
            fixed[name] = None
    return fixed


def _lines(entity: Entity, words: LinesWords | None, house: House, at: Path) -> Lines | None:
    line = LINES.get(entity)
    if line is None:
        if words is not None:
            raise house.text.invalid(f"{entity} have no lines", at, "remove them")
        return None
    if words is None:
        step = f'write [{show_path(at)}] with path and fields; path = "." where a record is a line itself'
        raise house.text.invalid(f"{entity} need lines", at[:-1], step)
    known = attributes(line)
    of_line = _Fields(known, house, (*at, "fields"))
    of_line.check(words.fields)
    supplied = {"line": FieldWords(value=0)} if "line" not in words.fields else {}
    of_line.demand({**words.fields, **supplied}, "")
    for name, each in words.fields.items():
        if each.path is None:
            step = "map it to a path of the line"
            raise house.text.invalid(f"{name} of a line cannot be a constant or decided", (*at, "fields", name), step)
    only = {path: frozenset(map(cells.text, _several(held))) for path, held in words.only.items()}
    return Lines(words.path, line, tuple(of_line.fields(words.fields)), save=words.write, only=only)


def _custom(given: Fields, known: Mapping[str, Attribute], house: House, at: Path) -> list[Field]:
    found: list[Field] = []
    for name, words in given.items():
        if name in known:
            raise house.text.invalid(f"{name} is no custom field", (*at, name), "write it under fields")
        path = _path(words, house, (*at, name))
        found.append(Field(path, name, codec_of(words, Attribute("any"), house, (*at, name)), words.save))
    return found


def _path(words: FieldWords, house: House, at: Path) -> str:
    if words.path is None:
        raise house.text.invalid("this field needs a path", at, "say where it is in a record")
    return words.path
