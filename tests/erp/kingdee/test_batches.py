"""Many documents at once: each for itself, none twice, whatever breaks on the way."""

# ruff: noqa: ANN401 - documents of any shape

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from erplink.erp.kingdee import AsyncKingdeeForms, Done, KingdeeForms, Saved
from erplink.errors import Busy, ConfigInvalid, NotPermitted, RetryError, Unsupported
from erplink.facade.connect import connect
from erplink.facade.step import step
from tests.erp.kingdee.test_writes import FAULTS
from tests.wire.shop import Shop as OtherSystem

if TYPE_CHECKING:
    from erplink.erp.kingdee import KingdeeAdapter
    from tests.erp.kingdee.shop import Shop

ORDER = "SAL_SaleOrder"


class Opened:
    """What forms are opened on: an adapter of these tests."""

    def __init__(self, adapter: KingdeeAdapter) -> None:
        self.adapter = adapter


def model(number: str, **changed: Any) -> dict[str, Any]:
    line = {"FMaterialId": {"FNumber": "M101"}, "FQty": 2, "FTaxPrice": 5}
    return {"FBillNo": number, "FCustId": {"FNumber": "CUST0001"}, "FSaleOrderEntry": [line]} | changed


def models(count: int, prefix: str = "B") -> list[dict[str, Any]]:
    return [model(f"{prefix}-{n:03d}") for n in range(count)]


def there(shop: Shop) -> list[str]:
    return [one["number"] for one in shop.export() if one["form"] == ORDER]


def states(found: tuple[Saved | Done, ...]) -> Counter[str]:
    return Counter(one.state for one in found)


def test_each_document_is_saved_and_told_apart(shop: Shop) -> None:
    bad = model("B-2", FCustId={"FNumber": "没有"})
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        first = forms.batch_save(ORDER, [model("B-1"), bad, model("B-3")])
        again = forms.batch_save(ORDER, [model("B-1"), bad, model("B-3"), model("B-4")])
    assert [(one.index, one.number, one.state) for one in first] == [
        (0, "B-1", "saved"),
        (1, "B-2", "refused"),
        (2, "B-3", "saved"),
    ]
    assert (first[1].field, "没有" in first[1].words) == ("FCustId", True)
    assert [one.state for one in again] == ["there", "refused", "there", "saved"]
    assert [one.id for one in again][:3:2] == [one.id for one in first][::2]
    assert there(shop) == ["B-1", "B-3", "B-4"]


def test_hundreds_go_in_several_calls_and_keep_their_order(shop: Shop) -> None:
    with shop.connect() as erp:
        found = KingdeeForms(erp).batch_save(ORDER, models(230))
    assert [one.number for one in found] == [f"B-{n:03d}" for n in range(230)]
    assert states(found) == {"saved": 230}
    assert shop.stats()["calls"]["BatchSave"] == 3


def test_threads_of_the_server_are_asked_for_only_where_they_count(shop: Shop) -> None:
    with shop.swift() as (adapter, io):
        forms = AsyncKingdeeForms(Opened(adapter))
        step(forms.batch_save(ORDER, models(3), threads=2))
        step(forms.batch_save(ORDER, models(2, "C"), threads=2))
        asked = [json.loads(call.body)["data"] for call in io.calls if call.operation == "each BatchSave"]
    assert [one.get("BatchCount") for one in asked] == [2, None]


def test_places_of_the_servers_own_batches_are_not_taken_for_ours(shop: Shop) -> None:
    """With several batches on the server DIndex begins anew in each: a refusal must not be laid at another's door."""
    reply = {
        "Result": {
            "ResponseStatus": {
                "IsSuccess": False,
                "Errors": [{"FieldName": "FCustId", "Message": "客户不存在", "DIndex": 0}],
                "SuccessEntitys": [
                    {"Id": 1, "Number": "B-000", "DIndex": 0},
                    {"Id": 2, "Number": "B-001", "DIndex": 1},
                    {"Id": 4, "Number": "B-003", "DIndex": 1},
                ],
                "MsgCode": 11,
            }
        }
    }
    with shop.swift() as (adapter, io):
        send = io.send

        async def answer(call: Any) -> Any:
            given = await send(call)
            changed = type(given)(200, json.dumps(reply).encode(), given.headers)
            return changed if call.operation == "each BatchSave" else given

        io.send = answer  # type: ignore[method-assign]
        found = step(AsyncKingdeeForms(Opened(adapter)).batch_save(ORDER, models(4), threads=2))
    assert [(one.number, one.state) for one in found] == [
        ("B-000", "saved"),
        ("B-001", "saved"),
        ("B-002", "refused"),
        ("B-003", "saved"),
    ]
    assert "客户不存在" in found[2].words


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("times", [1, 3])
def test_a_batch_survives_each_fault_and_saves_each_once(shop: Shop, kind: str, times: int) -> None:
    shop.arm({"kind": kind, "next": times, "operation": "BatchSave"})
    with shop.swift() as (adapter, _):
        found = step(AsyncKingdeeForms(Opened(adapter)).batch_save(ORDER, models(5)))
    assert all(one.state in {"saved", "there"} and one.id for one in found)
    assert there(shop) == [f"B-{n:03d}" for n in range(5)]
    assert shop.stats()["faults"][kind] >= 1


