"""``AsyncKingdeeForms``: what a Kingdee can do beyond the entities of the facade, on any of its forms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from erplink.erp.kingdee.adapter import KingdeeAdapter
from erplink.erp.kingdee.operations import attachments, batch, fields, groups, pushing, rows, states, workflow
from erplink.erp.kingdee.operations.values import Attachment, Done, FormFields, Group, Made, Part, Pushed, Saved
from erplink.erp.kingdee.operations.workflow import Decision
from erplink.errors import Unsupported
from erplink.wire.adapter import Adapter


class Open(Protocol):
    """An open system: an ``Erp`` or an ``AsyncErp``."""

    @property
    def adapter(self) -> Adapter:
        """What speaks to it."""
        ...


class AsyncKingdeeForms:
    """Any form of a 云星空, by its id (``SAL_SaleOrder``) and its own keys: ``AsyncKingdeeForms(erp)``.

    Every method raises errors of ``erplink.errors`` only. Once is once: what may have happened is looked up before it
    is done again, and what cannot be looked up is done once. ``KingdeeForms(erp)`` is the same for an ``Erp``.

    Raises:
        Unsupported: the system is no Kingdee.
    """

    def __init__(self, erp: Open) -> None:
        if not isinstance(erp.adapter, KingdeeAdapter):
            step = "open a Kingdee(...) for it"
            raise Unsupported(f"{erp.adapter.system} has no forms of a Kingdee", next_step=step)
        self._desk = erp.adapter.desk

    async def fields(self, form: str) -> FormFields:
        """Which fields a form has, the tenant's own (``F_…``) too. Raises ``ConfigInvalid`` for an unknown form."""
        return await fields.fields_of(self._desk, form)

    def rows(
        self, form: str, keys: Sequence[str], *, where: str = "", entry: str = ""
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Rows of any form by key, in the order of their document's id; holds one page.

        ``where`` is a filter in the ERP's own words (``FDate>='2026-11-01'``; quotes inside texts are doubled). With
        ``entry``, the key of an entry (``FSaleOrderEntry``), there is one row per line. Decimals are exact, dates are
        texts of the server's zone. Raises ``ConfigInvalid`` for keys that the form does not have.
        """
        return rows.rows(self._desk, rows.Selection(form, tuple(keys), where, entry))

    async def batch_save(
        self, form: str, models: Sequence[Mapping[str, Any]], *, threads: int = 1, confirm: Sequence[str] = ()
    ) -> tuple[Saved, ...]:
        """Save many documents (not submitted yet), each for itself; what became of each, in their order.

        A Model is what Save wants, with a number of its own (FBillNo, FNumber): done again, those that are there are
        left alone. ``threads`` is how many the server may use (BatchCount), ``confirm`` are dialogues to say yes to
        (``STK_InvCheckResult``). Raises ``ConfigInvalid`` before anything is sent when a number is missing or repeated.
        """
        return await batch.batch_save(self._desk, form, models, threads=threads, confirm=confirm)

    async def draft(self, form: str, model: Mapping[str, Any]) -> Made:
        """Keep a document as a draft (暂存): nothing is checked, it has no number yet. Never sent twice by itself."""
        return await batch.draft(self._desk, form, model)

    async def press(
        self, form: str, action: str, numbers: Sequence[str], *, confirm: Sequence[str] = ()
    ) -> tuple[Done, ...]:
        """Press a button for many documents; pressed already is done.

        The names are those of ``erp.orders.act``: ``submit``, ``audit``, ``unaudit``, ``revoke``, ``delete``,
        ``cancel`` and what the form has beyond. Raises ``Unsupported`` for another name.
        """
        return await states.press(self._desk, form, action, numbers, confirm)

    async def operate(
        self, form: str, operation: str, numbers: Sequence[str], *, lines: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[Done, ...]:
        """A named operation of a form (ExcuteOperation): its opNumber, such as ``YLTerminate`` or ``Forbid``.

        ``lines`` names entry ids by number where it is about single lines. One of which it is not known when it counts
        as done is sent once: an unknown outcome is raised as a ``RetryError``.
        """
        return await states.operate(self._desk, form, operation, numbers, lines or {})

    async def push(
        self, form: str, number: str, *, to: str, rule: str = "", known: Collection[str] = (), traced_by: str = ""
    ) -> Pushed:
        """Push a document down (下推) to the form ``to``, once: what was made of it already is found.

        To push what is left of it, name in ``known`` the numbers made earlier. ``rule`` is a conversion rule
        (``SaleOrder-OutStock``), else the standing one; ``traced_by`` the key of the target's lines that holds the
        source's number, where erplink does not know it. What is made is saved, not submitted.
        Raises ``Refused`` when nothing is left to push.
        """
        return await pushing.push(self._desk, form, number, pushing.Target(to, rule, traced_by), known)

    async def groups(self, form: str, ids: Sequence[str], *, key: str = "") -> tuple[Group, ...]:
        """The groups (分组) of these ids; ``key`` is the group field, where a form has several."""
        return await groups.groups(self._desk, form, ids, key)

    async def save_group(self, form: str, group: Group, *, key: str = "") -> str:
        """Make a group, or change it where it has an id; its id. A new one is never sent twice by itself."""
        return await groups.save_group(self._desk, form, group, key)

    async def delete_group(self, form: str, group: str, *, key: str = "") -> None:
        """Delete the group of an id; gone already is fine. Raises ``Refused`` when something is in it."""
        await groups.delete_group(self._desk, form, group, key)

    async def attachments(self, form: str, number: str) -> tuple[Attachment, ...]:
        """The files attached to a document. Raises ``NotFound``."""
        return await attachments.attachments(self._desk, form, number)

    async def attach(self, form: str, number: str, name: str, content: bytes | Iterable[bytes]) -> Attachment:
        """Attach a file to a document, in pieces of at most 4 MB; a name that is there already is found.

        Raises ``NotFound`` for the document, ``Conflict`` when the file of that name has another size.
        """
        return await attachments.attach(self._desk, form, number, name, content)

    async def part(self, attachment: str, start: int = 0) -> Part:
        """A piece of an attached file, and where the next one begins. Raises ``NotFound``, ``ShapeChanged``."""
        return await attachments.part(self._desk, attachment, start)

    async def download(self, attachment: str) -> bytes:
        """An attached file as a whole, by its id. For a large one take it piece by piece with ``part``."""
        pieces, start = list[bytes](), 0
        while True:
            piece = await self.part(attachment, start)
            pieces.append(piece.data)
            if piece.next is None:
                return b"".join(pieces)
            start = piece.next

    async def workflow_audit(
        self, form: str, numbers: Sequence[str], decision: Decision, *, user: str = "", action: str = ""
    ) -> tuple[Done, ...]:
        """Decide in the ERP's own workflow (工作流): ``pass``, ``reject`` or ``terminate``; in the name of ``user``.

        ``action`` is the id of an approval item (审批项), where the workflow has several. Sent once: an unknown outcome
        is raised as a ``RetryError``.
        """
        return await workflow.workflow_audit(self._desk, form, numbers, decision, user, action)
