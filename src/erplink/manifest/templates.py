"""Texts with places: ``{secret.password}``, ``{since|time:%Y-%m-%d}``, ``{canonical|hmac:sha256,secret.key|hex}``.

A closed notation: names and filters, nothing is computed. ``{{`` and ``}}`` are braces. A value that is one place and
nothing else keeps its type. A text with a place for which there is nothing at the moment is left out altogether, so a
query parameter for the page before the first one does not go along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.manifest.filters import ALGORITHMS, FILTERS, as_text
from erplink.text.parts import did_you_mean

ABSENT: Final = object()
"""What a template gives when a place has nothing to be filled with."""

Context = Mapping[str, Any]
"""Names and what they stand for. A name that is not in it, or None, is absent."""

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
ZONE: Final = "zone"


@frozen
class Use:
    """One filter with its arguments; names among them have been told apart from texts by the filter."""

    name: str
    arguments: tuple[str, ...] = ()


@frozen
class Place:
    """A name and what is done with its value."""

    name: str
    uses: tuple[Use, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it needs."""
        keys = tuple(use.arguments[1] for use in self.uses if use.name == "hmac")
        return (self.name, *keys)

    def fill(self, context: Context) -> Any:
        """The value, or ``ABSENT``."""
        value = context.get(self.name)
        if value is None:
            return ABSENT
        for use in self.uses:
            value = FILTERS[use.name].of(value, *_arguments(use, context))
        return value


def _arguments(use: Use, context: Context) -> tuple[Any, ...]:
    if use.name == "hmac":
        return use.arguments[0], context[use.arguments[1]]
    if use.name == "time":
        return *use.arguments, context.get(ZONE) or ZoneInfo("UTC")
    return use.arguments


@frozen
class Template:
    """A text with places. Made by ``template``."""

    pieces: tuple[str | Place, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name it needs."""
        return frozenset(name for piece in self.pieces if isinstance(piece, Place) for name in piece.names)

    def fill(self, context: Context) -> Any:
        """The value: a text, or whatever the only place holds; ``ABSENT`` when a name has nothing.

        >>> template("Bearer {ticket.token}").fill({"ticket.token": "t-1"})
        'Bearer t-1'
        >>> template("{page}").fill({"page": 2})
        2
        """
        filled = [piece if isinstance(piece, str) else piece.fill(context) for piece in self.pieces]
        if any(value is ABSENT for value in filled):
            return ABSENT
        return filled[0] if len(filled) == 1 else "".join(map(as_text, filled))


def template(text: str) -> Template:
    """Read a template. Raises ValueError saying what is wrong and what is allowed."""
    pieces: list[str | Place] = []
    end = 0
    for found in _PIECE.finditer(text):
        _append(pieces, text[end : found.start()])
        end = found.end()
        if found[0] in {"{{", "}}"}:
            _append(pieces, found[0][0])
        elif found[1] is None:
            raise ValueError(f"a single {found[0]!r} in {text!r}; write it twice where a brace is meant")
        else:
            pieces.append(_place(found[1]))
    _append(pieces, text[end:])
    return Template(tuple(pieces) or ("",))


def _append(pieces: list[str | Place], text: str) -> None:
    if not text:
        return
    last = pieces[-1] if pieces else None
    if isinstance(last, str):
        pieces[-1] = last + text
    else:
        pieces.append(text)


def _place(inside: str) -> Place:
    name, *filters = inside.split("|")
    if _NAME.fullmatch(name.strip()) is None:
        raise ValueError(f"{{{inside}}} begins with no name; write {{name}} or {{name|filter}}")
    uses = tuple(_use(each, inside) for each in filters)
    if uses and FILTERS[uses[-1].name].gives == "bytes":
        raise ValueError(f"{{{inside}}} ends with bytes; add |hex or |base64")
    return Place(name.strip(), uses)


def _use(text: str, inside: str) -> Use:
    word, colon, rest = text.strip().partition(":")
    known = FILTERS.get(word)
    if known is None:
        raise ValueError(f"unknown filter {word!r} in {{{inside}}}; {did_you_mean(word, FILTERS)}")
    told = rest.split(",") if word == "hmac" else [rest]
    arguments = tuple(told if colon else [])
    least, most = known.arguments
    if not least <= len(arguments) <= most:
        raise ValueError(f"the filter {word} in {{{inside}}} is written like {known.hint}")
    if word == "hmac" and (arguments[0] not in ALGORITHMS or _NAME.fullmatch(arguments[1]) is None):
        raise ValueError(f"hmac takes one of {', '.join(ALGORITHMS)} and the name of a key, like {known.hint}")
    return Use(word, arguments)


@frozen
class Shape:
    """A structure of texts, numbers, lists and tables whose texts are templates. Made by ``shape``."""

    of: Any

    @property
    def names(self) -> frozenset[str]:
        """Every name it needs."""
        return frozenset(name for each in _leaves(self.of) for name in each.names)

    def fill(self, context: Context) -> Any:
        """The structure with everything filled in; what is absent is left out, an empty structure stays."""
        return _filled(self.of, context)


def shape(value: Any) -> Shape:
    """Read a structure. Raises ValueError saying what is wrong and what is allowed."""
    return Shape(_shaped(value))


def _shaped(value: Any) -> Any:
    if isinstance(value, str):
        return template(value)
    if isinstance(value, Mapping):
        return {key: _shaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shaped(inner) for inner in value]
    return value


def _leaves(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _filled(value: Any, context: Context) -> Any:
    if isinstance(value, Template):
        return value.fill(context)
    if isinstance(value, Mapping):
        filled = {key: _filled(inner, context) for key, inner in value.items()}
        return {key: inner for key, inner in filled.items() if inner is not ABSENT}
    if isinstance(value, list):
        return [inner for inner in (_filled(each, context) for each in value) if inner is not ABSENT]
    return value
