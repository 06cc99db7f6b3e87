"""A self-built ERP with JSON over HTTP, in one of the houses of its world, read and written by a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import httpx
import msgspec
from attrs import evolve, field, frozen

from erplink.erp.rest import from_manifest
from erplink.manifest.head import Source, read_manifest
from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import PATIENCE, REFUSAL, WAIT, Calls, Fault, Feature, Shape, declared
from erplink.testing.contract.subjects.shop_cells import SPOILT, planted, stock_rows
from erplink.testing.worlds.rest import RestWorld, Running, house, serve
from erplink.testing.worlds.rest.manifest import manifest_of
from erplink.wire.adapter import Capability, Settings

KINDS: Mapping[Fault, str] = {
    "session_lost": "lose_session",
    "dropped": "drop_before_commit",
    "reply_lost": "drop_after_commit",
    "cut_short": "short_body",
    "stalled": "short_body",
    "html_page": "html_page",
    "server_error": "bad_gateway",
    "error_in_200": "error_in_200",
    "busy": "too_many",
    "busy_for_seconds": "retry_after",
    "busy_until_date": "retry_after_date",
    "locked": "locked",
    "no_permission": "no_permission",
    "refused": "refused",
    "password_expired": "expired_password",
    "foreign_link": "foreign_link",
    "unknown_field": "unknown_field",
}
SECONDS: Mapping[Fault, float] = {
    "cut_short": 0.0,
    "stalled": PATIENCE,
    "busy_for_seconds": WAIT,
    "busy_until_date": WAIT,
}
_SUBMIT = ("submit", "draft", "pending")
_FOUR = frozenset({"draft", "pending", "approved", "cancelled"})
SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(update=("points", Decimal(12), Decimal(34)), act=_SUBMIT),
    "shipments": Shape(statuses=_FOUR, act=_SUBMIT),
    "returns": Shape(statuses=_FOUR, act=_SUBMIT),
    "receipts": Shape(statuses=_FOUR, act=_SUBMIT),
    "customers": Shape(statuses=_FOUR, update=("points", Decimal(12), Decimal(34)), act=_SUBMIT),
    "products": Shape(statuses=_FOUR, update=("name", "甲", "乙"), act=_SUBMIT),
}
"""What a shop keeps of each entity."""
_LOGINS = frozenset({"oauth2_client", "oauth2_password", "login", "cookie"})
_OF_SESSIONS: tuple[Feature, ...] = ("login", "session_lost", "one_renewal", "password_expired")
_LINKS = frozenset({"next_link", "link_header"})
_PUBLIC = frozenset({"username", "client_id", "app_key"})
_encode = msgspec.json.Encoder(decimal_format="number").encode


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
            missing |= dict.fromkeys(_OF_SESSIONS, "every call proves itself, there is no session to lose")
        if self.world.paging not in _LINKS:
            missing["foreign_link"] = "pages are asked for by their place, no reply links to the next one"
        if not self.world.company:
            missing["tenant"] = "it serves one company"
        return missing

    @contextmanager
    def start(self) -> Iterator[RestSystem]:
        """A world of its own."""
        with serve(self.world) as running, httpx.Client(base_url=running.door, trust_env=False) as door:
            yield RestSystem(running, door, self.scribe)


def _settings(scribe: Scribe, world: RestWorld, url: str, *, page: int = 50, wrong: str = "") -> Settings:
    text = read_manifest(scribe(world, page=page), "erp.toml")
    known = world.credentials
    secrets = {
        str(name): wrong if wrong and name not in _PUBLIC else str(getattr(known, str(name)))
        for name in text.tree["secrets"]  # type: ignore[union-attr]
    }
    return from_manifest(Source(text, Path.cwd(), secrets, {"base": url}))


@frozen
class RestSystem:
    """A served world, and a client of its control door."""

    running: Running
    door: httpx.Client
    scribe: Scribe

    def settings(self, *, page: int) -> Settings:
        """The right ones."""
        return _settings(self.scribe, self.running.world, self.running.url, page=page)

    def impostor(self) -> Settings:
        """With wrong secrets."""
        return _settings(self.scribe, self.running.world, self.running.url, wrong="wrong-1Z")

    def astray(self) -> Settings:
        """With another company."""
        known = evolve(self.running.world.credentials, company="999")
        return _settings(self.scribe, evolve(self.running.world, credentials=known), self.running.url)

    def secrets(self) -> tuple[str, ...]:
        """What a client knows, and the token of every session."""
        known = self.running.credentials
        tokens = [str(token) for token in self._ask("sessions")]
        return (known.password, known.client_secret, known.token, known.api_key, known.app_secret, "wrong-1Z", *tokens)

    def empty(self) -> None:
        """Forget everything."""
        self._do("empty", None)

    def now(self) -> datetime:
        """By the world's clock."""
        return datetime.fromisoformat(self._ask("clock")["now"])

    def ahead(self, seconds: float) -> None:
        """Set the world's clock."""
        self._do("clock", {"ahead": seconds})

    def plant(self, documents: Sequence[Document], modified: datetime | None = None) -> None:
        """In the shop's own fields."""
        self._do("plant", [planted(one, modified) for one in documents])

    def edit(self, entity: Entity, number: str, modified: datetime | None = None) -> None:
        """Move the stamp."""
        head = {"updated_at": modified.isoformat()} if modified is not None else {}
        self._do("edit", {"entity": entity, "number": number, "head": head})

    def remove(self, entity: Entity, number: str) -> None:
        """Whatever its status."""
        self._do("remove", {"entity": entity, "number": number})

    def spoil(self, entity: Entity, number: str) -> None:
        """Put a list where one value should be."""
        head = {SPOILT[entity]: ["?"], "updated_at": None}
        self._do("edit", {"entity": entity, "number": number, "head": head})

    def count(self, entity: Entity) -> int:
        """As the world counts."""
        return len(self.running.site.books.tables[entity].records)

    def stock(self, levels: Sequence[Stock]) -> None:
        """Levels of the shop."""
        self._do("stock", stock_rows(levels))

    def disturb(self, fault: Fault, times: int = 1, *, calls: Calls = "all", skip: int = 0) -> None:
        """Arm the world."""
        armed: dict[str, Any] = {"kind": KINDS[fault], "next": times, "skip": skip, "message": REFUSAL}
        if calls != "all":
            armed["family"] = calls
        if fault in SECONDS:
            armed["seconds"] = SECONDS[fault]
        self._do("faults", armed)

    def calm(self) -> None:
        """Disarm the world."""
        self._do("faults", {"clear": True})

    def suffered(self) -> int:
        """As the world counts."""
        return sum(self._ask("stats")["faults"].values())

    def calls(self) -> int:
        """As the world counts."""
        return sum(self._ask("stats")["calls"].values())

    def logins(self) -> int:
        """Sessions opened."""
        return int(self._ask("stats")["logins"])

    def refused_logins(self) -> int:
        """Wrong passwords, keys and signatures."""
        return int(self._ask("stats")["refused_logins"])

    def raw_read(self) -> tuple[str, Mapping[str, Any]]:
        """A list of one."""
        return "GET customers", {}

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """One more customer, with a number of the shop's own."""
        return "POST customers", {"名称" if self.running.world.names == "chinese" else "name": "新客户"}

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - JSON
        return self.door.get(what).raise_for_status().json()

    def _do(self, what: str, asked: object) -> None:
        reply = self.door.post(what, content=_encode(asked))
        assert reply.is_success, reply.text  # noqa: S101 - the suite asks for something wrong
