"""Conversions and links in the stand-in server: what is left to push, and orders that close by what was delivered."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erplink.errors import FileInvalid
from erplink.testing.worlds.kingdee import KingdeeWorld, User, serve
from tests.worlds.calls import FORM, Caller, Clock, calling, gift_order, message, status

ORDER, OUT = "SAL_SaleOrder", "SAL_OUTSTOCK"


@pytest.fixture
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True, clock=Clock())) as caller:
        yield caller


def ordered(shop: Caller, number: str, *quantities: int) -> list[int]:
    """An audited order of so many lines; their entry ids."""
    lines = [{"FMaterialId": {"FNumber": f"M10{n}"}, "FQty": q, "FTaxPrice": 2} for n, q in enumerate(quantities, 1)]
    shop.form("Save", ORDER, Model=gift_order(number, FSaleOrderEntry=lines), IsAutoSubmitAndAudit="true")
    return [row[0] for row in shop.query(ORDER, "FSaleOrderEntry_FEntryID", f"FBillNo='{number}'")]


def pushed(shop: Caller, number: str, **more: Any) -> Any:
    return shop.form("Push", ORDER, Numbers=[number], RuleId="SaleOrder-OutStock", **more)


def closed(shop: Caller, number: str) -> str:
    return str(shop.query(ORDER, "FCloseStatus", f"FBillNo='{number}'")[0][0])


def audited(shop: Caller, form: str, number: str) -> None:
    for step in ("Submit", "Audit"):
        assert status(shop.form(step, form, Numbers=[number]))["IsSuccess"]


def test_a_push_takes_what_is_left_and_audit_closes_the_order(shop: Caller) -> None:
    ordered(shop, "P-1", 3, 1)
    [out] = status(pushed(shop, "P-1"))["SuccessEntitys"]
    assert [row[0] for row in shop.query(OUT, "FRealQty", f"FID={out['Id']}")] == [3, 1]
    assert "没有可下推" in message(pushed(shop, "P-1"))
    assert closed(shop, "P-1") == "A"
    audited(shop, OUT, out["Number"])
    assert closed(shop, "P-1") == "B"
    shop.form("UnAudit", OUT, Numbers=[out["Number"]])
    assert closed(shop, "P-1") == "A"
    shop.form("Delete", OUT, Numbers=[out["Number"]])
    assert status(pushed(shop, "P-1"))["IsSuccess"]


def test_single_lines_are_pushed_by_their_entries(shop: Caller) -> None:
    first, second = ordered(shop, "P-2", 3, 1)
    reply = shop.form("Push", ORDER, EntryIds=str(second), RuleId="SaleOrder-OutStock")
    [out] = status(reply)["SuccessEntitys"]
    assert shop.query(OUT, "FSOEntryId,FRealQty", f"FID={out['Id']}") == [[second, 1]]
    [rest] = status(pushed(shop, "P-2"))["SuccessEntitys"]
    assert shop.query(OUT, "FSOEntryId,FRealQty", f"FID={rest['Id']}") == [[first, 3]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"Numbers": ["P-3"]}, "不能同时为空"),
        ({"Numbers": ["P-3"], "RuleId": "Nothing"}, "转换规则[Nothing]不存在"),
        ({"Numbers": ["P-3"], "TargetFormId": "PRD_MO", "IsEnableDefaultRule": "true"}, "转换规则[PRD_MO]不存在"),
        ({"Numbers": ["NOPE"], "RuleId": "SaleOrder-OutStock"}, "单据[NOPE]不存在"),
        ({"Numbers": ["P-3"], "RuleId": "SaleOrder-OutStock"}, "未审核或已关闭"),
        ({"RuleId": "SaleOrder-OutStock"}, "不能同时为空"),
    ],
)
def test_a_push_that_cannot_be_says_why(shop: Caller, data: dict[str, Any], said: str) -> None:
    shop.form("Save", ORDER, Model=gift_order("P-3"))
    assert said in message(shop.form("Push", ORDER, **data))


def linked(order: str, entry: Any, quantity: int) -> dict[str, Any]:
    link = {
        "FEntity_Link_FRuleId": "SaleOrder-OutStock",
        "FEntity_Link_FSTableName": "T_SAL_ORDERENTRY",
        "FEntity_Link_FSBillId": order,
        "FEntity_Link_FSId": str(entry),
    }
    line = {"FMaterialID": {"FNumber": "M101"}, "FRealQty": quantity, "FEntity_Link": [link]}
    return {"FCustomerID": {"FNumber": "CUST0001"}, "FEntity": [line]}


def test_a_saved_delivery_is_linked_by_its_link_row(shop: Caller) -> None:
    [entry] = ordered(shop, "L-1", 3)
    [[fid]] = shop.query(ORDER, "FID", "FBillNo='L-1'")[:1]
    saved = shop.form("Save", OUT, Model=linked(str(fid), entry, 3))["Result"]
    assert shop.query(OUT, "FSrcType,FSrcBillNo,FSoorDerno,FSOEntryId", f"FID={saved['Id']}") == [
        [ORDER, "L-1", "L-1", entry]
    ]
    assert "关联数量已达上限" in message(shop.form("Save", OUT, Model=linked(str(fid), entry, 1)))
    assert "分录不存在" in message(shop.form("Save", OUT, Model=linked(str(fid), 7, 1)))


def test_lines_are_terminated_one_by_one_and_then_not_pushed(shop: Caller) -> None:
    first, second = ordered(shop, "T-1", 3, 1)
    [[fid], *_] = shop.query(ORDER, "FID", "FBillNo='T-1'")
    body = {"formid": ORDER, "opNumber": "YLTerminate", "data": {"PkEntryIds": [{"Id": fid, "EntryIds": str(first)}]}}
    assert status(shop.post(f"{FORM}ExcuteOperation", body).json())["IsSuccess"]
    assert [row[0] for row in shop.query(ORDER, "FTerminateStatus", "FBillNo='T-1'")] == ["B", "A"]
    [out] = status(pushed(shop, "T-1"))["SuccessEntitys"]
    assert [row[0] for row in shop.query(OUT, "FSOEntryId", f"FID={out['Id']}")] == [second]


def test_what_was_shipped_from_the_beginning_counts(shop: Caller) -> None:
    [[number, shipped], *_] = shop.query(OUT, "FSoorDerno,FRealQty", "FSoorDerno='XSDD000600'") or [["", 0]]
    reply = pushed(shop, "XSDD000600")
    if number:
        rows = shop.query(OUT, "FRealQty", f"FID={status(reply)['SuccessEntitys'][0]['Id']}")
        everything = shop.query(ORDER, "FQty", "FBillNo='XSDD000600'")
        assert sum(row[0] for row in rows) == sum(row[0] for row in everything) - shipped


def test_what_data_permissions_hide_is_just_not_there() -> None:
    world = KingdeeWorld(sample=True, users=(User("integration", "erplink-demo-2026", blind=(ORDER,)),))
    with calling(world) as caller:
        assert caller.query(ORDER, "FID") == []
        assert len(caller.query("BD_Customer", "FNumber")) == 120
        assert "数据不存在" in message(caller.form("View", ORDER, Number="XSDD000001"))


def test_files_and_groups_survive_a_restart(tmp_path: Path) -> None:
    world = KingdeeWorld(sample=True, state=tmp_path / "journal")
    with calling(world) as caller:
        caller.form("GroupSave", "BD_Customer", FNumber="G-1", FName="组")
        data = {"FileName": "a", "FormId": ORDER, "InterId": "100001", "IsLast": True, "SendByte": "YWJj"}
        file_id = caller.post(f"{FORM}AttachmentUpLoad", {"data": data}).json()["Result"]["FileId"]
    with calling(world) as caller:
        assert caller.query("BD_CustomerGroup", "FName", "FNumber='G-1'") == [["组"]]
        got = caller.post(f"{FORM}AttachmentDownLoad", {"data": {"FileId": file_id, "StartIndex": 1}}).json()
        assert got["Result"]["FilePart"] == "YmM="


def test_a_state_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "journal"
    with calling(KingdeeWorld(sample=True, state=state)):
        pass
    state.write_bytes(state.read_bytes().replace(b'"layout":"', b'"layout":"x'))
    with pytest.raises(FileInvalid, match="zone or fields"), serve(KingdeeWorld(sample=True, state=state)):
        pass
