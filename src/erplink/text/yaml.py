"""YAML or JSON read exactly, every value with the line it stands on.

A number is read from its literal text (``1.20`` is the decimal 1.20), so no binary float ever exists; ``on``, ``off``,
``yes`` and ``no`` are words. What YAML offers
beyond plain mappings, lists and scalars (anchors, tags, repeated keys) is refused: such a text is read by people.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Protocol

import yaml

from erplink.text.source import MAX_DEPTH, Genre, Path, Plain, Text, Tree, show_path


class _Mark(Protocol):
    line: int


_INT = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")


def read_yaml(text: str, name: str, genre: Genre) -> Text:
    """Parse YAML or JSON text; ``name`` is the file name for messages.

    Raises the error of its genre, with file and line, for bad syntax, repeated keys, anchors and aliases.

    >>> from erplink.errors import PolicyInvalid
    >>> read = read_yaml("points: {per_yuan: 1.20}", "p.yaml", Genre("policy", PolicyInvalid, "id: loyalty"))
    >>> read.tree, read.line_of(("points", "per_yuan"))
    ({'points': {'per_yuan': Decimal('1.20')}}, 1)
    """
    reader = _Reader(name, genre)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            reader.check(event)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        what = f"the text is not YAML: {error.problem or error.context or 'cannot be read'}"
        step = "check indentation, colons and quotes on this line"
        raise genre.invalid(what, name, _line(error.problem_mark), step) from None
    except yaml.YAMLError as error:
        raise genre.invalid(f"the text is not YAML: {error}", name, 1, "save the file as UTF-8 text") from None
    if not isinstance(node, yaml.MappingNode):
        step = f"begin with a line such as {genre.beginning!r}"
        raise genre.invalid(f"a {genre.noun} is a mapping of words to values", name, 1, step)
    tree = reader.mapping(node, ())
    return Text(genre, name, tree, reader.lines)


def _line(mark: _Mark | None) -> int:
    return 1 if mark is None else mark.line + 1


class _Reader:
    """Builds values and notes their lines."""

    def __init__(self, name: str, genre: Genre) -> None:
        self.lines: dict[Path, int] = {}
        self._name = name
        self._genre = genre

    def check(self, event: yaml.Event) -> None:
        line, noun = _line(event.start_mark), self._genre.noun
        if isinstance(event, yaml.AliasEvent):
            raise self._invalid(f"an alias (*) is not allowed in a {noun}", line, "write the value out")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            step = "write the value out where it is needed"
            raise self._invalid(f"an anchor (&) is not allowed in a {noun}", line, step)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise self._invalid(f"the tag {event.tag} is not allowed in a {noun}", line, "write a plain value")

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Tree]:
        self.lines.setdefault(path, node.start_mark.line + 1)
        found: dict[str, Tree] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._invalid("a word must be plain text", line, "write 'word: value'")
            word = str(key.value)
            if word in found:
                raise self._invalid(f"{show_path((*path, word))} is written twice", line, "keep one of them")
            found[word] = self._value(value, (*path, word))
            self.lines[(*path, word)] = line
        return found

    def _value(self, node: yaml.Node, path: Path) -> Tree:
        if len(path) > MAX_DEPTH:
            raise self._invalid("the text is nested too deeply", node.start_mark.line + 1, "flatten it")
        self.lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, n)) for n, item in enumerate(node.value)]
        return _scalar(node)

    def _invalid(self, what: str, line: int, next_step: str) -> Exception:
        return self._genre.invalid(what, self._name, line, next_step)


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
