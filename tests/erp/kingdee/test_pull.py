"""Pulling: whatever the limit, the slices and the writers, every document comes whole and once."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from erplink.erp.kingdee.slices import Density, spans
from erplink.errors import ConfigInvalid, NotFound, RetryError, ServerFault, Unsupported
from erplink.facade.connect import connect_async
from erplink.facade.step import iterate, step
from erplink.model.documents import Document, Order, OrderLine
from erplink.testing.worlds.kingdee import KingdeeWorld
from erplink.wire.adapter import Window
from erplink.wire.call import Call, Reply
from tests.erp.kingdee.shop import Shop, gift, opened, order

if TYPE_CHECKING:
    from erplink.erp.kingdee import KingdeeAdapter
    from erplink.model.documents import Entity

COUNTS: dict[Entity, int] = {"orders": 600, "shipments": 593, "returns": 42, "receipts": 590}


def pulled(adapter: KingdeeAdapter, entity: Entity, window: Window = Window(), after: str = "") -> list[Document]:  # noqa: B008
    return [one for page in iterate(adapter.pages(entity, window, after)) for one in page.items]


@pytest.mark.parametrize(
    "entity", ["orders", "shipments", "returns", "receipts", "refunds", "receivables", "customers", "products"]
)
def test_every_document_comes_once_and_in_order_of_its_id(quiet_shop: Shop, entity: Entity) -> None:
    with quiet_shop.swift() as (adapter, _):
        found = pulled(adapter, entity)
    ids = [int(one.id) for one in found]
    assert ids == sorted(set(ids))
    assert all(one.number and one.version and one.status != "unknown" for one in found)
    form = adapter.queries[entity].mapping.source
    assert len(found) == quiet_shop.stats()["documents"][form]


@pytest.mark.parametrize("page", [3, 40, 599])
@pytest.mark.parametrize("parallel", [1, 3])
def test_any_limit_and_any_number_in_flight_give_the_same_orders(page: int, parallel: int) -> None:
    world = KingdeeWorld(sample=True, page_limit=page)
    with (
        opened(world) as shop,
        shop.swift(page=page) as (adapter, _),
        shop.connect(parallel=parallel, page=page) as erp,
    ):
        window = Window(datetime(2026, 10, 20, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
        expected = [one for one in pulled(adapter, "orders") if one.version >= "2026-10-20T08:00:00"]
        found = [one for each in iterate(erp.adapter.pages("orders", window)) for one in each.items]
    assert found == expected
    assert len(found) > 10


def test_a_server_that_cuts_lower_than_the_limit_asked_for_loses_nothing() -> None:
    with opened(KingdeeWorld(sample=True, page_limit=100)) as shop, shop.swift(page=2000) as (adapter, _):
        assert len(pulled(adapter, "orders")) == COUNTS["orders"]


def test_an_order_with_more_lines_than_the_limit_is_whole() -> None:
    with opened(KingdeeWorld(sample=True, page_limit=5)) as shop, shop.swift(page=5) as (adapter, _):
        lines = [
            OrderLine(line=n, sku="M101", qty=Decimal(n), amount=Decimal(n), unit_price=Decimal(1))
            for n in range(1, 18)
        ]
        step(adapter.create("orders", order(*lines), "long"))
        found = [one for one in pulled(adapter, "orders") if one.number.startswith("ERPL-")]
    assert [[line.qty for line in one.lines] for one in found if isinstance(one, Order)] == [
        [Decimal(n) for n in range(1, 18)]
    ]


def test_a_pull_goes_on_after_a_pages_token() -> None:
    with opened(KingdeeWorld(sample=True, page_limit=50)) as shop, shop.swift(page=50) as (adapter, _):
        pages = list(iterate(adapter.pages("orders", Window())))
        assert len(pages) > 3
        rest = [one for each in pages[2:] for one in each.items]
        assert pulled(adapter, "orders", after=pages[1].token) == rest
        with pytest.raises(ConfigInvalid, match="'x' is not a token"):
            pulled(adapter, "orders", after="x")


@pytest.mark.parametrize(("page", "last"), [(64, 88), (60, 60), (70, 40)])
def test_the_last_few_documents_come_with_those_before_them(page: int, last: int) -> None:
    with opened(KingdeeWorld(sample=True, page_limit=page)) as shop, shop.swift(page=page) as (adapter, _):
        sizes = [len(one.items) for one in iterate(adapter.pages("orders", Window()))]
    assert (sizes[0], sizes[-1], sum(sizes)) == (page, last, COUNTS["orders"])


def test_a_window_is_half_open_and_in_the_servers_zone(quiet_shop: Shop) -> None:
    with quiet_shop.swift() as (adapter, _):
        everything = [one for one in pulled(adapter, "orders") if isinstance(one, Order)]
        moment = datetime.fromisoformat(everything[300].version + "+08:00")
        second = timedelta(seconds=1)
        at = [one.number for one in pulled(adapter, "orders", Window(moment, moment + second))]
        before = [one.number for one in pulled(adapter, "orders", Window(moment - second, moment))]
        wider = [one.number for one in pulled(adapter, "orders", Window(moment + second, moment + second * 2))]
    assert everything[300].number in at
    assert everything[300].number not in before
    assert everything[300].number not in wider


def test_an_overlap_reaches_back(quiet_shop: Shop) -> None:
    with quiet_shop.swift(overlap=timedelta(minutes=2)) as (adapter, _):
        some = pulled(adapter, "orders")[300]
        moment = datetime.fromisoformat(some.version + "+08:00") + timedelta(minutes=2)
        numbers = [one.number for one in pulled(adapter, "orders", Window(moment, moment + timedelta(seconds=1)))]
    assert some.number in numbers


def test_an_open_window_ends_at_the_servers_present_instant(shop: Shop) -> None:
    with shop.swift() as (adapter, io):
        now = step(adapter.clock())
        assert abs(now - io.now()) < timedelta(seconds=5)
        step(adapter.create("orders", gift(), "a"))
        assert pulled(adapter, "orders", Window(now + timedelta(minutes=5))) == []


def test_one_order_is_found_by_its_number_and_quotes_do_no_harm(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        some = next(iter(erp.orders.list()))
        assert erp.orders.get(some.number) == some
        with pytest.raises(NotFound):
            erp.orders.get("' or FID>0 or FBillNo='")


def test_returns_and_shipments_name_their_order(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        orders = {one.number: {line.id for line in one.lines} for one in erp.orders.list()}
        shipped = [(line.order, line.order_line) for one in erp.shipments.list() for line in one.lines]
        returned = [(line.order, line.order_line) for one in erp.returns.list() for line in one.lines]
    assert all(line in orders[number] for number, line in shipped)
    assert all(line in orders[number] for number, line in returned if number)
    assert any(number for number, _ in returned)
    assert any(not number and not line for number, line in returned)


def test_custom_fields_are_read_by_configuration(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        customers = list(erp.customers.list())
    assert any(one.unionid for one in customers)
    assert all("points" in one.custom for one in customers)


def test_a_custom_field_the_form_lacks_is_named(quiet_shop: Shop) -> None:
    with (
        quiet_shop.connect(custom={"customers": {"points": "F_NOPE"}}) as erp,
        pytest.raises(ConfigInvalid, match="F_NOPE"),
    ):
        next(iter(erp.customers.list()))


def test_live_stock(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        found = {one.sku: one.on_hand for one in erp.stock.on_hand(["GIFT-001", "GIFT-002", "NOTHING"])}
        assert found == {"GIFT-001": 1000, "GIFT-002": 0}
        assert erp.stock.on_hand([]) == ()
        with pytest.raises(ConfigInvalid, match="not a sku"):
            erp.stock.on_hand(["A,B"])


def test_the_escape_hatch_uses_the_same_session(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        asked = {"FormId": "SAL_SaleOrder", "FieldKeys": "FBillNo", "Limit": 1}
        assert erp.raw.call("ExecuteBillQuery", asked).json() == [["XSDD000001"]]
        whole = {"formid": "SAL_SaleOrder", "data": {"Number": "XSDD000001"}}
        assert erp.raw.call("View", whole).json()["Result"]["Result"]["BillNo"] == "XSDD000001"
        service = "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService.GetDataCenterList"
        assert erp.raw.call(service, {}).status == 200
        with pytest.raises(ConfigInvalid, match="not JSON"):
            erp.raw.call("View", {"formid": object()})


def test_what_a_kingdee_cannot_do_is_said(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp, pytest.raises(Unsupported, match="changes"):
        step(erp.adapter.create("returns", gift(), "k"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_asynchronous_facade_pulls_the_same(quiet_shop: Shop, backend: str) -> None:
    async def orders() -> list[Order]:
        async with connect_async(quiet_shop.settings(), parallel=4) as erp, aclosing(erp.orders.list()) as found:  # type: ignore[type-var]
            return [one async for one in found]

    found = trio.run(orders) if backend == "trio" else asyncio.run(orders())
    with quiet_shop.connect() as erp:
        assert found == list(erp.orders.list())


@pytest.mark.parametrize(
    "kind",
    [
        "drop_before_commit",
        "drop_after_commit",
        "bad_gateway",
        "lose_session",
        "lock_conflict",
        "call_limit",
        "short_body",
        "html_page",
        "response_error",
    ],
)
def test_a_pull_survives_each_fault(shop: Shop, kind: str) -> None:
    with shop.swift(page=200) as (adapter, _):
        expected = pulled(adapter, "orders")
        shop.arm({"kind": kind, "next": 2, "operation": "ExecuteBillQuery"})
        assert pulled(adapter, "orders") == expected
    assert shop.stats()["faults"] == {kind: 2}


def test_a_pull_gives_up_on_a_server_that_stays_broken(shop: Shop) -> None:
    with shop.swift() as (adapter, io):
        shop.arm({"kind": "bad_gateway", "next": 50})
        with pytest.raises(RetryError):
            pulled(adapter, "orders")
        assert len(io.calls) == 5


class Editor(threading.Thread):
    """Somebody at work in the ERP: adds orders and edits old ones until told to stop."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop, self.enough = shop, threading.Event()
        self.added: set[str] = set()
        self.edited: set[str] = set()
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:  # noqa: BLE001 - shown by the test, which must not wait for a dead writer
            self.failed = error

    def work(self) -> None:
        with self.shop.connect() as erp:
            old = [one.number for one in erp.orders.list()][::20]
            n = 0
            while not self.enough.is_set():
                number = old[n % len(old)]
                erp.orders.act(number, ("unaudit", "submit", "audit")[n // len(old) % 3])
                self.edited.add(number)
                self.added.add(erp.orders.create(gift(), key=f"E{n}").number)
                n += 1


def test_with_a_writer_at_work_every_unedited_order_comes_once_and_every_edit_eventually() -> None:
    with opened(KingdeeWorld(sample=True, page_limit=40)) as shop, shop.connect(parallel=3, page=40) as erp:
        before = {one.number for one in erp.orders.list()}
        editor = Editor(shop)
        editor.start()
        try:
            seen: list[list[Order]] = []
            since = datetime(2020, 1, 1, tzinfo=UTC)
            while editor.is_alive() and (len(editor.added) < 5 or len(seen) < 3):
                until = step(erp.adapter.clock())
                seen.append(list(erp.orders.changes(since, until)))
                since = until
        finally:
            editor.enough.set()
            editor.join()
        assert editor.failed is None
        seen.append(list(erp.orders.changes(since, erp.io.now() + timedelta(hours=1))))
        final = {one.number: one for one in erp.orders.list()}
    for window in seen:
        assert len(window) == len({one.number for one in window})
    times = [one.number for window in seen for one in window]
    unedited = before - editor.edited
    assert len(unedited) > 400
    assert all(times.count(number) == 1 for number in unedited)
    latest = {one.number: one for window in seen for one in window}
    assert latest == final
    assert editor.added <= set(latest)


@pytest.mark.parametrize("asked", ["FBillNo", "FSaleOrderEntry_FEntryID"], ids=["heads", "lines"])
def test_a_server_that_gives_the_same_page_for_ever_is_not_asked_for_ever(asked: str) -> None:
    with opened(KingdeeWorld(sample=True, page_limit=20)) as shop, shop.swift(page=20) as (adapter, io):
        step(adapter.clock())
        send, replies = io.send, list[Reply]()

        async def cached(call: Call) -> Reply:
            if asked.encode() not in call.body:
                return await send(call)
            if not replies:
                replies.append(await send(call))
            return replies[0]

        io.send = cached  # type: ignore[method-assign]
        with pytest.raises(ServerFault, match="does not go on where the last one ended"):
            pulled(adapter, "orders")


def test_an_order_edited_between_its_pieces_is_read_anew() -> None:
    with opened(KingdeeWorld(sample=True, page_limit=4)) as shop, shop.swift(page=4) as (adapter, io):
        lines = [
            OrderLine(line=n, sku="M101", qty=Decimal(1), amount=Decimal(1), unit_price=Decimal(1)) for n in range(9)
        ]
        number = step(adapter.create("orders", order(*lines), "LONG")).number
        with shop.connect(page=4) as erp:
            edits = iter(["unaudit"])
            send = io.send

            async def meddling(call: object) -> object:
                reply = await send(call)  # type: ignore[arg-type]
                for action in edits:
                    erp.orders.act(number, action)
                return reply

            io.send = meddling  # type: ignore[method-assign, assignment]
            found = step(adapter.get("orders", number))
            assert isinstance(found, Order)
            assert found == erp.orders.get(number)
            assert len(found.lines) == 9


@given(
    st.lists(st.integers(1, 10**6), unique=True, max_size=300).map(sorted),
    st.floats(0, 10**5),
    st.integers(1, 3000),
)
def test_ranges_cover_the_ids_once_and_in_order(ids: list[int], rows: float, limit: int) -> None:
    found = spans(ids, rows, limit)
    assert [one for part in found for one in part] == ids
    assert all(part for part in found)


@given(st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 3000))), st.integers(1, 10_000), st.integers(1, 32))
def test_a_chunk_is_bounded_whatever_was_learned(history: list[tuple[int, int]], limit: int, lanes: int) -> None:
    density = Density()
    for rows, documents in history:
        density.learn(rows, documents)
    size = density.chunk(limit, lanes)
    assert 1 <= size <= max(2000, lanes * 500)


def test_a_reply_as_long_as_a_lower_cap_is_not_trusted_to_be_the_end_unless_a_longer_one_came() -> None:
    density = Density()
    assert density.may_be_cut(500, 2000)
    assert not density.may_be_cut(501, 2000)
    assert not density.may_be_cut(500, 2000)
    assert not density.may_be_cut(0, 2000)
    assert density.may_be_cut(2000, 2000)
