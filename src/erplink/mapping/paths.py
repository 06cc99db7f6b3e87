"""Paths into nested replies: ``customer.code``, ``contacts[0].phone``, ``contacts[type=mobile].value``, ``"a.b".c``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

MISSING: Final = object()
"""What is found where a reply has nothing of that name."""

_STEP = re.compile(
    r"""(?P<name>"[^"]+"|[^.\[\]"=\s][^.\[\]"=]*)?  # a key, in quotes if it holds a dot or a bracket
        (?P<picks>(?:\[[^\[\]]+\])*)                # [0] a position, [type=mobile] the first one like that
    """,
    re.VERBOSE,
)
_PICK = re.compile(r"\[([^\[\]]+)\]")

One = Callable[[Any], Any]
Many = Callable[[Any], list[Any]]


@frozen
class Like:
    """Picks the first member of a list whose key holds a text."""

    key: str
    text: str


Step = str | int | Like


def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path; ``.`` is the thing itself. Raises ValueError saying how a path is written.

    >>> steps("contacts[type=mobile].value")
    ('contacts', Like(key='type', text='mobile'), 'value')
    """
    found: list[Step] = []
    place = 0
    while path != "." and place < len(path):
        step = _STEP.match(path, place)
        if step is None or not step[0]:
            raise ValueError(_HOW.format(path))
        if step["name"]:
            found.append(step["name"].strip('"'))
        found += [_pick(text, path) for text in _PICK.findall(step["picks"])]
        place = step.end()
        if place < len(path):
            if path[place] != "." or place + 1 == len(path):
                raise ValueError(_HOW.format(path))
            place += 1
    if not found and path != ".":
        raise ValueError(_HOW.format(path))
    return tuple(found)


_HOW = "{!r} is not a path; write one like customer.code, lines[0].sku or contacts[type=mobile].value"


def _pick(text: str, path: str) -> Step:
    key, equals, wanted = text.partition("=")
    if equals and key:
        return Like(key.strip(), wanted.strip())
    if text.isdecimal():
        return int(text)
    raise ValueError(_HOW.format(path))


def one(path: str) -> One:
    """What finds the value at a path, or ``MISSING``.

    >>> one("a.b[1]")({"a": {"b": [7, 8]}})
    8
    >>> one("a.c")({"a": {}}) is MISSING
    True
    """
    walked = steps(path)
    if len(walked) == 1 and isinstance(walked[0], str):
        key = walked[0]
        return lambda tree: tree.get(key, MISSING) if isinstance(tree, dict) else MISSING

    def find(tree: Any) -> Any:
        for step in walked:
            tree = _inside(tree, step)
            if tree is MISSING:
                return MISSING
        return tree

    return find


def many(path: str) -> Many:
    """What finds all values at a path; lists on the way are gone through, and a single value is a list of one.

    >>> many("orders.items")({"orders": [{"items": [1, 2]}, {"items": 3}, {}]})
    [1, 2, 3]
    """
    walked = steps(path)

    def find(tree: Any) -> list[Any]:
        here = [tree]
        for step in walked:
            here = [inner for each in here for inner in _all_inside(each, step)]
        return [each for inner in here for each in (inner if isinstance(inner, list) else [inner])]

    return find


def lacks(path: str) -> Callable[[Any], bool]:
    """What tells whether a thing has no such path at all; an empty list or null on the way is no lack.

    >>> lacks("data.items")({"message": "no such company"}), lacks("data.items")({"data": None})
    (True, False)
    """
    walked = steps(path)

    def is_lacking(tree: Any) -> bool:
        here = [tree]
        for step in walked:
            members = [each for inner in here for each in (inner if isinstance(inner, list) else [inner])]
            known = [each for each in members if each is not None]
            if not known or not isinstance(step, str):
                return False
            here = [inner for inner in (_inside(each, step) for each in known) if inner is not MISSING]
            if not here:
                return True
        return False

    return is_lacking


def _inside(tree: Any, step: Step) -> Any:
    if isinstance(step, str):
        return tree.get(step, MISSING) if isinstance(tree, dict) else MISSING
    members = tree if isinstance(tree, list) else [tree]
    if isinstance(step, int):
        return members[step] if step < len(members) else MISSING
    return next((each for each in members if _is_like(each, step)), MISSING)


def _all_inside(tree: Any, step: Step) -> list[Any]:
    if isinstance(step, str):
        members = tree if isinstance(tree, list) else [tree]
        found = [_inside(each, step) for each in members]
    elif isinstance(step, Like):
        found = [each for each in (tree if isinstance(tree, list) else [tree]) if _is_like(each, step)]
    else:
        found = [_inside(tree, step)]
    return [each for each in found if each is not MISSING and each is not None and each != ""]


def _is_like(tree: Any, wanted: Like) -> bool:
    return isinstance(tree, Mapping) and str(tree.get(wanted.key, "")) == wanted.text
