"""Writing by a plan so that once is once: an unknown outcome is looked up before anything is repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from attrs import frozen

from erplink.errors import ConfigInvalid, Conflict, NotFound, Refused, RetryError, Unsupported
from erplink.manifest.asker import Asker
from erplink.manifest.asking import Ask
from erplink.manifest.judging import AlreadyThere
from erplink.manifest.paging import Came
from erplink.manifest.plan import Creating, Plan
from erplink.manifest.reading import Reading
from erplink.mapping.numbers import number_for
from erplink.mapping.paths import MISSING
from erplink.model.documents import Document, Scalar
from erplink.wire.retry import Effort

_REREADS = 3


@frozen
class Writing:
    """Writes one entity; looks at it through the reading of the same."""

    asker: Asker
    plan: Plan
    reading: Reading

    async def create(self, document: Document, key: str) -> Document:
        """A document created once per key, then brought into force by the actions under ``then``.

        Raises:
            Conflict: the number or the key was used for another document, or it was cancelled since.
            Refused: a rule of the system says no.
            RetryError: the outcome is unknown and the manifest gives no way to look.
        """
        creating = self._creating()
        wanted = self._numbered(document, key, creating)
        number = await self._created(creating, wanted, key)
        for action in creating.then:
            await self.act(number, action)
        return await self.reading.get(number)

    async def update(self, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. A record that somebody changed meanwhile is read again, a few times.

        Raises ``NotFound``, ``Conflict``, ``ConfigInvalid`` for a name that is not written.
        """
        model = self.plan.mapping.partial(changes)
        if self.plan.updating is None:
            raise Unsupported(f"the manifest cannot update {self.plan.entity}", next_step="write update")
        for left in reversed(range(_REREADS)):
            known = await self._known(number, self.plan.updating)
            names = {**known, "changes": model, **_flat("changes", model)}
            try:
                await self.asker.ask(self.plan.updating, names)
            except Conflict:
                if not left:
                    raise
            else:
                return

    async def act(self, number: str, name: str) -> None:
        """Press a button; pressed already is fine. Raises ``NotFound``, ``Refused``, ``Unsupported``."""
        acting = self.plan.actions.get(name)
        if acting is None:
            known = ", ".join(sorted(self.plan.actions)) or "none"
            what = f"there is no action {name!r} for {self.plan.entity}"
            raise Unsupported(what, where=self.plan.mapping.source, next_step=f"known are: {known}")

        async def is_done() -> bool:
            return getattr(await self.reading.get(number), "status", "") in acting.done

        if await is_done():
            return
        names = {**await self._known(number, acting.ask), "action": name}
        try:
            await self._surely(acting.ask, names, is_done)
        except Refused:
            if not await is_done():
                raise

    async def _created(self, creating: Creating, wanted: Document, key: str) -> str:
        """The number of the document once it is there, by this call or an earlier one with the same content."""
        there = False

        async def is_there() -> bool:
            nonlocal there
            there = creating.idempotency == "number" and await self._exists(wanted.number)
            return there

        model = self.plan.mapping.build(wanted)
        names: dict[str, Any] = {"key": key, "document": model, "number": wanted.number or None}
        names |= self._parts(model) | _flat("document", model)
        try:
            came = None
            if not (creating.overwrites and await is_there()):
                came = await self._surely(creating.ask, names, is_there, repeats=creating.idempotency == "key")
        except AlreadyThere as taken:
            named = MISSING if creating.taken is None else creating.taken(taken.tree)
            if creating.idempotency == "key" and named is MISSING:
                step = "use another key for another document"
                raise Conflict(f"the key is taken: {taken.what}", where=taken.where, next_step=step) from taken
            if creating.idempotency == "none":
                raise
            there, came = True, None
            wanted = wanted if named is MISSING else msgspec.structs.replace(wanted, number=str(named))
        if there or came is None:
            await self._check_same(wanted)
            return wanted.number
        told = MISSING if creating.number is None else creating.number(came.tree)
        number = wanted.number if told in (MISSING, None, "") else str(told)
        if not number:
            step = "write number = where the reply has it under create, or idempotency = number"
            raise ConfigInvalid("the reply does not say the number of what was made", next_step=step)
        if creating.idempotency == "key":
            await self._check_same(msgspec.structs.replace(wanted, number=number))
        return number

    async def _surely(
        self, ask: Ask, names: dict[str, Any], is_done: Callable[[], Awaitable[bool]], *, repeats: bool = False
    ) -> Came | None:
        """Make a call whose outcome may become unknown; look before it is made again. None: it was done already.

        With ``repeats`` the other side knows our key, so it does no harm.
        """
        effort = Effort(self.asker.io.now())
        while True:
            call = await self.asker.call(ask, names)
            try:
                return await self.asker.send(call)
            except RetryError as error:
                if error.sent == "no" or not (repeats or self._can_look()):
                    raise
                await self.asker.wire.pause(call, error, effort)
                if await is_done():
                    return None
            effort = effort.another()

    def _can_look(self) -> bool:
        creating = self.plan.creating
        return creating is None or creating.idempotency != "none"

    async def _exists(self, number: str) -> bool:
        try:
            await self.reading.record(number)
        except NotFound:
            return False
        return True

    async def _check_same(self, wanted: Document) -> None:
        """Raise ``Conflict`` unless the document that has the number is the wanted one."""
        found = await self.reading.get(wanted.number)
        if _content(found) != _content(wanted):
            step = "the key was used for another document, or somebody changed it in the system; look at both"
            raise Conflict(f"{wanted.number} holds something else", where=self.plan.mapping.source, next_step=step)
        if getattr(found, "status", "") == "cancelled":
            step = "it was cancelled in the system; use a new key if it is wanted again"
            raise Conflict(f"{wanted.number} is cancelled", where=self.plan.mapping.source, next_step=step)

    async def _known(self, number: str, ask: Ask) -> dict[str, Any]:
        """What a request may name of a record; it is read only when its id or its version is asked for."""
        if ask.names.isdisjoint({"id", "version"}):
            return {"number": number}
        mapping, reader = self.plan.mapping, self.plan.reader
        record = await self.reading.record(number)
        version = next((one.key for one in mapping.fields if one.attr == "version"), "")
        known = {"id": reader.raw(record, mapping.key), "version": reader.raw(record, version) if version else None}
        return {"number": number, **{name: None if cell is MISSING else cell for name, cell in known.items()}}

    def _creating(self) -> Creating:
        if self.plan.creating is None:
            raise Unsupported(f"the manifest cannot create {self.plan.entity}", next_step="write create")
        return self.plan.creating

    def _numbered(self, document: Document, key: str, creating: Creating) -> Document:
        if document.number or creating.idempotency != "number":
            return document
        return msgspec.structs.replace(document, number=number_for(key, creating.prefix))

    def _parts(self, model: dict[str, Any]) -> dict[str, Any]:
        """The head and the lines of what is written, each by itself."""
        lines = self.plan.mapping.lines
        if lines is None:
            return {"head": model}
        head, found = _parted(model, (lines.save or lines.entry).split("."))
        return {"head": head, "lines": found}


def _parted(model: dict[str, Any], path: list[str]) -> tuple[dict[str, Any], Any]:
    """A model without what is at a path, and that."""
    first, *rest = path
    others = {name: each for name, each in model.items() if name != first}
    if not rest or not isinstance(model.get(first), dict):
        return others, model.get(first)
    inner, found = _parted(model[first], rest)
    return ({**others, first: inner} if inner else others), found


def _flat(name: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """Every value by its path.

    >>> _flat("changes", {"remark": "x", "customer": {"code": "C1"}})
    {'changes.remark': 'x', 'changes.customer.code': 'C1'}
    """
    found: dict[str, Any] = {}
    for key, value in model.items():
        found |= _flat(f"{name}.{key}", value) if isinstance(value, dict) else {f"{name}.{key}": value}
    return found


def _content(document: Document) -> object:
    """What makes two documents the same, whatever the system added."""
    lines: tuple[Any, ...] = getattr(document, "lines", ())
    told = Counter((line.sku, line.qty, getattr(line, "amount", None), getattr(line, "free", None)) for line in lines)
    return getattr(document, "customer", ""), getattr(document, "name", ""), frozenset(told.items())
