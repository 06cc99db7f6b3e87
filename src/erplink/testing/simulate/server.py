"""An ERP in memory, with the manners of real ones.

Numbers are not unique: what is saved twice is there twice. Stamps have the grain of a second and are set when a person
begins to save, so a document may turn up minutes after the stamp it carries. Nicknames are tidied when they are stored.
Sessions get lost. A gift may be refused, with or without a draft left behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from erplink.testing.simulate.io import instant

Row = dict[str, Any]

NO_SUCH_GIFT = "GIFT-NONE"
"""Refused before anything is saved."""

HALF_A_GIFT = "GIFT-HALF"
"""Saved as a draft, then refused."""

PAGE = 4


@frozen
class Refusal(Exception):
    """The ERP says no: the kind of no, and its words."""

    kind: str
    words: str


@define
class _Unseen:
    """What a person is still saving: visible at ``at``."""

    at: int
    entity: str
    row: Row


@define
class SimErp:
    """The ERP. ``clock`` gives its microseconds, ``tidy`` is how it keeps a nickname.

    ``created`` and ``updated`` tell what came in through the API, ``typed`` which nicknames people wrote, each as
    those that may count as the last one: to write what is shown is no change, and when the API writes the same right
    after a person did, nobody can tell any more whether the person did.
    """

    clock: Callable[[], int]
    tidy: Callable[[str], str] = str
    tables: dict[str, list[Row]] = field(factory=lambda: {"customers": [], "orders": [], "returns": []})
    created: list[str] = field(factory=list)
    updated: list[tuple[str, str, str]] = field(factory=list)
    typed: dict[str, list[tuple[str, ...]]] = field(factory=lambda: defaultdict(list))
    _unseen: list[_Unseen] = field(factory=list)
    _sessions: set[str] = field(factory=set)
    _logins: int = 0
    _ids: int = 0
    late_seen: int = 0

    def take_over(self, other: SimErp) -> None:
        """Begin with what another one holds."""
        self.tables = {entity: list(rows) for entity, rows in other.tables.items()}
        self._ids = len(self.tables["customers"]) + len(self.tables["orders"])

    def enter(self, entity: str, number: str, fields: Row, late: int = 0) -> None:
        """A person saves a new document, which others see ``late`` microseconds afterwards."""
        row = {**fields, "id": self._next_id(), "number": number, "stamp": self._stamp()}
        self._save(entity, row, late)

    def edit(self, entity: str, number: str, changes: Row, late: int = 0, *, ours: bool = False) -> None:
        """A document changes, by a person or through the API (``ours``). Whoever is still saving it comes first."""
        self.show(everything=number)
        row = self.find(entity, number)
        if row is not None:
            after = {**row, **self._tidied(changes), "stamp": self._stamp(), "ours": ours}
            if "nick" in changes:
                self._type(number, str(row["nick"]), str(after["nick"]), ours=ours)
            self._save(entity, after, late)

    def _type(self, number: str, before: str, after: str, *, ours: bool) -> None:
        typed = self.typed[number]
        if not ours and before != after:
            typed.append((after,))
        elif ours and before == after and typed[-1:] == [(after,)]:
            typed[-1] = (after, *(typed[-2] if typed[:-1] else ()))

    def find(self, entity: str, number: str) -> Row | None:
        """The newest document with this number, if any."""
        self.show()
        return next((row for row in reversed(self.tables[entity]) if row["number"] == number), None)

    def answer(self, operation: str, body: Mapping[str, Any], session: str) -> Any:  # noqa: ANN401 - JSON
        """The answer to one call. Raises ``Refusal``."""
        if operation == "login":
            self._logins += 1
            self._sessions.add(f"s{self._logins}")
            return {"session": f"s{self._logins}"}
        if session not in self._sessions:
            raise Refusal("session", "log in first")
        self.show()
        if operation == "clock":
            return {"now": instant(self.clock()).isoformat()}
        entity, _, verb = operation.partition(".")
        doing: dict[str, Callable[[str, Mapping[str, Any]], Any]] = {
            "changes": self._changes,
            "get": self._get,
            "create": self._create,
            "update": self._update,
            "cancel": self._cancel,
        }
        return doing[verb](entity, body)

    def forget_sessions(self) -> None:
        """Everybody has to log in again."""
        self._sessions.clear()

    def show(self, everything: str = "") -> None:
        """What was saved by now can be seen; of the document ``everything`` also what is still being saved."""
        if not self._unseen:
            return
        now = self.clock()
        still: list[_Unseen] = []
        for each in self._unseen:
            if each.at <= now or each.row["number"] == everything:
                self._put(each.entity, each.row)
            else:
                still.append(each)
        self._unseen = still

    def _changes(self, entity: str, body: Mapping[str, Any]) -> list[Row]:
        since, until, after = body["since"], body["until"], tuple(body["after"])
        found = sorted(
            (row for row in self.tables[entity] if since <= row["stamp"] < until),
            key=lambda row: (row["stamp"], row["id"]),
        )
        self.late_seen = sum(each.entity == entity and since <= each.row["stamp"] < until for each in self._unseen)
        return [row for row in found if (row["stamp"], row["id"]) > after][:PAGE]

    def _get(self, entity: str, body: Mapping[str, Any]) -> Row:
        row = self.find(entity, body["number"])
        if row is None:
            raise Refusal("missing", f"there is no {body['number']}")
        return row

    def _create(self, entity: str, body: Mapping[str, Any]) -> Row:
        sku = body["lines"][0]["sku"]
        if sku == NO_SUCH_GIFT:
            raise Refusal("refused", f"there is no {sku}")
        drafts = [row for row in self.tables[entity] if row["number"] == body["number"] and row["status"] == "draft"]
        for draft in drafts:
            self.tables[entity].remove(draft)
        row: Row = {
            **body,
            "id": self._next_id(),
            "stamp": self._stamp(),
            "approved_at": self._stamp(),
            "gift": True,
            "ours": True,
        }
        if sku == HALF_A_GIFT:
            self._put(entity, {**row, "status": "draft"})
            raise Refusal("refused", "the gift is out of stock")
        self._put(entity, row)
        self.created.append(row["number"])
        return row

    def _update(self, entity: str, body: Mapping[str, Any]) -> Row:
        number: str = body["number"]
        self.edit(entity, number, dict(body["changes"]), ours=True)
        for name, value in body["changes"].items():
            self.updated.append((number, name, str(value)))
        return self._get(entity, body)

    def _cancel(self, entity: str, body: Mapping[str, Any]) -> Row:
        row = self._get(entity, body)
        if row["status"] == "approved":
            raise Refusal("refused", "it is in force")
        self.edit(entity, body["number"], {"status": "cancelled"}, ours=True)
        return self._get(entity, body)

    def _tidied(self, changes: Row) -> Row:
        return {name: self.tidy(value) if name == "nick" else value for name, value in changes.items()}

    def _save(self, entity: str, row: Row, late: int) -> None:
        if late:
            self._unseen.append(_Unseen(self.clock() + late, entity, row))
        else:
            self._put(entity, row)

    def _put(self, entity: str, row: Row) -> None:
        table = self.tables[entity]
        for n, held in enumerate(table):
            if held["id"] == row["id"]:
                table[n] = row
                return
        table.append(row)

    def _next_id(self) -> str:
        self._ids += 1
        return f"{self._ids:06d}"

    def _stamp(self) -> str:
        return instant(self.clock() // 1_000_000 * 1_000_000).isoformat()


def in_capitals(text: str) -> str:
    """How the ERP keeps a nickname."""
    return text.strip().upper()


def in_small_letters(text: str) -> str:
    """How the other system keeps it."""
    return " ".join(text.split()).lower()


def read_stamp(stamp: str) -> datetime:
    """The instant of a stamp."""
    return datetime.fromisoformat(stamp)
