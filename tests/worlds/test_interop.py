"""The vendor's own SDK, unmodified, against the stand-in server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld, Running, serve
from tests.worlds.calls import gift_order, status
from tests.worlds.official import official


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(KingdeeWorld(sample=True)) as world:
        yield world


def test_it_logs_in_by_header_and_queries(running: Running) -> None:
    query = {"FormId": "SAL_SaleOrder", "FieldKeys": "FBillNo,FQty", "FilterString": "FBillNo='XSDD000001'"}
    rows = json.loads(official(running).ExecuteBillQuery(query))
    assert [row[0] for row in rows] == ["XSDD000001"] * len(rows)
    assert len(rows) > 0


def test_it_saves_submits_and_audits(running: Running) -> None:
    sdk = official(running)
    saved = json.loads(sdk.Save("SAL_SaleOrder", {"Model": gift_order("SDK-1")}))
    assert saved["Result"]["Number"] == "SDK-1"
    for step in (sdk.Submit, sdk.Audit):
        assert status(json.loads(step("SAL_SaleOrder", {"Numbers": ["SDK-1"]})))["IsSuccess"] is True
    seen = json.loads(sdk.View("SAL_SaleOrder", {"Number": "SDK-1"}))["Result"]["Result"]
    assert (seen["BillNo"], seen["DocumentStatus"]) == ("SDK-1", "C")


def test_its_session_is_kept_over_calls(running: Running) -> None:
    sdk = official(running)
    before = running.site.logins["accepted"]
    for _ in range(3):
        sdk.QueryBusinessInfo({"FormId": "BD_Customer"})
    assert running.site.logins["accepted"] == before + 1


def test_it_signs_with_a_mask_of_the_servers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    config = pytest.importorskip("k3cloud_webapi_sdk.model.api_config", reason="the official SDK is not installed")
    mask = "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6"
    monkeypatch.setattr(config.ApiConfig, "Xor_Code", mask)
    with serve(KingdeeWorld(sample=True, sec_pwd=mask)) as own:
        assert len(json.loads(official(own).ExecuteBillQuery({"FormId": "BD_Customer", "FieldKeys": "FNumber"}))) == 120


@pytest.mark.parametrize(
    "wrong",
    [{"app_secret": "x" * 32}, {"user_name": "nobody"}, {"app_id": "100002_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"}],
)
def test_wrong_credentials_look_like_a_lost_session(running: Running, wrong: dict[str, str]) -> None:
    reply = json.loads(official(running, **wrong).ExecuteBillQuery({"FormId": "BD_Customer", "FieldKeys": "FNumber"}))
    assert status(reply)["MsgCode"] == 1


def test_an_unknown_data_centre_is_refused(running: Running) -> None:
    with pytest.raises(RuntimeError, match="thirty passport"):
        official(running, acct_id="another").View("SAL_SaleOrder", {"Number": "XSDD000001"})


def test_it_saves_many_and_hears_of_each(running: Running) -> None:
    bad = gift_order("SDK-B2", FCustId={"FNumber": "nobody"})
    models = [gift_order("SDK-B1"), bad, gift_order("SDK-B3")]
    told = status(json.loads(official(running).BatchSave("SAL_SaleOrder", {"Model": models, "BatchCount": 2})))
    assert (told["IsSuccess"], [one["DIndex"] for one in told["Errors"]]) == (False, [1])
    assert [one["Number"] for one in told["SuccessEntitys"]] == ["SDK-B1", "SDK-B3"]


def test_it_drafts_cancels_and_deletes(running: Running) -> None:
    sdk = official(running)
    draft = json.loads(sdk.Draft("SAL_SaleOrder", {"Model": {"FNote": "以后"}}))["Result"]
    assert status(json.loads(sdk.Delete("SAL_SaleOrder", {"Ids": str(draft["Id"])})))["IsSuccess"]
    sdk.Save("SAL_SaleOrder", {"Model": gift_order("SDK-C1")})
    sdk.Submit("SAL_SaleOrder", {"Numbers": ["SDK-C1"]})
    assert status(json.loads(sdk.CancelAssign("SAL_SaleOrder", {"Numbers": ["SDK-C1"]})))["IsSuccess"]
    assert status(json.loads(sdk.ExcuteOperation("SAL_SaleOrder", "Cancel", {"Numbers": ["SDK-C1"]})))["IsSuccess"]
    assert not status(json.loads(sdk.ExcuteOperation("SAL_SaleOrder", "Dance", {"Numbers": ["SDK-C1"]})))["IsSuccess"]


def test_it_pushes_an_order_to_its_delivery(running: Running) -> None:
    sdk = official(running)
    line = {"FMaterialId": {"FNumber": "M101"}, "FQty": 2, "FTaxPrice": 5}
    sdk.Save("SAL_SaleOrder", {"Model": gift_order("SDK-P1", FSaleOrderEntry=[line]), "IsAutoSubmitAndAudit": "true"})
    pushed = json.loads(sdk.Push("SAL_SaleOrder", {"Numbers": ["SDK-P1"], "RuleId": "SaleOrder-OutStock"}))
    [made] = status(pushed)["SuccessEntitys"]
    assert pushed["Result"]["ConvertResponseStatus"]["IsSuccess"] is True
    query = {"FormId": "SAL_OUTSTOCK", "FieldKeys": "FSoorDerno,FRealQty", "FilterString": f"FID={made['Id']}"}
    assert json.loads(sdk.ExecuteBillQuery(query)) == [["SDK-P1", 2]]
    again = json.loads(sdk.Push("SAL_SaleOrder", {"Numbers": ["SDK-P1"], "RuleId": "SaleOrder-OutStock"}))
    assert (status(again)["IsSuccess"], status(again)["SuccessEntitys"]) == (False, [])


def test_it_keeps_groups(running: Running) -> None:
    sdk = official(running)
    group = {"GroupFieldKey": "FMaterialGroup", "FNumber": "SDK-G", "FName": "分组"}
    saved = json.loads(sdk.GroupSave("BD_MATERIAL", group))
    asked = {"FormId": "BD_MATERIAL", "GroupFieldKey": "FMaterialGroup", "GroupPkIds": str(saved["Result"]["Id"])}
    [seen] = json.loads(sdk.QueryGroupInfo(asked))["Result"]["NeedReturnData"]
    assert (seen["FNUMBER"], seen["FNAME"], seen["FPARENTID"]) == ("SDK-G", "分组", 0)
    assert status(json.loads(sdk.GroupDelete(asked)))["IsSuccess"]
    assert not status(json.loads(sdk.QueryGroupInfo(asked)))["IsSuccess"]


def test_it_attaches_a_file_in_pieces_and_downloads_it(running: Running) -> None:
    sdk = official(running)
    file = {"FileName": "图.png", "FormId": "SAL_SaleOrder", "InterId": "100001", "BillNO": "XSDD000001"}
    first = {**file, "IsLast": False, "SendByte": base64.b64encode(b"ab").decode()}
    file_id = json.loads(sdk.AttachmentUpload(first))["Result"]["FileId"]
    last = {**file, "IsLast": True, "FileId": file_id, "SendByte": base64.b64encode(b"cd").decode()}
    assert json.loads(sdk.AttachmentUpload(last))["Result"]["FileId"] == file_id
    got = json.loads(sdk.AttachmentDownLoad({"FileId": file_id, "StartIndex": 0}))["Result"]
    assert (got["FileName"], got["FileSize"], got["IsLast"]) == ("图.png", 4, True)
    assert base64.b64decode(got["FilePart"]) == b"abcd"


def test_it_asks_which_fields_a_form_has(running: Running) -> None:
    data = json.loads(official(running).QueryBusinessInfo({"FormId": "BD_SAL_PriceList"}))["Result"]["NeedReturnData"]
    assert (data["Id"], data["PkFieldName"]) == ("BD_SAL_PriceList", "FID")
    keys = {field["Key"] for entry in data["Entrys"] for field in entry["Fields"]}
    assert {"FNumber", "FMaterialId", "FPrice", "FFromQty"} <= keys


def test_it_decides_in_a_workflow_and_switches_the_organisation(running: Running) -> None:
    sdk = official(running)
    sdk.Save("SAL_SaleOrder", {"Model": gift_order("SDK-W1")})
    sdk.Submit("SAL_SaleOrder", {"Numbers": ["SDK-W1"]})
    decided = {"FormId": "SAL_SaleOrder", "Numbers": ["SDK-W1"], "ApprovalType": 1}
    assert status(json.loads(sdk.WorkflowAudit(decided)))["IsSuccess"]
    assert status(json.loads(sdk.SwitchOrg({"OrgNumber": "200"})))["IsSuccess"]
    assert not status(json.loads(sdk.SwitchOrg({"OrgNumber": "999"})))["IsSuccess"]
