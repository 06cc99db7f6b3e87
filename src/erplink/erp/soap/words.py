"""The words of a manifest of ``kind = "soap"``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from erplink.manifest.auth import ApiKey, Basic, Bearer, Login, NoAuth, OAuth2, Signed
from erplink.manifest.head import Head
from erplink.manifest.judging import ErrorRule
from erplink.manifest.settings import Limits
from erplink.manifest.verbs import ActionWords, CreateWords, GetWords, ListWords, UpdateWords
from erplink.manifest.words import EntityWords, Fields, Path
from erplink.text.parts import Part

Texts = dict[str, str]


class Request(Part):
    """An operation of the WSDL with its arguments (``body``) and what goes into the SOAP header."""

    operation: str
    body: dict[str, Any] = Field(default_factory=dict)
    header: dict[str, Any] = Field(default_factory=dict)


class SoapList(Request, ListWords):
    """A list. XML has no empty lists, so a reply without records is one."""

    optional: bool = True


class SoapChanges(SoapList):
    """What was modified; the operation of the list, unless it has one of its own."""

    operation: str = ""


class SoapGet(Request, GetWords):
    """One record."""


class SoapProof(Request, GetWords):
    """A record that is always there: asked for when a list is empty, for a wrong company often looks like no data."""


class SoapCreate(Request, CreateWords):
    """A new record."""


class SoapUpdate(Request, UpdateWords):
    """Single fields of a record."""


class SoapAction(Request, ActionWords):
    """A button."""


class SoapEntity(EntityWords):
    """One entity: its fields, and the operations that read and write it."""

    list: SoapList | None = None
    changes: SoapChanges | None = None
    detail: SoapGet | None = None
    get: SoapGet | None = None
    create: SoapCreate | None = None
    update: SoapUpdate | None = None
    actions: dict[Annotated[str, Field(pattern="^[a-z][a-z_]*$")], SoapAction] = Field(default_factory=dict)


class SoapStock(Part):
    """Live stock: an operation that names ``{skus}`` (a list) or ``{sku}``, and the fields of what comes."""

    request: Request
    records: Path = "."
    per_call: Annotated[int, Field(ge=1, le=1000)] = 100
    fields: Fields


class Entities(Part):
    """What there is; ``stock`` is asked for live and not pulled."""

    orders: SoapEntity | None = None
    shipments: SoapEntity | None = None
    returns: SoapEntity | None = None
    receipts: SoapEntity | None = None
    refunds: SoapEntity | None = None
    receivables: SoapEntity | None = None
    customers: SoapEntity | None = None
    products: SoapEntity | None = None
    prices: SoapEntity | None = None
    stock: SoapStock | None = None


class Server(Part):
    """Where it is: ``url`` is called, whatever the WSDL says; ``wsdl`` is a file beside the manifest or an address.

    ``cache`` is a folder beside the manifest that keeps a WSDL from an address; it is taken from there until removed.
    ``service`` and ``port`` choose where a WSDL has several. ``inner`` names the child of a reply whose text is XML
    itself. ``hosts`` are further hosts it may reach, ``headers`` go with every call.
    """

    url: str
    wsdl: str
    cache: str = ""
    service: str = ""
    port: str = ""
    inner: str = ""
    hosts: tuple[str, ...] = ()
    headers: Texts = Field(default_factory=dict)


class Wsse(Part):
    """WS-Security UsernameToken; ``digest`` sends a digest of the password instead of the password."""

    kind: Literal["wsse"]
    username: str
    password: str
    digest: bool = False


SoapAuth = Annotated[NoAuth | Basic | Bearer | ApiKey | OAuth2 | Signed | Login | Wsse, Field(discriminator="kind")]


class SoapManifest(Head):
    """The whole manifest."""

    kind: Literal["soap"]  # pyright: ignore[reportIncompatibleVariableOverride] - a word is never assigned to
    server: Server
    auth: SoapAuth = NoAuth()
    limits: Limits = Limits()
    errors: tuple[ErrorRule, ...] = ()
    proof: SoapProof | None = None
    entities: Entities = Entities()
