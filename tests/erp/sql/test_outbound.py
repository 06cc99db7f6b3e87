"""What is written to an intermediate table is there once, whole and exact, and the ERP's verdict comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import msgspec
import pytest
import sqlalchemy as sa

from erplink import Link, connect
from erplink.erp.sql.adapter import SqlAdapter
from erplink.errors import Busy, ConfigInvalid, Conflict, NotFound, Refused, Unsupported, WriteNotAllowed
from erplink.facade.manifest import load_manifest
from erplink.facade.step import step
from erplink.mapping.numbers import number_for
from erplink.model.documents import Order, OrderLine, Scalar
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Reply
from tests.erp.sql.between import OUTBOUND, REPORTS, UPDATES, inbox
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import ORDERS, OldErp, entry, order, tables
from tests.store.proxy import wire

MADE_AT = datetime(2026, 3, 1, 4, 0, 7, 999_999, tzinfo=UTC)
GIFT = Order(
    id="",
    number="",
    customer="客户-1",
    status="approved",
    currency="CNY",
    created_at=MADE_AT,
    version="",
    note="O'Neill 的礼品 %s :x",
    lines=(
        OrderLine(line=1, sku="M1", qty=Decimal("0.3333"), amount=Decimal("19.90")),
        OrderLine(line=2, sku="M2", qty=Decimal(2), amount=Decimal(0), free=True),
    ),
)
KEY = number_for("redeem-42", "ERPL-")


def rows(old: OldErp, table: str = "orders_in") -> int:
    return int(old.all(f"SELECT COUNT(*) FROM {table}")[0][0])


def verdict(old: OldErp, flag: str, **said: str) -> None:
    """Have the ERP say what it made of every row."""
    table = old.metadata.tables["orders_in"]
    old.do(sa.update(table).values(flag=flag, **said))


def test_a_document_is_written_once_per_key(place: Place) -> None:
    with inbox(place) as old, old.open(OUTBOUND) as erp:
        made = erp.orders.create(GIFT, key="redeem-42")
        assert (made.number, made.status, made.note) == (KEY, "pending", GIFT.note)
        assert made.created_at == MADE_AT.replace(microsecond=0)
        assert [(one.sku, one.qty, one.amount, one.free) for one in made.lines] == [
            (one.sku, one.qty, one.amount, one.free) for one in GIFT.lines
        ]
        assert erp.orders.create(GIFT, key="redeem-42") == made
        assert erp.orders.get(KEY) == made
        with old.open(OUTBOUND) as other:
            assert other.orders.create(GIFT, key="redeem-42") == made
        assert (rows(old), rows(old, "lines_in")) == (1, 2)
        assert old.all("SELECT our_key, bill_no, source, flag FROM orders_in") in (
            [(KEY, KEY, "WX  ", "N")],
            [(KEY, KEY, "WX", "N")],
        )
        with pytest.raises(Conflict):
            erp.orders.create(msgspec.structs.replace(GIFT, customer="客户-2"), key="redeem-42")
        with pytest.raises(Conflict):
            erp.orders.create(msgspec.structs.replace(GIFT, lines=GIFT.lines[:1]), key="redeem-42")
        numbered = erp.orders.create(msgspec.structs.replace(GIFT, number="OURS-1"), key="redeem-43")
        assert erp.orders.get("OURS-1") == numbered
        with pytest.raises(NotFound):
            erp.orders.get("OURS-2")
        assert rows(old) == 2


def test_keys_that_differ_are_rows_that_differ(place: Place) -> None:
    keys = ["a", "A", "a ", "礼品-1", "🎁", "'; drop", "k" * 300, "k" * 299 + "l"]
    with inbox(place) as old, old.open(OUTBOUND) as erp:
        made = [erp.orders.create(GIFT, key=key).number for key in keys]
        assert [erp.orders.create(GIFT, key=key).number for key in keys] == made
        assert len(set(made)) == rows(old) == len(keys)


def test_a_herd_with_one_key_writes_one_row(place: Place) -> None:
    with inbox(place) as old:
        settings = load_manifest(old.manifest(OUTBOUND))

        def write(_: int) -> str:
            with connect(settings) as erp:
                return erp.orders.create(GIFT, key="redeem-42").number

        with ThreadPoolExecutor(8) as pool:
            assert {*pool.map(write, range(16))} == {KEY}
        assert (rows(old), rows(old, "lines_in")) == (1, 2)


@on("postgresql")
@pytest.mark.parametrize("verb", [b"INSERT", b"COMMIT"])
def test_an_answer_that_is_lost_makes_no_second_row(place: Place, verb: bytes) -> None:
    with inbox(place) as old, wire(place.url) as line:
        manifest = old.manifest(OUTBOUND)
        manifest.write_text(manifest.read_text("utf-8").replace(place.url, line.url), "utf-8")
        with connect(load_manifest(manifest)) as erp:
            with suppress(NotFound):
                erp.orders.get(KEY)
            seen = count()
            # The first COMMIT ends the look whether the key is there.
            lost = 0 if verb == b"INSERT" else 1
            line.fate = lambda sent: "unanswered" if verb in sent and next(seen) == lost else "pass"
            assert erp.orders.create(GIFT, key="redeem-42").number == KEY
        assert next(seen) > 1
        assert (rows(old), rows(old, "lines_in")) == (1, 2)


def test_the_verdict_of_the_erp_comes_back(place: Place) -> None:
    with inbox(place) as old, old.open(REPORTS) as erp:
        with pytest.raises(Busy) as busy:
            erp.orders.create(GIFT, key="redeem-42")
        assert busy.value.sent == "yes"
        assert erp.orders.get(KEY).status == "pending"
        verdict(old, "D", erp_no="SO-9")
        made = erp.orders.create(GIFT, key="redeem-42")
        assert (made.number, made.status) == ("SO-9", "approved")
        verdict(old, "E", err="信用额度不足")
        with pytest.raises(Refused, match="信用额度不足"):
            erp.orders.create(GIFT, key="redeem-42")
        with pytest.raises(Refused, match="信用额度不足"):
            erp.orders.get(KEY)
        assert rows(old) == 1


class Meanwhile(VirtualIo):
    """Something happens while we wait."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__(lambda _: Reply(500))
        self._happens = happens

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._happens()


