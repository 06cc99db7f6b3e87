"""A self-built ERP with JSON over HTTP, read and written by the manifest of each of its houses and ways to speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from attrs import evolve

from erplink import connect
from erplink.errors import Conflict, LoginRefused, NotFound, Refused
from erplink.facade.erp import Erp
from erplink.facade.manifest import load_manifest, secrets_of
from erplink.facade.step import step
from erplink.model.documents import Order, OrderLine
from erplink.testing.worlds.rest import HOUSES, RestWorld, Running, house, serve
from erplink.testing.worlds.rest.manifest import manifest_of
from erplink.testing.worlds.rest.settings import IN_BODY, Auth, Envelope, Paging
from erplink.testing.worlds.shop.backdoor import edit
from erplink.wire.adapter import Settings
from erplink.wire.check import Examinable

PAIRS = [(auth, "page") for auth in get_args(Auth)] + [("basic", paging) for paging in get_args(Paging)]


def settings_of(
    running: Running, folder: Path, *, page: int = 50, secrets: Mapping[str, str] | None = None
) -> Settings:
    file = folder / "erp.toml"
    file.write_text(manifest_of(running.world, page=page), encoding="utf-8")
    known = {name: str(getattr(running.credentials, name)) for name in secrets_of(file)}
    return load_manifest(file, secrets={**known, **(secrets or {})}, variables={"base": running.url})


def sampled(world: RestWorld) -> RestWorld:
    return evolve(world, shop=evolve(world.shop, sample=True))


@contextmanager
def opened(world: RestWorld, folder: Path) -> Iterator[tuple[Erp, Running]]:
    with serve(sampled(world)) as running, connect(settings_of(running, folder), parallel=2) as erp:
        yield erp, running


def gift(customer: str, sku: str) -> Order:
    line = OrderLine(line=1, sku=sku, qty=Decimal(1), amount=Decimal(0), free=True)
    return Order(
        id="",
        number="",
        customer=customer,
        status="draft",
        currency="CNY",
        created_at=None,
        version="",
        lines=(line,),
        note="积分兑换 <&> “礼品”",
    )


@pytest.mark.parametrize("name", HOUSES)
def test_a_house_is_read_and_written_by_its_manifest(name: str, tmp_path: Path) -> None:
    with opened(house(name), tmp_path) as (erp, running):
        orders = list(erp.orders.list())
        assert Counter(order.number for order in orders) == Counter(
            record.number for record in running.site.books.tables["orders"].records.values()
        )
        assert sorted(erp.orders.changes("2020-01-01"), key=lambda order: int(order.id)) == orders
        one = orders[0]
        assert erp.orders.get(one.number) == one
        assert one.status == "closed"
        assert one.lines[0].unit_price * one.lines[0].qty == one.lines[0].amount
        first = erp.orders.create(gift(one.customer, one.lines[0].sku), key="redeem-42")
        assert (first.status, first.note) == ("approved", "积分兑换 <&> “礼品”")
        assert erp.orders.create(gift(one.customer, one.lines[0].sku), key="redeem-42") == first
        with pytest.raises(Conflict):
            erp.orders.create(gift(one.customer, orders[1].lines[0].sku), key="redeem-42")
        erp.customers.update(one.customer, {"points": Decimal("12.50"), "tier": "金卡"})
        assert erp.customers.get(one.customer).custom == {"points": Decimal("12.5"), "tier": "金卡"}
        erp.orders.act(first.number, "cancel")
        erp.orders.act(first.number, "cancel")
        assert erp.orders.get(first.number).status == "cancelled"
        assert erp.stock.on_hand([one.lines[0].sku])[0].on_hand > 0
        with pytest.raises(NotFound):
            erp.orders.get("no/such order")
        with pytest.raises(Refused, match="不存在"):
            erp.orders.create(gift("NOBODY", one.lines[0].sku), key="redeem-43")


@pytest.mark.parametrize("name", HOUSES)
def test_the_doctor_finds_a_house_well(name: str, tmp_path: Path) -> None:
    with serve(sampled(house(name))) as running:
        settings = settings_of(running, tmp_path)
        assert isinstance(settings, Examinable)
        with connect(settings) as erp:
            assert [check for check in step(settings.doctor(erp.io)) if not check.ok] == []


@pytest.mark.parametrize(("auth", "paging"), PAIRS)
def test_every_way_to_log_in_and_to_page(auth: Auth, paging: Paging, tmp_path: Path) -> None:
    envelope: Envelope = "coded" if paging in IN_BODY or auth in {"login", "cookie"} else "wrapped"
    world = RestWorld(name=f"{auth.replace('_', '-')}", auth=auth, paging=paging, envelope=envelope, page_limit=40)
    with opened(world, tmp_path) as (erp, running):
        numbers = Counter(order.number for order in erp.orders.list())
        assert numbers == Counter(record.number for record in running.site.books.tables["orders"].records.values()), (
            "a server that caps the size of a page loses nothing"
        )
        assert running.site.logins["refused"] == 0


@pytest.mark.parametrize("auth", [auth for auth in get_args(Auth) if auth != "none"])
def test_a_wrong_secret_is_sent_once(auth: Auth, tmp_path: Path) -> None:
    world = RestWorld(name="wrong", auth=auth, paging="page", envelope="coded")
    with serve(sampled(world)) as running:
        file = tmp_path / "erp.toml"
        file.write_text(manifest_of(running.world), encoding="utf-8")
        wrong = {name: "wrong" for name in secrets_of(file) if name not in {"username", "client_id", "app_key"}}
        settings = settings_of(running, tmp_path, secrets=wrong)
        with connect(settings) as erp:
            for _ in range(3):
                with pytest.raises(LoginRefused, match="(?s)^(?!.*wrong)"):
                    erp.orders.get("XSDD000001")
        assert running.site.logins["refused"] == 1


def test_a_list_of_heads_is_filled_with_the_whole_records(tmp_path: Path) -> None:
    with opened(house("signed"), tmp_path) as (erp, _):
        order = next(iter(erp.orders.list()))
        assert order.lines
        assert order == erp.orders.get(order.number)


@pytest.mark.parametrize("name", ["classic", "signed", "typed"])
def test_what_moves_while_a_list_is_read_is_neither_lost_nor_doubled(name: str, tmp_path: Path) -> None:
    with serve(sampled(house(name))) as running:
        settings = settings_of(running, tmp_path, page=20)
        with connect(settings) as erp:
            until = erp.now()
            there = {order.number for order in erp.orders.list()}
            met: Counter[str] = Counter()
            moved: set[str] = set()
            for place, order in enumerate(erp.orders.changes("2020-01-01", until)):
                met[order.number] += 1
                if place in {30, 90, 200, 400}:
                    early = sorted(met)[place % 7]
                    edit(running.site, {"entity": "orders", "number": early})
                    moved.add(early)
        assert {number for number in met if number not in moved} == there - moved
        assert all(times == 1 for number, times in met.items() if number not in moved)


def test_the_same_document_is_written_as_it_was_read(tmp_path: Path) -> None:
    with opened(house("modern"), tmp_path) as (erp, _):
        order = next(iter(erp.orders.list()))
        copy = msgspec.structs.replace(order, id="", number="COPY-1", status="draft")
        made = erp.orders.create(copy, key="copy-1")
        assert [(line.sku, line.qty, line.amount) for line in made.lines] == [
            (line.sku, line.qty, line.amount) for line in order.lines
        ]
