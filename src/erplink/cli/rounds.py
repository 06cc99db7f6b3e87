"""The demo's loop over a link: sync until nothing moves any more, and let leading members ask for gifts.

No step keeps a decision in memory: what was decided stands in the database, so that a killed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from itertools import count
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from erplink.cli.live import Live
from erplink.errors import InsufficientBalance, RetryError, Unreachable
from erplink.link import Link
from erplink.link.values import Month, Redemption, SyncReport

GIFT_POINTS = 500
GIFTS = ("GIFT-001", "GIFT-001", "GIFT-001", "GIFT-001", "GIFT-002")
"""What the leading members ask for, first to fifth; the world has no GIFT-002 in stock."""

_ROUNDS = 40
_BREAKS = 25


@frozen
class Work:
    """What syncs did, added up. ``breaks`` counts how often one ended early and was taken up again."""

    syncs: int = 0
    fresh: int = 0
    known: int = 0
    entries: int = 0
    written: int = 0
    refused: int = 0
    breaks: int = 0

    def plus(self, report: SyncReport) -> Work:
        """This and one more sync."""
        return evolve(
            self,
            syncs=self.syncs + 1,
            fresh=self.fresh + sum(pulled.fresh for pulled in report.pulled),
            known=self.known + sum(pulled.known for pulled in report.pulled),
            entries=self.entries + report.entries,
            written=self.written + sum(pushed.done for _, pushed in report.pushed),
            refused=self.refused + sum(pushed.refused for _, pushed in report.pushed),
        )


def settle(link: Link, live: Live, work: Work) -> Work:
    """Sync until a sync finds nothing new and writes nothing.

    A sync that ends for a passing reason is taken up again, a bounded number of times. Raises what ended the last one,
    and anything else that is not passing.
    """
    for _ in range(_ROUNDS):
        try:
            report = link.sync(progress=live.tell)
        except RetryError as error:
            if work.breaks >= _BREAKS:
                raise
            work = evolve(work, breaks=work.breaks + 1)
            live.say(f"  interrupted: {error.what}; taken up where it stopped ({work.breaks} of at most {_BREAKS})")
            continue
        work = work.plus(report)
        waiting = sum(pushed.later for _, pushed in report.pushed)
        if report.unchanged and not waiting and not any(pulled.fresh for pulled in report.pulled):
            return work
    raise Unreachable(
        f"the ERP and the books did not come to rest in {_ROUNDS} syncs",
        where="demo",
        next_step="wait until nobody edits documents there, then run the same command again",
    )


def ask_for_gifts(link: Link, zone: ZoneInfo) -> int:
    """Let the leading members redeem a gift each, once for good; how many asked now.

    Points are spent at the end of the last month in which any were earned: the same instant in every run, so that the
    books of an interrupted run and of an undisturbed one are the same text.
    """
    at = _month_end((month for month in link.overview().monthly if month.earned), zone)
    if at is None:
        return 0
    asked = 0
    for standing, gift, key in zip(link.members.top(len(GIFTS)), GIFTS, _keys(), strict=False):
        if link.points.redemption(key) is not None:
            continue
        try:
            link.points.redeem(link.members.find(code=standing.code), GIFT_POINTS, gift=gift, key=key, at=at)
        except InsufficientBalance:
            continue
        asked += 1
    return asked


def state_of(link: Link) -> str:
    """A fingerprint of books and outbox: equal when nothing was booked and nothing was asked for or done in between."""
    writes = sorted(link.overview().writes.items())
    return sha256("\n".join([*link.export(), repr(writes)]).encode()).hexdigest()


def gifts_so_far(link: Link) -> tuple[Redemption, ...]:
    """How every gift stands that was asked for."""
    found = (link.points.redemption(key) for key, _ in zip(_keys(), GIFTS, strict=False))
    return tuple(redemption for redemption in found if redemption is not None)


def _keys() -> Iterable[str]:
    return (f"demo-gift-{n}" for n in count(1))


def _month_end(earning: Iterable[Month], zone: ZoneInfo) -> datetime | None:
    last = max((month.month for month in earning), default=None)
    if last is None:
        return None
    year, month = (int(part) for part in last.split("-"))
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
