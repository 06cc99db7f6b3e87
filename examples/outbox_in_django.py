"""Use the outbox alone in Django: a mail is kept with the row it is about, and sent after the commit, or never.

Prints:
    rolled back: 0 mails
    mail: welcome ann
    a second worker: 0 mails
"""

from __future__ import annotations

import django
from django.conf import settings
from django.db import connection, models, transaction

from erplink import Message, Outbox, Store

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.db"}})
django.setup()


class User(models.Model):
    name = models.CharField(primary_key=True, max_length=40)

    class Meta:
        app_label = "shop"


def sign_up(outbox: Outbox, name: str) -> None:
    User.objects.create(name=name)
    outbox.put(connection.connection, Message("mail.welcome", key=f"welcome:{name}", payload={"to": name}))


def send(message: Message) -> None:
    print("mail: welcome", message.payload["to"])


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(User)
    store = Store.open("sqlite:///shop.db")
    outbox = Outbox(store)
    with transaction.atomic():
        sign_up(outbox, "bob")
        transaction.set_rollback(True)
    print("rolled back:", outbox.deliver({"mail.welcome": send}).done, "mails")
    with transaction.atomic():
        sign_up(outbox, "ann")
    outbox.deliver({"mail.welcome": send})  # in a process of its own: a management command, a scheduler
    print("a second worker:", outbox.deliver({"mail.welcome": send}).done, "mails")
    connection.close()
    store.close()


if __name__ == "__main__":
    main()
