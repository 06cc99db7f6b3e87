"""A self-built ERP with JSON over HTTP, in one of the houses of its world, read and written by a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import httpx
from attrs import evolve, field, frozen

from erplink.erp.rest import from_manifest
from erplink.manifest.head import Source, read_manifest
from erplink.model.documents import Entity
from erplink.testing.contract.subject import Feature, Shape, declared
from erplink.testing.contract.subjects.shop import OF_SESSIONS, SHAPES, ShopSystem
from erplink.testing.worlds.rest import RestWorld, house, serve
from erplink.testing.worlds.rest.manifest import manifest_of
from erplink.wire.adapter import Capability, Settings

_LOGINS = frozenset({"oauth2_client", "oauth2_password", "login", "cookie"})
_LINKS = frozenset({"next_link", "link_header"})
_PUBLIC = frozenset({"username", "client_id", "app_key"})


class Scribe(Protocol):
    """Writes the manifest by which a world is entered."""

    def __call__(self, world: RestWorld, *, page: int) -> str:
        """Its text, for pages of that many records."""
        ...


@frozen
class RestSubject:
    """One house, by the manifest of the world itself or by another one."""

    world: RestWorld = field(factory=lambda: house("modern"))
    scribe: Scribe = field(default=manifest_of, repr=False)
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``rest``, and the house."""
        return f"rest {self.world.name}"

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As the manifest of the house declares."""
        return declared(_settings(self.scribe, self.world, "http://127.0.0.1:9/api/"))

    @property
    def without(self) -> Mapping[Feature, str]:
        """What this house does not have by its nature."""
        missing: dict[Feature, str] = {}
        if self.world.auth not in _LOGINS:
            missing |= dict.fromkeys(OF_SESSIONS, "every call proves itself, there is no session to lose")
        if self.world.paging not in _LINKS:
            missing["foreign_link"] = "pages are asked for by their place, no reply links to the next one"
        if not self.world.company:
            missing["tenant"] = "it serves one company"
        return missing

    @contextmanager
    def start(self) -> Iterator[ShopSystem]:
        """A world of its own."""
        world, known = self.world, self.world.credentials

        with serve(world) as running, httpx.Client(base_url=running.door, trust_env=False) as door:

            def entered(*, page: int, wrong: str, company: str) -> Settings:
                there = evolve(world, credentials=evolve(known, company=company)) if company else world
                return _settings(self.scribe, there, running.url, page=page, wrong=wrong)

            name = "名称" if world.names == "chinese" else "name"
            yield ShopSystem(
                running.site,
                door,
                entered,
                known=(known.password, known.client_secret, known.token, known.api_key, known.app_secret),
                reads=("GET customers", {}),
                writes=("POST customers", {name: "新客户"}),
            )


def _settings(scribe: Scribe, world: RestWorld, url: str, *, page: int = 50, wrong: str = "") -> Settings:
    text = read_manifest(scribe(world, page=page), "erp.toml")
    known = world.credentials
    secrets = {
        str(name): wrong if wrong and name not in _PUBLIC else str(getattr(known, str(name)))
        for name in text.tree["secrets"]  # type: ignore[union-attr]
    }
    return from_manifest(Source(text, Path.cwd(), secrets, {"base": url}))
