"""Orders come out of tables as they lie there: whole, exact, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from erplink.errors import ConfigInvalid, Conflict, NotFound, ShapeChanged
from erplink.facade.clock import utc_now
from erplink.wire.adapter import Window
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import NOON, ORDERS, entry, key_pages, numbers, old_erp, order, pages, shop, tables

ZONE = ZoneInfo("Asia/Shanghai")


def at(seconds: float) -> datetime:
    """An instant some seconds after noon, by the ERP's wall clock."""
    return (NOON + timedelta(seconds=seconds)).replace(tzinfo=ZONE)


def test_an_order_comes_whole_and_exact(place: Place) -> None:
    with shop(place) as old:
        orders, entries = old.metadata.tables.values()
        old.put(orders, [order(7, FNote='尾单；O\'Neill "x" %s :x', FStatus=3, FCustNo="客户-1")])
        lines = [
            entry(7, 2, FQty=Decimal("0.3333"), FAmount=0.1 + 0.2, FGift="Y"),
            entry(7, 1, FQty=2, FAmount=12345678.9),
        ]
        old.put(entries, lines)
        with old.open(ORDERS) as erp:
            found = erp.orders.get("SO00007")
    assert (found.id, found.customer, found.status, found.raw_status) == ("7", "客户-1", "closed", "3")
    assert found.note == '尾单；O\'Neill "x" %s :x'
    assert found.created_at == at(0).astimezone(UTC)
    assert found.custom == {"region": "华东"}
    assert [(line.line, line.sku, line.qty, line.amount, line.free) for line in found.lines] == [
        (1, "M1", Decimal(2), Decimal("12345678.9"), False),
        (2, "M2", Decimal("0.3333"), Decimal("0.30000000000000004"), True),
    ]


def test_an_order_without_lines_has_none_and_hides_nobody(place: Place) -> None:
    with shop(place, 3) as old:
        old.do(old.quoted('DELETE FROM "SEOrderEntry" WHERE "FInterID" = 2'))
        with old.open(ORDERS) as erp:
            assert [len(one.lines) for one in erp.orders.list()] == [2, 0, 2]


def test_rows_that_the_manifest_leaves_out_are_not_there(place: Place) -> None:
    with shop(place) as old:
        orders = old.metadata.tables["SEOrder"]
        old.put(orders, [order(1), order(2, FCancellation=1), order(3, FNote="x"), order(4, FNote=None)])
        with old.open(ORDERS) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00001", "SO00003", "SO00004"]
            with pytest.raises(NotFound):
                erp.orders.get("SO00002")
        more = '[{ column = "FCancellation", is = [0, 1] }, { column = "FNote", not = ["x"] }]'
        with old.open(ORDERS.replace("{ FCancellation = 0 }", more)) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00001", "SO00002", "SO00004"]
        empty = '{ column = "FNote", null = true }'
        with old.open(ORDERS.replace("{ FCancellation = 0 }", empty)) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00004"]
        filled = '{ column = "FNote", null = false }'
        with old.open(ORDERS.replace("{ FCancellation = 0 }", filled)) as erp:
            assert numbers([*erp.orders.list()]) == ["SO00001", "SO00002", "SO00003"]


@pytest.mark.parametrize("page", [1, 7, 60, 1000])
def test_rows_of_one_stamp_come_once_each_and_any_token_goes_on(place: Place, page: int) -> None:
    window = Window(at(-1), at(1))
    with shop(place, 60) as old, old.open(ORDERS, page=page) as erp:
        walked = list(pages(erp, window))
        found = [document for one in walked for document in one.items]
        assert numbers(found) == [f"SO{number:05d}" for number in range(1, 61)]
        assert all(len(document.lines) == 2 for document in found)  # type: ignore[union-attr]
        for place_, one in enumerate(walked):
            rest = [document for later in walked[place_ + 1 :] for document in later.items]
            assert [each for later in pages(erp, window, one.token) for each in later.items] == rest


