"""The settings of a Cosmic world: one frozen value from which a server can be started."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from erplink.testing.worlds.shop.settings import Shop

Candidate = Literal["id", "number"]
Order = Literal["id", "newest"]


@frozen
class Credentials:
    """Everything a client may need to log in. Secrets stay out of ``repr``."""

    client_id: str = "erplink_points"
    client_secret: str = field(default="Erplink@2026#cosmic1", repr=False)
    username: str = "integration"
    account_id: str = "1355633519610561531"
    tenant_id: str = "erplink"
    digest_key: str = field(default="d1gest-4b7e-90aa", repr=False)


@frozen
class CosmicWorld:
    """Settings of a stand-in for a 苍穹; :func:`serve` turns them into a running one.

    - ``tokens_per_minute``: how often a token may be asked for; ``tries`` wrong secrets in a row lock the application
      for ``locked_seconds``; timestamps of a token's request may be ``token_window`` seconds off, those of a digest
      ``digest_window``
    - ``underscores``: whether the web server in front lets headers with an underscore in their names through
    - ``identity``: the ``x-acgw-identity`` that the gateway wants, if it wants one
    - ``candidate``: the candidate key (候选键) of the save APIs; with ``number`` a save of one that is there changes it
    - ``order``: how rows are sorted, which no client can choose; ``page_limit`` is the largest page
    """

    shop: Shop = field(factory=lambda: Shop(session_seconds=7200.0))
    credentials: Credentials = Credentials()
    tokens_per_minute: int = 30
    tries: int = 5
    locked_seconds: float = 180.0
    token_window: float = 300.0
    digest_window: float = 600.0
    underscores: bool = True
    identity: str = field(default="", repr=False)
    candidate: Candidate = "id"
    order: Order = "id"
    page_limit: int = 2000