def test_after_a_lost_reply_only_the_rest_is_saved(shop: Shop) -> None:
    shop.arm(
        {"kind": "partial_batch", "next": 1, "operation": "BatchSave"},
        {"kind": "drop_after_commit", "next": 1, "operation": "BatchSave"},
    )
    with shop.swift() as (adapter, io):
        forms = AsyncKingdeeForms(Opened(adapter))
        first = step(forms.batch_save(ORDER, models(4)))
        second = step(forms.batch_save(ORDER, models(4)))
        sizes = [len(json.loads(one.body)["data"]["Model"]) for one in io.calls if one.operation == "each BatchSave"]
    assert [one.state for one in first] == ["saved", "saved", "saved", "refused"]
    assert states(second) == {"there": 4}
    assert sizes == [4, 4]
    assert len(there(shop)) == 4


def test_a_batch_that_nobody_may_save_or_has_to_wait_is_an_error(shop: Shop) -> None:
    shop.arm({"kind": "no_permission", "next": 1, "operation": "BatchSave"})
    with shop.swift() as (adapter, _):
        forms = AsyncKingdeeForms(Opened(adapter))
        with pytest.raises(NotPermitted):
            step(forms.batch_save(ORDER, models(2)))
        shop.arm({"kind": "call_limit", "next": 99, "operation": "BatchSave"})
        with pytest.raises(Busy):
            step(forms.batch_save(ORDER, models(2)))
    assert there(shop) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [([model("")], "document 0 has no number"), ([model("A"), model("A")], "document 1 repeats the number A")],
)
def test_a_batch_without_numbers_of_its_own_is_not_sent(shop: Shop, given: list[dict[str, Any]], said: str) -> None:
    with shop.connect() as erp, pytest.raises(ConfigInvalid, match=said):
        KingdeeForms(erp).batch_save(ORDER, given)
    assert shop.stats()["calls"] == {}


def test_customers_are_saved_in_batches_by_their_number(shop: Shop) -> None:
    numbers = [f"新-{n}" for n in range(3)]
    wanted = [{"FNumber": one, "FName": f"客户 {one}", "FTRADINGCURRID": {"FNUMBER": "PRE001"}} for one in numbers]
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        assert states(forms.batch_save("BD_Customer", wanted)) == {"saved": 3}
        assert states(forms.batch_save("BD_Customer", wanted)) == {"there": 3}
        for action in ("submit", "audit"):
            assert states(forms.press("BD_Customer", action, numbers)) == {"done": 3}
        assert erp.customers.get("新-2").status == "approved"


def test_a_draft_has_no_number_and_is_never_sent_twice(shop: Shop) -> None:
    with shop.connect() as erp:
        made = KingdeeForms(erp).draft(ORDER, {"FNote": "以后"})
        assert (made.form, made.number, int(made.id) > 0) == (ORDER, "", True)
    shop.arm({"kind": "drop_after_commit", "operation": "Draft"}, {"kind": "lose_session", "operation": "Draft"})
    with shop.swift() as (adapter, io):
        forms = AsyncKingdeeForms(Opened(adapter))
        for _ in range(2):
            with pytest.raises(RetryError, match="whether it happened is not known"):
                step(forms.draft(ORDER, {"FNote": "以后"}))
        assert [call.operation for call in io.calls].count("once Draft") == 2


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("action", ["submit", "audit", "delete", "cancel"])
def test_buttons_for_many_survive_each_fault(shop: Shop, kind: str, action: str) -> None:
    numbers = [f"B-{n:03d}" for n in range(4)]
    operation = {"submit": "Submit", "audit": "Audit", "delete": "Delete", "cancel": "ExcuteOperation"}[action]
    with shop.swift() as (adapter, _):
        forms = AsyncKingdeeForms(Opened(adapter))
        step(forms.batch_save(ORDER, models(4)))
        if action == "audit":
            step(forms.press(ORDER, "submit", numbers))
        shop.arm({"kind": kind, "next": 2, "operation": operation})
        assert states(step(forms.press(ORDER, action, numbers))) == {"done": 4}
        assert states(step(forms.press(ORDER, action, numbers))) == {"done": 4}


