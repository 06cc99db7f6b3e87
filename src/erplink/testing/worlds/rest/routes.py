"""What a path of the API means: which operation, on which records."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from attrs import frozen

from erplink.testing.worlds.rest.settings import Auth, RestWorld
from erplink.testing.worlds.shop.catalogue import FORMS
from erplink.testing.worlds.web.faults import Family

ROOT = "/api/"
FAMILIES: Mapping[str, Family] = {
    "login": "logins",
    "token": "logins",
    "list": "lists",
    "get": "reads",
    "lines": "reads",
    "stock": "reads",
    "company": "reads",
    "logout": "writes",
    "create": "writes",
    "update": "writes",
    "delete": "writes",
    "act": "writes",
    "batch": "writes",
    "act_on_many": "writes",
}
"""Every operation."""


@frozen
class Route:
    """An operation, on an entity, on one record of it, with a button of it."""

    operation: str
    entity: str = ""
    reference: str = ""
    action: str = ""


def route(world: RestWorld, method: str, raw_path: str) -> Route | None:
    """What is asked for; None for what is not there."""
    if not raw_path.startswith(ROOT):
        return None
    parts = tuple(unquote(part) for part in raw_path.removeprefix(ROOT).split("/"))
    if parts[0] not in FORMS:
        operation = _SINGLE.get((method, *parts), "")
        is_there = world.auth in _LOGINS.get(operation, {world.auth})
        return Route(operation) if operation and is_there else None
    for pattern in _PATTERNS:
        if pattern.method == method and len(pattern.rest) == len(parts) - 1:
            pairs = list(zip(pattern.rest, parts[1:], strict=True))
            if all(wanted == part for wanted, part in pairs if wanted not in _PLACES):
                named = {wanted.strip("{}"): part for wanted, part in pairs if wanted in _PLACES}
                return Route(pattern.operation, parts[0], **named)
    return None


@frozen
class _Pattern:
    method: str
    rest: tuple[str, ...]
    operation: str


_PLACES = frozenset({"{reference}", "{action}"})
_PATTERNS = (
    _Pattern("GET", (), "list"),
    _Pattern("POST", ("query",), "list"),
    _Pattern("POST", (), "create"),
    _Pattern("POST", ("batch",), "batch"),
    _Pattern("POST", ("batch", "{action}"), "act_on_many"),
    _Pattern("GET", ("{reference}",), "get"),
    _Pattern("GET", ("{reference}", "lines"), "lines"),
    _Pattern("PATCH", ("{reference}",), "update"),
    _Pattern("PUT", ("{reference}",), "update"),
    _Pattern("DELETE", ("{reference}",), "delete"),
    _Pattern("POST", ("{reference}", "{action}"), "act"),
)
_SINGLE: Mapping[tuple[str, ...], str] = {
    ("POST", "login"): "login",
    ("POST", "oauth", "token"): "token",
    ("POST", "logout"): "logout",
    ("GET", "stock"): "stock",
    ("GET", "company"): "company",
    ("POST", "stock", "query"): "stock",
}
_LOGINS: Mapping[str, frozenset[Auth]] = {
    "login": frozenset({"login", "cookie"}),
    "token": frozenset({"oauth2_client", "oauth2_password"}),
}
