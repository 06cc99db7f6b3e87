"""Which part of a list a request asks for: page numbers, offsets, cursors, links, ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from erplink.testing.worlds.rest.settings import Paging, RestWorld
from erplink.testing.worlds.rest.values import read_time
from erplink.testing.worlds.shop.listing import Asked, Order, at_cursor
from erplink.testing.worlds.shop.records import Wanted
from erplink.testing.worlds.shop.refusals import Refusal

Parameters = Mapping[str, str]

USUAL = 20
"""Records of a page where no size is asked for."""
_PLACES: Mapping[Paging, frozenset[str]] = {
    "page": frozenset({"page"}),
    "offset": frozenset({"offset"}),
    "cursor": frozenset({"cursor"}),
    "next_link": frozenset({"cursor"}),
    "link_header": frozenset({"cursor"}),
    "range": frozenset(),
}
_FILTERS = frozenset({"size", "updatedfrom", "updatedto", "idabove", "number", "sort"})
_SAME_AS = {"pagesize": "size", "limit": "size", "pageno": "page", "sortby": "sort"}
_SORTS: Mapping[str, Order] = {"id": "id", "updatedat": "time", "updatedat,id": "time"}
_RANGE = re.compile(r"records=(\d+)-(\d+)")


class OutOfRange(Exception):
    """A range that begins behind the end; ``total`` is how many there are."""

    def __init__(self, total: int) -> None:
        self.total = total
        super().__init__(total)


def asked(world: RestWorld, parameters: Parameters, wanted_range: str) -> Asked:
    """What a request wants, the size clipped. Raises :class:`Refusal` for parameters that cannot be understood."""
    known = _known(world, parameters)
    order = _order(known.get("sort", "id"))
    size = min(_whole(known, "size", USUAL), world.page_limit)
    wanted = Wanted(
        _moment(world, known, "updatedfrom"),
        _moment(world, known, "updatedto"),
        _whole(known, "idabove", 0),
        known.get("number", ""),
    )
    if world.paging == "range" and wanted_range:
        found = _RANGE.fullmatch(wanted_range)
        if found is None or int(found[2]) < int(found[1]):
            message = f"Range[{wanted_range}]不正确"
            raise Refusal("malformed", message, "Range")
        size = min(int(found[2]) - int(found[1]), world.page_limit)
        return Asked(wanted, order, size, int(found[1]))
    offset = _whole(known, "offset", 0) + (_whole(known, "page", 1) - 1) * size
    return at_cursor(Asked(wanted, order, size, offset), known.get("cursor", ""))


def _known(world: RestWorld, parameters: Parameters) -> dict[str, str]:
    allowed = _FILTERS | _PLACES[world.paging]
    known = {}
    for name, value in parameters.items():
        plain = name.replace("_", "").lower()
        plain = _SAME_AS.get(plain, plain)
        if plain not in allowed:
            message = f"参数[{name}]不支持"
            raise Refusal("malformed", message, name)
        known[plain] = value
    return known


def _order(text: str) -> Order:
    plain = text.replace("_", "").replace(" ", "").lower()
    if plain not in _SORTS:
        message = f"不支持按[{text}]排序"
        raise Refusal("malformed", message, "sort")
    return _SORTS[plain]


def _whole(known: Mapping[str, str], name: str, usual: int) -> int:
    text = known.get(name, "")
    if not text:
        return usual
    least = 0 if name in {"offset", "idabove"} else 1
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        message = f"参数[{name}]应为整数，从{least}开始"
        raise Refusal("malformed", message, name)
    return int(text)


def _moment(world: RestWorld, known: Mapping[str, str], name: str) -> datetime | None:
    text = known.get(name, "")
    if not text:
        return None
    try:
        return read_time(text, world.shop.tz).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        message = f"参数[{name}]不是时间"
        raise Refusal("malformed", message, name) from None
