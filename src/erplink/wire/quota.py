"""What a reply tells of a quota: how many calls are left, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from attrs import evolve, frozen

from erplink.wire.call import Reply
from erplink.wire.http import LONGEST_PAUSE

_PREFIXES = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
_PAIRS = re.compile(r"(?:^|[;,])\s*(r|t|remaining|reset)\s*=\s*(\d{1,15})(?!\d)", re.IGNORECASE)
_MEMBERS = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_EPOCH, _EPOCH_MILLISECONDS = 1e9, 1e12
"""Below the first a figure is seconds from now; from it on an instant in seconds, from the second one milliseconds."""


@frozen
class Quota:
    """``left`` calls before ``until`` (aware); then it is filled again."""

    left: int
    until: datetime

    def free_at(self, now: datetime) -> datetime:
        """When the next call may be sent."""
        return self.until if self.left <= 0 and now < self.until else now

    def less(self, calls: int) -> Quota:
        """After so many calls more."""
        return evolve(self, left=self.left - calls)


def quota_of(reply: Reply, now: datetime) -> Quota | None:
    """The quota a reply tells of, the tightest if there are several; None when it tells of none.

    Read are ``RateLimit-Remaining`` and ``-Reset`` (also with ``X-``; seconds, or the instant as Unix time, which
    counts from the reply's own ``Date``), and the structured field ``RateLimit: "name";r=0;t=30``.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> quota_of(Reply(200, headers={"ratelimit": '"daily";r=12;t=3600, "burst";r=0;t=2'}), noon)
    Quota(left=0, until=datetime.datetime(2026, 1, 1, 12, 0, 2, tzinfo=datetime.timezone.utc))
    """
    told = [
        Quota(left, now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_PAUSE)))
        for left, seconds in (*_plain(reply.headers, now), *_structured(reply.headers.get("ratelimit", "")))
    ]
    spent = [quota for quota in told if quota.left <= 0]
    if spent:
        return max(spent, key=lambda quota: quota.until)
    return min(told, key=lambda quota: quota.left, default=None)


def _plain(headers: Mapping[str, str], now: datetime) -> Iterator[tuple[int, float]]:
    for prefix in _PREFIXES:
        left = _number(headers.get(f"{prefix}remaining", ""))
        reset = _number(headers.get(f"{prefix}reset", ""))
        if left is not None and reset is not None:
            yield int(left), reset if reset < _EPOCH else _until(reset, headers.get("date", ""), now)


def _structured(text: str) -> Iterator[tuple[int, float]]:
    """``"name";r=1;t=2`` for each policy; earlier drafts had one ``limit=…, remaining=…, reset=…`` instead."""
    for member in [text] if "remaining" in text.lower() else _MEMBERS.split(text):
        found = {name.lower()[:3]: int(value) for name, value in _PAIRS.findall(member)}
        left, seconds = found.get("r", found.get("rem")), found.get("t", found.get("res"))
        if left is not None and seconds is not None:
            yield left, float(seconds)


def _number(text: str) -> float | None:
    """The first figure of a field that may hold several, and parameters."""
    found = re.match(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(?:[,;]|$)", text)
    return float(found[1]) if found else None


def _until(epoch: float, date: str, now: datetime) -> float:
    """Seconds to an instant, by the clock of whoever named it."""
    seconds = epoch / 1000 if epoch >= _EPOCH_MILLISECONDS else epoch
    try:
        return seconds - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return seconds - now.timestamp()
