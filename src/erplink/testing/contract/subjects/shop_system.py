"""What the suite does behind the back of a world over the shop, whatever door the world has for clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
import msgspec
from attrs import field, frozen

from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import PATIENCE, REFUSAL, WAIT, Calls, Fault
from erplink.testing.contract.subjects.shop_cells import SPOILT, planted, stock_rows
from erplink.testing.worlds.shop.site import Site
from erplink.wire.adapter import Settings

_KINDS: Mapping[Fault, str] = {
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
_SECONDS: Mapping[Fault, float] = {
    "cut_short": 0.0,
    "stalled": PATIENCE,
    "busy_for_seconds": WAIT,
    "busy_until_date": WAIT,
}
_encode = msgspec.json.Encoder(decimal_format="number").encode


@frozen
class Doors:
    """How clients enter: with pages of a size, with a wrong secret, to a place that is not there.

    ``reading`` and ``writing`` are operations for the escape hatch, ``proofs`` what a client knows and must not show.
    """

    right: Callable[[int], Settings]
    impostor: Callable[[], Settings]
    astray: Callable[[], Settings]
    reading: tuple[str, Mapping[str, Any]]
    writing: tuple[str, Mapping[str, Any]]
    proofs: tuple[str, ...] = field(repr=False)


@frozen
class ShopSystem:
    """A served world, and a client of its control door."""

    site: Site
    door: httpx.Client
    doors: Doors

    def settings(self, *, page: int) -> Settings:
        """The right ones."""
        return self.doors.right(page)

    def impostor(self) -> Settings:
        """With wrong secrets."""
        return self.doors.impostor()

    def astray(self) -> Settings:
        """With another company."""
        return self.doors.astray()

    def secrets(self) -> tuple[str, ...]:
        """What a client knows, and the token of every session."""
        return (*self.doors.proofs, *(str(token) for token in self._ask("sessions")))

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
        armed: dict[str, Any] = {"kind": _KINDS[fault], "next": times, "skip": skip, "message": REFUSAL}
        if calls != "all":
            armed["family"] = calls
        if fault in _SECONDS:
            armed["seconds"] = _SECONDS[fault]
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
        """As the door says."""
        return self.doors.reading

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """As the door says."""
        return self.doors.writing

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - JSON
        return self.door.get(what).raise_for_status().json()

    def _do(self, what: str, asked: object) -> None:
        reply = self.door.post(what, content=_encode(asked))
        assert reply.is_success, reply.text  # noqa: S101 - the suite asks for something wrong
