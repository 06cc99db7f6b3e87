"""Read the project's own pages: their fenced blocks and headings."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import frozen

FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```[ ]*$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#+) ", re.MULTILINE)


@frozen
class Block:
    """A fenced block: its language, its text, and the line of the page on which the text starts."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["text"], source.count("\n", 0, found.start("text")) + 1)
        for found in FENCE.finditer(source)
    ]


def headings(page: Path) -> list[int]:
    """The depths of a page's headings, in order; what stands in a fenced block does not count."""
    return [len(marks) for marks in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))]
