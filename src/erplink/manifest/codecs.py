"""The codec of a field: from the type of the attribute, refined by what the manifest says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import evolve

from erplink.manifest.attributes import Attribute
from erplink.manifest.words import FieldWords, Type
from erplink.mapping import cells
from erplink.mapping.codecs import AMOUNT, FLAG, SCALAR, TEXT, WHOLE, Codec
from erplink.mapping.times import time_codec
from erplink.text.parts import did_you_mean
from erplink.text.source import Path

if TYPE_CHECKING:
    from erplink.manifest.compile import House

_UNKNOWN = "unknown"
_PLAIN: Mapping[Type, Codec] = {"text": TEXT, "number": AMOUNT, "whole": WHOLE, "flag": FLAG, "any": SCALAR}


def codec_of(words: FieldWords, attribute: Attribute, house: House, at: Path) -> Codec:
    """The codec of a field. Raises ``ConfigInvalid`` where what is said does not go together."""
    kind = words.type or attribute.type
    if words.type is not None and words.map is None and attribute.type not in {"any", words.type}:
        step = "leave type out; it is known"
        raise house.text.invalid(f"{at[-1]} is a {attribute.type}, not a {words.type}", (*at, "type"), step)
    if words.map is not None:
        codec = _mapped(words.map, attribute, house, (*at, "map"))
        written, theirs = _WRITTEN.get(words.type or "any", _their_own), codec.build
        codec = evolve(codec, build=lambda value: written(theirs(value)))
    elif attribute.words:
        codec = _worded(attribute.words)
    elif kind == "time":
        codec = time_codec(words.time or house.times, house.zone)
    else:
        codec = _PLAIN[kind]
    if words.scale or words.negate:
        if kind not in {"number", "whole", "any"}:
            word = "scale" if words.scale else "negate"
            raise house.text.invalid(f"{word} goes with numbers; {at[-1]} is a {kind}", (*at, word), "remove it")
        codec = _reckoned(codec, words.scale, -1 if words.negate else 1)
    return _optional(codec, kind, attribute) if words.optional else codec


def _worded(words: tuple[str, ...]) -> Codec:
    """A text that is one of our words already; any other is unknown, or the first word."""
    other = _UNKNOWN if _UNKNOWN in words else words[0]

    def parse(cell: str | None) -> str:
        text = cells.strip(cell)
        return text if text in words else other

    return evolve(TEXT, name="word", parse=parse)


def _mapped(table: Mapping[str, str], attribute: Attribute, house: House, at: Path) -> Codec:
    """The system's words → ours. Flags are mapped to true and false."""
    allowed = ("true", "false") if attribute.type == "flag" else attribute.words
    for theirs, ours in table.items():
        if allowed and ours not in allowed:
            raise house.text.invalid(f"{at[-2]} cannot be {ours!r}", (*at, theirs), did_you_mean(ours, allowed))
    is_flag = attribute.type == "flag"
    known: Mapping[str, Any] = {theirs: ours == "true" if is_flag else ours for theirs, ours in table.items()}
    back = {ours: theirs for theirs, ours in reversed([*known.items()])}

    def parse(cell: str | None) -> Any:
        text = cells.strip(cell)
        if text in known:
            return known[text]
        if is_flag:
            raise ValueError(text)
        if attribute.words:
            return _UNKNOWN if _UNKNOWN in attribute.words else attribute.words[0]
        return text

    name = "one of " + ", ".join(known)
    return Codec(name, str | None, _as_text, parse, lambda value: back.get(value, value), bulk=_as_texts)


def _their_own(word: object) -> object:
    """A word of the system as it is written: true and false are no texts."""
    return {"true": True, "false": False}.get(word, word) if isinstance(word, str) else word


def _whole(word: object) -> object:
    return int(word) if isinstance(word, str) and word.removeprefix("-").isdecimal() else word


_WRITTEN: Mapping[Type, Callable[[object], object]] = {"whole": _whole, "number": _whole, "text": lambda word: word}
"""What ``type`` says beside ``map``: as what the system's words are written."""


def _as_text(cell: object) -> str | None:
    return str(cell).lower() if isinstance(cell, bool) else cells.words(cell)


def _as_texts(column: list[Any], kinds: frozenset[type]) -> list[Any] | None:
    if kinds == frozenset({bool}):
        return ["true" if cell else "false" for cell in column]
    return column if kinds == frozenset({str}) else None


def _reckoned(codec: Codec, scale: int, sign: int) -> Codec:
    factor = Decimal(sign).scaleb(-scale)

    def parse(cell: Decimal | int) -> Decimal | int:
        found = cell * factor
        return int(found) if codec is WHOLE else found

    def build(value: Decimal | int) -> Decimal | int:
        found = value / factor
        return int(found) if scale else found

    return evolve(codec, parse=parse, build=build)


def _optional(codec: Codec, kind: Type, attribute: Attribute) -> Codec:
    """Where the reply lacks it or has null, it is the attribute's default."""
    if kind in {"text", "time", "any"}:
        return evolve(codec, optional=True)
    missing = attribute.default if attribute.default is not None else _NOTHING[kind]
    coerce, parse = codec.coerce, codec.parse

    def or_nothing(cell: object) -> object:
        return None if cell is None or cell == "" else coerce(cell)

    def or_default(cell: Any) -> Any:
        if cell is None:
            return missing
        return cell if parse is None else parse(cell)

    return evolve(codec, coerce=or_nothing, parse=or_default, optional=True)  # bulk gives up where nothing is among it


_NOTHING: Mapping[Type, Any] = {"number": Decimal(0), "whole": 0, "flag": False}
