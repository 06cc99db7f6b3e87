"""Envelopes: what is asked for, read from the bytes that came; answers and faults, written as bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen
from lxml import etree
from starlette.responses import Response

from erplink.testing.worlds.soap.names import ENCODING, ENVELOPES, SHOP, XSD, XSI
from erplink.testing.worlds.soap.pen import Element, escaped
from erplink.testing.worlds.soap.reading import local
from erplink.testing.worlds.soap.settings import SoapWorld

Party = Literal["Client", "Server", "VersionMismatch", "MustUnderstand"]
_MEDIA: Mapping[str, str] = {"1.1": "text/xml", "1.2": "application/soap+xml"}
_IN_12: Mapping[Party, str] = {"Client": "Sender", "Server": "Receiver"}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_ACTION = re.compile(r"action\s*=\s*\"([^\"]*)\"", re.IGNORECASE)


class Faulty(Exception):
    """The envelope itself is wrong: whose doing it is, and why."""

    def __init__(self, party: Party, message: str) -> None:
        self.party: Party = party
        self.message = message
        super().__init__(message)


@frozen
class Sent:
    """A request: the element of its operation, the elements of its header, and the action that HTTP names."""

    operation: Element
    headers: tuple[Element, ...]
    action: str

    @property
    def name(self) -> str:
        """The operation."""
        return local(self.operation)

    def header(self, name: str) -> Element | None:
        """An element of the header by its local name."""
        return next((one for one in self.headers if local(one) == name), None)


@frozen
class Fault:
    """Why something was not done: whose doing it is, the code of the shop, and words for people."""

    party: Party
    code: str
    message: str
    status: int = 500


def read(world: SoapWorld, body: bytes, content_type: str, action: str) -> Sent:
    """The request in these bytes. Raises :class:`Faulty`."""
    root = _parsed(body, content_type)
    if local(root) != "Envelope" or root.tag != f"{{{ENVELOPES[world.version]}}}Envelope":
        message = f"the service speaks SOAP {world.version}"
        raise Faulty("VersionMismatch" if local(root) == "Envelope" else "Client", message)
    parts = {local(child): child for child in root}
    operation = next(iter(parts.get("Body", ())), None)
    if operation is None:
        message = "the body of the envelope is empty"
        raise Faulty("Client", message)
    in_media = _ACTION.search(content_type)
    named = in_media[1] if in_media is not None else action.strip('"')
    headers = tuple(parts.get("Header", ()))
    return Sent(operation, headers, named)


def check_headers(world: SoapWorld, sent: Sent, understood: frozenset[str]) -> None:
    """Raise :class:`Faulty` for a header that must be understood and is not."""
    name = f"{{{ENVELOPES[world.version]}}}mustUnderstand"
    for header in sent.headers:
        if header.get(name) in {"1", "true"} and local(header) not in understood:
            message = f"the header {local(header)} is not understood"
            raise Faulty("MustUnderstand", message)


def answered(world: SoapWorld, content: str, beside: str = "") -> Response:
    """An answer: the element of the operation, and what it refers to beside it."""
    return _response(world, content + beside, 200)


def faulted(world: SoapWorld, fault: Fault) -> Response:
    """A fault as the version of the world writes it."""
    status = fault.status
    if world.version == "1.1":
        written = _fault_11(world, fault)
    else:
        written = _fault_12(world, fault)
        status = 400 if status == 500 and fault.party != "Server" else status
    return _response(world, written, status)


def foreign(world: SoapWorld, message: str) -> Response:
    """Words of SOAP 1.2 in an envelope of 1.1, as node-soap says that it does not know who is calling."""
    tag = world.envelope_prefix
    code = (
        f"<{tag}:Code><{tag}:Value>SOAP-ENV:Client</{tag}:Value>"
        f"<{tag}:Subcode><{tag}:Value>AuthenticationFailure</{tag}:Value></{tag}:Subcode></{tag}:Code>"
    )
    reason = f"<{tag}:Reason><{tag}:Text>{escaped(message)}</{tag}:Text></{tag}:Reason>"
    return _response(world, f"<{tag}:Fault>{code}{reason}</{tag}:Fault>", 401)


def _parsed(body: bytes, content_type: str) -> Element:
    named = _CHARSET.search(content_type)
    declared = body.lstrip()[:5] == b"<?xml" and b"encoding" in body[:100]
    encoding = named[1] if named is not None and not declared else None
    try:
        root = etree.fromstring(body, _parser(encoding))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        message = "the envelope is not XML"
        raise Faulty("Client", message) from None
    described: Any = root.getroottree().docinfo
    if described.doctype:
        message = "an envelope has no document type"
        raise Faulty("Client", message)
    return root


def _parser(encoding: str | None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )


def _response(world: SoapWorld, content: str, status: int) -> Response:
    tag = world.envelope_prefix
    spaces = {tag: ENVELOPES[world.version], "xsi": XSI, "xsd": XSD}
    if world.style == "rpc":
        spaces |= {"SOAP-ENC": ENCODING, "ns1": SHOP}
    told = "".join(f' xmlns:{name}="{space}"' for name, space in spaces.items())
    text = (
        f'<?xml version="1.0" encoding="{world.charset.upper()}"?>'
        f"<{tag}:Envelope{told}><{tag}:Body>{content}</{tag}:Body></{tag}:Envelope>"
    )
    media = f"{_MEDIA[world.version]}; charset={world.charset}"
    return Response(text.encode(world.charset, "xmlcharrefreplace"), status, media_type=media)


def _fault_11(world: SoapWorld, fault: Fault) -> str:
    tag = world.envelope_prefix
    return (
        f"<{tag}:Fault><faultcode>{tag}:{fault.party}</faultcode><faultstring>{escaped(fault.message)}</faultstring>"
        f"<detail>{_detail(world, fault)}</detail></{tag}:Fault>"
    )


def _fault_12(world: SoapWorld, fault: Fault) -> str:
    tag = world.envelope_prefix
    party = _IN_12.get(fault.party, fault.party)
    return (
        f"<{tag}:Fault><{tag}:Code><{tag}:Value>{tag}:{party}</{tag}:Value>"
        f'<{tag}:Subcode><{tag}:Value xmlns:m="{SHOP}">m:{fault.code}</{tag}:Value></{tag}:Subcode></{tag}:Code>'
        f'<{tag}:Reason><{tag}:Text xml:lang="zh">{escaped(fault.message)}</{tag}:Text></{tag}:Reason>'
        f"<{tag}:Detail>{_detail(world, fault)}</{tag}:Detail></{tag}:Fault>"
    )


def _detail(world: SoapWorld, fault: Fault) -> str:
    if world.map_details:
        return f"<item><key>code</key><value>{fault.code}</value></item>"
    return f"<Code>{fault.code}</Code>"
