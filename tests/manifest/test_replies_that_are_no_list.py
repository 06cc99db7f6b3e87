"""A reply that has no list in it is never taken for an empty list: the pull would go on behind what it did not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from erplink.errors import ServerFault
from tests.manifest.test_hostile import CUSTOMERS, opened
from tests.wire.server import Say, serving

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", '{"message": "没有这个账套"}'.encode(), b"[]x", b'{"data": {"items": []}}'],
    ids=["nothing", "no keys", "a message", "no JSON", "elsewhere"],
)
def test_a_reply_without_its_list_is_a_fault(body: bytes, tmp_path: Path) -> None:
    with (
        serving(lambda _: Say(body, headers=JSON)) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
        pytest.raises(ServerFault) as told,
    ):
        list(erp.customers.list())
    assert told.value.next_step


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"items": []}', 200), (b'{"items": null}', 200), (b"", 204)], ids=["empty", "null", "204"]
)
def test_an_empty_list_is_one(body: bytes, status: int, tmp_path: Path) -> None:
    with (
        serving(lambda _: Say(body, status, headers=JSON)) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
    ):
        assert list(erp.customers.list()) == []


def test_a_manifest_may_say_that_an_empty_list_is_left_out(tmp_path: Path) -> None:
    text = CUSTOMERS.replace('records = "items"\n', 'records = "items"\noptional = true\n')
    with (
        serving(lambda _: Say(b'{"total": 0}', headers=JSON)) as served,
        opened(tmp_path, text, served.url) as erp,
    ):
        assert list(erp.customers.list()) == []


def test_a_manifest_may_say_by_which_words_a_list_ends(tmp_path: Path) -> None:
    rule = '[[errors]]\nwhen = { path = "code", is = "NO_DATA" }\nmeans = "end"\n\n[limits]'
    with (
        serving(lambda _: Say(b'{"code": "NO_DATA"}', headers=JSON)) as served,
        opened(tmp_path, CUSTOMERS.replace("[limits]", rule), served.url) as erp,
    ):
        assert list(erp.customers.list()) == []
