"""``Redis(...)``: a Redis stream, and the consumer group that reads it."""

from __future__ import annotations

import attrs

from erplink.facade.brokers.settings import check_address, check_seconds, check_word, missing, shown
from erplink.sync.intake import Source

_SCHEMES = ("redis", "rediss")


@attrs.frozen
class Redis:
    """A Redis stream, read as one consumer of a group that several processes may share. Needs Redis 6.2 or newer.

    ``url`` may hold user and password, which stay out of ``repr``, and the number of the database:
    ``redis://user:password@host:6379/0``. Group and stream are made when they are missing; the group begins with the
    first event of the stream. An entry holds the event in the field named ``field``, or its attributes as fields of
    their own. What a consumer has not acknowledged within ``redeliver`` seconds is claimed from it. ``wait`` is how
    many seconds a fetch waits for something to come.

    Raises:
        ConfigInvalid: a setting is missing or malformed; the sentence names it.

    >>> Redis("redis://:secret@127.0.0.1:6379/0", "orders")
    Redis(url=redis://127.0.0.1:6379/0, stream='orders', group='erplink', field='event', wait=1.0, redeliver=60.0)
    """

    url: str = attrs.field(repr=shown)
    stream: str
    group: str = "erplink"
    field: str = "event"
    wait: float = 1.0
    redeliver: float = 60.0

    def __attrs_post_init__(self) -> None:
        check_address("Redis", self.url, _SCHEMES)
        for name, word in (("stream", self.stream), ("group", self.group), ("field", self.field)):
            check_word("Redis", name, word, "")
        check_seconds("Redis", "wait", self.wait)
        check_seconds("Redis", "redeliver", self.redeliver)

    def open(self) -> Source:
        """A consumer that connects when it is first asked. Raises ``ConfigInvalid`` when redis-py is not installed."""
        try:
            from erplink.facade.brokers.redis_source import RedisSource
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "redis":
                raise
            raise missing("Redis", "redis") from None
        return RedisSource(self)
