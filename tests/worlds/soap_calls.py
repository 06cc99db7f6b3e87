"""Two clients of the SOAP world: zeep, which knows nothing of it, and bare envelopes over httpx."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import zeep
from lxml import etree
from zeep.wsse.username import UsernameToken

from erplink.testing.worlds.soap import Running, SoapWorld, serve
from erplink.testing.worlds.soap.names import ENVELOPES, SHOP
from tests.worlds.rest_calls import document

open_wsdl: Any = zeep.Client
"""zeep has hints here and there, and none where it is called."""
_token: Any = UsernameToken
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
STAND_IN = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://schemas.xmlsoap.org/soap/encoding/"
  xmlns:tns="http://schemas.xmlsoap.org/soap/encoding/"><xs:attribute name="arrayType" type="xs:string"/>
  <xs:complexType name="Array"><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>
  </xs:sequence><xs:attribute ref="tns:arrayType"/></xs:complexType></xs:schema>"""


class Transport:
    """What zeep wants of a transport, by httpx."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.loaded: list[str] = []

    def load(self, url: str) -> bytes:
        self.loaded.append(url)
        return STAND_IN if url == ENCODING else self.http.get(url).raise_for_status().content

    def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> httpx.Response:
        body = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        return self.http.post(address, content=body, headers=dict(headers))


class Client:
    """A client of a world, and its control door."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.world = running.world
        self.http = httpx.Client(timeout=10, trust_env=False)
        self.door = httpx.Client(base_url=running.door, timeout=10, trust_env=False)
        self.transport = Transport(self.http)

    def service(self, *, password: str = "") -> Any:
        """zeep's view of the service, logged in."""
        known = self.world.credentials
        secret = password or known.password
        tokens = {"text": False, "digest": True}
        wsse = None
        if self.world.auth in tokens:
            wsse = _token(known.username, secret, use_digest=tokens[self.world.auth])
        if self.world.auth == "basic":
            self.http.auth = httpx.BasicAuth(known.username.encode(), secret.encode())
        client = open_wsdl(self.running.wsdl, transport=self.transport, wsse=wsse)
        service = client.create_service(f"{{{SHOP}}}ShopBinding", self.running.url)
        if self.world.auth == "cookie":
            service.Login(Username=known.username, Password=secret)
        return service

    def post(self, operation: str, inner: str = "", *, header: str = "", **headers: str) -> httpx.Response:
        """A bare envelope."""
        space = ENVELOPES[self.world.version]
        body = f'<m:{operation} xmlns:m="{SHOP}">{inner}</m:{operation}>'
        head = f"<s:Header>{header}</s:Header>" if header else ""
        text = f'<s:Envelope xmlns:s="{space}">{head}<s:Body>{body}</s:Body></s:Envelope>'
        media = "text/xml" if self.world.version == "1.1" else "application/soap+xml"
        sent = {"content-type": f"{media}; charset=utf-8", **headers}
        return self.http.post(self.running.url, content=text.encode(), headers=sent)

    def tree(self, reply: httpx.Response) -> Any:
        """The first element of the body."""
        return etree.fromstring(reply.content)[-1][0]

    def ask(self, what: str) -> Any:
        return self.door.get(what).raise_for_status().json()

    def do(self, what: str, asked: Any = None) -> Any:
        reply = self.door.post(what, content=json.dumps(asked, default=str))
        assert reply.is_success, reply.text
        return reply.json()

    def plant(self, *numbers: str, entity: str = "orders", **head: Any) -> list[int]:
        found: list[int] = self.do("plant", [document(number, entity, **head) for number in numbers])
        return found

    def now(self) -> datetime:
        return datetime.fromisoformat(self.ask("clock")["now"])


@contextmanager
def calling(world: SoapWorld) -> Iterator[Client]:
    """A served world with a customer and a product, and a client of it."""
    with serve(world) as running:
        client = Client(running)
        with client.http, client.door:
            client.plant("C-1", entity="customers")
            client.plant("P-1", entity="products")
            yield client
