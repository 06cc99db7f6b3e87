"""Walking a list that changes under one's feet. Page numbers and offsets count rows, and rows move.

Two ways, both pure. *By time*: where a list is sorted by the stamp and filtered from a stamp on, every request begins
at the last stamp that was seen, so what leaves the window shifts nothing; records of one stamp are paged through until
a pass over them brings nothing new. *By overlap*: every page begins with the record that ended the last one; when it
does not, rows have moved, and the walk steps back until it finds a record it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        behind = spot.fresh + (len(fresh) if spot.page else 0)
        floor, last = self.floor(spot), stamps[-1] if stamps else None
        on = last is not None and (floor is None or last - self.margin > floor)
        if (on or ended) and behind:
            return Step(fresh, replace(spot, page=0, seen=0, known=known, fresh=0))
        if on and last is not None:
            begin = last - self.margin
            kept = {one: stamp for one, stamp in known.items() if (self.at(stamp) or begin) >= begin}
            newest = next(key.version for key in reversed(keys) if self.at(key.version) == last)
            return Step(fresh, Spot(since=newest, known=kept))
        if ended:
            return Step(fresh, None)
        further = replace(spot, page=spot.page + 1, seen=spot.seen + len(keys), known=known, fresh=behind)
        return Step(fresh, further)


_LAST_LOOK = "last look"


@frozen
class ByOverlap:
    """Offsets that begin one record early. ``size`` is how far a step back goes.

    When a page brings nothing but the record it begins with, one last look is taken behind it: a server that gives one
    record at a time would else seem to have ended.
    """

    size: int

    def offset(self, spot: Spot) -> int:
        """The offset a request at this spot asks for."""
        return spot.seen if spot.cursor == _LAST_LOOK else max(spot.seen - 1, 0)

    def step(self, spot: Spot, keys: Sequence[Key], *, ended: bool) -> Step:
        """What to do after a page."""
        begun = self.offset(spot)
        known = remembered(keys)
        if spot.cursor == _LAST_LOOK:
            fresh = tuple(n for n, key in enumerate(keys) if key.id not in spot.known)
            return Step(fresh, Spot(page=spot.page + 1, seen=begun + len(keys), known=known) if fresh else None)
        last = max((n for n, key in enumerate(keys) if key.id in spot.known), default=None)
        if last is None and begun > 0:
            back = begun - self.size
            return Step((), replace(spot, seen=back + 1 if back > 0 else 0))
        fresh = tuple(range(0 if last is None else last + 1, len(keys)))
        if ended:
            return Step(fresh, None)
        if not fresh and len(keys) <= 1:
            return Step((), replace(spot, cursor=_LAST_LOOK) if keys else None)
        return Step(fresh, Spot(page=spot.page + 1, seen=begun + len(keys), known=known))
