"""The ways to log in: which method of AuthService, and with what.

The order of positional arguments is the manual's. Where it names no arguments, they are sent by position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from erplink.erp.kingdee import signing
from erplink.erp.kingdee.settings import Kingdee, Login


@frozen
class Way:
    """A way to log in: the method of AuthService, and what is sent to it at an instant."""

    method: str
    body: Callable[[Kingdee, datetime], Mapping[str, Any]]


def _named(settings: Kingdee) -> dict[str, Any]:
    return {"acctID": settings.acct_id, "username": settings.username, "lcid": settings.lcid}


def _by_sign(method: str) -> Callable[[Kingdee, datetime], Mapping[str, Any]]:
    def body(settings: Kingdee, now: datetime) -> Mapping[str, Any]:
        timestamp = str(int(now.timestamp()))
        sign = signing.login_signature(
            acct_id=settings.acct_id,
            username=settings.username,
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            timestamp=timestamp,
            method=method,
        )
        return {**_named(settings), "appId": settings.app_id, "timestamp": timestamp, "sign": sign}

    return body


def _by_secret(settings: Kingdee, _: datetime) -> Mapping[str, Any]:
    return {**_named(settings), "appId": settings.app_id, "appSecret": settings.app_secret}


def _by_password(settings: Kingdee, _: datetime) -> Mapping[str, Any]:
    return {**_named(settings), "password": settings.password}


def _with_kick(settings: Kingdee, _: datetime) -> Mapping[str, Any]:
    return {"parameters": [settings.acct_id, settings.username, settings.password, True, settings.lcid]}


def _with_organisation(settings: Kingdee, _: datetime) -> Mapping[str, Any]:
    known = [settings.acct_id, settings.username, settings.password, settings.lcid]
    return {"parameters": [*known, settings.org_num]}


def _by_passport(settings: Kingdee, _: datetime) -> Mapping[str, Any]:
    return {"parameters": [settings.passport, settings.lcid]}


WAYS: Mapping[Login, Way] = {
    "sign": Way("LoginBySign", _by_sign("sha256")),
    "sign_sha1": Way("LoginBySign", _by_sign("sha1")),
    "secret": Way("LoginByAppSecret", _by_secret),
    "password": Way("ValidateUser", _by_password),
    "kick_off": Way("ValidateUser2", _with_kick),
    "organisation": Way("ValidateUserByOrgNumber", _with_organisation),
    "passport": Way("LoginBySimplePassport", _by_passport),
}
"""All but ``header``, which logs in with no call of its own: every request is signed."""
