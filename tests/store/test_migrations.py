"""A database of an earlier erplink is told apart, upgraded with all it holds, and ends up as a new one begins."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from erplink import Link, StoreMismatch
from erplink.store import outbox, queue
from erplink.store.database import open_store, upgrade
from erplink.store.engines import engine_for
from erplink.store.queue import Ask
from erplink.store.revision import REVISION, version
from erplink.store.schema import META
from tests.databases import Databases
from tests.store.old import fill, first_revision

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def differences(url: str) -> list[Any]:
    """What alembic would change to make a database what the code says."""
    engine = engine_for(url)

    def comparable(_thing: object, name: str | None, kind: str, *_more: object) -> bool:
        # SQLite does not tell of the DESC in an index; ``shape`` compares indexes by their text.
        return not (engine.dialect.name == "sqlite" and kind == "index" and str(name).endswith("_open"))

    with engine.begin() as connection:
        options = {"version_table": version.name, "compare_server_default": True, "include_object": comparable}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), META)
    engine.dispose()
    return found


def shape(url: str) -> dict[str, Any]:
    """Everything the database says of its tables."""
    engine = engine_for(url)
    with engine.begin() as connection:
        look = sa.inspect(connection)
        names = sorted(look.get_table_names())
        if connection.dialect.name == "postgresql":
            indexes = sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
            more = sa.text(
                "SELECT relname, reloptions, attname, collname"
                " FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
                " LEFT JOIN pg_collation ON pg_collation.oid = attcollation"
                " WHERE relname LIKE 'erplink%' AND attnum > 0 AND NOT attisdropped ORDER BY 1, attnum"
            )
        else:
            indexes = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY 1")
            more = sa.text("SELECT 1 WHERE 0")
        found = {
            "tables": {
                name: [(each["name"], str(each["type"]), each["nullable"]) for each in look.get_columns(name)]
                for name in names
            },
            "keys": {name: look.get_pk_constraint(name) for name in names},
            "unique": {name: look.get_unique_constraints(name) for name in names},
            "indexes": [tuple(row) for row in connection.execute(indexes)],
            "more": [tuple(row) for row in connection.execute(more)],
        }
    engine.dispose()
    return found


def test_the_newest_script_is_the_revision_that_the_code_needs() -> None:
    config = Config()
    config.set_main_option("script_location", "erplink.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_new_database_and_an_upgraded_one_are_the_same(databases: Databases) -> None:
    new, old = databases.empty("new"), databases.empty("old")
    open_store(new).close()
    with first_revision(old):
        pass
    assert upgrade(old) == "0001"
    assert differences(new) == []
    assert differences(old) == []
    assert shape(old) == shape(new)


def test_a_database_of_the_first_release_is_named_and_left_alone(databases: Databases) -> None:
    url = databases.empty()
    with first_revision(url) as connection:
        fill(connection)
    before = shape(url)
    with pytest.raises(StoreMismatch, match=r"revision 0001, this erplink needs .* erplink db upgrade"):
        Link.open(url, space="acme")
    assert shape(url) == before


def test_an_upgrade_keeps_what_there_is_and_what_was_under_way(databases: Databases) -> None:
    url = databases.empty()
    with first_revision(url) as connection:
        fill(connection)
    reached: list[str] = []
    assert upgrade(url, tell=reached.append) == "0001"
    assert reached == ["0002"]
    assert upgrade(url, tell=reached.append) == REVISION
    assert reached == ["0002"]
    store = open_store(url)
    with store.begin() as connection:
        assert connection.execute(sa.text("SELECT payload, gone_at FROM erplink_documents")).all() == [
            ('{"备注":"你好"}', None)
        ]
        assert connection.execute(sa.text("SELECT token FROM erplink_cursors")).scalar_one() == "44"
        assert outbox.counts(connection, "acme") == {
            ("customers.update", "done"): 1,
            ("customers.update", "pending"): 1,
            ("orders.create", "pending"): 3,
            ("orders.create", "refused"): 1,
        }
        claimed = queue.claim(connection, "outbox", "acme", Ask("kingdee", (), 9, "me", NOW, NOW + timedelta(hours=1)))
        # Gifts of one person one after the other, balances whenever; what may have been done is looked up first.
        assert [(each.message.key, each.maybe, each.attempts) for each in claimed] == [
            ("gift-1", False, 1),
            ("balance:p:kingdee:C2", True, 1),
        ]
        assert claimed[0].message.payload == '{"of":"gift-1"}'
        queue.settle(connection, "outbox", [queue.Settled(each, "done") for each in claimed], NOW)
        (second,) = queue.claim(connection, "outbox", "acme", Ask("kingdee", (), 9, "me", NOW, NOW))
        assert (second.message.key, second.maybe, second.message.target) == ("gift-2", True, "E2")
    store.close()


def test_tables_of_a_newer_erplink_are_left_alone(databases: Databases) -> None:
    url = databases.url()
    store = open_store(url)
    with store.begin() as connection:
        connection.execute(sa.update(version).values(version_num="0999"))
    for door in (open_store, upgrade):
        with pytest.raises(StoreMismatch, match="a newer erplink made or upgraded them"):
            door(url)
    store.close()


def test_an_upgrade_that_fails_leaves_everything_as_it_was(databases: Databases) -> None:
    url = databases.empty()
    with first_revision(url) as connection:
        fill(connection)
        connection.execute(sa.text("CREATE TABLE erplink_workers (mine INTEGER)"))
    before = shape(url)
    with pytest.raises(Exception, match="erplink_workers"):
        upgrade(url)
    assert shape(url) == before


def test_an_empty_database_that_is_opened_by_many_at_once_is_made_once(databases: Databases) -> None:
    url = databases.empty()
    program = f"from erplink.store.database import open_store; input(); open_store({url!r}).close()"
    command = [sys.executable, "-c", program]
    crowd = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(6)
    ]
    with ThreadPoolExecutor(6) as pool:
        said = [err for _, err in pool.map(lambda each: each.communicate("\n", timeout=120), crowd)]
    assert said == [""] * 6
    assert differences(url) == []


def test_two_upgrades_at_once_are_one(databases: Databases) -> None:
    url = databases.empty()
    with first_revision(url) as connection:
        fill(connection)
    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(upgrade, (url, url)))
    assert found == ["0001", REVISION]
    open_store(url).close()


def test_opening_loads_no_migrations(databases: Databases) -> None:
    program = (
        "import sys; from erplink.store.database import open_store\n"
        f"for _ in range(2): open_store({databases.empty()!r}).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
