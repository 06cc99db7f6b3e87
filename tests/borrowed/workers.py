"""What one worker process of these tests does: redeem from many threads, each in a transaction of the host's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from erplink import InsufficientBalance, Link, StoreUnavailable
from tests.borrowed.shop import VISITS, link_on, member

Host = Literal["erplink itself", "sqlalchemy", "sqlalchemy without patience", "django"]
Transaction = Callable[[], AbstractContextManager[Callable[[str], object]]]

TURNS = 100_000
"""How often a host without a busy timeout runs its transaction again before the test gives up."""


def redeem_many(url: str, host: Host, worker: int, threads: int, wishes: int) -> Counter[str]:
    """How so many redemptions of 10 points ended, ``threads`` of them at a time."""
    with link_on(url) as link, ThreadPoolExecutor(threads) as pool:
        redeem = _HOSTS[host](url, link)
        return Counter(pool.map(redeem, [f"{worker}-{wish}" for wish in range(wishes)]))


def _itself(url: str, link: Link) -> Callable[[str], str]:
    who = member(link)

    def redeem(key: str) -> str:
        try:
            return link.points.redeem(who, 10, gift="GIFT", key=key).state
        except InsufficientBalance:
            return "refused"

    return redeem


def _sqlalchemy(url: str, link: Link, **settings: object) -> Callable[[str], str]:
    engine, who = sa.create_engine(url, connect_args=settings), member(link)

    def once(key: str) -> str:
        with engine.begin() as connection:
            state = link.within(connection).points.redeem(who, 10, gift="GIFT", key=key).state
            connection.execute(sa.insert(VISITS).values(name=key))
            return state

    return lambda key: _until_it_goes_on(once, key)


def _impatient(url: str, link: Link) -> Callable[[str], str]:
    return _sqlalchemy(url, link, timeout=0)


def _django(url: str, link: Link) -> Callable[[str], str]:
    configure_django(url)
    from django.db import connection, transaction

    who = member(link)

    def once(key: str) -> str:
        try:
            with transaction.atomic():
                state = link.within(connection.connection).points.redeem(who, 10, gift="GIFT", key=key).state
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO visits VALUES (%s)", [key])
                return state
        finally:
            connection.close()

    return lambda key: _until_it_goes_on(once, key)


def _until_it_goes_on(once: Callable[[str], str], key: str) -> str:
    for _ in range(TURNS):
        try:
            return once(key)
        except InsufficientBalance:
            return "refused"
        except StoreUnavailable:
            continue
    raise AssertionError("the database never went on")


_HOSTS: dict[Host, Callable[[str, Link], Callable[[str], str]]] = {
    "erplink itself": _itself,
    "sqlalchemy": _sqlalchemy,
    "sqlalchemy without patience": _impatient,
    "django": _django,
}


def configure_django(url: str, **settings: object) -> None:
    """Django with this database, and its defaults for the rest. Once per process."""
    import django
    from django.conf import settings as django_settings

    parsed = make_url(url)
    engine = "sqlite3" if parsed.get_backend_name() == "sqlite" else "postgresql"
    database = {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": parsed.database or "",
        "USER": parsed.username or "",
        "PASSWORD": parsed.password or "",
        "HOST": parsed.host or parsed.query.get("host", ""),
        "PORT": parsed.port or "",
    }
    django_settings.configure(DATABASES={"default": database}, **settings)
    django.setup()
