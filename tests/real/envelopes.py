"""SOAP envelopes written by hand and read by lxml alone: what goes over the wire, without a SOAP library between."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from xml.sax.saxutils import escape

import httpx
from attrs import field, frozen
from lxml import etree

from tests.real.soap import NodeSoap, PhpSoap

SECONDS = 30
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_SECURITY = f"{_WSS}wssecurity-secext-1.0.xsd"
_UTILITY = f"{_WSS}wssecurity-utility-1.0.xsd"
_PROFILE = f"{_WSS}username-token-profile-1.0#"


@frozen
class Answer:
    """A reply: its status, its text, and the first element in its body when it is XML at all."""

    status: int
    text: str
    content_type: str
    body: etree._Element | None = field(repr=False)

    def texts(self, path: str) -> list[str]:
        """The texts of the elements at a path, whatever their namespaces."""
        assert self.body is not None, self.text
        steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
        found = self.body.xpath(f"{steps}/text()")
        assert isinstance(found, list)
        return [str(text) for text in found]


def plain(service: NodeSoap, password: str | None = None) -> str:
    """A UsernameToken with the password as it is, or another one."""
    return _token(service.user, "PasswordText", service.password if password is None else password, "")


def digest(service: NodeSoap, nonce: bytes, created: str = "2026-11-25T01:02:03.000Z") -> str:
    """A UsernameToken with the digest of the password."""
    made = hashlib.sha1(nonce + created.encode() + service.password.encode(), usedforsecurity=False).digest()
    more = f'<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created xmlns:u="{_UTILITY}">{created}</u:Created>'
    return _token(service.user, "PasswordDigest", base64.b64encode(made).decode(), more)


def _token(user: str, kind: str, password: str, more: str) -> str:
    return (
        f'<w:Security xmlns:w="{_SECURITY}"><w:UsernameToken><w:Username>{escape(user)}</w:Username>'
        f'<w:Password Type="{_PROFILE}{kind}">{escape(password)}</w:Password>{more}</w:UsernameToken></w:Security>'
    )


def node_call(service: NodeSoap, operation: str, content: str, header: str | None = None) -> Answer:
    """One document/literal call; ``content`` is XML, ``header`` a token other than the right one."""
    body = f'<{operation} xmlns="urn:example:orders">{content}</{operation}>'
    entry = plain(service) if header is None else header
    return _post(service.url, f"urn:example:orders/{operation}", entry, body, {})


@frozen
class Session:
    """A session of PHP's service: a cookie."""

    service: PhpSoap
    cookies: Mapping[str, str] = field(factory=dict, repr=False)

    def call(self, operation: str, **parts: str | int) -> Answer:
        """One rpc/encoded call; texts are escaped, so XML within a text is a text."""
        written = "".join(
            f'<{name} xsi:type="xsd:{"int" if isinstance(value, int) else "string"}">{escape(str(value))}</{name}>'
            for name, value in parts.items()
        )
        body = (
            f'<m:{operation} xmlns:m="urn:example:erp" xmlns:xsi="{XSI}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
            f'soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">{written}</m:{operation}>'
        )
        return _post(self.service.url, f"urn:example:erp#{operation}", "", body, self.cookies)


def php_login(service: PhpSoap) -> Session:
    """A fresh session."""
    with httpx.Client(timeout=SECONDS) as client:
        parts = {"account": service.account, "user": service.user, "password": service.password}
        written = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items())
        body = f'<m:login xmlns:m="urn:example:erp">{written}</m:login>'
        client.post(service.url, content=_envelope("", body), headers=_headers("urn:example:erp#login"))
        return Session(service, dict(client.cookies))


def _envelope(header: str, body: str) -> bytes:
    head = f"<soap:Header>{header}</soap:Header>" if header else ""
    return f'<soap:Envelope xmlns:soap="{SOAP}">{head}<soap:Body>{body}</soap:Body></soap:Envelope>'.encode()


def _headers(action: str) -> dict[str, str]:
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}


def _post(url: str, action: str, header: str, body: str, cookies: Mapping[str, str]) -> Answer:
    given = _headers(action) | ({"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())} if cookies else {})
    reply = httpx.post(url, content=_envelope(header, body), headers=given, timeout=SECONDS)
    try:
        found = etree.fromstring(reply.content).find(f"{{{SOAP}}}Body")
    except etree.XMLSyntaxError:
        found = None
    first = None if found is None or len(found) == 0 else found[0]
    return Answer(reply.status_code, reply.text, reply.headers["content-type"], first)
