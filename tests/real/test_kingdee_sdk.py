"""The official Kingdee SDK, unmodified: whole stories with our stand-in, and beside our own client on the same one."""

# ruff: noqa: ANN401 - an SDK without types

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from erplink import Erp
from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.erp.kingdee.shop import Shop, gift, opened
from tests.worlds.calls import gift_order, message, status
from tests.worlds.official import official

pytestmark = pytest.mark.real

ORDERS = "SAL_SaleOrder"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with opened(KingdeeWorld(sample=True)) as running:
        yield running


@pytest.fixture
def sdk(shop: Shop) -> Any:
    return official(shop.running)


@pytest.fixture
def erp(shop: Shop) -> Iterator[Erp]:
    with shop.connect() as opened_erp:
        yield opened_erp


def asked(reply: str) -> Any:
    return json.loads(reply)


def done(reply: str) -> list[str]:
    """Numbers of the documents that a call reports as done, when it reports nothing else."""
    part = status(asked(reply))
    assert (part["IsSuccess"], part["Errors"]) == (True, [])
    return [entity["Number"] for entity in part["SuccessEntitys"]]


def state(sdk: Any, number: str) -> str:
    query = {"FormId": ORDERS, "FieldKeys": "FDocumentStatus", "FilterString": f"FBillNo='{number}'", "Limit": 1}
    [[found]] = asked(sdk.ExecuteBillQuery(query))
    return str(found)


def test_it_finds_the_data_centre(sdk: Any) -> None:
    [centre] = asked(sdk.GetDataCenters())
    assert centre["Name"] == "示例账套"


def test_it_leads_an_order_through_every_status(sdk: Any) -> None:
    named = {"Numbers": ["SDK-1"]}
    assert done(sdk.Draft(ORDERS, {"Model": gift_order("SDK-1")})) == ["SDK-1"]
    assert state(sdk, "SDK-1") == "Z"
    fid = asked(sdk.View(ORDERS, {"Number": "SDK-1"}))["Result"]["Result"]["Id"]
    assert done(sdk.Save(ORDERS, {"Model": gift_order("SDK-1") | {"FID": fid}})) == ["SDK-1"]
    walk = []
    for step in (sdk.Submit, sdk.CancelAssign, sdk.Submit, sdk.Audit, sdk.UnAudit):
        assert done(step(ORDERS, named)) == ["SDK-1"]
        walk.append(state(sdk, "SDK-1"))
    assert walk == ["B", "A", "B", "C", "D"]
    assert done(sdk.Delete(ORDERS, named)) == ["SDK-1"]
    assert message(asked(sdk.View(ORDERS, {"Number": "SDK-1"}))) == "数据不存在：销售订单[SDK-1]"


def test_what_is_approved_is_not_deleted(sdk: Any) -> None:
    done(sdk.Save(ORDERS, {"Model": gift_order("SDK-2"), "IsAutoSubmitAndAudit": "true"}))
    assert state(sdk, "SDK-2") == "C"
    refused = asked(sdk.Delete(ORDERS, {"Numbers": ["SDK-2"]}))
    assert (status(refused)["IsSuccess"], "SDK-2" in message(refused)) == (False, True)
    assert state(sdk, "SDK-2") == "C"


def test_a_batch_tells_which_document_failed(sdk: Any) -> None:
    models = [gift_order("SDK-3"), {}, gift_order("SDK-4")]
    part = status(asked(sdk.BatchSave(ORDERS, {"Model": models})))
    assert [entity["Number"] for entity in part["SuccessEntitys"]] == ["SDK-3", "SDK-4"]
    assert [error["DIndex"] for error in part["Errors"]] == [1]
    assert part["IsSuccess"] is False


def test_rows_come_as_arrays_or_as_objects(sdk: Any) -> None:
    query = {"FormId": "BD_Customer", "FieldKeys": "FNumber,FName", "OrderString": "FNumber", "Limit": 3}
    arrays, objects = asked(sdk.ExecuteBillQuery(query)), asked(sdk.BillQuery(query))
    assert [list(row.values()) for row in objects] == arrays
    assert len(arrays) == 3


def test_a_form_tells_its_fields(sdk: Any) -> None:
    told = asked(sdk.QueryBusinessInfo({"FormId": ORDERS}))["Result"]["NeedReturnData"]
    keys = {field["Key"] for entry in told["Entrys"] for field in entry["Fields"]}
    assert {"FBillNo", "FCustId", "FMaterialId", "FQty"} <= keys


def test_a_customer_is_forbidden_and_enabled(sdk: Any) -> None:
    def forbidden() -> str:
        query = {"FormId": "BD_Customer", "FieldKeys": "FForbidStatus", "FilterString": "FNumber='CUST0002'"}
        [[found]] = asked(sdk.ExecuteBillQuery(query))
        return str(found)

    seen = [forbidden()]
    for operation in ("Forbid", "Enable"):
        assert done(sdk.ExcuteOperation("BD_Customer", operation, {"Numbers": ["CUST0002"]})) == ["CUST0002"]
        seen.append(forbidden())
    assert seen == ["A", "B", "A"]


def test_we_read_what_the_sdk_wrote(sdk: Any, erp: Erp) -> None:
    done(sdk.Save(ORDERS, {"Model": gift_order("SDK-5"), "IsAutoSubmitAndAudit": "true"}))
    found = erp.orders.get("SDK-5")
    [line] = found.lines
    assert (found.status, found.customer, line.sku, line.qty) == ("approved", "CUST0001", "GIFT-001", Decimal(1))


def test_the_sdk_reads_what_we_wrote(sdk: Any, erp: Erp) -> None:
    made = erp.orders.create(gift(qty="2"), key="sdk-reads")
    seen = asked(sdk.View(ORDERS, {"Number": made.number}))["Result"]["Result"]
    assert (seen["BillNo"], seen["DocumentStatus"]) == (made.number, "C")
    erp.customers.update("CUST0003", {"points": 120})
    query = {"FormId": "BD_Customer", "FieldKeys": "F_ERPL_Points", "FilterString": "FNumber='CUST0003'"}
    [[points]] = asked(sdk.ExecuteBillQuery(query))
    assert Decimal(str(points)) == 120


def test_both_at_once_keep_one_order_for_one_number(sdk: Any, erp: Erp) -> None:
    erp.orders.create(gift(number="SDK-6"), key="sdk-6")
    refused = asked(sdk.Save(ORDERS, {"Model": gift_order("SDK-6")}))
    assert "SDK-6" in message(refused)
    query = {"FormId": ORDERS, "FieldKeys": "FID", "FilterString": "FBillNo='SDK-6'"}
    assert len({row[0] for row in asked(sdk.ExecuteBillQuery(query))}) == 1
