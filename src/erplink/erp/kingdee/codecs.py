"""Cells whose meaning is Kingdee's own."""

from __future__ import annotations

from erplink.mapping import cells
from erplink.mapping.codecs import Codec

_SERVICE, _LOCAL = "Service", "PRE001"


def _kind(cell: str | None) -> str:
    return "service" if cells.strip(cell) == _SERVICE else "goods"


def _row_type(value: str) -> str:
    return _SERVICE if value == "service" else "Standard"


def _enabled(cell: str | None) -> bool:
    return cells.strip(cell) != "B"


def _blank_zero(cell: int | None) -> str:
    return str(cell) if cell else ""


REFERENCE = Codec("reference", int | None, cells.entry, _blank_zero)
"""The id of a row elsewhere; 0 and null mean none."""
KIND = Codec("kind", str | None, cells.words, _kind, _row_type)
"""FRowType of a line: Service or goods."""
ENABLED = Codec("enabled", str | None, cells.words, _enabled)
"""FForbidStatus: B means forbidden."""


def currency(local: str) -> Codec:
    """A settlement currency: PRE001 and nothing are the local one, any other keeps the ERP's code."""

    def parse(cell: str | None) -> str:
        code = cells.strip(cell)
        return local if code in {"", _LOCAL} else code

    def build(value: str) -> str:
        return _LOCAL if value == local else value

    return Codec("currency", str | None, cells.words, parse, build)
