"""A self-built ERP with SOAP, in one of the houses of its world, read and written by a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import httpx
from attrs import field, frozen

from erplink.erp.soap import from_manifest
from erplink.manifest.head import Source, read_manifest
from erplink.model.documents import Entity
from erplink.testing.contract.subject import Feature, Shape, declared
from erplink.testing.contract.subjects.shop import OF_SESSIONS, SHAPES, ShopSystem
from erplink.testing.worlds.soap import SoapWorld, house, serve
from erplink.testing.worlds.soap.manifest import manifest_of
from erplink.wire.adapter import Capability, Settings


class Scribe(Protocol):
    """Writes the manifest by which a world is entered."""

    def __call__(self, world: SoapWorld, *, page: int) -> str:
        """Its text, for pages of that many records."""
        ...


@frozen
class SoapSubject:
    """One house, by the manifest of the world itself or by another one."""

    world: SoapWorld = field(factory=lambda: house("document"))
    scribe: Scribe = field(default=manifest_of, repr=False)
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``soap``, and the house."""
        return f"soap {self.world.name}"

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As the manifest of the house declares."""
        return declared(_settings(self.scribe, self.world, "http://127.0.0.1:9/soap/shop"))

    @property
    def without(self) -> Mapping[Feature, str]:
        """What this house does not have by its nature."""
        missing: dict[Feature, str] = {
            "foreign_link": "pages are asked for by a cursor, no reply links to the next one",
            "tenant": "it serves one company",
        }
        if self.world.auth != "cookie":
            missing |= dict.fromkeys(OF_SESSIONS, "every call proves itself, there is no session to lose")
        return missing

    @contextmanager
    def start(self) -> Iterator[ShopSystem]:
        """A world of its own."""
        world = self.world
        with serve(world) as running, httpx.Client(base_url=running.door, trust_env=False) as door:

            def entered(*, page: int, wrong: str, company: str) -> Settings:
                del company
                return _settings(self.scribe, world, running.url, page=page, wrong=wrong)

            customer = {"Customer": {"Name": "新客户"}}
            yield ShopSystem(
                running.site,
                door,
                entered,
                known=(world.credentials.password,),
                reads=("QueryCustomers", {"Request": {}} if world.style == "rpc" else {}),
                writes=("CreateCustomer", {"Request": customer} if world.style == "rpc" else customer),
            )


def _settings(scribe: Scribe, world: SoapWorld, url: str, *, page: int = 50, wrong: str = "") -> Settings:
    text = read_manifest(scribe(world, page=page), "erp.toml")
    secrets = {"password": wrong or world.credentials.password}
    return from_manifest(Source(text, Path.cwd(), secrets, {"base": url}))
