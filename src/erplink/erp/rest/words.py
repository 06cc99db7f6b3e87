"""The words of a manifest of ``kind = "rest"``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from erplink.manifest.auth import Auth, NoAuth
from erplink.manifest.head import Head
from erplink.manifest.judging import ErrorRule
from erplink.manifest.settings import Limits
from erplink.manifest.verbs import ActionWords, CreateWords, GetWords, ListWords, UpdateWords
from erplink.manifest.words import EntityWords, Fields, Path
from erplink.text.parts import Part

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Texts = dict[str, str]


class Request(Part):
    """What goes along.

    ``path`` is below the server's url; a list in ``query`` is a parameter that comes several times; there is one of
    ``body`` (JSON), ``form`` (urlencoded) and ``text``.
    """

    method: Method = "GET"
    path: str = ""
    query: dict[str, str | int | list[str]] = Field(default_factory=dict)
    headers: Texts = Field(default_factory=dict)
    body: Any = None
    form: Texts | None = None
    text: str | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Request:
        if sum(each is not None for each in (self.body, self.form, self.text)) > 1:
            raise ValueError("write one of body, form and text")
        return self


class RestList(Request, ListWords):
    """A list."""


class RestGet(Request, GetWords):
    """One record."""


class RestProof(Request, GetWords):
    """A record that is always there: asked for when a list is empty, for a wrong company often looks like no data."""


class RestCreate(Request, CreateWords):
    """A new record."""

    method: Method = "POST"


class RestUpdate(Request, UpdateWords):
    """Single fields of a record."""

    method: Method = "PATCH"


class RestAction(Request, ActionWords):
    """A button."""

    method: Method = "POST"


class RestEntity(EntityWords):
    """One entity: its fields, and the requests that read and write it."""

    list: RestList | None = None
    changes: RestList | None = None
    detail: RestGet | None = None
    get: RestGet | None = None
    create: RestCreate | None = None
    update: RestUpdate | None = None
    actions: dict[Annotated[str, Field(pattern="^[a-z][a-z_]*$")], RestAction] = Field(default_factory=dict)


class RestStock(Part):
    """Live stock: a request that names ``{skus}`` (a list) or ``{sku}``, and the fields of what comes."""

    request: Request
    records: Path = "."
    per_call: Annotated[int, Field(ge=1, le=1000)] = 100
    fields: Fields


class Entities(Part):
    """What there is; ``stock`` is asked for live and not pulled."""

    orders: RestEntity | None = None
    shipments: RestEntity | None = None
    returns: RestEntity | None = None
    receipts: RestEntity | None = None
    refunds: RestEntity | None = None
    receivables: RestEntity | None = None
    customers: RestEntity | None = None
    products: RestEntity | None = None
    prices: RestEntity | None = None
    stock: RestStock | None = None


class Server(Part):
    """Where it is. ``hosts`` are further hosts it may reach, ``headers`` go with every request."""

    url: str
    hosts: tuple[str, ...] = ()
    headers: Texts = Field(default_factory=dict)


class RestManifest(Head):
    """The whole manifest."""

    kind: Literal["rest"]  # pyright: ignore[reportIncompatibleVariableOverride] - a word is never assigned to
    server: Server
    auth: Auth = NoAuth()
    limits: Limits = Limits()
    errors: tuple[ErrorRule, ...] = ()
    proof: RestProof | None = None
    entities: Entities = Entities()
