"""Writing so that once is once: the number is ours, and an unknown outcome is looked up before anything is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from erplink.erp.kingdee.actions import State, actions_of, state_keys, state_of
from erplink.erp.kingdee.forms import Recipe
from erplink.erp.kingdee.query import FormQuery, quoted
from erplink.erp.kingdee.verdict import is_duplicate
from erplink.errors import ConfigInvalid, Conflict, NotFound, Refused, SkipError, Unsupported
from erplink.mapping.numbers import number_for
from erplink.model.documents import Document, Scalar
from erplink.wire.call import Call

D = TypeVar("D", bound=Document)

_MOVES = 6
_NEXT: Mapping[str, tuple[str, str]] = {
    "Z": ("Submit", "B"),
    "A": ("Submit", "B"),
    "D": ("Submit", "B"),
    "B": ("Audit", "C"),
}
"""FDocumentStatus → the step towards being in force, and the status it leads to."""
_NAMES: Mapping[str, str] = {"Z": "暂存", "A": "创建", "B": "审核中", "C": "已审核", "D": "重新审核"}


@frozen
class FormWriter:
    """Writes documents of one form; reads them back through the query of the same form.

    ``recipe`` says how a new one is made; without it none can be.
    """

    query: FormQuery
    recipe: Recipe | None = None

    async def get(self, number: str) -> Document:
        """One document by its number. Raises ``NotFound``."""
        mapping = self.query.mapping
        found = await self.query.documents(f"{mapping.number}={quoted(number)}")
        if not found:
            step = "check the number; what the integration user may not see looks the same"
            raise NotFound(f"there is no {number!r} among the {mapping.entity}", where=mapping.source, next_step=step)
        return found[0]

    def numbered(self, document: D, key: str) -> D:
        """The document with its own number, or one derived from the key."""
        number = document.number or number_for(key, self.query.settings.number_prefix)
        return msgspec.structs.replace(document, number=number)

    async def create(self, document: Document) -> Document:
        """Save, Submit, Audit a document that has its number; the same again goes on where it stopped.

        Raises:
            Conflict: the number is taken by a document with another content, or was cancelled.
            Refused: a rule of the ERP says no; the document stays in the status the message names.
            Unsupported: documents of this form are not made here.
        """
        mapping = self.query.mapping
        if self.recipe is None:
            raise Unsupported(f"Kingdee cannot create {mapping.entity}", next_step="make them in the ERP")
        if not isinstance(document, self.recipe.document):
            what = f"{mapping.entity} are not made of {type(document).__name__}"
            raise ConfigInvalid(what, where="create", next_step=f"give a {self.recipe.document.__name__}")
        status = await self._saved(document, self.recipe)
        await self._in_force(document.number, status)
        return await self.get(document.number)

    async def update(self, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields by a partial Save. Raises ``NotFound``, ``ConfigInvalid`` for a name without a field."""
        mapping = self.query.mapping
        model = mapping.partial(changes)
        state = await self.state(number)
        if state is None:
            raise NotFound(
                f"there is no {number!r} among the {mapping.entity}", where=mapping.source, next_step="create it"
            )
        data = {"NeedUpDateFields": [*model], "IsDeleteEntry": "false", "Model": {mapping.key: state.id, **model}}
        await self.query.desk.wire.call(self._call("Save", data, safe=True))

    async def act(self, number: str, name: str) -> None:
        """Press a button; pressed already is fine. What is submitted is revoked (撤销) before it is cancelled (作废).

        Raises ``NotFound``, ``Refused``, ``Unsupported``.
        """
        form = self.query.mapping.source
        actions = actions_of(form)
        action = actions.get(name)
        if action is None:
            raise Unsupported(f"there is no action {name!r}", where=form, next_step=f"use one of {', '.join(actions)}")
        state = await self.state(number)
        if state is None:
            raise NotFound(f"there is no {number!r} to {name}", where=form, next_step="check the number")
        if action.reached(state):
            return
        if name == "cancel" and state.status == "B":
            await self.act(number, "revoke")

        async def reached() -> bool:
            return action.reached(await self.state(number))

        try:
            await self.query.desk.surely(self._press(action.operation, number, action.op_number), reached)
        except Refused:
            if not await reached():
                raise

    async def state(self, number: str) -> State | None:
        """Where the document of a number stands; None when there is none."""
        mapping = self.query.mapping
        keys = state_keys(mapping.key, mapping.source)
        body = await self.query.ask(",".join(keys), f"{mapping.number}={quoted(number)}", limit=1)
        rows = _states.decode(body)
        return state_of(dict(zip(keys, rows[0], strict=True))) if rows else None

    async def _saved(self, wanted: Document, recipe: Recipe) -> str:
        """The status of the document once it is there, by this Save or an earlier one with the same content."""
        there = False

        async def is_there() -> bool:
            nonlocal there
            there = await self.state(wanted.number) is not None
            return there

        model = await recipe.model(self.query, wanted)
        data = {"IsDeleteEntry": "true", "IsVerifyBaseDataField": "true", "NumberSearch": "true", "Model": model}
        try:
            await self.query.desk.surely(self._call("Save", data), is_there)
        except Refused as refusal:
            if not is_duplicate(refusal):
                raise
            there = True
        return await self._found(wanted, recipe) if there else "A"

    async def _found(self, wanted: Document, recipe: Recipe) -> str:
        """The status of the document that has our number already. Raises ``Conflict`` when it is not the wanted one."""
        found = await self.get(wanted.number)
        noun = recipe.document.__name__.lower()
        if recipe.content(found) != recipe.content(wanted):
            step = "the key was used for something else, or somebody changed it in the ERP; look at both"
            raise Conflict(f"{noun} {wanted.number} has {recipe.differs}", where="Save", next_step=step)
        if found.status == "cancelled":
            step = "it was cancelled (作废) in the ERP; use a new key if it is wanted again"
            raise Conflict(f"{noun} {wanted.number} is cancelled", where="Save", next_step=step)
        return found.raw_status

    async def _in_force(self, number: str, status: str) -> None:
        for _ in range(_MOVES):
            if status not in _NEXT:
                break
            operation, after = _NEXT[status]
            status = await self._moved(number, operation, status, after)
        if status != "C":
            step = "somebody works on it in the ERP; look at it there, then use the same key again"
            raise Conflict(f"{number} does not come into force (FDocumentStatus {status!r})", next_step=step)

    async def _moved(self, number: str, operation: str, before: str, after: str) -> str:
        """The status after one step, whoever took it. Raises ``Refused`` when the step is refused for good."""

        async def is_done() -> bool:
            state = await self.state(number)
            return state is not None and state.status == after

        try:
            await self.query.desk.surely(self._press(operation, number), is_done)
        except SkipError as error:
            state = await self.state(number)
            if state is not None and state.status != before:
                return state.status
            raise _stays(error, operation, number, before) from error
        return after

    def _press(self, operation: str, number: str, op_number: str = "") -> Call:
        data = {"CreateOrgId": 0, "Numbers": [number], "Ids": "", "InterationFlags": "", "NetworkCtrl": ""}
        return self._call(operation, data, op_number=op_number)

    def _call(self, operation: str, data: Mapping[str, Any], *, op_number: str = "", safe: bool = False) -> Call:
        return self.query.desk.call(operation, data, form=self.query.mapping.source, op_number=op_number, safe=safe)


def _stays(error: SkipError, operation: str, number: str, status: str) -> SkipError:
    step = f"{number} stays {_NAMES.get(status, status)} in the ERP; settle it there, or use the same key again later"
    code = error.code if isinstance(error, Refused) else ""
    return Refused(error.what, where=f"{operation} of {number}", next_step=step, code=code)


_states: msgspec.json.Decoder[list[tuple[Any, ...]]] = msgspec.json.Decoder(list[tuple[Any, ...]])