@pytest.mark.parametrize(("flag", "looks"), [("D", 1), ("N", 60)])
def test_a_creation_waits_for_the_erp_as_long_as_it_is_told_to(place: Place, flag: str, looks: int) -> None:
    with inbox(place) as old:
        settings = load_manifest(old.manifest(REPORTS.replace('new = "N"', 'new = "N"\nwait = 60')))
        io = Meanwhile(lambda: verdict(old, flag, erp_no="SO-9"))
        adapter = settings.open(io, parallel=1)
        assert isinstance(adapter, SqlAdapter)
        try:
            made = step(adapter.create("orders", GIFT, "redeem-42"))
            assert made.number == "SO-9"
        except Busy:
            assert flag == "N"
        assert len(io.slept) == looks
        adapter.close()


def test_a_row_is_withdrawn_while_the_erp_has_not_made_it(place: Place) -> None:
    with inbox(place) as old, old.open(REPORTS) as erp:
        with suppress(Busy):
            erp.orders.create(GIFT, key="redeem-42")
        for _ in range(2):
            erp.orders.act(KEY, "cancel")
        assert old.all("SELECT flag FROM orders_in") == [("X",)]
        with pytest.raises(Conflict, match="withdrawn"):
            erp.orders.create(GIFT, key="redeem-42")
        verdict(old, "D")
        with pytest.raises(Refused, match="made"):
            erp.orders.act(KEY, "cancel")
        with pytest.raises(NotFound):
            erp.orders.act("ERPL-NOTHING", "cancel")
        with pytest.raises(Unsupported, match="cannot approve"):
            erp.orders.act(KEY, "approve")


