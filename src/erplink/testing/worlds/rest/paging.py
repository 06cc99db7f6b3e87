"""Which part of a list is asked for, and how the next one is named: page numbers, offsets, cursors, links, ranges."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from attrs import frozen

from erplink.testing.worlds.rest.settings import Paging, RestWorld
from erplink.testing.worlds.rest.values import read_time
from erplink.testing.worlds.shop.records import Record, Stamped, Table, Wanted
from erplink.testing.worlds.shop.refusals import Refusal

Order = Literal["id", "time"]
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


@frozen
class Asked:
    """A part of a list: the records after a place, or after so many others."""

    wanted: Wanted
    order: Order
    size: int
    offset: int = 0
    after: Stamped | int | None = None


@frozen
class Part:
    """What comes: the records, the place where they begin, whether there are more, and the cursors to go on by."""

    records: Sequence[Record]
    begins: int
    total: int
    next: str
    again: str

    @property
    def ends(self) -> int:
        """The place behind the last record."""
        return self.begins + len(self.records)


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
    return _at_cursor(Asked(wanted, order, size, offset), known.get("cursor", ""))


def cut(table: Table, wanted: Asked, *, steady: bool) -> Part:
    """The part of a table that was asked for."""
    by_time = wanted.order == "time"
    listed: Sequence[Any] = table.by_time(wanted.wanted) if by_time else table.by_id(wanted.wanted)
    begins = wanted.offset if wanted.after is None else bisect_right(listed, wanted.after)
    places: Sequence[Any] = listed[begins : begins + wanted.size]
    records = [table.records[place[1] if by_time else place] for place in places]
    more = begins + wanted.size < len(listed)
    following = _cursor(places[-1] if steady else begins + len(places), steady=steady) if more else ""
    again = _cursor(wanted.after if steady else begins, steady=steady)
    return Part(records, begins, len(listed), following, again)


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


def _cursor(place: object, *, steady: bool) -> str:
    """A place as an opaque text: ``[micros, id]``, ``id``, an offset, or nothing at all for the beginning."""
    if isinstance(place, tuple):
        place = [int(place[0].timestamp()) * 1_000_000 + place[0].microsecond, place[1]]
    return base64.urlsafe_b64encode(msgspec.json.encode({"after" if steady else "offset": place})).decode().rstrip("=")


def _at_cursor(wanted: Asked, cursor: str) -> Asked:
    if not cursor:
        return wanted
    try:
        told = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=_Told)
        if told.after is None:
            return Asked(wanted.wanted, wanted.order, wanted.size, told.offset)
        after: Any = told.after
        if wanted.order == "time":
            micros, at = told.after  # type: ignore[misc]
            seconds, rest = divmod(micros, 1_000_000)
            after = (datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=rest), at)
    except (msgspec.DecodeError, binascii.Error, ValueError, TypeError):
        message = "游标无效"
        raise Refusal("malformed", message, "cursor") from None
    return Asked(wanted.wanted, wanted.order, wanted.size, after=after)


class _Told(msgspec.Struct):
    after: int | tuple[int, int] | None = None
    offset: int = 0
