"""The two facades: the same methods, the same stories, streams that hold one page."""

from __future__ import annotations

import inspect
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import anyio
import msgspec
import pytest

import erplink
from erplink import AsyncErp, Erp, connect, connect_async
from erplink.errors import ConfigInvalid, NotFound, Unsupported
from erplink.facade import aerp
from erplink.facade import erp as sync_erp
from erplink.wire.adapter import Window
from tests.wire.server import Request, Say, Served, serving
from tests.wire.shop import Shop, ShopAdapter, order

CST = timezone(timedelta(hours=8))
NUMBERS = [f"SO{n}" for n in range(7)]


class Counter:
    """Serves orders in pages of two and remembers what was asked."""

    def __init__(self) -> None:
        self.served: Served | None = None

    def __call__(self, request: Request) -> Say:
        if request.path == "/page":
            assert self.served is not None
            begun = self.served.paths().count("/page")
            return Say(msgspec.json.encode({"items": NUMBERS[2 * begun : 2 * begun + 2]}))
        found = {"token": "t", "number": "SO1", "qty": "2.5"}
        return Say(
            b"{}"
            if request.path == "/get" and request.headers["content-length"] != "16"
            else msgspec.json.encode(found)
        )


@pytest.fixture
def shop() -> Iterator[Served]:
    counter = Counter()
    with serving(counter) as served:
        counter.served = served
        yield served


def test_a_synchronous_story(shop: Served) -> None:
    with connect(Shop(shop.url), parallel=2) as erp:
        assert [found.number for found in erp.orders.list()] == NUMBERS
        assert erp.orders.get("SO1") == order("SO1")
        assert erp.orders.create(order("SO1"), key="k") == order("SO1")
        erp.orders.update("SO1", {"note": "x"})
        erp.orders.act("SO1", "submit")
        assert [row.sku for row in erp.stock.on_hand(["M1", "M2", "M3"])] == ["M1", "M2", "M3"]
        assert erp.raw.call("ExecuteBillQuery", {"FormId": "X"}).json()["number"] == "SO1"
        assert (erp.system, repr(erp)) == ("shop", "<Erp shop>")
        with pytest.raises(NotFound, match="no order unknown"):
            erp.orders.get("unknown")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_story(shop: Served, backend: str) -> None:
    async def story() -> None:
        async with connect_async(Shop(shop.url), parallel=2) as erp:
            assert [found.number async for found in erp.orders.list()] == NUMBERS
            assert await erp.orders.get("SO1") == order("SO1")
            assert await erp.orders.create(order("SO1"), key="k") == order("SO1")
            await erp.orders.update("SO1", {"note": "x"})
            await erp.orders.act("SO1", "submit")
            assert [row.sku for row in await erp.stock.on_hand(["M1", "M2", "M3"])] == ["M1", "M2", "M3"]
            assert (await erp.raw.call("ExecuteBillQuery", {"FormId": "X"})).json()["number"] == "SO1"
            assert (erp.system, repr(erp)) == ("shop", "<AsyncErp shop>")
            with pytest.raises(NotFound, match="no order unknown"):
                await erp.orders.get("unknown")

    anyio.run(story, backend=backend)


def test_a_stream_asks_for_a_page_only_when_it_is_needed_and_closes_when_abandoned(shop: Served) -> None:
    with connect(Shop(shop.url)) as erp:
        adapter = erp.adapter
        assert isinstance(adapter, ShopAdapter)
        for found in erp.orders.list():
            if found.number == "SO2":
                break
        assert shop.paths().count("/page") == 2
        assert adapter.closed_pages == 1


