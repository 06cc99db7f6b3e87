"""Walking a list that changes under one's feet. Page numbers and offsets count rows, and rows move.

Three ways, all pure. *By time*: where a list is sorted by the stamp and filtered from a stamp on, every request begins
at the last stamp that was seen, so what leaves the window shifts nothing. Records of one stamp that fill more than a
page are paged through twice: only when the pages before the last are the same again did nobody leave in between. *By
overlap*: every page begins with the record that ended the last one; when it does not, rows have moved, and the walk
steps back until it finds a record it knows. *By looking back*: where only pages have numbers, the page before is read
again after each one; as long as it is the same, nobody left from before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from attrs import frozen
from msgspec.structs import replace

from erplink.errors import ConfigInvalid
from erplink.manifest.paging import Spot, remembered
from erplink.model.documents import Key


@frozen
class Step:
    """Which records of a page are new, by their places, and where to go on (None: the list has ended)."""

    fresh: tuple[int, ...]
    next: Spot | None


@frozen
class ByTime:
    """``at`` reads a stamp; ``margin`` is how far before the last one a request begins, for filters that exclude it."""

    at: Callable[[str], datetime | None]
    margin: timedelta
    where: str

    def floor(self, spot: Spot) -> datetime | None:
        """Where the request of a spot begins; None before anything was seen."""
        at = self.at(spot.since) if spot.since else None
        return None if at is None else at - self.margin

    def step(self, spot: Spot, keys: Sequence[Key], *, ended: bool) -> Step:
        """What to do after a page. Raises ``ConfigInvalid`` when records are not in the order of their stamps."""
        stamps = [at for at in (self.at(key.version) for key in keys) if at is not None]
        if any(later < one for one, later in pairwise(stamps)):
            raise ConfigInvalid(
                "the records are not in the order of their stamps",
                where=self.where,
                next_step="have the system sort them by modified, ascending, or take it out of sorted_by",
            )
        fresh = tuple(n for n, key in enumerate(keys) if spot.known.get(key.id) != key.version)
        known = {**spot.known, **{key.id: key.version for key in keys}}
        floor, last = self.floor(spot), stamps[-1] if stamps else None
        on = last is not None and (floor is None or last - self.margin > floor)
        if on or ended:
            newest = next((key.version for key in reversed(keys) if self.at(key.version) == last), "") if on else ""
            passed = f"{spot.page}:{spot.trail}"
            if spot.page == 0 or passed == spot.passed:
                return Step(fresh, self._on(newest, known))
            return Step(fresh, replace(spot, page=0, seen=0, known=known, trail="", passed=passed, then=newest))
        trail = hashlib.sha256("\n".join((spot.trail, *(key.id for key in keys))).encode()).hexdigest()[:16]
        if f"{spot.page + 1}:{trail}" == spot.passed:
            return Step(fresh, self._on(spot.then, known))
        further = replace(spot, page=spot.page + 1, seen=spot.seen + len(keys), known=known, trail=trail)
        return Step(fresh, further)

    def _on(self, newest: str, known: Mapping[str, str]) -> Spot | None:
        """On from the newest stamp that was seen, with what may come again from there; None where nothing follows."""
        last = self.at(newest) if newest else None
        if last is None:
            return None
        begin = last - self.margin
        return Spot(
            since=newest, known={one: stamp for one, stamp in known.items() if (self.at(stamp) or begin) >= begin}
        )


_BEHIND, _AGAIN = "look behind", "look again"


@frozen
class ByOverlap:
    """Offsets that begin one record early. ``size`` is how far a step back goes.

    When a page brings nothing but the record it begins with, a look is taken behind it, for a server that gives one
    record at a time would else seem to have ended; and then another one at that record: if it is still in its place,
    the look was right behind it.
    """

    size: int

    def offset(self, spot: Spot) -> int:
        """The offset a request at this spot asks for."""
        return spot.seen if spot.cursor == _BEHIND else max(spot.seen - 1, 0)

    def step(self, spot: Spot, keys: Sequence[Key], *, ended: bool) -> Step:
        """What to do after a page."""
        begun = self.offset(spot)
        on = Spot(page=spot.page + 1, seen=begun + len(keys), known=remembered(keys))
        if spot.cursor == _BEHIND:
            fresh = tuple(n for n, key in enumerate(keys) if key.id not in spot.known)
            return Step(fresh, replace(spot, cursor=_AGAIN, ahead=tuple(key.id for key in keys)))
        last = max((n for n, key in enumerate(keys) if key.id in spot.known), default=None)
        if last is None and begun > 0:
            back = begun - self.size
            return Step((), replace(spot, cursor=None, ahead=(), seen=back + 1 if back > 0 else 0))
        fresh = tuple(range(0 if last is None else last + 1, len(keys)))
        if ended or not keys:
            return Step(fresh, None)
        if fresh or len(keys) > 1:
            return Step(fresh, on)
        if spot.cursor != _AGAIN:
            return Step((), replace(spot, cursor=_BEHIND))
        ahead = spot.ahead
        return Step(
            (), Spot(page=spot.page + 1, seen=spot.seen + len(ahead), known=dict.fromkeys(ahead, "")) if ahead else None
        )


_CHECK, _OVER = "check", "over"
_APART = "apart"
_MOST_KNOWN = 1500


@frozen
class ByLookingBack:
    """Pages by number; every page is read twice, before and after the one behind it.

    ``trail`` stands for the page before the one of a spot. In a spot that checks, ``passed`` stands for its page as it
    was, ``trail`` and ``ahead`` for the one behind it, and ``then`` says that the list ends there. Of what was met,
    that is known to be *apart* before which somebody may have been passed over; the rest joins the beginning of the
    list without a gap.
    """

    def step(self, spot: Spot, keys: Sequence[Key], *, ended: bool) -> Step:
        """What to do after a page."""
        ids = [key.id for key in keys]
        sign = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
        fresh = tuple(n for n, one in enumerate(ids) if one not in spot.known)
        apart = _most({**spot.known, **{one: spot.known.get(one, _APART) for one in ids}})
        joined = _most({**spot.known, **dict.fromkeys(ids, "")})
        if spot.cursor != _CHECK:
            if spot.page == 0:
                return Step(fresh, None if ended else Spot(page=1, known=joined, trail=sign))
            before = Spot(page=spot.page - 1, known=apart, cursor=_CHECK, passed=spot.trail, trail=sign)
            return Step(fresh, replace(before, ahead=tuple(ids), then=_OVER if ended else ""))
        if sign == spot.passed:
            known = _most({**spot.known, **dict.fromkeys(spot.ahead, "")})
            return Step(fresh, None if spot.then == _OVER else Spot(page=spot.page + 2, known=known, trail=spot.trail))
        if spot.page == 0 or any(spot.known.get(one) == "" for one in ids):
            return Step(fresh, Spot(page=spot.page + 1, known=joined, trail=sign))
        return Step(fresh, Spot(page=spot.page - 1, known=apart, cursor=_CHECK))


def _most(known: Mapping[str, str]) -> dict[str, str]:
    """What is worth remembering of it."""
    return dict([*known.items()][-_MOST_KNOWN:])
