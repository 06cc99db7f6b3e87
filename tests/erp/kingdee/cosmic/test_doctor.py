"""What a doctor finds at a 苍穹."""

# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.wire.check import Check
from tests.erp.kingdee.cosmic.ierp import WRONG

if TYPE_CHECKING:
    from tests.erp.kingdee.cosmic.ierp import Ierp


def looked(ierp: Ierp, **changed: Any) -> list[Check]:
    io = SyncIo(timeout=10)
    try:
        return step(ierp.settings(**changed).doctor(io))
    finally:
        io.close()


def test_a_healthy_platform_passes_every_check_and_nothing_is_written(quiet: Ierp) -> None:
    checks = looked(quiet)
    assert [check for check in checks if not check.ok] == []
    names = [check.name for check in checks]
    assert names[:2] == ["data centre", "address"]
    assert {"orders list", "orders changes", "shipments paging", "customers get", "clock"} <= set(names)
    assert quiet.site.books.writes == 0


@pytest.mark.parametrize(
    ("changed", "name", "said"),
    [
        ({"url": "http://127.0.0.1:9/ierp"}, "address", "does not answer"),
        ({"account_id": "nowhere"}, "data centre", "nowhere is not among the 1"),
        ({"client_secret": WRONG}, "orders list", "client_secret"),
        ({"username": "nobody"}, "orders list", "代理用户"),
        ({"forms": {"shipments": "im/im_other"}}, "shipments list", "im/im_other"),
        ({"custom": {"customers": {"points": "kdec_nope"}}}, "customers fields", "kdec_nope"),
    ],
)
def test_what_is_wrong_is_named(quiet: Ierp, changed: dict[str, Any], name: str, said: str) -> None:
    wrong = [check for check in looked(quiet, **changed) if not check.ok]
    assert [check.name for check in wrong] == [name]
    assert said in wrong[0].words
    assert WRONG not in wrong[0].words
