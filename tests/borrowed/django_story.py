"""What a Django application does with a link in one process, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from erplink import ProtocolBroken
from tests.borrowed.shop import balance, link_on, member, visits
from tests.borrowed.workers import configure_django

Story = dict[str, object]


class ChangedItsMind(Exception):
    """What the application raises to roll back."""


def tell(url: str, driver: str) -> Story:
    """Commit, roll back, roll back to a savepoint, forget the transaction; times in Shanghai and without zones."""
    configure_django(url, USE_TZ=False, TIME_ZONE="Asia/Shanghai")
    _only(driver)
    from django.db import connection, transaction

    with link_on(url) as link:
        who = member(link)
        own = link.points.history(who)

        def spend(key: str, points: int) -> None:
            link.within(connection.connection).points.redeem(who, points, gift="GIFT", key=key)
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO visits VALUES (%s)", [key])

        def whole() -> None:
            with transaction.atomic():
                spend("committed", 1)

        def undone() -> None:
            with transaction.atomic():
                spend("rolled back", 2)
                raise ChangedItsMind

        def nested() -> None:
            with transaction.atomic():
                spend("outer", 4)
                _despite(ChangedItsMind, inner)
                spend("after", 16)

        def inner() -> None:
            with transaction.atomic():
                spend("inner", 8)
                raise ChangedItsMind

        whole()
        _despite(ChangedItsMind, undone)
        nested()
        refused = _despite(ProtocolBroken, lambda: spend("autocommit", 32))
        with transaction.atomic():
            here = link.within(connection.connection)
            same = here.points.history(who)[: len(own)] == own
    name = type(connection.connection).__module__.partition(".")[0]
    connection.close()
    return {"points": balance(url), "visits": visits(url), "refused": refused, "same": same, "driver": name}


def _despite(error: type[Exception], fn: Callable[[], None]) -> str:
    try:
        fn()
    except error as raised:
        return str(raised)
    return ""


def _only(driver: str) -> None:
    """Django takes psycopg where it finds it; while it looks, it does not find it."""
    if driver == "psycopg2":
        hidden = sys.modules.pop("psycopg", None)
        sys.modules["psycopg"] = None  # type: ignore[assignment]
        import_module("django.db.backends.postgresql.base")
        del sys.modules["psycopg"]
        if hidden is not None:
            sys.modules["psycopg"] = hidden