def test_a_window_has_its_beginning_and_not_its_end(place: Place) -> None:
    with shop(place) as old:
        stamps = {1: -1, 2: 0, 3: 5, 4: 9.9, 5: 10, 6: 11}
        old.put(old.metadata.tables["SEOrder"], [order(number, seconds) for number, seconds in stamps.items()])
        with old.open(ORDERS, page=2) as erp:
            assert numbers([*erp.orders.changes(at(0), at(10))]) == ["SO00002", "SO00003", "SO00004"]
            assert numbers([*erp.orders.changes(at(10))]) == ["SO00005", "SO00006"]
            assert list(erp.orders.changes(at(0), at(0))) == []
            assert list(erp.orders.changes(at(100))) == []
            slices = [numbers([*erp.orders.changes(at(n), at(n + 3))]) for n in range(-3, 12, 3)]
        assert sorted(chain.from_iterable(slices)) == [f"SO{number:05d}" for number in stamps]


def test_a_window_of_many_slices_is_in_the_order_of_time(place: Place) -> None:
    with shop(place) as old:
        old.put(old.metadata.tables["SEOrder"], [order(500 - number, number * 10) for number in range(1, 101)])
        with old.open(ORDERS, page=2) as erp:
            found = [each.number for page in pages(erp, Window(at(0), at(2000))) for each in page.items]
        assert len(found) == len(set(found)) == 100
        assert max(found[:16]) > max(found[-16:])


def test_a_row_without_a_stamp_is_older_than_any_other(place: Place) -> None:
    with shop(place) as old:
        rows = [order(1), order(2, FModified=None), order(3, FModified=None, FDate=NOON + timedelta(seconds=30))]
        old.put(old.metadata.tables["SEOrder"], rows)
        with old.open(ORDERS) as erp:
            whole = [each.number for page in pages(erp, Window(None, at(60))) for each in page.items]
            assert whole == ["SO00001", "SO00002", "SO00003"]
            assert numbers([*erp.orders.changes(at(-1))]) == ["SO00001"]
        created = ORDERS.replace("[entities.orders.fields]", 'created = "FDate"\n[entities.orders.fields]', 1)
        with old.open(created) as erp:
            assert numbers([*erp.orders.changes(at(20))]) == ["SO00003"]
            assert numbers([*erp.orders.changes(at(0), at(20))]) == ["SO00001", "SO00002"]
            assert erp.orders.get("SO00003").version == erp.orders.get("SO00001").version.replace(":00:00", ":00:30")


def test_keys_come_in_the_order_of_their_size_and_go_on(place: Place) -> None:
    with shop(place) as old:
        old.put(old.metadata.tables["SEOrder"], [order(number) for number in (100, 9, 20, 3, 1000)])
        with old.open(ORDERS, page=2) as erp:
            walked = list(key_pages(erp))
            assert [key.id for page in walked for key in page.keys] == ["3", "9", "20", "100", "1000"]
            assert [key.id for page in key_pages(erp, walked[0].token) for key in page.keys] == ["20", "100", "1000"]
            assert [key.id for page in key_pages(erp, "50") for key in page.keys] == ["100", "1000"]
            known = {key.number: key.version for page in walked for key in page.keys}
            assert known == {one.number: one.version for one in erp.orders.list()}
            with pytest.raises(ConfigInvalid, match="token"):
                list(key_pages(erp, "SO1"))


def test_ids_may_be_texts(place: Place) -> None:
    names = ["b", "B1", "a", "甲", "a-10", "a-9", "Z"]
    manifest = ORDERS.replace('id = "FInterID"\n', "").replace(
        'parent = "FInterID"', 'parent = "FInterID"\nrefers_to = "number"'
    )
    with old_erp(place) as old:
        orders, entries = tables(old.metadata)
        entries.c.FInterID.type = sa.String(60)
        old.make()
        old.put(orders, [order(n, FBillNo=name) for n, name in enumerate(names, 1)])
        old.put(entries, [entry(0, FInterID=name) for name in names])
        with old.open(manifest, page=2) as erp:
            found = list(erp.orders.list())
            keys = [key.id for page in key_pages(erp) for key in page.keys]
            assert erp.orders.get("甲").lines
        assert sorted(numbers(found)) == sorted(names)
        assert all(len(one.lines) == 1 and one.id == one.number for one in found)
        assert keys == sorted(names, key=lambda name: (len(name), name))


