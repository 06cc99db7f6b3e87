"""What differs between systems that plans are of: how a request becomes a call, and a reply a tree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment
from erplink.manifest.templates import Context
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Ticket


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


class Speaker(Protocol):
    """What a plan is carried out with: a manifest's dialect, or one that is written for one system."""

    @property
    def tongue(self) -> Tongue:
        """How it speaks."""
        ...

    @property
    def moment(self) -> Callable[[datetime], Moment]:
        """Writes an instant as the system does."""
        ...

    def call(self, ask: Ask, names: Context, link: str = "") -> Call:
        """The call of a request with its places filled in, or to a link."""
        ...

    def read(self, reply: Reply) -> Any:
        """The body of a reply as a tree; None when it is nothing of that kind."""
        ...

    def is_end(self, call: Call, reply: Reply) -> bool:
        """Whether a reply says that there are no more pages."""
        ...

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with everything that authorises it."""
        ...
