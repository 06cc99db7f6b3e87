"""What somebody does in the ERP itself, seen from a client: documents come, change and go, and the clock is set."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import FORM, Caller, calling, gift_order, status

ORDER = "SAL_SaleOrder"
HEAD = {"FBillNo": "甲-1", "FCustId": "C1", "FModifyDate": "2026-03-01T10:00:00"}
PLANTED = {
    "form": ORDER,
    "head": HEAD,
    "lines": [{"FMaterialId": "M1", "FQty": "0.1"}, {"FMaterialId": "M2", "FQty": 2}],
}


@pytest.fixture
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True)) as caller:
        yield caller


def do(shop: Caller, door: str, asked: Any) -> Any:
    return shop.http.post(f"{shop.root}_world/{door}", json=asked).raise_for_status().json()


def test_a_planted_document_is_found_and_has_what_was_given_and_what_the_form_has_by_itself(shop: Caller) -> None:
    (fid,) = do(shop, "plant", [PLANTED])
    keys = "FID,FDocumentStatus,FCustId.FNumber,FModifyDate,FSaleOrderEntry_FSeq,FMaterialId.FNumber,FQty,FCancelStatus"
    assert shop.query(ORDER, keys, "FBillNo='甲-1'") == [
        [fid, "C", "C1", "2026-03-01T10:00:00", 1, "M1", 0.1, "A"],
        [fid, "C", "C1", "2026-03-01T10:00:00", 2, "M2", 2, "A"],
    ]


def test_rows_of_planted_documents_have_ids_of_their_own(shop: Caller) -> None:
    do(shop, "plant", [PLANTED, {**PLANTED, "head": {**HEAD, "FBillNo": "甲-2"}}])
    rows = shop.query(ORDER, "FSaleOrderEntry_FEntryID", "")
    assert len({row[0] for row in rows}) == len(rows)


def test_a_document_may_bring_its_id_along(shop: Caller) -> None:
    assert do(shop, "plant", [{**PLANTED, "head": {**HEAD, "FID": 7}}]) == [7]
    assert shop.query(ORDER, "FBillNo", "", Limit=1) == [["甲-1"]]


def test_an_edited_document_holds_what_was_put_in_whatever_it_is(shop: Caller) -> None:
    head = {"FNote": "改", "FModifyDate": "2026-03-02T00:00:00", "FCreateDate": "昨天"}
    do(shop, "edit", {"form": ORDER, "number": "XSDD000001", "head": head})
    found = shop.query(ORDER, "FNote,FModifyDate,FCreateDate,FDocumentStatus", "FBillNo='XSDD000001'", Limit=1)
    assert found == [["改", "2026-03-02T00:00:00", "昨天", "C"]]


def test_a_removed_document_is_gone_whatever_its_status(shop: Caller) -> None:
    do(shop, "remove", {"form": ORDER, "number": "XSDD000001"})
    assert shop.query(ORDER, "FID", "FBillNo='XSDD000001'") == []


def test_an_emptied_world_has_forgotten_everything(shop: Caller) -> None:
    shop.arm({"kind": "bad_gateway", "next": 9})
    do(shop, "clock", {"ahead": 3600})
    do(shop, "empty", None)
    stats = shop.world("stats")
    assert {form: count for form, count in stats["documents"].items() if count} == {"ORG_Organizations": 2}
    assert (stats["calls"], stats["logins"], stats["faults"], stats["writes"]) == ({}, 0, {}, 0)
    assert status(shop.query(ORDER, "FID"))["MsgCode"] == 1
    assert shop.login()["LoginResultType"] == 1
    assert shop.query(ORDER, "FID") == []


def test_the_clock_is_set_for_replies_stamps_and_itself(shop: Caller) -> None:
    do(shop, "clock", {"ahead": -3600})
    now = datetime.fromisoformat(shop.world("clock")["now"])
    reply = shop.post(f"{FORM}Save", {"formid": ORDER, "data": {"Model": gift_order("F-1")}})
    assert abs(parsedate_to_datetime(reply.headers["date"]) - now) < timedelta(seconds=5)
    stamp = shop.query(ORDER, "FModifyDate", "FBillNo='F-1'")[0][0]
    assert abs(datetime.fromisoformat(f"{stamp}+08:00") - now) < timedelta(seconds=5)


def test_every_session_that_was_handed_out_is_told(shop: Caller) -> None:
    assert shop.login()["KDSVCSessionId"] in [session for session, _ in shop.world("sessions")]
    assert len(shop.world("sessions")) == 2


@pytest.mark.parametrize(
    ("door", "asked"),
    [
        ("plant", [{"form": "NOPE"}]),
        ("plant", [{"form": ORDER, "head": {"FNope": 1}}]),
        ("edit", {"form": ORDER, "number": "NOPE"}),
        ("remove", {"form": ORDER}),
        ("clock", {}),
        ("plant", 5),
    ],
)
def test_what_cannot_be_done_is_said(shop: Caller, door: str, asked: object) -> None:
    reply = shop.http.post(f"{shop.root}_world/{door}", json=asked)
    assert reply.status_code == 400
    assert "cannot be done" in reply.text


def test_a_restarted_world_has_what_was_planted(tmp_path: Path) -> None:
    world = KingdeeWorld(sample=True, state=tmp_path / "journal")
    with calling(world) as shop:
        do(shop, "plant", [PLANTED])
        do(shop, "remove", {"form": ORDER, "number": "XSDD000001"})
    with calling(world) as shop:
        assert len(shop.query(ORDER, "FQty", "FBillNo='甲-1'")) == 2
        assert shop.query(ORDER, "FID", "FBillNo='XSDD000001'") == []