@on("postgresql")
def test_ids_may_be_uuids(place: Place) -> None:
    with old_erp(place) as old:
        old.do("CREATE TABLE customers (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), code text, name text)")
        old.do("INSERT INTO customers (code, name) SELECT 'C' || n, '客户' || n FROM generate_series(1, 25) AS n")
        manifest = '[entities.customers]\ntable = "public.customers"\n[entities.customers.fields]\n'
        manifest += 'id = "id"\nnumber = "code"\nname = "name"\nstatus = { value = "approved" }\n'
        with old.open(manifest, page=4) as erp:
            found = list(erp.customers.list())
            keys = [key.id for page in key_pages(erp, entity="customers") for key in page.keys]
        assert len({one.number for one in found}) == len(found) == 25
        assert keys == sorted(one.id for one in found)


FLAT = """
[entities.orders]
table = "v_order_flat"

[entities.orders.fields]
number = "order_no"
customer = "customer"
modified = "changed_at"
status = { value = "approved" }

[entities.orders.lines]
path = "."
order = "line"

[entities.orders.lines.fields]
sku = "sku"
qty = "qty"
amount = "amount"
"""


def test_a_flat_table_repeats_the_head_and_is_as_new_as_its_newest_row(place: Place) -> None:
    with old_erp(place) as old:
        flat = sa.Table(
            "v_order_flat",
            old.metadata,
            sa.Column("order_no", sa.String(30)),
            sa.Column("customer", sa.String(30)),
            sa.Column("line", sa.Integer),
            sa.Column("sku", sa.String(30)),
            sa.Column("qty", sa.Numeric(10, 2)),
            sa.Column("amount", sa.Numeric(10, 2)),
            sa.Column("changed_at", sa.DateTime),
        )
        old.make()
        rows = [
            {
                "order_no": f"S{number:03d}",
                "customer": "C1",
                "line": line,
                "sku": f"M{line}",
                "qty": line,
                "amount": "1.50",
                "changed_at": NOON + timedelta(seconds=number + (100 if number == 3 and line == 2 else 0)),
            }
            for number in range(1, 21)
            for line in (3, 1, 2)
        ]
        old.put(flat, rows)
        with old.open(FLAT, page=3) as erp:
            found = list(erp.orders.list())
            assert numbers(found) == [f"S{number:03d}" for number in range(1, 21)]
            assert all([line.sku for line in one.lines] == ["M1", "M2", "M3"] for one in found)
            early = numbers([*erp.orders.changes(at(1), at(11))])
            assert early == ["S001", "S002", *(f"S{number:03d}" for number in range(4, 11))]
            assert numbers([*erp.orders.changes(at(100))]) == ["S003"]
            assert [len(one.lines) for one in erp.orders.changes(at(100))] == [3]
            assert erp.orders.get("S003").version > erp.orders.get("S004").version
            keys = {key.number: key.version for page in key_pages(erp) for key in page.keys}
            assert keys == {one.number: one.version for one in found}


def test_one_row_that_does_not_fit_holds_up_nobody(place: Place) -> None:
    with shop(place, 9) as old:
        entries = old.metadata.tables["SEOrderEntry"]
        old.do(sa.update(entries).where(entries.c.FInterID == 4, entries.c.FEntryID == 1).values(FQty=None))
        with old.open(ORDERS, page=5) as erp:
            walked = list(pages(erp))
            with pytest.raises(ShapeChanged, match="FQty of SO00004"):
                erp.orders.get("SO00004")
        found = [each.number for page in walked for each in page.items]
        broken = [each for page in walked for each in page.broken]
        assert found == [f"SO{number:05d}" for number in range(1, 10) if number != 4]
        assert [(each.id, each.number) for each in broken] == [("4", "SO00004")]
        assert "a number, found nothing" in str(broken[0].error)


