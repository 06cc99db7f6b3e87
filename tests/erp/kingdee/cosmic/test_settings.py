"""Settings say what is wrong with them, and show no secret."""

from __future__ import annotations

from typing import Any

import pytest

from erplink.erp.kingdee.cosmic import Cosmic, Form
from erplink.errors import ConfigInvalid
from erplink.testing.contract.subject import declared

GOOD: dict[str, Any] = {
    "url": "https://erp.example.com/ierp",
    "client_id": "points",
    "client_secret": "s3cret-0123",
    "username": "integration",
    "account_id": "1355633519610561531",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "erp.example.com"}, "url"),
        ({"url": "ftp://erp.example.com"}, "url"),
        ({"url": "https://u:p@erp.example.com"}, "user or password"),
        ({"url": "https://erp.example.com/?x=1"}, "goes on"),
        ({"url": "http://["}, "url"),
        ({"client_id": " "}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"username": ""}, "username"),
        ({"account_id": ""}, "account_id"),
        ({"login": "jwt"}, "login"),
        ({"login": "app_token"}, "tenant_id"),
        ({"token_header": "token"}, "token_header"),
        ({"user_type": "Nick"}, "user_type"),
        ({"zone": "Mars"}, "zone"),
        ({"page": 0}, "page"),
        ({"page": 2001}, "page"),
        ({"number_prefix": "erpl_"}, "number_prefix"),
        ({"forms": {"orders": "sm_salorder"}}, "form"),
        ({"forms": {"orders": "../../api/login.do"}}, "form"),
        ({"forms": {"receipts": "cas/cas_recbill"}}, "receipts"),
        ({"forms": {"returns": "x"}}, "form"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said) as caught:
        Cosmic(**(GOOD | changed))
    assert caught.value.next_step


@pytest.mark.parametrize("code", ["", "query?x=1", "../query", "a b"])
def test_a_code_leads_nowhere_else(code: str) -> None:
    with pytest.raises(ConfigInvalid, match="code of an API"):
        Form("sm/sm_salorder", query=code)


@pytest.mark.parametrize("name", ["custom", "save"])
def test_fields_of_what_is_not_there_are_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="invoices"):
        declared(Cosmic(**(GOOD | {name: {"invoices": {"a": "b"}}})))


def test_secrets_stay_out_of_sight() -> None:
    shown = repr(Cosmic(**GOOD, identity="acgw-1", save={"orders": {"org_number": "O-1"}}))
    assert "s3cret" not in shown
    assert "acgw-1" not in shown


def test_what_it_can_do_is_declared() -> None:
    offered = {(one.entity, one.verb) for one in declared(Cosmic(**GOOD))}
    assert ("orders", "create") in offered
    assert ("customers", "update") in offered
    assert not {entity for entity, _ in offered} & {"returns", "receipts", "stock"}
    with_returns = Cosmic(**(GOOD | {"forms": {"returns": "kdec/im/kdec_salreturn"}}))
    assert ("returns", "changes") in {(one.entity, one.verb) for one in declared(with_returns)}
    assert ("shipments", "act") not in offered