def test_what_the_table_would_round_or_cut_short_is_not_written(place: Place) -> None:
    rough = msgspec.structs.replace(
        GIFT, lines=(OrderLine(line=1, sku="M1", qty=Decimal("0.33333"), amount=Decimal(1)),)
    )
    long = msgspec.structs.replace(GIFT, note="长" * 50)
    with inbox(place) as old, old.open(OUTBOUND) as erp:
        for key, wrong in (("k1", rough), ("k2", long)):
            if place.kind == "sqlite":
                # SQLite keeps whatever it is given, whatever the type of the column says.
                assert erp.orders.create(wrong, key=key).lines == wrong.lines
            else:
                with pytest.raises(Refused, match="refuses it|keeps something else"):
                    erp.orders.create(wrong, key=key)
        assert rows(old) == (2 if place.kind == "sqlite" else 0)


def test_what_the_erp_made_is_read_where_it_keeps_it(place: Place) -> None:
    with inbox(place) as old:
        orders, entries = tables(old.metadata)
        old.make()
        with old.open(ORDERS + REPORTS) as erp:
            with suppress(Busy):
                erp.orders.create(GIFT, key="redeem-42")
            assert erp.orders.get(KEY).status == "pending"
            old.put(orders, [order(9, FBillNo="SO-9", FCustNo="客户-1")])
            old.put(entries, [entry(9)])
            verdict(old, "D", erp_no="SO-9")
            made = erp.orders.create(GIFT, key="redeem-42")
            assert (made.id, made.number, made.lines[0].amount) == ("9", "SO-9", Decimal("19.9"))
            with pytest.raises(NotFound):
                erp.orders.get("nothing")


POINTS: list[dict[str, Scalar]] = [{"points": 120, "tier": "金卡"}, {"points": 90}, {"points": 120, "tier": "金卡"}]


def test_single_fields_are_written_in_their_order_and_the_same_again_changes_nothing(place: Place) -> None:
    with inbox(place) as old, old.open(UPDATES) as erp:
        for changes in POINTS:
            for _ in range(2):
                erp.customers.update("C1", changes)
        erp.customers.update("C2", {"tier": None, "points": 0})
        written = old.all("SELECT cust, points, tier, flag FROM points_in ORDER BY id")
        assert written == [("C1", 120, "金卡", 0), ("C1", 90, None, 0), ("C1", 120, "金卡", 0), ("C2", 0, None, 0)]
        with pytest.raises(ConfigInvalid, match="no_such_field"):
            erp.customers.update("C1", {"points": 1, "no_such_field": "x"})
        assert rows(old, "points_in") == 4


def test_workers_that_write_the_same_fields_at_once_write_one_row(place: Place) -> None:
    with inbox(place) as old:
        settings = load_manifest(old.manifest(UPDATES))

        def write(_: int) -> None:
            with connect(settings) as erp:
                erp.customers.update("C1", {"points": 7})

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(16)))
        assert rows(old, "points_in") == 1


def test_fields_of_a_document_that_is_not_there_are_not_written(place: Place) -> None:
    with inbox(place) as old:
        people = sa.Table("people", old.metadata, sa.Column("code", sa.String(30), primary_key=True))
        old.make()
        old.put(people, [{"code": "C1"}])
        text = '\n[entities.customers]\ntable = "people"\n[entities.customers.fields]\n'
        text += 'number = "code"\nname = "code"\nstatus = { value = "approved" }\n'
        with old.open(text + UPDATES) as erp:
            erp.customers.update("C1", {"points": 1})
            with pytest.raises(NotFound):
                erp.customers.update("C2", {"points": 1})
        assert rows(old, "points_in") == 1


def test_only_what_was_named_at_attach_is_written(place: Place) -> None:
    books = f"sqlite:///{place.folder / 'books.db'}"
    with inbox(place) as old, old.open(UPDATES) as erp, Link.open(books, space="acme") as link:
        assert [(one.entity, one.verb) for one in erp.adapter.offers] == [("customers", "update")]
        with pytest.raises((WriteNotAllowed, ConfigInvalid, Unsupported)):
            link.attach("k3", erp, writes={"orders.create"})
        assert rows(old, "points_in") == 0