def test_an_id_that_is_not_unique_is_told_instead_of_counting_lines_twice(place: Place) -> None:
    with shop(place, 3) as old:
        same = '(o."FInterID" = 2 OR o."FInterID" = p."FInterID")'
        old.do(old.quoted(f'CREATE VIEW "v" AS SELECT o.* FROM "SEOrder" o JOIN "SEOrder" p ON {same}'))
        with old.open(ORDERS.replace('"SEOrder"', '"v"')) as erp:
            (page,) = pages(erp)
        assert numbers(list(page.items)) == ["SO00001", "SO00003"]
        assert "several rows have this id" in str(page.broken[0].error)


def test_a_number_of_several_documents_is_told(place: Place) -> None:
    with shop(place) as old:
        old.put(old.metadata.tables["SEOrder"], [order(1), order(2, FBillNo="SO00001")])
        with old.open(ORDERS) as erp, pytest.raises(Conflict, match="several"):
            erp.orders.get("SO00001")


@pytest.mark.parametrize("forged", ["' or '1'='1", "%", "SO0000_", "so00001", "SO00001 ", "SO00001'--", "字" * 300])
def test_a_number_is_never_taken_for_another_or_for_a_condition(place: Place, forged: str) -> None:
    with shop(place, 3) as old, old.open(ORDERS) as erp, pytest.raises(NotFound):
        erp.orders.get(forged)


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "{}",
        '{"of":"k3 orders"',
        '{"of":"k3 shipments","id":3}',
        '{"of":"k3 orders","id":1.5}',
        '{"of":"k3 orders","id":3,"sql":"x"}',
        '{"of":"k3 orders","begin":"2026-01-01"}',
        "\ud800",
    ],
)
def test_a_token_of_somebody_else_is_refused(place: Place, token: str) -> None:
    with shop(place, 3) as old, old.open(ORDERS) as erp, pytest.raises(ConfigInvalid, match="token"):
        list(pages(erp, Window(), token))


def test_the_clock_is_the_databases_own(place: Place) -> None:
    with shop(place) as old, old.open(ORDERS) as erp:
        assert abs(erp.now() - utc_now()) < timedelta(seconds=5), "both are on this machine"


STOCK = """
[entities.stock]
table = "ICInventory"
where = { column = "FStock", not = ["报废"] }
fields = { sku = "FNumber", warehouse = "FStock", on_hand = "FQty", available = "FFree" }
"""


def test_stock_of_batches_is_added_up_exactly(place: Place) -> None:
    with old_erp(place) as old:
        texts = [sa.Column(name, sa.String(30)) for name in ("FNumber", "FStock")]
        figures = [sa.Column(name, sa.Double) for name in ("FQty", "FFree")]
        stock = sa.Table("ICInventory", old.metadata, *texts, *figures)
        old.make()
        rows = [("M1", "W1", 0.1, 0.1), ("M1", "W1", 0.2, 0), ("M1", "W2", 5, 5), ("M1", "报废", 9, 9)]
        rows += [("m1", "W1", 7, 7), *((f"N{n}", "W1", n, n) for n in range(1200))]
        old.put(stock, [dict(zip(("FNumber", "FStock", "FQty", "FFree"), row, strict=True)) for row in rows])
        with old.open(STOCK) as erp:
            found = erp.stock.on_hand(["M1", "nothing"])
            assert [(row.sku, row.warehouse, row.on_hand, row.available) for row in found] == [
                ("M1", "W1", Decimal("0.3"), Decimal("0.1")),
                ("M1", "W2", Decimal(5), Decimal(5)),
            ]
            assert len(erp.stock.on_hand([f"N{n}" for n in range(1200)])) == 1200
            assert erp.stock.on_hand([]) == ()
