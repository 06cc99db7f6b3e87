"""Four houses: coherent ways in which self-built ERPs speak, which together show nearly all there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.shop.settings import Shop

HOUSES: Mapping[str, RestWorld] = {
    "modern": RestWorld(shop=Shop(grain="microsecond")),
    "classic": RestWorld(
        name="classic",
        auth="login",
        paging="page",
        total=True,
        envelope="coded",
        errors="in_200",
        names="camel",
        times="local",
        codes=True,
        nested=False,
        versions=False,
        keys=False,
    ),
    "signed": RestWorld(
        name="signed",
        shop=Shop(grain="millisecond"),
        auth="hmac",
        paging="offset",
        envelope="wrapped",
        names="chinese",
        decimals="string",
        times="epoch_ms",
        nested=False,
        lines_apart=True,
        versions=False,
        keys=False,
    ),
    "typed": RestWorld(
        name="typed",
        shop=Shop(grain="microsecond"),
        auth="basic",
        paging="range",
        total=True,
        envelope="bare",
        decimals="typed",
        times="typed",
        nested=False,
        versions=False,
        keys=False,
        pages=True,
        mistake=500,
        company=True,
    ),
}
"""``modern`` (OAuth2, cursors, ETags), ``classic`` (a login call, ``{code, msg, data}`` in 200), ``signed`` (HMAC,
offsets, Chinese keys, lines apart), ``typed`` (Basic, Range, typed values, pages of HTML)."""


def house(name: str, shop: Shop | None = None, **changed: Any) -> RestWorld:
    """One of the houses, over this shop, with single settings changed. Raises ConfigInvalid for one that is unknown.

    >>> house("classic", paging="next_link").envelope
    'coded'
    """
    world = HOUSES.get(name)
    if world is None:
        raise ConfigInvalid(f"there is no house {name!r}", next_step=f"choose one of {', '.join(HOUSES)}")
    return evolve(world, shop=world.shop if shop is None else shop, **changed)
