"""``erplink db`` as a person or a deploy script uses it."""

from __future__ import annotations

import json
from pathlib import Path

from erplink.store.database import open_store
from erplink.store.revision import REVISION
from tests.cli.shell import erplink
from tests.databases import Databases
from tests.store.old import fill, first_revision


def test_an_old_database_is_shown_upgraded_and_then_fits(databases: Databases) -> None:
    url, here = databases.empty(), databases.folder
    with first_revision(url) as connection:
        fill(connection)
    old = erplink("db", "show", url, "--json", cwd=here)
    assert old.code == 3, old.err
    told = json.loads(old.out)
    assert (told["fits"], told["revision"], told["needed"]) == (False, "0001", REVISION)
    assert told["waiting"] == {"messages to write": 4, "customer codes to decide about": 0}
    shown = erplink("db", "show", url, cwd=here)
    assert shown.code == 3
    assert "back it up, then run erplink db upgrade" in shown.out

    done = erplink("db", "upgrade", url, cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"reached revision {REVISION}",
        "Upgraded from revision 0001; nothing was lost.",
    ]
    assert erplink("db", "upgrade", url, cwd=here).out == f"Of revision {REVISION}.\n"

    new = erplink("db", "show", cwd=here, env={"ERPLINK_DB": url})
    assert new.code == 0
    assert f"Revision {REVISION}, as this erplink needs it." in new.out
    assert json.loads(erplink("db", "show", url, "--json", cwd=here).out)["waiting"]["messages to write"] == 4


def test_a_newer_database_is_left_alone(databases: Databases) -> None:
    url, here = databases.url(), databases.folder
    store = open_store(url)
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE erplink_version SET version_num = '0999'")
    store.close()
    for command in ("show", "upgrade"):
        done = erplink("db", command, url, cwd=here)
        assert done.code == 3
        assert "newer" in done.out + done.err
        assert "Traceback" not in done.err


def test_a_database_without_tables_is_only_looked_at(databases: Databases) -> None:
    url = databases.empty()
    if databases.engine == "sqlite":
        (databases.folder / "empty.db").touch()
    done = erplink("db", "show", url, "--json", cwd=databases.folder)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["fits"], told["revision"], told["tables"], told["waiting"]) == (True, "", {}, {})


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for command in ("show", "upgrade"):
        done = erplink("db", command, "sqlite:///nowhere.db", cwd=tmp_path)
        assert done.code == 2
        assert "there is no such file (sqlite:///nowhere.db)" in done.err
    assert not list(tmp_path.iterdir())
