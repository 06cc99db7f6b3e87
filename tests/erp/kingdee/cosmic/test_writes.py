"""Writing to a 苍穹: once is once, also where a save of what is there would change it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from erplink.erp.kingdee.cosmic import Form
from erplink.errors import Conflict, Refused, ServerFault
from erplink.facade.step import step
from erplink.model.documents import Order, OrderLine
from erplink.testing.worlds.cosmic import CosmicWorld
from erplink.testing.worlds.cosmic.settings import Candidate
from tests.erp.kingdee.cosmic.ierp import SAMPLE, opened, order

if TYPE_CHECKING:
    from tests.erp.kingdee.cosmic.ierp import Ierp

GIFT = OrderLine(line=1, sku="M102", qty=Decimal(1), amount=Decimal(0), free=True)
OTHER = OrderLine(line=1, sku="M101", qty=Decimal(3), amount=Decimal("29.85"))
SAVE = "POST kapi/v2/sm/sm_salorder/save"


def _document(number: str, customer: str = "CUST0001") -> dict[str, Any]:
    lines = [{"material_number": "M101", "qty": 1, "amountandtax": "9.95"}]
    return {"billno": number, "customer_number": customer, "billentry": lines}


def test_an_order_is_saved_submitted_and_audited(ierp: Ierp) -> None:
    with ierp.connect() as erp:
        made = erp.orders.create(order(GIFT, note="积分兑换"), key="redeem-1")
    assert (made.status, made.note, made.lines[0].free) == ("approved", "积分兑换", True)
    assert made.number.startswith("ERPL-")
    kept = ierp.site.books.tables["orders"].find(made.number)
    assert kept is not None
    assert kept.head["status"] == "已审核"


@pytest.mark.parametrize("candidate", ["id", "number"])
@pytest.mark.parametrize("kind", ["drop_after_commit", "short_body", "error_in_200", "bad_gateway"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_an_unknown_outcome_is_looked_up_by_the_number(candidate: Candidate, kind: str, skip: int) -> None:
    with opened(CosmicWorld(shop=SAMPLE, candidate=candidate)) as ierp, ierp.swift() as (adapter, _):
        ierp.arm(kind=kind, family="writes", skip=skip, seconds=0)
        made = step(adapter.create("orders", order(), "redeem-1"))
        again = step(adapter.create("orders", order(), "redeem-1"))
        assert isinstance(made, Order)
        assert made == again
        assert (made.status, len(made.lines)) == ("approved", 1)
        assert len(ierp.site.books.tables["orders"]) == 601


def test_where_a_save_writes_over_what_is_there_another_content_is_a_conflict_and_changes_nothing() -> None:
    with opened(CosmicWorld(shop=SAMPLE, candidate="number")) as ierp, ierp.connect() as erp:
        made = erp.orders.create(order(), key="redeem-1")
        with pytest.raises(Conflict):
            erp.orders.create(order(OTHER), key="redeem-1")
        assert erp.orders.get(made.number) == made


def test_what_the_forms_demand_goes_along_in_head_and_lines(ierp: Ierp) -> None:
    save = {"orders": {"billtype_number": "sm_SalesOrder_STD_BT_S", "billentry": {"unit_number": "pcs{1}"}}}
    with ierp.swift(save=save) as (adapter, io):
        step(adapter.create("orders", order(GIFT, OTHER), "redeem-1"))
    (saved,) = [json.loads(call.body)["data"] for call in io.calls if call.url.endswith("/save")]
    assert saved[0]["billtype_number"] == "sm_SalesOrder_STD_BT_S"
    assert [line["unit_number"] for line in saved[0]["billentry"]] == ["pcs{1}", "pcs{1}"]
    assert [line["material_number"] for line in saved[0]["billentry"]] == ["M102", "M101"]


def test_a_document_that_is_refused_inside_a_success_is_refused(ierp: Ierp) -> None:
    with ierp.connect() as erp, pytest.raises(Refused, match=r"客户\[NOBODY\]不存在") as caught:
        erp.orders.create(order(customer="NOBODY"), key="redeem-1")
    assert "ERPL-" in str(caught.value)
    assert len(ierp.site.books.tables["orders"]) == 600


def test_a_batch_of_which_some_were_refused_names_them(ierp: Ierp) -> None:
    batch = [_document("B-1"), _document("B-2", customer="NOBODY"), _document("B-3")]
    with ierp.connect() as erp, pytest.raises(Refused) as caught:
        erp.raw.call(SAVE, {"data": batch})
    words = str(caught.value)
    assert "B-2" in words
    assert "客户[NOBODY]不存在" in words
    assert "B-1" not in words
    assert [ierp.site.books.tables["orders"].find(number) is not None for number in ("B-1", "B-2", "B-3")] == [
        True,
        False,
        True,
    ]


def test_a_batch_whose_reply_was_lost_is_not_sent_again(ierp: Ierp) -> None:
    with ierp.connect() as erp:
        erp.orders.get("XSDD000001")
        ierp.arm(kind="error_in_200", family="writes")
        with pytest.raises(ServerFault):
            erp.raw.call(SAVE, {"data": [_document("B-1")]})
    assert ierp.site.calls["sm_salorder/save"] == 1


def test_a_submit_that_fits_no_document_is_no_success(ierp: Ierp) -> None:
    form = Form("sm/sm_salorder", since="start_modifytime", until="end_modifytime")
    with ierp.connect(forms={"orders": form}) as erp:
        erp.raw.call(SAVE, {"data": [_document("B-1")]})
        with pytest.raises(Refused, match="fits no document"):
            erp.raw.call("POST kapi/v2/sm/sm_salorder/submit", {"data": {"billno": ["B-2"]}})


def test_one_number_may_be_given_by_itself(ierp: Ierp) -> None:
    with ierp.swift(forms={"orders": Form("sm/sm_salorder", numbers="one")}) as (adapter, io):
        made = step(adapter.create("orders", order(), "redeem-1"))
    asked = [json.loads(call.body)["data"] for call in io.calls if call.url.endswith("/audit")]
    assert asked == [{"billno": made.number}]


def test_single_fields_are_written_and_nothing_else(ierp: Ierp) -> None:
    custom = {"customers": {"points": "kdec_points", "phone": "kdec_mobile"}}
    with ierp.connect(custom=custom) as erp:
        before = erp.customers.get("CUST0001")
        erp.customers.update("CUST0001", {"points": Decimal("12.50")})
        after = erp.customers.get("CUST0001")
    assert after.custom["points"] == Decimal("12.50")
    assert (after.name, after.phone) == (before.name, before.phone)
