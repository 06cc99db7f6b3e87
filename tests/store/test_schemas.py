"""Tables in a schema of their own: made, upgraded and used there, out of sight of others in the same database."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from erplink import ConfigInvalid, Link, StoreMismatch
from erplink.store.database import look, open_store, upgrade
from erplink.store.revision import REVISION
from tests.databases import Databases, only
from tests.link.company import PLAIN, WRITES, Company, company
from tests.store.notes import with_options
from tests.store.old import fill, first_revision

ROW = ("1001", "C1", "2026-03-02 10:00", "M1", 1, "100.00")


def tables(databases: Databases, url: str) -> set[object]:
    assert databases.server is not None
    query = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'erplink%'"
    return {schema for (schema,) in databases.server.run(query, database=make_url(url).database or "")}


def loop(erp: Company, link: Link) -> list[str]:
    with erp.connect() as connected:
        link.attach("kingdee", connected, writes=WRITES)
        link.policies.publish(PLAIN)
        link.sync()
        link.points.redeem(link.members.find(code="C1"), 40, gift="GIFT-001", key="one")
        link.sync()
        return link.export()


@only("postgresql")
def test_two_schemas_of_one_database_do_not_meet(databases: Databases) -> None:
    url = databases.empty()
    with (
        company(databases, ROW) as erp,
        Link.open(url, space="acme", schema="one") as one,
        Link.open(with_options(url, schema="积分"), space="acme") as two,
    ):
        books = loop(erp, one)
        assert len(books) == 2
        assert two.export() == []
        with pytest.raises(ConfigInvalid, match="no policy"):
            two.overview()
        assert [line for line in loop(erp, two) if "\tearn\t" in line] == [line for line in books if "\tearn\t" in line]
        assert one.export() == books
    assert tables(databases, url) == {"one", "积分"}
    with Link.open(url, space="acme", schema="one") as again:
        assert again.export() == books


@only("postgresql")
def test_a_schema_is_upgraded_by_itself(databases: Databases) -> None:
    url = databases.empty()
    open_store(url, schema="new").close()
    for schema in ("old", "older"):
        with first_revision(url, schema) as connection:
            fill(connection)
    with pytest.raises(StoreMismatch, match=r"erplink db upgrade \S+[?&]schema=old$"):
        open_store(url, schema="old")
    assert upgrade(url, schema="old") == "0001"
    store = open_store(url, schema="old")
    store.close()
    found = {schema: look(with_options(url, schema=schema)).revision for schema in ("new", "old", "older")}
    assert found == {"new": REVISION, "old": REVISION, "older": "0001"}
    assert look(url, schema="old").tables == {
        **dict.fromkeys(look(url, schema="new").tables, 0),
        "erplink_accounts": 1,
        "erplink_cursors": 1,
        "erplink_documents": 1,
        "erplink_outbox": 6,
        "erplink_people": 1,
    }
    assert tables(databases, url) == {"new", "old", "older"}


@only("postgresql")
@pytest.mark.parametrize("name", ["a b", 'x"; DROP TABLE y; --', "pg_mine", "s" * 64, "über" * 13])
def test_a_name_that_is_none_is_refused(databases: Databases, name: str) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be the name of a schema"):
        open_store(databases.url(), schema=name)


@only("sqlite")
def test_sqlite_has_no_schemas(databases: Databases) -> None:
    for url, schema in ((databases.url(), "one"), (with_options(databases.url(), schema="one"), "")):
        with pytest.raises(ConfigInvalid, match="SQLite has no schemas"):
            open_store(url, schema=schema)
    assert not list(databases.folder.iterdir())
