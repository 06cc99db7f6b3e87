"""How Kingdee's two open platforms (苍穹, 云星辰) are spoken to: requests of plans as JSON, replies read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

from attrs import field, frozen

from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment
from erplink.manifest.json import JsonTongue
from erplink.manifest.templates import Context
from erplink.wire.call import Call, Reply

_FAR = timedelta(minutes=1)


def _unchanged(_: str, request: dict[str, Any]) -> Mapping[str, Any]:
    return request


@frozen
class Speech:
    """What a dialect needs besides login and judgement. ``salt`` keeps the nonces of several clients apart.

    ``completed`` adds to a request, by its operation, what no template holds.
    """

    tongue: JsonTongue
    moment: Callable[[datetime], Moment]
    salt: str = ""
    completed: Callable[[str, dict[str, Any]], Mapping[str, Any]] = _unchanged
    serial: count[int] = field(factory=count, repr=False)
    _memo: list[tuple[Reply, Any]] = field(factory=list, repr=False)
    _said_at: list[datetime] = field(factory=list, repr=False)

    def call(self, ask: Ask, names: Context) -> Call:
        """The call of a request with its places filled in."""
        return self.tongue.call(ask.operation, self.completed(ask.operation, ask.filled(names)), safe=ask.safe)

    def read(self, reply: Reply) -> Any:
        """The body of a reply as JSON; parsed once where judging and reading both want it. None when it is none."""
        for known, tree in self._memo[-1:]:
            if known is reply:
                return tree
        tree = self.tongue.tree(reply)
        self._memo[:] = [(reply, tree)]
        return tree

    def said(self, now: datetime) -> None:
        """Note by which clock a call was signed."""
        self._said_at[:] = [now]

    def was_out_of_time(self, reply: Reply) -> bool:
        """Whether what was signed last went by a clock far from the one of this reply."""
        try:
            told = parsedate_to_datetime(reply.headers.get("date", ""))
            return any(abs(told - at) > _FAR for at in self._said_at)
        except (ValueError, TypeError):
            return False
