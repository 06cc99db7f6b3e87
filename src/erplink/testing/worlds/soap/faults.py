"""The faults of a SOAP world: those of every door, and replies that attack whoever parses them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.soap.envelopes import Fault, Party
from erplink.testing.worlds.soap.hostile import bomb
from erplink.testing.worlds.soap.settings import SoapWorld
from erplink.testing.worlds.web.faults import READS, Injected, Trait

_KINDS: Mapping[str, Trait] = {**mishaps.KINDS, "entities": READS}
TRICKS = frozenset({"unknown_field", "repeat_page"})
"""Faults within an answer."""
PARTIES: Mapping[str, tuple[Party, str]] = {
    "malformed": ("Client", "INVALID"),
    "missing": ("Client", "NOT_FOUND"),
    "duplicate": ("Client", "DUPLICATE"),
    "key_reused": ("Client", "KEY_REUSED"),
    "rule": ("Client", "RULE"),
    "stale": ("Client", "STALE"),
    "locked": ("Server", "LOCKED"),
    "forbidden": ("Client", "FORBIDDEN"),
    "no_session": ("Client", "SESSION"),
    "login_refused": ("Client", "LOGIN"),
}
"""Whose doing a refusal is, and its code."""
_SAID: Mapping[str, Fault] = {
    "too_many": Fault("Server", "BUSY", "系统繁忙，请稍后再试"),
    "server_error": Fault("Server", "EXCEPTION", mishaps.EXCEPTION),
    "error_in_200": Fault("Server", "EXCEPTION", mishaps.EXCEPTION, 200),
}


def kinds_of(world: SoapWorld) -> Mapping[str, Trait]:
    """The kinds of fault this world can commit."""
    missing = set() if world.auth == "cookie" else {*mishaps.LOGIN_WORDS}
    return {kind: trait for kind, trait in _KINDS.items() if kind not in missing}


def fault_said(fault: Injected) -> Fault | None:
    """The fault of SOAP by which the server says that it fails; nothing was done then."""
    return _SAID.get(fault.kind)


def with_entities(reply: Response) -> Response:
    """An answer whose document type stands for megabytes, with one of its entities in the body."""
    head, mark, rest = bytes(reply.body).partition(b"?>")
    attacked = rest.replace(b"Body>", b"Body>&b;", 1)
    return Response(head + mark + bomb("b").encode() + attacked, reply.status_code, media_type=reply.media_type)
