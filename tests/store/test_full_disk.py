"""A database that has no room left: one sentence says so, nothing is half-done, and the next run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from erplink import StoreUnavailable
from erplink.store import policies
from erplink.store import tables as t
from erplink.store.database import Store, open_store
from tests.databases import Databases, only, started
from tests.link.company import PLAIN, Company, company
from tests.store.notes import NOW, note, noted, raises

SHOP = tuple((f"10{n:02}", f"C{n % 6}", "2026-03-02 10:00", "10001", 1 + n % 3, "100.00") for n in range(24))


def undisturbed(erp: Company) -> list[str]:
    """The ledger of a run that nobody disturbs, and writes nothing."""
    with erp.link(PLAIN, database="calm") as link:
        link.sync(push=False)
        return link.export()


@only("sqlite")
def test_a_full_database_names_the_disk_and_goes_on_when_there_is_room(databases: Databases) -> None:
    with company(databases, *SHOP) as erp:
        calm = undisturbed(erp)
        with erp.link(PLAIN) as link:
            limits = link._desk.store
            room, said = 0, list[str]()
            while True:
                with limits.begin() as connection:  # SQLite answers as on a full disk
                    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + room}")
                before = link.export()
                try:
                    link.sync(push=False)
                    break
                except StoreUnavailable as error:
                    said.append(str(error))
                assert [line for line in before if line not in link.export()] == []
                room += 3
            assert len(said) > 2
            assert all("the disk of the database is full" in words and "free space" in words for words in said)
            assert link.export() == calm


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="a small disk can only be mounted by root")
@only("sqlite")
def test_a_small_disk_that_is_full(databases: Databases) -> None:
    with small_disk(databases.folder / "disk", "1m") as disk:
        url = f"sqlite:///{disk / 'books.db'}"
        store = open_store(url)
        with store.begin() as connection:
            note(connection, "before")
        for _ in range(2):
            with raises(StoreUnavailable, "the disk of the database is full", "free space"):
                fill(store, 4_000_000)
        store.close()
        assert noted(url) == ["before"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits on the size of files are POSIX")
@only("sqlite")
def test_a_disk_that_refuses_to_write(databases: Databases) -> None:
    url = databases.url()
    program = (
        "import resource; from erplink.store.database import open_store; from tests.store.notes import note\n"
        f"store = open_store({url!r})\n"
        "with store.begin() as connection: note(connection, 'before')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
        "with store.begin() as connection: note(connection, 'after', 4_000_000)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert "StoreUnavailable: the disk of the database fails" in done.stderr.splitlines()[-1]
    assert noted(url) == ["before"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="a small disk can only be mounted by root")
def test_a_server_whose_disk_is_full(own_home: Path) -> None:
    with started(own_home) as server, small_disk(own_home / "disk", "12m") as disk:
        owner = (own_home / "data").stat()
        os.chown(disk, owner.st_uid, owner.st_gid)
        server.run(f"CREATE TABLESPACE small LOCATION '{disk}'")
        with server.made("template0", "TABLESPACE small") as name:
            store = open_store(server.address(name))
            with store.begin() as connection:
                note(connection, "before")
            with raises(StoreUnavailable, "the disk of the database is full", "free space"):
                fill(store, 60_000_000)
            with store.begin() as connection:
                assert [each.id for each in policies.published(connection, "acme")] == ["before"]
                note(connection, "after")
            store.close()
        server.run("DROP TABLESPACE small")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode:
        pytest.skip("this root may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(store: Store, size: int) -> None:
    with store.begin() as connection:
        connection.execute(
            sa.insert(t.policies),
            [
                {
                    "space": "acme",
                    "hash": f"{n}",
                    "id": "big",
                    "version": n,
                    "text": os.urandom(50_000).hex(),
                    "effective": None,
                    "approved_by": "",
                    "published_at": NOW,
                }
                for n in range(size // 100_000)
            ],
        )
