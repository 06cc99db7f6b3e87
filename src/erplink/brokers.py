"""Settings of the message brokers that events are taken in from: ``Nats`` and ``Redis``.

``link.intake("shop", Nats("nats://127.0.0.1:4222", "ORDERS"))``. Another broker is whatever has an ``open()`` that
gives a ``Source``.
"""

from __future__ import annotations

from erplink.facade.brokers.nats import Nats
from erplink.facade.brokers.redis import Redis
from erplink.sync.envelope import Arrival
from erplink.sync.intake import Broker, Source

__all__ = ["Arrival", "Broker", "Nats", "Redis", "Source"]