def test_a_button_refused_for_one_is_pressed_for_the_others(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        forms.batch_save(ORDER, models(2))
        forms.press(ORDER, "submit", ["B-000"])
        found = forms.press(ORDER, "audit", ["B-000", "B-001", "NOPE"])
    assert [(one.number, one.state) for one in found] == [
        ("B-000", "done"),
        ("B-001", "refused"),
        ("NOPE", "refused"),
    ]
    assert "不允许审核" in found[1].words
    assert "不存在" in found[2].words


def test_a_dialogue_is_said_yes_to(shop: Shop) -> None:
    line = {"FMaterialId": {"FNumber": "GIFT-002"}, "FQty": 2}
    away = {"FBillNo": "Q-1", "FCustId": {"FNumber": "CUST0001"}, "FEntity": [line]}
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        forms.batch_save("STK_MisDelivery", [away])
        forms.press("STK_MisDelivery", "submit", ["Q-1"])
        (refused,) = forms.press("STK_MisDelivery", "audit", ["Q-1"])
        (done,) = forms.press("STK_MisDelivery", "audit", ["Q-1"], confirm=["STK_InvCheckResult"])
    assert (refused.state, "库存不足" in refused.words, done.state) == ("refused", True, "done")


def test_named_operations_of_documents_and_of_single_lines(shop: Shop) -> None:
    two = [{"FMaterialId": {"FNumber": sku}, "FQty": 1, "FTaxPrice": 1} for sku in ("M101", "M102")]
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        forms.batch_save(ORDER, [model("B-1", FSaleOrderEntry=two)])
        (early,) = forms.operate(ORDER, "YLTerminate", ["B-1"])
        for action in ("submit", "audit"):
            forms.press(ORDER, action, ["B-1"])
        first, _ = erp.orders.get("B-1").lines
        assert forms.operate(ORDER, "YLTerminate", ["B-1"], lines={"B-1": [first.id]}) == (Done("B-1", "done"),)
        ended = list(forms.rows(ORDER, ["FTerminateStatus"], where="FBillNo='B-1'", entry="FSaleOrderEntry"))
        assert forms.operate(ORDER, "ylbillclose", ["B-1"]) == (Done("B-1", "done"),)
        assert erp.orders.get("B-1").status == "closed"
        (unknown,) = forms.operate(ORDER, "Dance", ["B-1"])
    assert (early.state, unknown.state) == ("refused", "refused")
    assert [row["FTerminateStatus"] for row in ended] == ["B", "A"]


def test_a_named_operation_that_cannot_be_looked_up_is_sent_once(shop: Shop) -> None:
    shop.arm({"kind": "bad_gateway", "operation": "ExcuteOperation"})
    with shop.swift() as (adapter, io):
        with pytest.raises(RetryError, match="whether it happened is not known"):
            step(AsyncKingdeeForms(Opened(adapter)).operate(ORDER, "YLFreeze", ["XSDD000600"]))
        assert [call.operation for call in io.calls].count("once each YLFreeze") == 1


def test_a_workflow_is_decided(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        forms.batch_save(ORDER, models(3))
        forms.press(ORDER, "submit", ["B-000", "B-001"])
        assert forms.workflow_audit(ORDER, ["B-000"], "pass", user="经理") == (Done("B-000", "done"),)
        assert forms.workflow_audit(ORDER, ["B-001"], "reject") == (Done("B-001", "done"),)
        (early,) = forms.workflow_audit(ORDER, ["B-002"], "pass")
        assert [erp.orders.get(f"B-{n:03d}").status for n in range(3)] == ["approved", "draft", "draft"]
        with pytest.raises(ConfigInvalid, match="pass, reject, terminate"):
            forms.workflow_audit(ORDER, ["B-002"], "dance")  # type: ignore[arg-type]
    assert early.state == "refused"


def test_another_system_has_no_forms_of_a_kingdee() -> None:
    with connect(OtherSystem("http://127.0.0.1:9")) as erp, pytest.raises(Unsupported, match="shop has no forms"):
        KingdeeForms(erp)
