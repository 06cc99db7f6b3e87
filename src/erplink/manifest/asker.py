"""Sends the requests of a plan, and gives back what came. Awaits nothing but ``Io``."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from attrs import field, frozen

from erplink.errors import ConfigInvalid, NotFound, ServerFault, Unreachable
from erplink.manifest.asking import Ask
from erplink.manifest.paging import Came
from erplink.manifest.plan import Getting
from erplink.manifest.tongue import Speaker
from erplink.wire.call import Call
from erplink.wire.dialect import Ticket
from erplink.wire.http import judge_http
from erplink.wire.io import Io, SendFailed
from erplink.wire.pipeline import Wire

_NOTHING: tuple[Any, ...] = (None, "", {}, [])
_REDIRECTION = 300


@frozen
class Asker:
    """Sends requests of a manifest and gives back what came."""

    io: Io
    wire: Wire
    dialect: Speaker
    gate: AbstractAsyncContextManager[object] = field(repr=False)
    proof: Getting | None = None

    async def ask(self, ask: Ask, names: dict[str, Any], link: str = "") -> Came:
        """One request with its places filled in; with a link its method, headers and body go there."""
        return await self.send(await self.call(ask, names, link))

    async def call(self, ask: Ask, names: dict[str, Any], link: str = "") -> Call:
        """The call of a request. Raises ``ConfigInvalid`` for one that leads to a host that is not named."""
        await self.prepare()
        return self.dialect.call(ask, {"now": self.dialect.moment(self.io.now()), **names}, link)

    async def prepare(self) -> None:
        """Read what has to be read before anything is said: once, however many are waiting for it."""
        tongue = self.dialect.tongue
        if tongue.is_ready:
            return
        async with self.gate:
            if not tongue.is_ready:
                await tongue.prepare(self._fetch)

    async def prove(self) -> None:
        """Ask for what is always there, after an empty list. Raises ``ConfigInvalid`` when that is not there either."""
        if self.proof is None:
            return
        try:
            came = await self.ask(self.proof.ask, {})
            found = [] if came.tree is None else [one for one in self.proof.record(came.tree) if one not in _NOTHING]
        except NotFound:
            found = []
        if not found:
            raise ConfigInvalid(
                "the list is empty, and so is what is always there",
                where=self.proof.ask.operation,
                next_step="check company, organisation or tenant, and what the integration user may see",
            )

    async def _fetch(self, url: str) -> bytes:
        """A document of a host that the manifest names, with whatever proves who asks but a session."""
        call = Call("fetch", url, method="GET", safe=True)
        try:
            reply = await self.io.send(self.dialect.sign(call, Ticket(), self.io.now()))
        except SendFailed as failed:
            step = "check the address, the network and the server, then run again"
            raise Unreachable(failed.what, where=call.where, next_step=step, sent="no") from failed
        error = judge_http(call, reply)
        if error is not None:
            raise error
        return reply.body

    async def send(self, call: Call) -> Came:
        """What comes back."""
        reply = await self.wire.call(call)
        tree = self.dialect.read(reply)
        if tree is None and reply.status < _REDIRECTION and reply.body.strip():
            raise ServerFault(
                "the reply cannot be read as what the manifest expects",
                where=call.where,
                next_step="look at it with record=…; the address may be one of a page for people",
                sent="maybe",
            )
        return Came(call, reply, tree, ())