@pytest.mark.parametrize(
    ("since", "instant"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=CST)),
        ("2026-11-01T08:30:00", datetime(2026, 11, 1, 8, 30, tzinfo=CST)),
        ("2026-11-01T08:30:00Z", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T08:30:00+01:00", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
        (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_date_without_an_offset_is_in_the_zone_of_the_system(
    shop: Served, since: str | datetime, instant: datetime
) -> None:
    with connect(Shop(shop.url)) as erp:
        adapter = erp.adapter
        assert isinstance(adapter, ShopAdapter)
        assert len(list(erp.orders.changes(since=since))) == 7
        assert adapter.windows == [Window(instant, None)]


@pytest.mark.parametrize(
    ("since", "words"),
    [("first of May", "is not a date: write 2026-11-01"), (datetime(2026, 11, 1), "names no zone")],  # noqa: DTZ001
)
def test_a_time_that_is_none_is_refused_before_anything_is_sent(
    shop: Served, since: str | datetime, words: str
) -> None:
    with connect(Shop(shop.url)) as erp, pytest.raises(ConfigInvalid, match=words):
        erp.orders.changes(since=since)
    assert shop.requests == []


def test_what_a_system_cannot_do_is_said_before_anything_is_sent(shop: Served) -> None:
    with connect(Shop(shop.url)) as erp:
        stories: list[Callable[[], object]] = [
            lambda: erp.customers.get("C1"),
            lambda: list(erp.customers.list()),
            lambda: erp.customers.update("C1", {}),
            lambda: erp.customers.act("C1", "submit"),
        ]
        for story in stories:
            with pytest.raises(Unsupported, match="shop cannot .* customers.*it has no customers"):
                story()
        with pytest.raises(ConfigInvalid, match="needs a key"):
            erp.orders.create(order("SO1"), key="")
    assert shop.requests == []


def test_a_system_without_stock_is_not_asked_for_it(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ShopAdapter, "offers", ())
    with connect(Shop(shop.url)) as erp, pytest.raises(Unsupported, match="shop cannot get stock: it has no stock"):
        erp.stock.on_hand(["M1"])
    assert shop.requests == []


def plain(kind: object) -> str:
    """The type a synchronous mirror has."""
    text = str(kind)
    for name in ("Entity", "Inventory", "Raw", "Erp", "Iterator", "Io", "ExitStack"):
        text = text.replace(f"Async{name}", name)
    return text.replace("erplink.facade.aerp", "erplink.facade.erp").replace("io_async", "io_sync")


def doors(kind: type) -> dict[str, object]:
    return {
        name.replace("__a", "__"): value
        for name, value in inspect.getmembers(kind)
        if (inspect.isfunction(value) or isinstance(value, property))
        and (not name.startswith("_") or "enter__" in name or "exit__" in name)
    }


def shape(value: object) -> tuple[object, ...]:
    function = value.fget if isinstance(value, property) else value
    assert callable(function)
    signature = inspect.signature(function)
    parameters = [(p.name, p.kind, p.default, plain(p.annotation)) for p in signature.parameters.values()]
    return (isinstance(value, property), parameters, plain(signature.return_annotation))


@pytest.mark.parametrize("name", ["Entity", "Inventory", "Raw", "Erp"])
def test_the_two_facades_mirror_each_other(name: str) -> None:
    here, there = doors(getattr(sync_erp, name)), doors(getattr(aerp, f"Async{name}"))
    assert here.keys() == there.keys()
    assert len(here) >= 1
    for door in here:
        assert shape(here[door]) == shape(there[door]), door
        is_stream = "Iterator" in str(shape(here[door])[-1])
        assert inspect.iscoroutinefunction(there[door]) != (is_stream or isinstance(there[door], property)), door


def test_connect_and_its_mirror_take_the_same_settings() -> None:
    assert shape(connect)[1] == shape(connect_async)[1]


def test_both_have_the_same_rooms() -> None:
    with connect(Shop("http://127.0.0.1:1")) as erp:
        mirror = connect_async(Shop("http://127.0.0.1:1"))
        assert vars(erp).keys() == vars(mirror).keys()
        assert typing.get_type_hints(Erp.__init__).keys() == typing.get_type_hints(AsyncErp.__init__).keys()
        assert {type(room).__name__ for room in vars(erp).values()} >= {"Entity", "Inventory", "Raw"}


def test_the_table_of_contents_is_whole() -> None:
    assert sorted(erplink.__all__) == dir(erplink)
    for name in erplink.__all__:
        if name not in {"Link", "AsyncLink"}:
            assert getattr(erplink, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        erplink.conect  # noqa: B018


def test_importing_the_package_loads_nothing_of_anybody_else() -> None:
    script = (
        "import sys; before = set(sys.modules); import erplink; "
        "new = set(sys.modules) - before; print(sorted(name for name in new if name.partition('.')[0] "
        "not in sys.stdlib_module_names and name != 'erplink'))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, env=_path())
    assert done.stdout.strip() == "[]"


def test_importing_the_package_is_cheap() -> None:
    def cost(module: str) -> float:
        script = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
        return float(
            subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, env=_path()).stdout
        )

    pairs = [(cost("erplink"), cost("httpx")) for _ in range(3)]
    ours, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    print(f"import erplink {ours * 1000:.1f} ms, import httpx {theirs * 1000:.1f} ms")
    assert ours <= 0.25 * theirs


def _path() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
