"""Policy texts: YAML or JSON read exactly, every value with the line it stands on.

A number is read from its literal text (``1.20`` is the decimal 1.20), so no binary float ever exists; ``on``, ``off``,
``yes`` and ``no`` are words. What YAML offers
beyond plain mappings, lists and scalars (anchors, tags, repeated keys) is refused: a policy is read by people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import yaml
from attrs import frozen

from erplink.errors import PolicyInvalid

Plain = str | int | Decimal | bool | None
"""A scalar of a policy text."""

Tree = Plain | list["Tree"] | dict[str, "Tree"]
"""A policy text as values."""

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""


class _Mark(Protocol):
    line: int


_INT = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")
_MAX_DEPTH = 32


@frozen
class PolicyText:
    """A parsed text: ``tree`` holds the values, ``lines`` the 1-based line of every path, ``name`` names the file."""

    name: str
    tree: dict[str, Tree]
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def words_at(self, path: Path) -> tuple[str, ...]:
        """The words written directly under ``path``."""
        return tuple(str(each[-1]) for each in self.lines if len(each) == len(path) + 1 and each[:-1] == path)


def read_text(text: str, name: str) -> PolicyText:
    """Parse YAML or JSON text; ``name`` is the file name for messages.

    Raises ``PolicyInvalid`` with file and line for bad syntax, repeated keys, anchors and aliases.

    >>> read = read_text("points: {per_yuan: 1.20}", "p.yaml")
    >>> read.tree, read.line_of(("points", "per_yuan"))
    ({'points': {'per_yuan': Decimal('1.20')}}, 1)
    """
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            _plain_event(event, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise invalid(
            f"the text is not YAML: {error.problem or error.context or 'cannot be read'}",
            name,
            _line(error.problem_mark),
            "check indentation, colons and quotes on this line",
        ) from None
    except yaml.YAMLError as error:
        raise invalid(f"the text is not YAML: {error}", name, 1, "save the file as UTF-8 text") from None
    lines: dict[Path, int] = {}
    if not isinstance(node, yaml.MappingNode):
        raise invalid("a policy is a mapping of words to values", name, 1, "begin with a line such as 'id: loyalty'")
    return PolicyText(name, _mapping(node, (), lines, name), lines)


def invalid(what: str, name: str, line: int, next_step: str) -> PolicyInvalid:
    """The error for one place of a policy text."""
    return PolicyInvalid(what, where=f"{name}, line {line}", next_step=next_step)


def show_path(path: Path) -> str:
    """A path as people write it.

    >>> show_path(("points", "rules", 2, "when"))
    'points.rules[2].when'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _line(mark: _Mark | None) -> int:
    return 1 if mark is None else mark.line + 1


def _plain_event(event: yaml.Event, name: str) -> None:
    line = _line(event.start_mark)
    if isinstance(event, yaml.AliasEvent):
        raise invalid("an alias (*) is not allowed in a policy", name, line, "write the value out")
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        raise invalid("an anchor (&) is not allowed in a policy", name, line, "write the value out where it is needed")
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise invalid(f"the tag {event.tag} is not allowed in a policy", name, line, "write a plain value")


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Tree:
    if len(path) > _MAX_DEPTH:
        raise invalid("the text is nested too deeply", name, node.start_mark.line + 1, "flatten it")
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, n), lines, name) for n, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], name: str) -> dict[str, Tree]:
    lines.setdefault(path, node.start_mark.line + 1)
    found: dict[str, Tree] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise invalid("a word must be plain text", name, line, "write 'word: value'")
        word = str(key.value)
        if word in found:
            raise invalid(f"{show_path((*path, word))} is written twice", name, line, "keep one of them")
        found[word] = _value(value, (*path, word), lines, name)
        lines[(*path, word)] = line
    return found


def _scalar(node: yaml.Node) -> Plain:
    text = str(node.value)
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind == "int" and _INT.fullmatch(text):
        return int(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
