"""TOML read exactly, every value with the line it stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from erplink.text.source import MAX_DEPTH, Genre, Path, Text, Tree, show_path

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_PLACE = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")
_LONG = ('"""', "'''")


def read_toml(text: str, name: str, genre: Genre) -> Text:
    r"""Parse TOML text; ``name`` is the file name for messages. Decimals keep their digits; instants become text.

    What stands inside an inline table or a list has the line of the key that holds it. Raises the error of its genre,
    with file and line, for bad syntax.

    >>> from erplink.errors import ConfigInvalid
    >>> read = read_toml("[limits]\nrate = 1.20", "erp.toml", Genre("manifest", ConfigInvalid, 'kind = "rest"'))
    >>> read.tree, read.line_of(("limits", "rate"))
    ({'limits': {'rate': Decimal('1.20')}}, 2)
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = f"the text is not TOML: {_PLACE.sub('', str(error)).strip()}"
        step = "check quotes, brackets and '=' on this line"
        raise genre.invalid(what, name, line, step) from None
    lines: dict[Path, int] = {}
    for path, line in _lines(text, tree):
        for depth in range(1, len(path) + 1):
            lines.setdefault(path[:depth], line)
    return Text(genre, name, {key: _plain(value, (key,), genre, name) for key, value in tree.items()}, lines)


def _plain(value: object, path: Path, genre: Genre, name: str) -> Tree:
    if len(path) > MAX_DEPTH:
        raise genre.invalid(f"{show_path(path[:3])} is nested too deeply", name, 1, "flatten it")
    if isinstance(value, dict):
        return {key: _plain(inner, (*path, key), genre, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, (*path, n), genre, name) for n, inner in enumerate(value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return cast("Tree", value)


def _lines(text: str, tree: Mapping[str, Any]) -> Iterator[tuple[Path, int]]:
    """Keys and tables with their lines. The text is known to be TOML, so a simple scan does."""
    table: Path = ()
    within = ""
    for number, line in enumerate(text.splitlines(), 1):
        if within:
            within = "" if within in line else within
            continue
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header is not None:
            table = _counted(tuple(_parts(header[2])), tree, lists=header[1] == "[[", seen=table)
            yield table, number
        elif key is not None:
            yield (*table, *_parts(key[1])), number
            within = _opened(line[key.end() :])


def _parts(dotted: str) -> Iterator[str]:
    for part in _PART.findall(dotted):
        yield part[1:-1] if part[:1] in {'"', "'"} else part


def _counted(named: tuple[str, ...], tree: Mapping[str, Any], *, lists: bool, seen: Path) -> Path:
    """The path of a header, with the position in each list of tables it goes through."""
    path: list[str | int] = []
    here: Any = tree
    for depth, part in enumerate(named):
        path.append(part)
        here = here.get(part) if isinstance(here, dict) else None
        if isinstance(here, list):
            known = len(path) < len(seen) and list(seen[: len(path)]) == path and isinstance(seen[len(path)], int)
            last = int(seen[len(path)]) if known else -1
            place = last + 1 if lists and depth == len(named) - 1 else max(last, 0)
            path.append(place)
            here = here[place] if place < len(here) else None
    return tuple(path)


def _opened(rest: str) -> str:
    """The delimiter of a text over several lines that begins here and does not end here."""
    for mark in _LONG:
        if rest.lstrip().startswith(mark) and rest.count(mark) == 1:
            return mark
    return ""
