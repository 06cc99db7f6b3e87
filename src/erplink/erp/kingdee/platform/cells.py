"""Cells that both platforms write alike."""

from __future__ import annotations

from erplink.mapping import cells
from erplink.mapping.codecs import Codec


def _enabled(cell: str | None) -> bool:
    return cells.strip(cell) != "0"


def _elsewhere(cell: str | None) -> str:
    text = cells.strip(cell)
    return "" if text == "0" else text


ENABLED = Codec("enabled", str | None, cells.words, _enabled)
"""``enable``: 1 可用, 0 禁用."""
ELSEWHERE = Codec("row elsewhere", str | None, cells.words, _elsewhere)
"""The id of a row of another document; 0 and nothing mean none."""
