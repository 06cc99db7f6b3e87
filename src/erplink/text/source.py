"""What a text says and where: values, the line of each, and how an error about one of them reads."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from erplink.errors import FixError

Plain = str | int | Decimal | bool | None
"""A scalar of a text."""

Tree = Plain | list["Tree"] | dict[str, "Tree"]
"""A text as values."""

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the top."""

MAX_DEPTH = 32


@frozen
class Genre:
    """What kind of text it is: what people call it, which error says that one is wrong, and how one begins."""

    noun: str
    error: type[FixError]
    beginning: str

    def invalid(self, what: str, name: str, line: int, next_step: str) -> FixError:
        """The error for one place of a text."""
        return self.error(what, where=f"{name}, line {line}", next_step=next_step)


@frozen
class Text:
    """A parsed text: ``tree`` holds the values, ``lines`` the 1-based line of every path, ``name`` names the file."""

    genre: Genre
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

    def invalid(self, what: str, path: Path, next_step: str) -> FixError:
        """The error for the value at a path."""
        return self.genre.invalid(what, self.name, self.line_of(path), next_step)


def show_path(path: Path) -> str:
    """A path as people write it.

    >>> show_path(("points", "rules", 2, "when"))
    'points.rules[2].when'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
