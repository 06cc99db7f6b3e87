# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from erplink.erp.kingdee.doctor import doctor
from erplink.errors import NotFound
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.testing.clock import VirtualClock, VirtualIo
from erplink.testing.worlds.kingdee import KingdeeWorld, User
from erplink.wire.call import Call, Reply
from erplink.wire.check import Check
from tests.erp.kingdee.shop import opened

if TYPE_CHECKING:
    from tests.erp.kingdee.shop import Shop


def looked(shop: Shop, ahead: timedelta = timedelta(0), **changed: Any) -> list[Check]:
    real = SyncIo(timeout=10)
    io = VirtualIo(lambda call: step(real.send(call)), clock=VirtualClock(real.now() + ahead))
    try:
        return step(doctor(io, shop.settings(**changed)))
    finally:
        real.close()


def test_a_healthy_system_passes_every_check_and_nothing_is_written(quiet_shop: Shop) -> None:
    checks = looked(quiet_shop)
    assert [check for check in checks if not check.ok] == []
    names = " ".join(check.name for check in checks)
    for part in ("address", "K/3 Cloud", "data centre", "login", "销售订单", "customers.points", "clock", "即时库存"):
        assert part in names
    for part in ("收款退款单", "应收单", "销售价目表"):
        assert part in names
    assert quiet_shop.stats()["writes"] == 0


@pytest.mark.parametrize(
    ("custom", "name", "said"),
    [
        ({"customers": {"points": "F_ERPL_Point"}}, "customers.points", "did you mean F_ERPL_Points (会员积分)?"),
        ({"customers": {"points": "f_erpl_points"}}, "customers.points", "did you mean F_ERPL_Points (会员积分)?"),
        ({"customers": {"points": "会员积分"}}, "customers.points", "did you mean F_ERPL_Points (会员积分)?"),
        ({"customers": {"level": "FNothingLikeIt"}}, "customers.level", "F_ERPL_UnionId (微信UnionID), F_ERPL_Points"),
        ({"products": {"colour": "F_X"}}, "products.colour", "no fields of the tenant's own"),
        ({"customers": {"phone": "FTELL"}}, "customers.phone", "did you mean FTEL?"),
    ],
)
def test_the_key_somebody_meant_is_proposed(
    quiet_shop: Shop, custom: dict[str, dict[str, str]], name: str, said: str
) -> None:
    (failed,) = [check for check in looked(quiet_shop, custom=custom) if not check.ok]
    assert failed.name == name
    assert said in failed.words


def test_what_data_permissions_hide_is_told_from_a_missing_permission() -> None:
    blind = User("integration", "erplink-demo-2026", blind=("SAL_SaleOrder",))
    with opened(KingdeeWorld(sample=True, users=(blind,))) as shop:
        found = {check.name.partition(" ")[0]: check for check in looked(shop) if "(" in check.name}
        assert found["orders"].ok
        assert "data permissions (数据权限)" in found["orders"].words
        assert "integration" in found["orders"].words
        assert found["shipments"].words == "may be read"
        with shop.connect() as erp, pytest.raises(NotFound, match="what the integration user may not see"):
            erp.orders.get("XSDD000001")


def test_an_organisation_is_looked_up_and_a_wrong_one_named(quiet_shop: Shop) -> None:
    (fine,) = [check for check in looked(quiet_shop, org_num="200") if check.name == "organisation"]
    assert (fine.ok, "示例门店" in fine.words) == (True, True)
    (failed,) = [check for check in looked(quiet_shop, org_num="999") if not check.ok]
    assert (failed.name, "org_num 999" in failed.words) == ("organisation", True)


def test_forms_that_no_sync_needs_may_be_closed_to_the_user(shop: Shop) -> None:
    forms = {"AR_REFUNDBILL", "AR_receivable", "BD_SAL_PriceList"}
    real = SyncIo(timeout=10)

    def answer(call: Call) -> Reply:
        if any(form.encode() in call.body for form in forms):
            shop.arm({"kind": "no_permission"})
        return step(real.send(call))

    try:
        checks = step(doctor(VirtualIo(answer, clock=VirtualClock(real.now())), shop.settings()))
    finally:
        real.close()
    assert [check for check in checks if not check.ok] == []
    closed = [check for check in checks if "may not be read, which only erp." in check.words]
    assert [check.name.partition(" ")[0] for check in closed] == ["refunds", "receivables", "prices"]


def test_the_doctor_leaves_no_session_behind(shop: Shop) -> None:
    looked(shop, login="sign")
    assert shop.stats()["sessions"] == 0


@pytest.mark.parametrize(
    ("changed", "name", "said"),
    [
        ({"url": "http://127.0.0.1:9/k3cloud/"}, "address", "does not answer"),
        ({"acct_id": "nowhere"}, "data centre", "nowhere is not among the 1"),
        ({"app_secret": "wrong"}, "login", "app_secret"),
        ({"app_id": "", "app_secret": "", "password": "wrong"}, "login", "password"),
        ({"custom": {"customers": {"points": "F_NOPE"}}}, "customers.points", "F_NOPE"),
    ],
)
def test_what_is_wrong_is_named(quiet_shop: Shop, changed: dict[str, Any], name: str, said: str) -> None:
    (failed,) = [check for check in looked(quiet_shop, **changed) if not check.ok]
    assert failed.name == name
    assert said in failed.words


def test_a_path_that_is_not_a_kingdees_is_said(quiet_shop: Shop) -> None:
    (failed,) = [check for check in looked(quiet_shop, url=f"{quiet_shop.root}erp/") if not check.ok]
    assert failed.name == "K/3 Cloud"
    assert "/erp/" in failed.words


def test_a_wrong_clock_is_said(quiet_shop: Shop) -> None:
    (failed,) = [check for check in looked(quiet_shop, ahead=timedelta(minutes=10)) if not check.ok]
    assert failed.name == "clock"
    assert "-600" in failed.words or "-601" in failed.words or "-599" in failed.words
