"""A bare client of the stand-in server: JSON in, JSON out, nothing of the library in between."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from erplink.testing.worlds.kingdee import Credentials, KingdeeWorld, serve

FORM = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
STOCK = "Kingdee.K3.SCM.WebApi.ServicesStub.InventoryQueryService."
LOST = "会话信息已丢失，请重新登录"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Caller:
    """One HTTP client of a world."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.http = httpx.Client(base_url=url, timeout=10)
        self.credentials = credentials
        self.root = url.removesuffix("k3cloud/")

    def post(self, service: str, body: Any, **more: Any) -> httpx.Response:
        return self.http.post(f"{service}.common.kdsvc", json=body, **more)

    def login(self, **changed: Any) -> Any:
        given = {
            "acctID": self.credentials.acct_id,
            "username": self.credentials.username,
            "password": self.credentials.password,
            "lcid": 2052,
        }
        return self.post(f"{AUTH}ValidateUser", given | changed).json()

    def form(self, operation: str, form_id: str, **data: Any) -> Any:
        return self.post(f"{FORM}{operation}", {"formid": form_id, "data": data}).json()

    def query(self, form_id: str, keys: str, condition: Any = "", **more: Any) -> Any:
        data = {"FormId": form_id, "FieldKeys": keys, "FilterString": condition, **more}
        return self.post(f"{FORM}ExecuteBillQuery", {"data": data}).json()

    def world(self, door: str) -> Any:
        return self.http.get(f"{self.root}_world/{door}").raise_for_status().json()

    def arm(self, *faults: dict[str, Any]) -> None:
        self.http.post(f"{self.root}_world/faults", json=list(faults)).raise_for_status()


@contextmanager
def calling(world: KingdeeWorld, *, logged_in: bool = True) -> Iterator[Caller]:
    """A served world and a client of it."""
    with serve(world) as running:
        caller = Caller(running.url, running.credentials)
        with caller.http:
            if logged_in:
                assert caller.login()["LoginResultType"] == 1
            yield caller


def status(reply: Any) -> Any:
    """The ResponseStatus of a reply, also of a wrapped one."""
    while isinstance(reply, list):
        reply = reply[0]
    return reply["Result"]["ResponseStatus"]


def message(reply: Any) -> str:
    """The first error of a reply."""
    return str(status(reply)["Errors"][0]["Message"])


def gift_order(number: str, **changed: Any) -> dict[str, Any]:
    """The model of an order for one gift at no price."""
    line = {"FMaterialId": {"FNumber": "GIFT-001"}, "FQty": 1, "FIsFree": True}
    return {
        "FBillNo": number,
        "FDate": "2026-11-01",
        "FCustId": {"FNumber": "CUST0001"},
        "FSaleOrderEntry": [line],
    } | changed
