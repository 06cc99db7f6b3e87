"""Use the inbox alone in Django: a web hook that is called twice pays an order once, in a transaction of Django's.

Prints:
    the hook kept ['evt_1']
    the hook kept []
    worked off: 1
    paid: ['SO1']
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.db import connection, models, transaction

from erplink import Inbox, Message, Store

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}})
django.setup()


class Paid(models.Model):
    order = models.CharField(primary_key=True, max_length=40)

    class Meta:
        app_label = "shop"


@contextmanager
def begin() -> Iterator[object]:
    with transaction.atomic():
        yield connection.connection


def pay(_: object, message: Message) -> None:
    Paid.objects.create(order=message.payload["order"])


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Paid)
    store = Store.open("sqlite:///shop.db")
    inbox, event = Inbox(store), Message("order.paid", key="evt_1", payload={"order": "SO1"})

    for _ in range(2):
        with begin() as lent:
            print("the hook kept", [*inbox.accept(lent, event)])
    print("worked off:", inbox.work({"order.paid": pay}, begin=begin).done)  # in a process of its own
    print("paid:", [paid.order for paid in Paid.objects.all()])
    connection.close()
    store.close()


if __name__ == "__main__":
    main()
