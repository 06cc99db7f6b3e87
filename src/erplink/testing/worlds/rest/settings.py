"""The settings of a REST world: one frozen value from which a server can be started."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.shop.settings import Shop

Auth = Literal[
    "none",
    "basic",
    "bearer",
    "api_key_header",
    "api_key_query",
    "oauth2_client",
    "oauth2_password",
    "hmac",
    "login",
    "cookie",
]
Paging = Literal["page", "offset", "cursor", "next_link", "link_header", "range"]
Envelope = Literal["plain", "coded", "wrapped", "bare"]
Errors = Literal["status", "in_200"]
Names = Literal["snake", "camel", "chinese"]
Decimals = Literal["number", "string", "typed"]
Times = Literal["iso", "utc", "local", "epoch", "epoch_ms", "dotnet", "typed"]

IN_BODY: frozenset[Paging] = frozenset({"cursor", "next_link"})
"""Pagings that need an object around the records."""


@frozen
class Credentials:
    """Everything a client may need to log in. Secrets stay out of ``repr``."""

    username: str = "integration"
    password: str = field(default="erplink-demo-2026", repr=False)
    client_id: str = "erplink"
    client_secret: str = field(default="c0ffee-9b1d-4a56", repr=False)
    token: str = field(default="tok-5f0c2a7be31d4c", repr=False)
    api_key: str = field(default="key-a1b2c3d4e5f6", repr=False)
    app_key: str = "100001"
    app_secret: str = field(default="a1b2c3d4e5f60718293a4b5c6d7e8f90", repr=False)
    company: str = "001"


@frozen
class RestWorld:
    """Settings of a stand-in for a self-built ERP with JSON over HTTP; :func:`serve` turns them into a running one.

    - ``auth``: how clients prove who they are. ``hmac`` signs every call, at most ``signature_window`` seconds ago
    - ``paging``: how a list goes on; ``page_limit`` is where the asked size is clipped, ``total`` says how many there
      are, ``steady`` makes cursors and links remember the last record and not how many were seen, ``absolute`` writes
      links in full
    - ``envelope``: what is around records: ``plain`` ``{items, next_cursor}``, ``coded`` ``{code, msg, data}``,
      ``wrapped`` ``{success, result}``, ``bare`` nothing. ``errors``: with their HTTP status, or inside a 200
    - ``names``, ``decimals``, ``times``, ``codes`` (statuses as codes, not words), ``nested`` (customers are objects):
      how a record is written. ``lines_apart``: lists have no lines, single records do
    - ``versions``: an update has to name the version it is about (428 without If-Match, 412 with an old one)
    - ``keys``: a creation may name an Idempotency-Key
    - ``pages``: errors of the web server as pages for people; ``mistake``: the status of a request that is wrong
    - ``company``: a header names the company; of a wrong one nothing is found, or ``refuse_company`` says so

    Raises ConfigInvalid for settings that do not go together.
    """

    name: str = "modern"
    shop: Shop = field(factory=Shop)
    credentials: Credentials = Credentials()
    auth: Auth = "oauth2_client"
    paging: Paging = "cursor"
    page_limit: int = 200
    total: bool = False
    steady: bool = True
    absolute: bool = False
    envelope: Envelope = "plain"
    errors: Errors = "status"
    names: Names = "snake"
    decimals: Decimals = "number"
    times: Times = "iso"
    codes: bool = False
    nested: bool = True
    lines_apart: bool = False
    versions: bool = True
    keys: bool = True
    pages: bool = False
    mistake: int = 400
    company: bool = False
    refuse_company: bool = False
    signature_window: float = 300.0

    def __attrs_post_init__(self) -> None:
        if self.envelope == "bare" and self.paging in IN_BODY:
            raise ConfigInvalid(
                f"paging {self.paging} has no place where records come bare",
                where="RestWorld",
                next_step="choose another envelope, or link_header",
            )
