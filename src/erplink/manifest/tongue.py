"""What differs between JSON over HTTP and SOAP: how a request becomes a call, and a reply a tree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from erplink.wire.call import Call, Reply


class Tongue(Protocol):
    """Pure, but for what it has to read before it can speak, such as a WSDL."""

    @property
    def is_ready(self) -> bool:
        """Whether it can speak."""
        ...

    async def prepare(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        """Read what it needs; ``fetch`` gets a document of a host that the manifest names."""
        ...

    def call(self, operation: str, request: Mapping[str, Any], *, safe: bool) -> Call:
        """A filled request as a call. Raises ``ConfigInvalid`` for one that leads to a host that is not named."""
        ...

    def raw(self, operation: str, payload: Mapping[str, Any]) -> Call:
        """A call of any operation, as its caller names it. Raises ``ConfigInvalid``."""
        ...

    def tree(self, reply: Reply) -> Any:
        """The body as dicts, lists, texts and numbers (exact decimals); None when it is nothing of that kind."""
        ...

    def escaped(self, text: str) -> bytes:
        """A text as it stands inside a body."""
        ...
