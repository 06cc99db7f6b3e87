"""SOAP: a filled request → an envelope, a reply → what its body holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from attrs import field, frozen

from erplink.erp.soap.envelope import tree_of
from erplink.erp.soap.library import Library
from erplink.errors import ConfigInvalid
from erplink.manifest.filters import as_text, plain
from erplink.wire.call import Call, Reply


@frozen
class SoapTongue:
    """``inner`` names the child of a reply whose text is XML itself; ``reads`` are the operations without an effect."""

    url: str
    library: Library = field(repr=False)
    headers: Mapping[str, str]
    inner: str = ""
    reads: frozenset[str] = frozenset()
    timeout: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the WSDL has been read."""
        return self.library.is_open

    async def prepare(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        """Read the WSDL and what it imports."""
        await self.library.open(fetch)

    def call(self, operation: str, request: Mapping[str, Any], *, safe: bool) -> Call:
        """A filled request as a call."""
        arguments = plain(request.get("body") or {})
        if not isinstance(arguments, dict):
            raise ConfigInvalid("the body of an operation is a table of its arguments", where=operation)
        name = as_text(request.get("operation") or "")
        body, headers = self.library.envelope(name, arguments, plain(request.get("header") or {}))  # type: ignore[arg-type]
        return Call(operation, self.url, body, {**self.headers, **headers}, safe=safe, timeout=self.timeout)

    def raw(self, operation: str, payload: Mapping[str, Any]) -> Call:
        """Any operation of the WSDL with its arguments. Only one that the manifest reads with is repeated."""
        request = {"operation": operation, "body": dict(payload)}
        return self.call(f"raw {operation}", request, safe=operation in self.reads)

    def tree(self, reply: Reply) -> Any:
        """What the body holds, or its fault."""
        return tree_of(reply, self.inner)

    def escaped(self, text: str) -> bytes:
        """A text as it stands inside an envelope."""
        return escape(text).encode()
