"""Parts of a list: which records come next after a place or an offset, and cursors that remember it."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from attrs import frozen

from erplink.testing.worlds.shop.records import Record, Stamped, Table, Wanted
from erplink.testing.worlds.shop.refusals import Refusal

Order = Literal["id", "time"]


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


def _cursor(place: object, *, steady: bool) -> str:
    """A place as an opaque text: ``[micros, id]``, ``id``, an offset, or nothing at all for the beginning."""
    if isinstance(place, tuple):
        place = [int(place[0].timestamp()) * 1_000_000 + place[0].microsecond, place[1]]
    return base64.urlsafe_b64encode(msgspec.json.encode({"after" if steady else "offset": place})).decode().rstrip("=")


def at_cursor(wanted: Asked, cursor: str) -> Asked:
    """The part that begins at a cursor; an empty one is the beginning. Raises :class:`Refusal` for one that is none."""
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
