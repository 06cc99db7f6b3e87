"""A Kingdee 云星空 over its world. Documents are written into it by hand, for the mapping is what is proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
from attrs import field, frozen

from erplink.erp.kingdee import Kingdee
from erplink.erp.kingdee.settings import Login
from erplink.model.documents import Document, Entity, Stock
from erplink.testing.contract.subject import PATIENCE, REFUSAL, WAIT, Calls, Fault, Feature, Shape, declared
from erplink.testing.contract.subjects.kingdee_cells import FORMS, NUMBERS, SPOILT, planted, stock_cells, wall
from erplink.testing.worlds.kingdee import KingdeeWorld, serve
from erplink.wire.adapter import Capability

_CUSTOM = {"customers": {"unionid": "F_ERPL_UnionId", "points": "F_ERPL_Points"}}
_KINDS: Mapping[Fault, str] = {
    "session_lost": "lose_session",
    "dropped": "drop_before_commit",
    "reply_lost": "drop_after_commit",
    "cut_short": "short_body",
    "stalled": "short_body",
    "html_page": "html_page",
    "server_error": "bad_gateway",
    "error_in_200": "response_error",
    "busy": "call_limit",
    "busy_for_seconds": "retry_after",
    "busy_until_date": "retry_after_date",
    "locked": "lock_conflict",
    "no_permission": "no_permission",
    "refused": "refused",
    "password_expired": "expired_password",
}
_SECONDS: Mapping[Fault, float] = {
    "cut_short": 0.0,
    "stalled": PATIENCE,
    "busy_for_seconds": WAIT,
    "busy_until_date": WAIT,
}
_SUBMIT = ("submit", "draft", "pending")
_OF_MASTERS = frozenset({"draft", "pending", "approved"})
_SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(update=("note", "甲", "乙"), act=_SUBMIT),
    "shipments": Shape(act=_SUBMIT),
    "returns": Shape(silent=frozenset({"lines.kind"}), act=_SUBMIT),
    "receipts": Shape(act=_SUBMIT),
    "refunds": Shape(silent=frozenset({"order"}), act=_SUBMIT),
    "receivables": Shape(act=_SUBMIT),
    "customers": Shape(statuses=_OF_MASTERS, update=("points", "12", "34"), act=_SUBMIT),
    "products": Shape(statuses=_OF_MASTERS, update=("name", "甲", "乙"), act=_SUBMIT),
    "prices": Shape(statuses=_OF_MASTERS, act=_SUBMIT),
}
_encode = msgspec.json.Encoder(decimal_format="number").encode


@frozen
class KingdeeSubject:
    """A K/3 Cloud, entered by one of its logins."""

    login: Login = "header"
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(_SHAPES), repr=False)
    offers: tuple[Capability, ...] = field(factory=lambda: declared(_ANYWHERE), repr=False)

    @property
    def name(self) -> str:
        """``kingdee``, and the login where it is not the usual one."""
        return "kingdee" if self.login == "header" else f"kingdee {self.login}"

    @property
    def without(self) -> Mapping[Feature, str]:
        """Rows are asked for by name and key, so nothing unasked comes; not every way to log in needs a password."""
        missing: dict[Feature, str] = {
            "foreign_link": "pages are asked for by key, no reply links to the next one",
            "unknown_field": "a query brings the fields it asks for",
        }
        if self.login == "header":
            missing |= {
                "password_expired": "calls are signed, without a password",
                "one_renewal": "each call is signed, and opens a session where the one it names is lost",
            }
        if self.login == "passport":
            missing["tenant"] = "the key file says which data centre it is for"
        return missing

    @contextmanager
    def start(self) -> Iterator[KingdeeSystem]:
        """A world of its own."""
        world = KingdeeWorld(old_signatures=self.login == "sign_sha1")
        with (
            serve(world) as running,
            httpx.Client(base_url=running.url.removesuffix("k3cloud/"), trust_env=False) as door,
        ):
            yield KingdeeSystem(world, running.url, self.login, door)


def _settings(url: str, world: KingdeeWorld, login: Login, **changed: Any) -> Kingdee:  # noqa: ANN401 - any setting
    known = world.credentials
    given: dict[str, Any] = {
        "url": url,
        "acct_id": known.acct_id,
        "username": known.username,
        "app_id": known.app_id,
        "app_secret": known.app_secret,
        "password": known.password,
        "passport": known.passport,
        "login": login,
        "custom": _CUSTOM,
    }
    if login == "organisation":
        given["org_num"] = world.organisation
    return Kingdee(**(given | changed))


_ANYWHERE: Kingdee = _settings("http://127.0.0.1:9/k3cloud/", KingdeeWorld(), "header")


@frozen
class KingdeeSystem:
    """A served world, and a client of its control door."""

    world: KingdeeWorld
    url: str
    login: Login
    door: httpx.Client

    def settings(self, *, page: int) -> Kingdee:
        """The right ones."""
        return _settings(self.url, self.world, self.login, page=page)

    def impostor(self) -> Kingdee:
        """With a wrong password, a wrong application secret and a wrong key file."""
        wrong = {"password": "wrong-1Z", "app_secret": "wrong-2Z", "passport": "d3JvbmctM1o="}
        return _settings(self.url, self.world, self.login, **wrong)

    def astray(self) -> Kingdee:
        """With the id of another data centre."""
        return _settings(self.url, self.world, self.login, acct_id="nowhere")

    def secrets(self) -> tuple[str, ...]:
        """What the settings hide, and both tokens of every session."""
        known = self.world.credentials
        tokens = [token for session in self._ask("sessions") for token in session]
        right = (known.password, known.app_id, known.app_secret, known.passport)
        return (*right, "wrong-1Z", "wrong-2Z", "d3JvbmctM1o=", *tokens)

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
        """In the keys of each form."""
        stamp = self._stamp(modified)
        self._do("plant", [planted(one, stamp, self.world.tz) for one in documents])

    def edit(self, entity: Entity, number: str, modified: datetime | None = None) -> None:
        """Move the stamp; a form has fields enough that nobody maps."""
        head = {"FModifyDate": self._stamp(modified)}
        self._do("edit", {"form": FORMS[entity], "number": number, "head": head})

    def remove(self, entity: Entity, number: str) -> None:
        """Whatever its status."""
        self._do("remove", {"form": FORMS[entity], "number": number})

    def spoil(self, entity: Entity, number: str) -> None:
        """Put a list where one value should be."""
        self._do("edit", {"form": FORMS[entity], "number": number, "head": {SPOILT[entity]: ["?"]}})

    def count(self, entity: Entity) -> int:
        """As the world counts."""
        found: int = self._ask("stats")["documents"][FORMS[entity]]
        return found

    def stock(self, levels: Sequence[Stock]) -> None:
        """Rows of the inventory (即时库存)."""
        self._do("plant", [{"form": "STK_Inventory", "head": stock_cells(level)} for level in levels])

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
        """Wrong passwords and signatures."""
        return int(self._ask("stats")["refused_logins"])

    def raw_read(self) -> tuple[str, Mapping[str, Any]]:
        """A query for one number."""
        return "ExecuteBillQuery", {"FormId": "BD_Customer", "FieldKeys": NUMBERS["customers"], "Limit": 1}

    def raw_write(self) -> tuple[str, Mapping[str, Any]]:
        """One more customer, with a number of the ERP's own."""
        return "Save", {"formid": "BD_Customer", "data": {"Model": {"FName": "新客户"}}}

    def _stamp(self, modified: datetime | None) -> str:
        return wall(modified or self.now(), self.world.tz)

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - JSON
        return self.door.get(f"_world/{what}").raise_for_status().json()

    def _do(self, what: str, asked: object) -> None:
        reply = self.door.post(f"_world/{what}", content=_encode(asked))
        assert reply.is_success, reply.text  # noqa: S101 - the suite asks for something wrong
