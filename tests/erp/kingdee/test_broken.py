"""One document that cannot be read holds up nobody else; a form that does not fit its mapping stops the pull."""

# ruff: noqa: ANN401 - settings and replies of any shape

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from attrs import evolve

from erplink import Link, connect
from erplink.errors import ShapeChanged
from erplink.facade.erp import Erp
from erplink.facade.step import iterate
from erplink.testing.clock import VirtualIo
from erplink.testing.worlds.kingdee import KingdeeWorld
from erplink.wire.adapter import Page, Window
from erplink.wire.call import Call, Reply
from tests.erp.kingdee.shop import Shop, opened
from tests.link.company import PLAIN, company

ORDERED = {"orders": {"created_at": "F_ERPL_Key"}}
"""Settings under which an order's date stands in a field into which people type."""


def typed(erp: Erp, number: str, text: str) -> None:
    """Somebody types into a field of an order, which goes back to draft for that."""
    order = erp.raw.call("View", {"formid": "SAL_SaleOrder", "data": {"Number": number}}).json()
    model = {"FID": order["Result"]["Result"]["Id"], "F_ERPL_Key": text}
    erp.orders.act(number, "unaudit")
    data = {"NeedUpDateFields": ["F_ERPL_Key"], "IsDeleteEntry": "false", "Model": model}
    erp.raw.call("Save", {"formid": "SAL_SaleOrder", "data": data})
    erp.orders.act(number, "submit")
    erp.orders.act(number, "audit")


def pages(shop: Shop, **settings: Any) -> list[Page]:
    with shop.swift(**settings) as (adapter, _):
        return list(iterate(adapter.pages("orders", Window())))


def test_an_order_with_a_cell_that_is_no_date_is_set_aside_and_named(shop: Shop) -> None:
    with shop.connect() as erp:
        typed(erp, "XSDD000300", "昨天")
    found = pages(shop, custom=ORDERED, page=200)
    assert len([one for page in found for one in page.items]) == 599
    (broken,) = (one for page in found for one in page.broken)
    assert (broken.number, broken.error.where) == ("XSDD000300", "SAL_SaleOrder.F_ERPL_Key of XSDD000300")
    assert isinstance(broken.error, ShapeChanged)
    assert "昨天" not in str(broken.error)
    with shop.connect(custom=ORDERED) as erp, pytest.raises(ShapeChanged, match="of XSDD000300"):
        list(erp.orders.list())


Row = list[Any]
ENCODER = msgspec.json.Encoder(decimal_format="number")


def bent(io: VirtualIo, key: str, holds: Callable[[int], object | None]) -> None:
    """From now on a reply holds something else in a column: ``holds`` gives it by the document's id, if it is bent."""
    send = io.send

    async def sent(call: Call) -> Reply:
        reply = await send(call)
        asked: Mapping[str, Any] = msgspec.json.decode(call.body)
        keys = str(asked["data"]["FieldKeys"]).split(",") if b"FieldKeys" in call.body else []
        if key not in keys:
            return reply
        rows: list[Row] = reply.json()
        for row in rows:
            instead = holds(row[0])
            row[keys.index(key)] = row[keys.index(key)] if instead is None else instead
        return evolve(reply, body=ENCODER.encode(rows))

    io.send = sent  # type: ignore[method-assign]


@pytest.mark.parametrize("key", ["FQty", "FSaleOrderEntry_FSeq", "FBillNo", "FSettleCurrId.FNumber"])
@pytest.mark.parametrize("page", [7, 2000])
def test_a_cell_of_another_type_in_head_or_line_sets_only_its_document_aside(key: str, page: int) -> None:
    with opened(KingdeeWorld(sample=True, page_limit=page)) as shop, shop.swift(page=page) as (adapter, io):
        whole = [one for each in iterate(adapter.pages("orders", Window())) for one in each.items]
        bad = {int(whole[5].id), int(whole[6].id), int(whole[-1].id)}
        bent(io, key, lambda document: ["list"] if document in bad else None)
        found = list(iterate(adapter.pages("orders", Window())))
    assert [one for each in found for one in each.items] == [one for one in whole if int(one.id) not in bad]
    broken = [one for each in found for one in each.broken]
    assert {int(one.id) for one in broken} == bad
    assert all(f"SAL_SaleOrder.{key}" in str(one.error) for one in broken)


def test_a_pull_goes_on_behind_a_broken_document_at_the_end_of_a_page(shop: Shop) -> None:
    with shop.swift(page=100) as (adapter, io):
        ids = [int(one.id) for each in iterate(adapter.pages("orders", Window())) for one in each.items]
        bent(io, "FNote", lambda document: ["list"] if document == ids[99] else None)
        found = list(iterate(adapter.pages("orders", Window())))
        first = next(each for each in found if each.broken)
        rest = [one for each in iterate(adapter.pages("orders", Window(), first.token)) for one in each.items]
    assert [int(one.id) for one in rest] == [one for one in ids if one > int(first.token)]


@pytest.mark.parametrize("key", ["FQty", "FCreateDate"])
def test_a_field_that_holds_nothing_fitting_anywhere_stops_the_pull(shop: Shop, key: str) -> None:
    with shop.swift() as (adapter, io):
        bent(io, key, lambda _: "viele")
        with pytest.raises(ShapeChanged, match=f"SAL_SaleOrder.{key}, in each of"):
            list(iterate(adapter.pages("orders", Window())))


def test_a_reply_without_a_usable_id_stops_the_pull(shop: Shop) -> None:
    with shop.swift() as (adapter, io):
        bent(io, "FID", lambda document: "?" if document == 100010 else None)
        with pytest.raises(ShapeChanged, match=r"SAL_SaleOrder\.FID"):
            list(iterate(adapter.pages("orders", Window())))


def test_a_broken_document_is_a_dead_letter_until_it_is_put_right(tmp_path: Path) -> None:
    rows = (
        ("1001", "C1", "2026-03-01 10:00", "M1", 1, "10.00"),
        ("1002", "C2", "2026-03-01 10:00", "M1", 1, "20.00"),
    )
    with company(tmp_path, *rows) as erp, erp.connect() as clerk:
        typed(clerk, "1001", "昨天")
        erp.clock.advance(2)
        with connect(erp.settings(custom=ORDERED)) as typing, Link.open("sqlite://", space="acme") as link:
            link.policies.publish(PLAIN)
            link.attach("kingdee", typing)
            report = link.sync(push=False)
            assert {each.entity: each.broken for each in report.pulled if each.broken} == {"orders": 1}
            assert {row.code: row.points for row in link.members.top(9)} == {"C2": 20}
            (letter,) = link.dead.list()
            assert (letter.box, letter.target, letter.error) == ("pull", "1001", "ShapeChanged")
            assert "SAL_SaleOrder.F_ERPL_Key of 1001" in letter.message
            typed(clerk, "1001", "2026-03-01 10:00:00")
            erp.clock.advance(2)
            link.sync(push=False)
            assert {row.code: row.points for row in link.members.top(9)} == {"C1": 10, "C2": 20}
            assert link.dead.list() == []
