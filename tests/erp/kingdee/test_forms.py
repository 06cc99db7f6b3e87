"""Any form: which fields it has, its rows, its groups; and the two classes that offer it."""

from __future__ import annotations

import inspect
from contextlib import aclosing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from erplink.erp.kingdee import AsyncKingdeeForms, Group, KingdeeForms
from erplink.errors import ConfigInvalid, NotFound, Refused, RetryError
from erplink.facade.connect import connect_async
from erplink.facade.step import step
from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.erp.kingdee.shop import opened
from tests.erp.kingdee.test_batches import Opened
from tests.facade.test_erp import doors, shape

if TYPE_CHECKING:
    from tests.erp.kingdee.shop import Shop


def test_the_fields_of_a_form_are_told_with_captions_and_the_tenants_own(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        known = KingdeeForms(erp).fields("BD_Customer")
        lists = KingdeeForms(erp).fields("BD_SAL_DiscountList")
        with pytest.raises(ConfigInvalid, match="业务对象不存在"):
            KingdeeForms(erp).fields("NO_SUCH_FORM")
    assert (known.form, known.name, known.key) == ("BD_Customer", "客户", "FCUSTID")
    assert [(one.key, one.name) for one in known.custom] == [
        ("F_ERPL_UnionId", "微信UnionID"),
        ("F_ERPL_Points", "会员积分"),
        ("F_ERPL_Tier", "会员等级"),
    ]
    name, currency = known.find("FName"), known.find("FTRADINGCURRID")
    assert name is not None
    assert currency is not None
    assert (name.required, name.entry, name.lookup) == (True, "FBillHead", "")
    assert (currency.required, currency.lookup) == (False, "BD_Currency")
    assert {one.entry for one in lists.fields} == {"FBillHead", "FSALDISCOUNTLISTENTRY"}


@pytest.mark.parametrize("page", [7, 100, 2000])
def test_rows_of_any_form_come_once_each_whatever_the_page(page: int) -> None:
    with opened(KingdeeWorld(sample=True, page_limit=page)) as shop, shop.connect(page=page) as erp:
        forms = KingdeeForms(erp)
        lines = list(forms.rows("SAL_SaleOrder", ["FBillNo", "FSaleOrderEntry_FSeq", "FQty"], entry="FSaleOrderEntry"))
        heads = list(forms.rows("SAL_SaleOrder", ["FBillNo"]))
        some = list(forms.rows("BD_Customer", ["FNumber", "FName"], where="FNumber='CUST0003' or FNumber='CUST0001'"))
        expected = [(one.number, line.line, line.qty) for one in erp.orders.list() for line in one.lines]
    assert [(row["FBillNo"], row["FSaleOrderEntry_FSeq"], row["FQty"]) for row in lines] == expected
    assert len({row["FBillNo"] for row in heads}) == len(heads) == 600
    assert [row["FNumber"] for row in some] == ["CUST0001", "CUST0003"]
    assert isinstance(lines[0]["FQty"], int | Decimal)


def test_rows_by_a_key_that_is_not_there_are_refused(quiet_shop: Shop) -> None:
    with quiet_shop.connect() as erp:
        with pytest.raises(ConfigInvalid, match="FNope"):
            next(iter(KingdeeForms(erp).rows("BD_Customer", ["FNope"])))
        with pytest.raises(ConfigInvalid, match="no key"):
            next(iter(KingdeeForms(erp).rows("BD_Customer", [])))


def test_groups_are_made_changed_found_and_deleted(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        top = forms.save_group("BD_Customer", Group("", "VIP", "贵宾"))
        sub = forms.save_group("BD_Customer", Group("", "VIP-1", "金卡", parent=top))
        assert forms.save_group("BD_Customer", Group(sub, "VIP-1", "银卡", parent=top)) == sub
        assert forms.groups("BD_Customer", [top, sub, "999"]) == (
            Group(top, "VIP", "贵宾"),
            Group(sub, "VIP-1", "银卡", top),
        )
        assert forms.groups("BD_Customer", ["999"]) == ()
        assert forms.groups("BD_Customer", []) == ()
        with pytest.raises(Refused, match="不允许删除"):
            forms.delete_group("BD_Customer", top)
        with pytest.raises(Refused, match="已经被使用"):
            forms.save_group("BD_Customer", Group("", "VIP", "又一个"))
        for _ in range(2):
            forms.delete_group("BD_Customer", sub)
        assert forms.groups("BD_Customer", [sub]) == ()
        erp.customers.update("CUST0001", {"name": "在组里"})


def test_a_new_group_is_sent_once_and_a_deletion_looked_up(shop: Shop) -> None:
    shop.arm(
        {"kind": "drop_after_commit", "operation": "GroupSave"},
        {"kind": "drop_after_commit", "operation": "GroupDelete"},
    )
    with shop.swift() as (adapter, io):
        forms = AsyncKingdeeForms(Opened(adapter))
        with pytest.raises(RetryError, match="whether it happened is not known"):
            step(forms.save_group("BD_Customer", Group("", "VIP", "贵宾")))
        group = step(forms.save_group("BD_Customer", Group("", "SVIP", "超级贵宾")))
        step(forms.delete_group("BD_Customer", group))
        assert step(forms.groups("BD_Customer", [group])) == ()
    assert [call.operation for call in io.calls].count("GroupDelete") == 1


def test_the_organisation_of_a_session_is_switched_by_the_escape_hatch(shop: Shop) -> None:
    with shop.connect(login="sign") as erp:
        assert erp.raw.call("SwitchOrg", {"OrgNumber": "200"}).status == 200
        with pytest.raises(NotFound, match="999"):
            erp.raw.call("SwitchOrg", {"OrgNumber": "999"})


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_asynchronous_class_does_the_same(shop: Shop, backend: str) -> None:
    async def main() -> list[Any]:
        async with connect_async(shop.settings(), parallel=2) as erp:
            forms = AsyncKingdeeForms(erp)
            assert (await forms.fields("BD_Customer")).key == "FCUSTID"
            made = await forms.attach("BD_Customer", "CUST0001", "甲.txt", b"1")
            assert await forms.download(made.id) == b"1"
            stream = forms.rows("BD_Customer", ["FNumber"])
            async with aclosing(stream) as rows:  # type: ignore[type-var]
                return [row async for row in rows]

    assert len(anyio.run(main, backend=backend)) == 120


def test_the_two_classes_mirror_each_other() -> None:
    here, there = doors(KingdeeForms), doors(AsyncKingdeeForms)
    assert here.keys() == there.keys()
    for door in here:
        assert shape(here[door]) == shape(there[door]), door
        is_stream = "Iterator" in str(shape(here[door])[-1])
        assert inspect.iscoroutinefunction(there[door]) != is_stream, door
        assert inspect.getdoc(here[door]) == inspect.getdoc(there[door]), door
