"""The operations of a WSDL: zeep reads it and builds envelopes. It fetches nothing by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.settings import Settings
from zeep.wsdl import Document

from erplink.erp.soap.beside import ELSEWHERE, Beside
from erplink.erp.soap.xml import root_of
from erplink.errors import ConfigInvalid
from erplink.manifest.hosts import Hosts
from erplink.text.parts import did_you_mean

BESIDE = "http://manifest.invalid/"
"""Where files beside the manifest stand for the reader of a WSDL, so that relative imports are what they are there."""

_DOCUMENTS = 60
_ENCODING = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:tns="http://schemas.xmlsoap.org/soap/encoding/" targetNamespace="http://schemas.xmlsoap.org/soap/encoding/">
  <xs:attribute name="arrayType" type="xs:string"/><xs:attribute name="offset" type="xs:string"/>
  <xs:attribute name="position" type="xs:string"/><xs:attributeGroup name="commonAttributes"/>
  <xs:attributeGroup name="arrayAttributes"><xs:attribute ref="tns:arrayType"/></xs:attributeGroup>
  <xs:complexType name="Array"><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>
  </xs:sequence><xs:attributeGroup ref="tns:arrayAttributes"/></xs:complexType>
  <xs:complexType name="Struct"><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="lax"/>
  </xs:sequence></xs:complexType></xs:schema>"""
_KNOWN: Mapping[str, bytes] = {"http://schemas.xmlsoap.org/soap/encoding/": _ENCODING}
_RULES = {
    "strict": True,
    "force_https": False,
    "forbid_dtd": True,
    "forbid_entities": True,
    "forbid_external": False,
    "xml_huge_tree": False,
}
_STRICT = Settings(**_RULES)
Fetch = Callable[[str], Awaitable[bytes]]


class _Missing(Exception):
    """A document that is not at hand yet."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class _Shelf:
    """What zeep takes for the network: documents that are at hand already."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = documents

    def load(self, url: str) -> bytes:
        document = self._documents.get(url, _KNOWN.get(url))
        if document is None:
            raise _Missing(url)
        return document


class Library:
    """A WSDL with what it imports, from the hosts of the manifest and the files beside it. Loaded once.

    ``cache`` names a folder beside the manifest that keeps what came from a host.
    """

    def __init__(self, location: str, hosts: Hosts, beside: Beside, cache: str, chosen: tuple[str, str]) -> None:
        self._location = location if "://" in location else f"{BESIDE}{location}"
        self._hosts = hosts
        self._beside = beside
        self._cache = cache
        self._wanted = chosen
        self._binding: Any = None

    @property
    def is_open(self) -> bool:
        """Whether it has been loaded."""
        return self._binding is not None

    async def open(self, fetch: Fetch) -> None:
        """Load it.

        Raises:
            ConfigInvalid: it cannot be read, imports from a host that is not named, or has no such service or port.
        """
        documents: dict[str, bytes] = {}
        for _ in range(_DOCUMENTS):
            try:
                shelf: Any = _Shelf(documents)
                document = Document(self._location, shelf, settings=_STRICT)
            except _Missing as missing:
                documents[missing.url] = await self._document(missing.url, fetch)
            except (ZeepError, etree.LxmlError, LookupError, ValueError, AttributeError, TypeError) as error:
                what = f"the WSDL cannot be read: {type(error).__name__}: {error}"
                raise ConfigInvalid(what[:500], where=self._location, next_step="see whether it is whole") from None
            else:
                self._binding = self._chosen(document)
                return
        raise ConfigInvalid(f"the WSDL has more than {_DOCUMENTS} parts", where=self._location)

    def envelope(
        self, operation: str, body: Mapping[str, Any], header: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, str]]:
        """The envelope of an operation, and the HTTP headers its version of SOAP wants.

        Raises ``ConfigInvalid`` for an operation or an argument that the WSDL does not have.
        """
        if self._binding is None:
            raise ConfigInvalid("the WSDL is not loaded", where=operation, next_step="call through the adapter")
        if operation not in self._binding._operations:  # noqa: SLF001 - zeep has no public list of them
            step = did_you_mean(operation, sorted(self._binding._operations))  # noqa: SLF001
            raise ConfigInvalid(f"the WSDL has no operation {operation!r}", where=self._location, next_step=step)
        given = {**body, **({"_soapheaders": dict(header)} if header else {})}
        try:
            known = self._binding.get(operation)
            message = known.create(**given)
            self._binding._set_http_headers(message, known)  # noqa: SLF001 - zeep's public doors also send
        except (ZeepError, TypeError, ValueError, AttributeError, KeyError) as error:
            wants = self._binding.get(operation).input.signature()
            step = f"it takes {wants}" if wants else "it takes nothing"
            raise ConfigInvalid(f"{operation} cannot be written: {error}", where="body", next_step=step[:600]) from None
        headers = {name.lower(): value for name, value in message.headers.items()}
        return etree.tostring(message.content, xml_declaration=True, encoding="utf-8"), headers

    async def _document(self, url: str, fetch: Fetch) -> bytes:
        if url.startswith(BESIDE):
            return self._beside.read(url.removeprefix(BESIDE))
        if not url.startswith(("http://", "https://")):
            raise ConfigInvalid(f"the WSDL refers to {url[:200]}", where=self._location, next_step=ELSEWHERE)
        try:
            allowed = self._hosts.resolve(url)
        except ConfigInvalid as error:
            what = f"the WSDL imports {url[:200]}"
            raise ConfigInvalid(what, where=self._location, next_step=error.next_step) from None
        kept = f"{self._cache}/{hashlib.sha256(url.encode()).hexdigest()[:32]}.xml" if self._cache else ""
        if kept and self._beside.has(kept):
            return self._beside.read(kept)
        fetched = await fetch(allowed)
        if kept and root_of(fetched) is not None:
            self._beside.write(kept, fetched)
        return fetched

    def _chosen(self, document: Any) -> Any:
        service, port = self._wanted
        services = document.services
        if service and service not in services:
            raise ConfigInvalid(f"the WSDL has no service {service!r}", next_step=did_you_mean(service, services))
        for each in [services[service]] if service else services.values():
            for name, candidate in each.ports.items():
                binding = candidate.binding
                if (not port or name == port) and hasattr(binding, "nsmap"):
                    return binding
        known = sorted(name for each in services.values() for name in each.ports)
        step = did_you_mean(port, known) if port else "the WSDL describes no SOAP port"
        raise ConfigInvalid(f"the WSDL has no port {port!r}" if port else "no port can be called", next_step=step)
