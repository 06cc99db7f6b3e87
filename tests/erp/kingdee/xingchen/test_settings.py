"""Settings say what is wrong with them, and what a doctor finds with those that are right."""

# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from erplink.erp.kingdee.xingchen import Xingchen
from erplink.errors import ConfigInvalid
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.testing.contract.subject import declared
from erplink.wire.check import Check
from tests.erp.kingdee.xingchen.jdy import WRONG

if TYPE_CHECKING:
    from tests.erp.kingdee.xingchen.jdy import Jdy

GOOD: dict[str, Any] = {"client_id": "205022", "client_secret": "s3cret-0123", "outer_instance_id": "1"}
GIVEN = {"app_key": "k", "app_secret": "s", "domain": "https://tf.jdy.com"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "api.kingdee.com"}, "url"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": " "}, "client_secret"),
        ({"outer_instance_id": ""}, "app_key is missing"),
        ({"outer_instance_id": "", "app_key": "k", "app_secret": "s"}, "domain is missing"),
        ({"app_key": "k"}, "only app_key"),
        ({**GIVEN, "domain": "tf.jdy.com"}, "url is no http"),
        ({"zone": "Mars"}, "zone"),
        ({"page": 101}, "page"),
        ({"page": 0}, "page"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said) as caught:
        Xingchen(**(GOOD | changed))
    assert caught.value.next_step


def test_fields_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(ConfigInvalid, match="invoices"):
        declared(Xingchen(**(GOOD | {"custom": {"invoices": {"a": "b"}}})))


def test_secrets_stay_out_of_sight() -> None:
    shown = repr(Xingchen(**(GOOD | GIVEN | {"app_secret": "aSecret-1", "app_key": "aKey-1"})))
    assert not [secret for secret in ("s3cret", "aSecret-1", "aKey-1") if secret in shown]


def looked(jdy: Jdy, **changed: Any) -> list[Check]:
    io = SyncIo(timeout=10)
    try:
        return step(jdy.settings(**changed).doctor(io))
    finally:
        io.close()


def test_a_healthy_company_passes_every_check(quiet: Jdy) -> None:
    checks = looked(quiet)
    assert [check for check in checks if not check.ok] == []
    assert {"orders changes", "shipments paging", "returns get", "customers fields", "clock"} <= {
        check.name for check in checks
    }


@pytest.mark.parametrize(
    ("changed", "name", "said"),
    [
        ({"url": "http://127.0.0.1:9"}, "address", "does not answer"),
        ({"client_secret": WRONG}, "orders list", "client_secret"),
        ({"app_secret": WRONG}, "orders list", "24 hours"),
        ({"outer_instance_id": "9"}, "orders list", "未授权"),
        ({"custom": {"orders": {"customer": "customer_code"}}}, "orders fields", "customer_code"),
    ],
)
def test_what_is_wrong_is_found(quiet: Jdy, changed: dict[str, Any], name: str, said: str) -> None:
    wrong = [check for check in looked(quiet, **changed) if not check.ok]
    assert [check.name for check in wrong] == [name]
    assert said in wrong[0].words
    assert WRONG not in wrong[0].words
