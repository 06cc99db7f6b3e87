"""``Described(...)``: a system as its manifest describes it, checked and compiled, ready to be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from pydantic import Field

from erplink.manifest.adapter import ManifestAdapter
from erplink.manifest.asker import Asker
from erplink.manifest.asking import Reader
from erplink.manifest.attributes import DOCUMENTS, attributes
from erplink.manifest.auth import Auth, Login, login_request, signing, ticket_paths
from erplink.manifest.codecs import codec_of
from erplink.manifest.compile import House
from erplink.manifest.dialect import Door, ManifestDialect
from erplink.manifest.head import Source
from erplink.manifest.hosts import Hosts
from erplink.manifest.plan import Getting, Plan, StockPlan
from erplink.manifest.templates import ABSENT, Context, template
from erplink.manifest.words import Fields
from erplink.mapping.paths import many, one
from erplink.model.documents import Entity
from erplink.text.parts import Part, did_you_mean
from erplink.text.source import Path
from erplink.wire.check import Check
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling

PULLED: tuple[Entity, ...] = (
    "orders",
    "shipments",
    "returns",
    "receipts",
    "refunds",
    "receivables",
    "customers",
    "products",
    "prices",
)
"""The entities that are lists of documents; stock is asked for live."""

_SIGNING = frozenset({"method", "path", "query", "body", "now", "nonce"})
_RENEWALS = 3
"""Every renewal proves the credentials anew, so a system that drops sessions often is borne with."""

RequestWords = Callable[[dict[str, Any]], dict[str, Any]]
"""Checks the words of a request as its kind of system wants them."""


class Limits(Part):
    """How politely it is called: ``calls`` in each ``per`` seconds, ``in_flight`` at once, ``timeout`` in seconds."""

    calls: Annotated[int, Field(ge=1)] | None = None
    per: Annotated[int, Field(ge=1)] = 60
    in_flight: Annotated[int, Field(ge=1)] | None = None
    timeout: Annotated[int, Field(ge=1, le=3600)] | None = None

    @property
    def calling(self) -> Calling:
        """As the pipeline wants it."""
        rate = Rate(self.calls, per=float(self.per)) if self.calls is not None else None
        return Calling(rate=rate, in_flight=self.in_flight)


@frozen
class Described:
    """Settings made of a manifest. ``secrets`` are what must never show."""

    name: str
    zone: str
    url: str
    secrets: Mapping[str, str] = field(repr=False)
    calling: Calling
    plans: Mapping[Entity, Plan] = field(repr=False)
    stock: StockPlan | None = field(repr=False)
    proof: Getting | None = field(repr=False)
    dialect: ManifestDialect = field(repr=False)

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> ManifestAdapter:
        """An adapter over this Io; the first call logs in."""
        backend = f"{self.name} at {urlsplit(self.url).netloc}"
        dialect = evolve(self.dialect, salt=f"{int(io.random() * 2**48):012x}")
        wire = Wire(io, dialect, self.calling, renewals=_RENEWALS, backend=backend, pacing=pacing)
        asker = Asker(io, wire, dialect, io.lock(), self.proof)
        return ManifestAdapter(self.name, asker, self.plans, self.stock, parallel)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between the manifest and the system, step by step."""
        from erplink.manifest.doctor import examine

        return await examine(io, self.url, self.open(io, parallel=1))


def hosts_of(url: str, more: Iterable[str], source: Source, context: Context) -> Hosts:
    """The hosts of a manifest. Raises ``ConfigInvalid`` for an address that is none."""
    try:
        whole = template(url).fill(context)
        base = "" if whole is ABSENT else str(whole)
        return Hosts.of(base if base.endswith("/") else f"{base}/", more)
    except ValueError as error:
        step = "write it like https://erp.example.com/api/"
        raise source.text.invalid(str(error), ("server", "url"), step) from None


def door_of(auth: Auth, reader: Reader, request_words: RequestWords) -> Door:
    """How one gets in. Raises ``ConfigInvalid`` for a template that names what is not known."""
    at: Path = ("auth",)
    tickets = ticket_paths(auth)
    request = login_request(auth)
    login = None
    if request is not None:
        asked = {**request_words({word: each for word, each in request.items() if word != "let"})}
        asked["let"] = request.get("let")
        login = reader.ask("login", asked, (*at, "request"), frozenset({"nonce"}), safe=True)
    names = _SIGNING | ticket_names(tickets)
    sign = reader.ask("sign", signing(auth).model_dump(), (*at, "sign"), names)
    cookies = isinstance(auth, Login) and auth.cookies
    return Door(login, {name: one(path) for name, path in tickets.items()}, cookies, sign)


def proof_of(request: dict[str, Any] | None, record: str, reader: Reader) -> Getting | None:
    """What is always there. Raises ``ConfigInvalid`` for a template that names what is not known."""
    if request is None:
        return None
    return Getting(reader.ask("proof", request, ("proof",), frozenset(), safe=True), many(record))


def ticket_names(tickets: Iterable[str]) -> frozenset[str]:
    """What a request may name of the session, although nobody has logged in when it is written.

    >>> ticket_names({"token": "data.token"})
    frozenset({'ticket.token'})
    """
    return frozenset(f"ticket.{name}" for name in tickets)


def stock_of(
    request: dict[str, Any], records: str, fields: Fields, per_call: int, house: House, reader: Reader
) -> StockPlan:
    """How live stock is asked for. Raises ``ConfigInvalid`` for an attribute that is unknown or missing."""
    at: Path = ("entities", "stock")
    known = attributes(DOCUMENTS["stock"])
    found: dict[str, Any] = {}
    fixed: dict[str, Any] = {"warehouse": ""} if "warehouse" not in fields else {}
    for name, each in fields.items():
        if name not in known:
            raise house.text.invalid(f"stock has no {name!r}", (*at, "fields", name), did_you_mean(name, known))
        if each.path is None:
            fixed[name] = each.value
        else:
            found[name] = (one(each.path), codec_of(each, known[name], house, (*at, "fields", name)), each.path)
    for name in ("sku", "on_hand"):
        if name not in found:
            raise house.text.invalid(f"stock needs {name}", (*at, "fields"), f'write {name} = "where it is"')
    ask = reader.ask("stock get", request, (*at, "request"), frozenset({"skus", "sku"}), safe=True)
    return StockPlan(ask, many(records), found, fixed, per_call if "skus" in ask.names else 1)
