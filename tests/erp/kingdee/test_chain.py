"""Pushing documents down their chain: once, whoever pushes, whatever is lost on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from erplink.erp.kingdee import AsyncKingdeeForms, KingdeeForms
from erplink.errors import ConfigInvalid, Refused
from erplink.facade.step import step
from tests.erp.kingdee.test_batches import ORDER, Opened
from tests.erp.kingdee.test_creates import sold
from tests.erp.kingdee.test_writes import FAULTS

if TYPE_CHECKING:
    from tests.erp.kingdee.shop import Shop


def made(shop: Shop, form: str = "SAL_OUTSTOCK") -> list[str]:
    return [one["number"] for one in shop.export() if one["form"] == form]


def test_an_order_is_pushed_to_its_delivery_and_on_to_a_return_and_what_is_owed(shop: Shop) -> None:
    with shop.connect() as erp:
        forms, of = KingdeeForms(erp), sold(erp)
        pushed = forms.push(ORDER, of.number, to="SAL_OUTSTOCK", rule="SaleOrder-OutStock")
        (out,) = pushed.documents
        assert not pushed.again
        delivered = erp.shipments.get(out.number)
        assert [(line.order, line.order_line, line.qty) for line in delivered.lines] == [
            (of.number, line.id, line.qty) for line in of.lines
        ]
        for action in ("submit", "audit"):
            erp.shipments.act(out.number, action)
        assert erp.orders.get(of.number).status == "closed"
        (owed,) = forms.push("SAL_OUTSTOCK", out.number, to="AR_receivable").documents
        assert (erp.receivables.get(owed.number).amount, erp.receivables.get(owed.number).origin) == (
            Decimal(35),
            out.number,
        )
        (back,) = forms.push("SAL_OUTSTOCK", out.number, to="SAL_RETURNSTOCK").documents
        assert erp.returns.get(back.number).lines[0].order == out.number


def test_a_document_is_pushed_once_and_the_rest_of_it_when_asked(shop: Shop) -> None:
    with shop.connect() as erp:
        forms, of = KingdeeForms(erp), sold(erp)
        first = forms.push(ORDER, of.number, to="SAL_OUTSTOCK")
        again = forms.push(ORDER, of.number, to="SAL_OUTSTOCK")
        assert (first.documents, first.again, again.again) == (again.documents, False, True)
        number = first.documents[0].number
        with pytest.raises(Refused, match="没有可下推"):
            forms.push(ORDER, of.number, to="SAL_OUTSTOCK", known=[number])
        (row, *_) = forms.rows(
            "SAL_OUTSTOCK", ["FID", "FEntity_FENTRYID"], where=f"FBillNo='{number}'", entry="FEntity"
        )
        half = {"FID": row["FID"], "FEntity": [{"FENTRYID": row["FEntity_FENTRYID"], "FRealQty": 1}]}
        erp.raw.call("Save", {"formid": "SAL_OUTSTOCK", "data": {"Model": half, "IsDeleteEntry": "true"}})
        rest = forms.push(ORDER, of.number, to="SAL_OUTSTOCK", known=[number])
        left = [(line.sku, line.qty) for line in erp.shipments.get(rest.documents[0].number).lines]
    assert left == [("M101", Decimal(2)), ("M102", Decimal(1))]


def test_a_cancelled_delivery_does_not_count_as_pushed(shop: Shop) -> None:
    with shop.connect() as erp:
        forms, of = KingdeeForms(erp), sold(erp)
        (first,) = forms.push(ORDER, of.number, to="SAL_OUTSTOCK").documents
        erp.shipments.act(first.number, "cancel")
        (second,) = forms.push(ORDER, of.number, to="SAL_OUTSTOCK").documents
        assert second.number != first.number


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_push_survives_each_fault_and_happens_once(shop: Shop, kind: str, times: int) -> None:
    with shop.connect() as erp:
        of = sold(erp)
    shop.arm({"kind": kind, "next": times, "operation": "Push"})
    with shop.swift() as (adapter, _):
        pushed = step(AsyncKingdeeForms(Opened(adapter)).push(ORDER, of.number, to="SAL_OUTSTOCK"))
    assert [one.number for one in pushed.documents] == made(shop)
    assert len(made(shop)) == 1


def test_of_two_who_push_at_once_one_does(shop: Shop) -> None:
    with shop.connect() as erp, ThreadPoolExecutor(6) as herd:
        forms, of = KingdeeForms(erp), sold(erp)
        found = list(herd.map(lambda _: forms.push(ORDER, of.number, to="SAL_OUTSTOCK"), range(6)))
    assert len({one.documents for one in found}) == 1
    assert len(made(shop)) == 1


def test_what_cannot_be_pushed_is_said(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        with pytest.raises(Refused, match=r"转换规则\[No-Such\]不存在"):
            forms.push(ORDER, "XSDD000600", to="SAL_OUTSTOCK", rule="No-Such", known=["OUT-XSDD000600"])
        with pytest.raises(Refused, match="已关闭"):
            forms.push(ORDER, "XSDD000001", to="SAL_DELIVERYNOTICE")
        with pytest.raises(ConfigInvalid, match="traced_by"):
            forms.push(ORDER, "XSDD000001", to="PRD_MO")


def test_an_order_goes_by_its_notice_and_closes_when_that_is_delivered(shop: Shop) -> None:
    with shop.connect() as erp:
        forms, of = KingdeeForms(erp), sold(erp)
        (notice,) = forms.push(ORDER, of.number, to="SAL_DELIVERYNOTICE").documents
        for action in ("submit", "audit"):
            assert forms.press("SAL_DELIVERYNOTICE", action, [notice.number])[0].state == "done"
        (out,) = forms.push("SAL_DELIVERYNOTICE", notice.number, to="SAL_OUTSTOCK").documents
        for action in ("submit", "audit"):
            erp.shipments.act(out.number, action)
        assert {line.order for line in erp.shipments.get(out.number).lines} == {of.number}
        assert erp.orders.get(of.number).status == "closed"
