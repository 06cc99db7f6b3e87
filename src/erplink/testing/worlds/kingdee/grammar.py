"""The filter text of a query: tokens, a recursive-descent parser, and the array form brought to the same tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from attrs import frozen

from erplink.testing.worlds.kingdee.bodies import lowered
from erplink.testing.worlds.kingdee.replies import EXCEPTION, BusinessError

Operator = Literal["=", "<>", ">", ">=", "<", "<=", "like", "in"]
Value = str | Decimal
OPERATORS: Mapping[str, Operator] = {
    "=": "=",
    "<>": "<>",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
    "like": "like",
    "in": "in",
    "67": "=",
}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>[Nn]?'(?:[^']|'')*')"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<operator><>|>=|<=|=|>|<)"
    r"|(?P<mark>[(),])"
    r"|(?P<word>[A-Za-z_][\w.]*))"
)


@frozen
class Comparison:
    """A field compared with one literal, or with several by ``in``."""

    field: str
    operator: Operator
    values: tuple[Value, ...]


@frozen
class Every:
    """All of these hold (``and``)."""

    parts: tuple[Condition, ...]


@frozen
class Some:
    """At least one of these holds (``or``)."""

    parts: tuple[Condition, ...]


Condition = Comparison | Every | Some
ALWAYS = Every(())


@frozen
class _Token:
    kind: str
    text: str


def read_filter(given: object) -> Condition:
    """The condition of a ``FilterString``: SQL-like text, or the array of ``{Left, FieldName, Compare, …}``.

    Raises :class:`BusinessError` when it cannot be read.

    >>> read_filter("FBillNo='A''1' and FQty>=2").parts[0]
    Comparison(field='FBillNo', operator='=', values=("A'1",))
    """
    if isinstance(given, str):
        return _parsed(given)
    if isinstance(given, list):
        return _read(_tokens_of_array(given))
    if given is None:
        return ALWAYS
    raise _syntax(str(given))


@lru_cache(maxsize=512)
def _parsed(text: str) -> Condition:
    return _read(_tokens(text))


def _read(tokens: list[_Token]) -> Condition:
    if not tokens:
        return ALWAYS
    reader = _Reader(tokens)
    condition = reader.some()
    if reader.peek() is not None:
        raise _syntax(tokens[reader.position].text)
    return condition


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    end = len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _syntax(text[position : position + 20])
        tokens.append(_Token(found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tokens


def _tokens_of_array(items: Sequence[Any]) -> list[_Token]:
    tokens: list[_Token] = []
    for position, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise _syntax(str(item))
        part = lowered(item)
        operator = OPERATORS.get(str(part.get("compare", "")).strip().lower())
        if operator is None:
            raise _syntax(str(part.get("compare")))
        tokens += [_Token("mark", mark) for mark in str(part.get("left") or "").strip()]
        tokens.append(_Token("word", str(part.get("fieldname", "")).strip()))
        tokens.append(_Token("word" if operator in {"like", "in"} else "operator", operator))
        tokens += _literals_of_array(operator, str(part.get("value") or ""))
        tokens += [_Token("mark", mark) for mark in str(part.get("right") or "").strip()]
        if position < len(items) - 1:
            tokens.append(_Token("word", "or" if str(part.get("logic", "0")).strip() == "1" else "and"))
    return tokens


def _literals_of_array(operator: Operator, value: str) -> list[_Token]:
    quoted = [_Token("text", "'" + part.replace("'", "''") + "'") for part in value.split(",")]
    if operator != "in":
        return [_Token("text", "'" + value.replace("'", "''") + "'")]
    marks = [token for one in quoted for token in (_Token("mark", ","), one)][1:]
    return [_Token("mark", "("), *marks, _Token("mark", ")")]


def _syntax(near: str) -> BusinessError:
    return BusinessError(f"过滤条件语法错误：“{near}”附近有语法错误。", EXCEPTION)


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise _syntax(self.tokens[-1].text)
        self.position += 1
        return token

    def some(self) -> Condition:
        parts = [self.every()]
        while self._word("or"):
            parts.append(self.every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def every(self) -> Condition:
        parts = [self.one()]
        while self._word("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def one(self) -> Condition:
        token = self.take()
        if token == _Token("mark", "("):
            inner = self.some()
            self._mark(")")
            return inner
        if token.kind not in {"word", "number"}:
            raise _syntax(token.text)
        operator = OPERATORS.get(self.take().text.lower())
        if operator is None:
            raise _syntax(token.text)
        return Comparison(token.text, operator, self._list() if operator == "in" else (self._literal(),))

    def _list(self) -> tuple[Value, ...]:
        self._mark("(")
        values = [self._literal()]
        while self.peek() == _Token("mark", ","):
            self.take()
            values.append(self._literal())
        self._mark(")")
        return tuple(values)

    def _literal(self) -> Value:
        token = self.take()
        if token.kind == "text":
            return token.text[token.text.index("'") + 1 : -1].replace("''", "'")
        if token.kind == "number":
            return Decimal(token.text)
        raise _syntax(token.text)

    def _mark(self, mark: str) -> None:
        token = self.take()
        if token != _Token("mark", mark):
            raise _syntax(token.text)

    def _word(self, word: str) -> bool:
        token = self.peek()
        if token is None or token.kind != "word" or token.text.lower() != word:
            return False
        self.position += 1
        return True
