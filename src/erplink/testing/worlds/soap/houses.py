"""Four houses: coherent ways in which SOAP services speak, which together show nearly all there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.shop.settings import Shop
from erplink.testing.worlds.soap.settings import SoapWorld

HOUSES: Mapping[str, SoapWorld] = {
    "document": SoapWorld(foreign_fault=True),
    "rpc": SoapWorld(
        name="rpc",
        shop=Shop(),
        style="rpc",
        auth="cookie",
        map_details=True,
        wrong_address=True,
        envelope_prefix="SOAP-ENV",
        empties="nil",
        multiref=True,
        times="local",
    ),
    "strings": SoapWorld(
        name="strings",
        shop=Shop(),
        auth="cookie",
        charset="gbk",
        strings=True,
        empties="empty",
        codes=True,
        times="local",
    ),
    "digest": SoapWorld(
        name="digest",
        version="1.2",
        auth="digest",
        prefix="q1",
        envelope_prefix="env",
        empties="empty",
        attributes=True,
        times="utc",
    ),
}
"""``document`` (document/literal, a password in the header, faults of another version), ``rpc`` (rpc/encoded, sessions,
references, a wrong address in the WSDL), ``strings`` (XML in strings, in GBK), ``digest`` (SOAP 1.2, attributes)."""


def house(name: str, shop: Shop | None = None, **changed: Any) -> SoapWorld:
    """One of the houses, over this shop, with single settings changed. Raises ConfigInvalid for one that is unknown.

    >>> house("strings", charset="utf-8").strings
    True
    """
    world = HOUSES.get(name)
    if world is None:
        raise ConfigInvalid(f"there is no house {name!r}", next_step=f"choose one of {', '.join(HOUSES)}")
    return evolve(world, shop=world.shop if shop is None else shop, **changed)
