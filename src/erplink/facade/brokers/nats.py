"""``Nats(...)``: a stream of NATS JetStream, and the durable consumer that reads it."""

from __future__ import annotations

from attrs import field, frozen

from erplink.facade.brokers.settings import check_address, check_seconds, check_word, missing, shown
from erplink.sync.intake import Source

_SCHEMES = ("nats", "tls", "ws", "wss")


@frozen
class Nats:
    """A stream of NATS JetStream, read through a durable pull consumer that several processes may share.

    ``url`` may name several servers, separated by commas, and hold user and password or a token; both stay out of
    ``repr``. ``subject`` takes only what was published under it (``shop.orders.*``); empty means the whole stream. The
    consumer is made when it is missing and begins with the first event of the stream. What was not acknowledged within
    ``redeliver`` seconds is handed out again. ``wait`` is how many seconds a fetch waits for something to come.

    Raises:
        ConfigInvalid: a setting is missing or malformed; the sentence names it.

    >>> Nats("nats://shop:secret@127.0.0.1:4222", "ORDERS")
    Nats(url=nats://127.0.0.1:4222, stream='ORDERS', durable='erplink', subject='', wait=1.0, redeliver=60.0)
    """

    url: str = field(repr=shown)
    stream: str
    durable: str = "erplink"
    subject: str = ""
    wait: float = 1.0
    redeliver: float = 60.0

    def __attrs_post_init__(self) -> None:
        check_address("NATS", self.url, _SCHEMES)
        for name, word in (("stream", self.stream), ("durable", self.durable)):
            check_word("NATS", name, word, ".*>/\\")
        if self.subject:
            check_word("NATS", "subject", self.subject, "")
        check_seconds("NATS", "wait", self.wait)
        check_seconds("NATS", "redeliver", self.redeliver)

    def open(self) -> Source:
        """A consumer that connects when it is first asked. Raises ``ConfigInvalid`` when nats-py is not installed."""
        try:
            from erplink.facade.brokers.nats_source import NatsSource
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "nats":
                raise
            raise missing("NATS", "nats") from None
        return NatsSource(self)
