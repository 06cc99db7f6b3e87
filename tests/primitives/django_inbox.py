"""What a Django application does with an inbox in one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from erplink import Inbox, Message, Patience, Store
from tests.borrowed.workers import configure_django


def work(url: str) -> tuple[int, list[str], list[int]]:
    """Accept in a transaction of Django's, and work off in others; the first attempt at one message fails."""
    configure_django(url)
    from django.db import connection, transaction

    store, attempts = Store.open(url), list[int]()
    inbox = Inbox(store)

    @contextmanager
    def begin() -> Iterator[object]:
        with transaction.atomic():
            yield connection.connection

    def visit(_: object, message: Message) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO visits VALUES (%s)", [message.payload["order"]])
        attempts.append(message.attempt)
        if message.key == "evt_2" and message.attempt == 1:
            raise OSError("not yet")

    with transaction.atomic():
        third = Message("order.paid", key="evt_3", payload={"order": "SO3"})
        known = Message("order.paid", key="evt_1", payload={"order": "SO1"})
        fresh = inbox.accept(connection.connection, known, third)
    ended = inbox.work({"order.paid": visit}, begin=begin, patience=Patience(base=timedelta(0)))
    connection.close()
    store.close()
    return ended.done, sorted(fresh), attempts
