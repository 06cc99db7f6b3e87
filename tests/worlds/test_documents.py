"""Documents: what a save stores, how a status moves, what stock does, and what the control door exports."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import STOCK, Caller, Clock, calling, gift_order, message, status

ORDER = "SAL_SaleOrder"


@pytest.fixture
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True, clock=Clock())) as caller:
        yield caller


def saved(caller: Caller, model: dict[str, Any], **switches: Any) -> Any:
    reply = caller.form("Save", ORDER, Model=model, **switches)
    assert status(reply)["IsSuccess"], reply
    return reply["Result"]


def state(caller: Caller, number: str) -> str:
    return str(caller.query(ORDER, "FDocumentStatus", f"FBillNo='{number}'")[0][0])


def on_hand(caller: Caller, material: str) -> tuple[int, int]:
    reply = caller.post(f"{STOCK}GetInventoryData", {"parameters": [{"FMaterialNumbers": material}]}).json()
    [row] = reply["Data"]
    return row["FBaseQty"], row["FBaseAvbQty"]


def test_a_status_only_moves_along_the_machine(shop: Caller) -> None:
    saved(shop, gift_order("S-1"))

    def refused(operation: str) -> bool:
        return not status(shop.form(operation, ORDER, Numbers=["S-1"]))["IsSuccess"]

    steps = ("Audit", "UnAudit", "Submit", "Submit", "Delete", "Audit", "Delete", "UnAudit", "Submit")
    assert [(step, refused(step), state(shop, "S-1")) for step in steps] == [
        ("Audit", True, "A"),
        ("UnAudit", True, "A"),
        ("Submit", False, "B"),
        ("Submit", True, "B"),
        ("Delete", True, "B"),
        ("Audit", False, "C"),
        ("Delete", True, "C"),
        ("UnAudit", False, "D"),
        ("Submit", False, "B"),
    ]


def test_save_submit_and_audit_in_one_call(shop: Caller) -> None:
    saved(shop, gift_order("S-2"), IsAutoSubmitAndAudit="true")
    assert state(shop, "S-2") == "C"


def test_a_number_is_given_once(shop: Caller) -> None:
    saved(shop, gift_order("S-3"))
    again = shop.form("Save", ORDER, Model=gift_order("S-3"))
    assert (status(again)["MsgCode"], message(again)) == (
        11,
        "违反字段唯一性要求：编码唯一。[S-3]在当前系统中已经被使用。",
    )
    assert len(shop.query(ORDER, "FID", "FBillNo='S-3'")) == 1


def test_without_a_number_the_next_free_one_is_given(shop: Caller) -> None:
    model = gift_order("")
    assert saved(shop, model)["Number"] == "XSDD000601"
    assert saved(shop, model)["Number"] == "XSDD000602"


def test_a_draft_has_no_number_until_it_is_saved(shop: Caller) -> None:
    draft = shop.form("Draft", ORDER, Model={"FNote": "later"})["Result"]
    assert draft["Number"] == ""
    assert not status(shop.form("Submit", ORDER, Ids=str(draft["Id"])))["IsSuccess"]
    done = saved(shop, gift_order("S-4", FID=draft["Id"]))
    assert (done["Id"], state(shop, "S-4")) == (draft["Id"], "A")


def test_stamps_are_local_wall_time_of_the_last_change() -> None:
    clock = Clock()
    with calling(KingdeeWorld(sample=True, clock=clock)) as shop:
        saved(shop, gift_order("S-5"))
        clock.advance(minutes=5)
        shop.form("Submit", ORDER, Numbers="S-5")
        clock.advance(minutes=5)
        shop.form("Audit", ORDER, Numbers="S-5")
        row = shop.query(ORDER, "FCreateDate,FModifyDate,FApproveDate", "FBillNo='S-5'")
        assert row == [["2026-11-01T10:00:00", "2026-11-01T10:10:00", "2026-11-01T10:10:00"]]
        assert shop.query(ORDER, "FBillNo", "FModifyDate>='2026-11-01 10:10:00'") == [["S-5"]]


def test_amounts_follow_from_quantity_price_and_tax(shop: Caller) -> None:
    line = {"FMaterialId": {"FNUMBER": "M101"}, "FQty": 3, "FTaxPrice": 11.305, "FEntryTaxRate": 13}
    saved(shop, gift_order("S-6", FSaleOrderEntry=[line]))
    [row] = shop.query(ORDER, "FAllAmount,FAmount,FBillAllAmount,FBillTaxAmount", "FBillNo='S-6'")
    assert [Decimal(str(cell)) for cell in row] == [Decimal(text) for text in ("33.92", "30.02", "33.92", "3.90")]


def test_an_update_drops_lines_not_sent_unless_told_otherwise(shop: Caller) -> None:
    lines = [{"FMaterialId": {"FNumber": f"M10{n}"}, "FQty": n, "FTaxPrice": 1} for n in (1, 2, 3)]
    fid = saved(shop, gift_order("S-7", FSaleOrderEntry=lines))["Id"]

    def present() -> list[list[Any]]:
        found: list[list[Any]] = shop.query(ORDER, "FSaleOrderEntry_FEntryID,FQty", "FBillNo='S-7'")
        return found

    first, second, third = (row[0] for row in present())
    change = {"FID": fid, "FSaleOrderEntry": [{"FEntryID": second, "FQty": 20}]}
    saved(shop, change, IsDeleteEntry="false")
    assert present() == [[first, 1], [second, 20], [third, 3]]
    saved(shop, change)
    assert present() == [[second, 20]]


def test_only_named_fields_are_updated(shop: Caller) -> None:
    [[fid, points]] = shop.query("BD_Customer", "FCUSTID,F_ERPL_Points", "FNumber='CUST0002'")
    model = {"FCUSTID": fid, "FName": "changed", "F_ERPL_Points": "650"}
    reply = shop.form("Save", "BD_Customer", Model=model, NeedUpDateFields=["F_ERPL_Points"])
    assert status(reply)["IsSuccess"]
    [[name, after]] = shop.query("BD_Customer", "FName,F_ERPL_Points", "FNumber='CUST0002'")
    assert (points, after) == ("", "650")
    assert name != "changed"


def test_an_audited_order_is_not_changed(shop: Caller) -> None:
    reply = shop.form("Save", ORDER, Model={"FID": 100001, "FNote": "x"})
    assert "已审核" in message(reply)


@pytest.mark.parametrize(
    ("changed", "verify", "field"),
    [
        ({"FCustId": {"FNumber": "nobody"}}, "true", "FCustId"),
        ({"FCustId": {"FNumber": "nobody"}}, "false", "FCustId"),
        ({"FCustId": "CUST0001"}, "true", "FCustId"),
        ({"FSaleOrderEntry": [{"FMaterialId": {"FNumber": "nothing"}, "FQty": 1}]}, "true", "FMaterialId"),
        ({"FSaleOrderEntry": []}, "false", "FSaleOrderEntry"),
        ({"FDate": "soon"}, "false", "FDate"),
    ],
)
def test_a_save_that_breaks_a_rule_names_the_field_and_stores_nothing(
    shop: Caller, changed: dict[str, Any], verify: str, field: str
) -> None:
    reply = shop.form("Save", ORDER, Model=gift_order("S-8", **changed), IsVerifyBaseDataField=verify)
    assert status(reply)["Errors"][0]["FieldName"] == field
    assert shop.query(ORDER, "FID", "FBillNo='S-8'") == []


def test_a_batch_saves_each_document_by_itself(shop: Caller) -> None:
    models = [gift_order("B-1"), gift_order("B-1"), gift_order("B-2")]
    reply = status(shop.form("BatchSave", ORDER, Model=models))
    assert [(done["Number"], done["DIndex"]) for done in reply["SuccessEntitys"]] == [("B-1", 0), ("B-2", 2)]
    assert ([error["DIndex"] for error in reply["Errors"]], reply["IsSuccess"]) == ([1], False)


def test_a_gift_is_locked_by_audit_and_taken_by_its_shipment(shop: Caller) -> None:
    saved(shop, gift_order("G-1"), IsAutoSubmitAndAudit="true")
    assert on_hand(shop, "GIFT-001") == (1000, 999)
    line = {"FMaterialID": {"FNumber": "GIFT-001"}, "FRealQty": 1, "FIsFree": True, "FSoorDerno": "G-1"}
    shipment = {"FBillNo": "OUT-G-1", "FCustomerID": {"FNumber": "CUST0001"}, "FEntity": [line]}
    reply = shop.form("Save", "SAL_OUTSTOCK", Model=shipment, IsAutoSubmitAndAudit=True)
    assert status(reply)["IsSuccess"], reply
    assert on_hand(shop, "GIFT-001") == (999, 999)
    shop.form("UnAudit", "SAL_OUTSTOCK", Numbers=["OUT-G-1"])
    assert on_hand(shop, "GIFT-001") == (1000, 999)


def test_a_gift_that_is_out_of_stock_can_be_saved_but_not_audited(shop: Caller) -> None:
    line = {"FMaterialId": {"FNumber": "GIFT-002"}, "FQty": 1, "FIsFree": True}
    saved(shop, gift_order("G-2", FSaleOrderEntry=[line]))
    shop.form("Submit", ORDER, Numbers=["G-2"])
    reply = shop.form("Audit", ORDER, Numbers=["G-2"])
    assert "库存不足" in message(reply)
    assert state(shop, "G-2") == "B"


def test_another_delivery_takes_stock_unless_it_falls_short(shop: Caller) -> None:
    def deliver(number: str, quantity: int, **switches: str) -> Any:
        line = {"FMaterialId": {"FNumber": "GIFT-001"}, "FQty": quantity}
        model = {"FBillNo": number, "FCustId": {"FNumber": "CUST0001"}, "FEntity": [line]}
        return shop.form("Save", "STK_MisDelivery", Model=model, IsAutoSubmitAndAudit="true", **switches)

    assert status(deliver("Q-1", 999))["IsSuccess"]
    assert "库存不足" in message(deliver("Q-2", 2))
    assert status(deliver("Q-3", 2, InterationFlags="STK_InvCheckResult"))["IsSuccess"]
    assert on_hand(shop, "GIFT-001") == (-1, -1)


def test_named_operations_and_a_deleted_document(shop: Caller) -> None:
    def perform(name: str, form_id: str, number: str) -> Any:
        body = {"formid": form_id, "opNumber": name, "data": {"Numbers": [number]}}
        service = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExcuteOperation"
        return status(shop.post(service, body).json())["IsSuccess"]

    assert perform("Forbid", "BD_Customer", "CUST0003")
    assert shop.query("BD_Customer", "FForbidStatus", "FNumber='CUST0003'") == [["B"]]
    saved(shop, gift_order("O-1"))
    assert perform("Cancel", ORDER, "O-1")
    assert not perform("Cancel", ORDER, "XSDD000001")
    assert not perform("Dance", ORDER, "O-1")
    assert status(shop.form("Delete", ORDER, Numbers=["O-1"]))["IsSuccess"]
    assert status(shop.form("View", ORDER, Number="O-1"))["IsSuccess"] is False


def test_view_shows_internal_names(shop: Caller) -> None:
    seen = shop.form("View", ORDER, Number="XSDD000001")["Result"]["Result"]
    assert (seen["BillNo"], seen["DocumentStatus"]) == ("XSDD000001", "C")
    assert seen["SaleOrderEntry"][0]["MaterialId"]["Name"][0]["Key"] == 2052
    assert shop.form("View", ORDER, Id=str(seen["Id"]))["Result"]["Result"] == seen


def test_needed_fields_come_back_from_a_save(shop: Caller) -> None:
    keys = ["FBillNo", "FSaleOrderEntry.FEntryID"]
    [data] = saved(shop, gift_order("S-9"), NeedReturnFields=keys)["NeedReturnData"]
    [[entry]] = shop.query(ORDER, "FSaleOrderEntry_FEntryID", "FBillNo='S-9'")
    assert data == {"FBillNo": "S-9", "FSaleOrderEntry": [{"FEntryID": entry}]}


def test_the_export_holds_what_was_written_and_nothing_that_differs_between_equal_runs() -> None:
    exports = []
    for minutes in (0, 7):
        clock = Clock()
        with calling(KingdeeWorld(sample=True, clock=clock)) as shop:
            assert shop.world("export") == []
            clock.advance(minutes=minutes)
            for number in ("E-2", "E-1") if minutes else ("E-1", "E-2"):
                saved(shop, gift_order(number), IsAutoSubmitAndAudit="true")
            exports.append(shop.world("export"))
    assert exports[0] == exports[1]
    assert [(one["form"], one["number"]) for one in exports[0]] == [
        (ORDER, "E-1"),
        (ORDER, "E-2"),
        ("STK_Inventory", "GIFT-001@CK001"),
    ]
