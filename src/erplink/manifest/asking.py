"""A request as a value: what goes along, with places to fill in, and named parts that are filled in first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from erplink.manifest.templates import ABSENT, Context, Place, Shape, Template, Use, shape
from erplink.text.parts import did_you_mean
from erplink.text.source import Path, Text


@frozen
class Ask:
    """One request of a manifest. ``lets`` are named parts, each of which may name the ones before it."""

    operation: str
    shape: Shape
    lets: tuple[tuple[str, Shape], ...] = ()
    safe: bool = False
    names: frozenset[str] = field(factory=frozenset)

    @classmethod
    def of(
        cls, operation: str, parts: Mapping[str, Shape], lets: Sequence[tuple[str, Shape]] = (), *, safe: bool = False
    ) -> Ask:
        """A request of its parts: method, path, query, headers, body. What documents put into a path is encoded."""
        parts = {word: quoted(part) if word in _PLAIN_TEXT else part for word, part in parts.items()}
        used = frozenset(name for each in (*parts.values(), *(part for _, part in lets)) for name in each.names)
        return cls(operation, Shape({word: part.of for word, part in parts.items()}), tuple(lets), safe, used)

    def filled(self, context: Context) -> dict[str, Any]:
        """The request with every place filled in; what has nothing to be filled with is left out."""
        known = dict(context)
        for name, part in self.lets:
            value = part.fill(known)
            known[name] = None if value is ABSENT else value
        found: dict[str, Any] = self.shape.fill(known)
        return found


def request(operation: str, words: Mapping[str, Any], *, safe: bool = False) -> Ask:
    """A request that is written in code. Raises ValueError for a template that cannot be read.

    >>> request("orders get", {"path": "orders/{number}"}).filled({"number": "A/1"})
    {'path': 'orders/A%2F1'}
    """
    return Ask.of(operation, {word: shape(each) for word, each in words.items()}, safe=safe)


@frozen
class Reader:
    """Makes requests of words, with errors that name the line. ``known`` are names that are known everywhere."""

    text: Text
    known: frozenset[str]

    def ask(
        self, operation: str, words: Mapping[str, Any], at: Path, names: frozenset[str], *, safe: bool = False
    ) -> Ask:
        """A request of its words, ``let`` among them. ``names`` are known in this place besides.

        Raises ``ConfigInvalid`` for a template that cannot be read or a name that is not known here.
        """
        rest = dict(words)
        lets: list[tuple[str, Shape]] = []
        allowed = self.known | names
        for name, given in (rest.pop("let", None) or {}).items():
            part = self.part(given, (*at, "let", name), allowed)
            lets.append((name, part))
            allowed |= {name}
        parts = {word: self.part(value, (*at, word), allowed) for word, value in rest.items() if value is not None}
        return Ask.of(operation, parts, lets, safe=safe)

    def part(self, given: Any, at: Path, names: frozenset[str]) -> Shape:
        """One structure with templates in it."""
        try:
            found = shape(given)
        except ValueError as error:
            raise self.text.invalid(str(error), at, "correct the template") from None
        for name in sorted(found.names - names - self.known):
            what = f"nothing is called {name!r} here"
            raise self.text.invalid(what, at, did_you_mean(name, sorted(names | self.known)))
        return found


_PLAIN_TEXT = frozenset({"path", "headers"})
_FROM_OUTSIDE = frozenset({"number", "id", "key", "sku", "cursor", "action"})


def quoted(part: Shape) -> Shape:
    """A path or headers in which what comes from documents is percent-encoded: it never ends a step or a line."""
    if isinstance(part.of, Template):
        return Shape(_plain(part.of))
    if isinstance(part.of, dict):
        return Shape({name: _plain(each) if isinstance(each, Template) else each for name, each in part.of.items()})
    return part


def _plain(text: Template) -> Template:
    return Template(tuple(_quoted(piece) for piece in text.pieces))


def _quoted(piece: str | Place) -> str | Place:
    if isinstance(piece, str) or piece.name not in _FROM_OUTSIDE or piece.uses:
        return piece
    return evolve(piece, uses=(Use("url"),))


def needs(ask: Ask, wanted: frozenset[str], text: Text, at: Path, because: str) -> None:
    """Raise ``ConfigInvalid`` unless a request names at least one of the places that make it what it should be."""
    if ask.names.isdisjoint(wanted):
        listed = " or ".join(f"{{{name}}}" for name in sorted(wanted))
        raise text.invalid(f"{because}, but the request names none of them", at, f"write {listed} where it belongs")
