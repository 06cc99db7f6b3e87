"""A doctor says what is wrong between a manifest and a database before anything is pulled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from erplink.cli.doctor import Patient, run
from erplink.cli.login import Login
from erplink.facade.clock import utc_now
from erplink.facade.io_sync import SyncIo
from erplink.facade.manifest import load_manifest
from erplink.facade.step import step
from erplink.wire.check import Check, Examinable
from tests.erp.sql.between import INBOUND, REPORTS, UPDATES, inbox, outbox
from tests.erp.sql.conftest import Place
from tests.erp.sql.old_erp import NOON, ORDERS, OldErp, entry, order, shop
from tests.erp.sql.test_errors import loaded
from tests.erp.sql.test_reading import STOCK


def examined(old: OldErp, *parts: str) -> dict[str, Check]:
    return checked(old.manifest(*parts))


def checked(manifest: Path) -> dict[str, Check]:
    settings = load_manifest(manifest)
    assert isinstance(settings, Examinable)
    io = SyncIo()
    found = step(settings.doctor(io))
    io.close()
    assert len({check.name for check in found}) <= len(found)
    return {check.name: check for check in found}


def test_a_manifest_that_fits_is_well(place: Place) -> None:
    with shop(place, 5) as old:
        found = examined(old, ORDERS)
    assert [name for name, check in found.items() if not check.ok] == []
    assert list(found) == ["connection", "clock", "orders table", "orders rows", "orders stamps"]
    assert found["orders rows"].words == "the newest 5 documents fit"
    assert "2026-03-01 12:00:00+08:00" in found["orders stamps"].words


def test_everything_that_is_not_there_is_told_at_once(place: Place) -> None:
    wrong = ORDERS.replace('"FBillNo"', '"FBilNo"').replace('"FNote"', '"FNoet"').replace('"FQty"', '"FQuantity"')
    with shop(place, 1) as old:
        found = examined(old, wrong)
        said = found["orders table"].words
        assert "SEOrderEntry has no column 'FQuantity'; did you mean FQty?" in said
        file = old.manifest(wrong.replace('table = "SEOrderEntry"', 'table = "SEOrderEntries"'))
        said = checked(file)["orders table"].words
        assert "there is no table or view SEOrderEntries; did you mean SEOrderEntry" in said
        assert "orders rows" not in found


def test_two_columns_of_one_table_are_told_with_their_lines(place: Place) -> None:
    wrong = ORDERS.replace('"FBillNo"', '"FBilNo"').replace('"FNote"', '"FNoet"')
    with shop(place, 1) as old:
        settings = load_manifest(old.manifest(wrong))
        assert isinstance(settings, Examinable)
        io = SyncIo()
        words = [check.words for check in step(settings.doctor(io)) if check.name == "orders table"]
        io.close()
    assert "line 17: SEOrder has no column 'FBilNo'; did you mean FBillNo?" in words[0]
    assert "line 23: SEOrder has no column 'FNoet'; did you mean FNote?" in words[0]
    assert "SEOrderEntry has all 6 columns" in words[1]


def test_rows_that_do_not_fit_and_words_that_nobody_knows_are_counted(place: Place) -> None:
    with shop(place) as old:
        orders, entries = old.metadata.tables.values()
        old.put(orders, [order(n, FStatus=7 if n < 4 else 1) for n in range(1, 9)])
        old.put(entries, [entry(n, FQty=None if n == 8 else 1) for n in range(1, 9)])
        found = examined(old, ORDERS)
    assert "FQty of SO00008" in found["orders rows"].words
    assert found["orders status"].words.startswith("the map does not know '7' (3)")
    assert not found["orders status"].ok


def test_an_empty_table_is_doubted(place: Place) -> None:
    with shop(place) as old:
        assert "there are none" in examined(old, ORDERS)["orders rows"].words


def test_stamps_that_are_missing_or_ahead_are_told(place: Place) -> None:
    with shop(place) as old:
        orders = old.metadata.tables["SEOrder"]
        old.put(orders, [order(1), order(2, FModified=None), order(3, FModified=None)])
        said = examined(old, ORDERS)["orders stamps"]
        assert not said.ok
        assert "2 of the newest 3 rows have none" in said.words
        future = utc_now().replace(tzinfo=None) + timedelta(hours=16)
        old.do(sa.update(orders).values(FModified=future))
        said = examined(old, ORDERS)["orders stamps"]
        assert not said.ok
        assert "8.0 h ahead of the database's clock: check zone" in said.words
        old.do(sa.update(orders).values(FModified=None))
        assert "no row has a stamp" in examined(old, ORDERS)["orders stamps"].words
        old.do(sa.update(orders).values(FModified=NOON))
        wrong = ORDERS.replace('modified = "FModified"', 'modified = "FBillNo"')
        assert "texts like SO00000" in examined(old, wrong)["orders stamps"].words


def test_a_missing_index_is_a_hint(place: Place) -> None:
    wrong = ORDERS.replace('modified = "FModified"', 'modified = "FDate"')
    with shop(place, 1) as old:
        hint = examined(old, wrong)["orders index"]
    assert hint.ok
    assert "no index of SEOrder begins with FDate" in hint.words


def test_intermediate_tables_are_looked_at(place: Place) -> None:
    with outbox(place, 3) as old:
        table = old.metadata.tables["orders_out"]
        old.do(sa.update(table).where(table.c.id == 2).values(flag="D"))
        old.do(sa.update(table).where(table.c.id == 3).values(flag="?"))
        found = examined(old, INBOUND)
        assert [name for name, check in found.items() if not check.ok] == []
        assert "1 wait" in found["orders status"].words
        assert "1 done" in found["orders status"].words
        assert "1 status '?'" in found["orders status"].words
        assert found["orders key"].words == "id is unique"
        wrong = INBOUND.replace('key = "id"', 'key = "bill_no"')
        assert "nothing makes bill_no of orders_out unique" in examined(old, wrong)["orders key"].words
    place.folder.joinpath("erp.db").unlink(missing_ok=True)


def test_tables_that_are_written_to_need_a_unique_key(place: Place) -> None:
    with inbox(place) as old:
        found = examined(old, REPORTS, UPDATES)
        assert [name for name, check in found.items() if not check.ok] == []
        assert found["writes"].words == "not tried: a doctor writes nothing"
        assert found["orders create status"].words == "no rows"
        wrong = REPORTS.replace('key = "our_key"', 'key = "note"')
        said = examined(old, wrong)["orders create key"]
        assert (said.ok, "two workers could write one document twice" in said.words) == (False, True)
        assert old.all("SELECT COUNT(*) FROM orders_in") == [(0,)]


def test_stock_is_tried(place: Place) -> None:
    with shop(place, 1) as old:
        texts = [sa.Column(name, sa.String(30)) for name in ("FNumber", "FStock")]
        figures = [sa.Column(name, sa.Double) for name in ("FQty", "FFree")]
        stock = sa.Table("ICInventory", old.metadata, *texts, *figures)
        stock.create(old.engine)
        assert not examined(old, STOCK)["stock rows"].ok
        old.put(stock, [{"FNumber": "M1", "FStock": "W1", "FQty": 1, "FFree": 1}])
        assert examined(old, STOCK)["stock rows"].words == "1 rows for one sku"


def test_what_cannot_be_reached_is_the_first_and_only_thing_told(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "oracle://u@127.0.0.1:9/x")
    io = SyncIo()
    (driver,) = step(settings.doctor(io))
    io.close()
    assert (driver.name, driver.ok, "pip install oracledb" in driver.words) == ("driver", False, True)


def test_the_command_line_looks_at_a_manifest(place: Place) -> None:
    with shop(place, 2) as old:
        login = Login("", "", "", "", "")
        assert run(Patient(old.manifest(ORDERS), login, None, json=True)) == 0
        assert run(Patient(old.manifest(ORDERS.replace("FNote", "FNoet")), login, None, json=True)) == 3
