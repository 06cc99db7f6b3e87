"""The built-in shop has what a demonstration needs, and is the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import Caller, calling


@pytest.fixture(scope="module")
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True)) as caller:
        yield caller


def test_it_is_the_same_every_time(shop: Caller) -> None:
    with calling(KingdeeWorld(sample=True)) as again:
        assert again.world("seed") == shop.world("seed")


def test_some_people_have_two_codes_and_some_share_a_phone(shop: Caller) -> None:
    people = shop.query("BD_Customer", "FNumber,FTEL,F_ERPL_UnionId")
    assert len(people) == 120
    codes = Counter(unionid for _, _, unionid in people if unionid)
    assert max(codes.values()) == 2
    phones = Counter(phone for _, phone, _ in people if phone)
    [(shared, count)] = [pair for pair in phones.items() if pair[1] > 1]
    assert (count, len({unionid for _, phone, unionid in people if phone == shared})) == (2, 2)


def test_it_is_one_year_of_orders_with_some_still_open(shop: Caller) -> None:
    orders = shop.query("SAL_SaleOrder", "FBillNo,FDate,FCloseStatus,FDocumentStatus")
    assert len(orders) == 600
    assert min(order[1] for order in orders) >= "2025-10-31"
    for form_id in ("SAL_SaleOrder", "SAL_OUTSTOCK", "SAL_RETURNSTOCK"):
        assert shop.query(form_id, "FID", "FModifyDate>='2026-11-01'") == []
    assert max(order[1] for order in orders) >= "2026-10-25"
    still_open = {number for number, _, closed, _ in orders if closed == "A"}
    shipped = {row[0] for row in shop.query("SAL_OUTSTOCK", "FSoorDerno")}
    assert still_open & shipped
    assert still_open - shipped


def test_returns_come_with_and_without_their_order(shop: Caller) -> None:
    returns = shop.query("SAL_RETURNSTOCK", "FSrcBillNo,FSOEntryId,FRetcustId.FNumber")
    named = [row for row in returns if row[0]]
    assert 0 < len(named) < len(returns)
    for number, entry, customer in named:
        condition = f"FBillNo='{number}' and FSaleOrderEntry_FEntryID={entry}"
        assert shop.query("SAL_SaleOrder", "FCustId.FNumber", condition) == [[customer]]
    assert all(entry == 0 for number, entry, _ in returns if not number)


def test_materials_have_three_categories_and_receipts_name_orders(shop: Caller) -> None:
    groups = {row[0] for row in shop.query("BD_MATERIAL", "FMaterialGroup.FNumber", "FNumber like 'M%'")}
    assert len(groups) == 3
    receipts = shop.query("AR_RECEIVEBILL", "FSALEORDERNO,FRECTOTALAMOUNTFOR", "FBillNo='SKD-XSDD000001'")
    assert receipts == shop.query("SAL_SaleOrder", "FBillNo,FBillAllAmount", "FBillNo='XSDD000001'")
