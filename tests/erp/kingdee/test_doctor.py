# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from erplink.erp.kingdee.doctor import doctor
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.testing.clock import VirtualClock, VirtualIo
from erplink.wire.check import Check

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
    assert quiet_shop.stats()["writes"] == 0


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
