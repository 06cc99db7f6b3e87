"""A shop with a database of its own in which erplink's tables lie too, and one member who has points."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from erplink import AsyncErp, Erp, Link, connect, connect_async
from erplink.erp.kingdee import Kingdee
from erplink.link.values import Member
from tests.link.company import PLAIN

SPACE = "acme"
WRITES = frozenset({"orders.create"})
VISITS = sa.Table("visits", sa.MetaData(), sa.Column("name", sa.String(40), primary_key=True))
"""The host's own table."""


def nowhere() -> Kingdee:
    """A system that nobody calls: gifts are ordered, and wait."""
    return Kingdee(url="http://127.0.0.1:9/k3cloud/", acct_id="1", username="u", login="password", password="s")


def erp() -> Erp:
    return connect(nowhere())


def async_erp() -> AsyncErp:
    return connect_async(nowhere())


@contextmanager
def link_on(url: str) -> Iterator[Link]:
    with erp() as system, Link.open(url, space=SPACE) as link:
        link.attach("kingdee", system, writes=WRITES)
        yield link


def prepare(url: str, points: int = 100) -> None:
    """One member, C1, with that many points, and the host's table."""
    with link_on(url) as link, TemporaryDirectory() as folder:
        link.policies.publish(PLAIN)
        file = Path(folder) / "opening.csv"
        file.write_text(f"customer,points\nC1,{points}\n", encoding="utf-8")
        link.opening.load(file)
    engine = sa.create_engine(url)
    VISITS.metadata.create_all(engine)
    engine.dispose()


def member(link: Link) -> Member:
    return link.members.find(code="C1")


def balance(url: str) -> int:
    with link_on(url) as link:
        return link.points.balance(member(link)).points


def visits(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(sa.select(VISITS.c.name).order_by(VISITS.c.name)).scalars())
    engine.dispose()
    return found
