"""The shop that stands behind the REST and SOAP worlds, seen through its control door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import httpx
import msgspec
from attrs import field, frozen

from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import PATIENCE, REFUSAL, WAIT, Calls, Fault, Feature, Shape
from erplink.testing.contract.subjects.shop_cells import SPOILT, planted, stock_rows
from erplink.testing.worlds.shop.site import Site
from erplink.wire.adapter import Settings

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
OF_SESSIONS: tuple[Feature, ...] = ("login", "session_lost", "one_renewal", "password_expired")
"""What is missing where every call proves itself."""
WRONG = "wrong-1Z"
"""A wrong secret."""
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Entered(Protocol):
    """Makes settings: with pages of that many records, with this secret if one is given, for that company."""

    def __call__(self, *, page: int, wrong: str, company: str) -> Settings:
        """The settings."""
        ...


@frozen
class ShopSystem:
    """A served world over a shop, and a client of its control door. ``entered`` makes the settings."""

    site: Site
    door: httpx.Client
    entered: Entered
    known: tuple[str, ...] = field(repr=False)
    reads: tuple[str, Mapping[str, Any]]
    writes: tuple[str, Mapping[str, Any]]

    def settings(self, *, page: int) -> Settings:
        """The right ones."""
        return self.entered(page=page, wrong="", company="")

    def impostor(self) -> Settings:
        """With wrong secrets."""
        return self.entered(page=50, wrong=WRONG, company="")

    def astray(self) -> Settings:
        """With another company."""
        return self.entered(page=50, wrong="", company="999")

    def secrets(self) -> tuple[str, ...]:
        """What a client knows, and the token of every session."""
        tokens = [str(token) for token in self._ask("sessions")]
        return (*self.known, WRONG, *tokens)

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
        return len(self.site.books.tables[entity].records)

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
        """A list."""
        return self.reads

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """One more customer, with a number of the shop's own."""
        return self.writes

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - JSON
        return self.door.get(what).raise_for_status().json()

    def _do(self, what: str, asked: object) -> None:
        reply = self.door.post(what, content=_encode(asked))
        assert reply.is_success, reply.text  # noqa: S101 - the suite asks for something wrong
