"""``KingdeeForms``: the same as ``AsyncKingdeeForms`` for an ``Erp``. Mirrored by hand; a test compares the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from erplink.erp.kingdee.operations.forms import AsyncKingdeeForms
from erplink.erp.kingdee.operations.values import Attachment, Done, FormFields, Group, Made, Part, Pushed, Saved
from erplink.erp.kingdee.operations.workflow import Decision
from erplink.wire.adapter import Adapter

T = TypeVar("T")


class Stepping(Protocol):
    """An open system that runs what is written once to its end: an ``Erp``."""

    @property
    def adapter(self) -> Adapter:
        """What speaks to it."""
        ...

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to."""
        ...

    def each(self, source: AsyncIterator[T]) -> Iterator[T]:
        """The items of a stream."""
        ...


class KingdeeForms:
    """Any form of a 云星空, by its id (``SAL_SaleOrder``) and its own keys: ``KingdeeForms(erp)``.

    Every method raises errors of ``erplink.errors`` only. Once is once: what may have happened is looked up before it
    is done again, and what cannot be looked up is done once. ``AsyncKingdeeForms(erp)`` is for an ``AsyncErp``.

    Raises:
        Unsupported: the system is no Kingdee.
    """

    def __init__(self, erp: Stepping) -> None:
        self._erp = erp
        self._forms = AsyncKingdeeForms(erp)

    def fields(self, form: str) -> FormFields:
        """Which fields a form has, the tenant's own (``F_…``) too. Raises ``ConfigInvalid`` for an unknown form."""
        return self._erp.run(self._forms.fields(form))

    def rows(self, form: str, keys: Sequence[str], *, where: str = "", entry: str = "") -> Iterator[Mapping[str, Any]]:
        """Rows of any form by key, in the order of their document's id; holds one page.

        ``where`` is a filter in the ERP's own words (``FDate>='2026-11-01'``; quotes inside texts are doubled). With
        ``entry``, the key of an entry (``FSaleOrderEntry``), there is one row per line. Decimals are exact, dates are
        texts of the server's zone. Raises ``ConfigInvalid`` for keys that the form does not have.
        """
        return self._erp.each(self._forms.rows(form, keys, where=where, entry=entry))

    def batch_save(
        self, form: str, models: Sequence[Mapping[str, Any]], *, threads: int = 1, confirm: Sequence[str] = ()
    ) -> tuple[Saved, ...]:
        """Save many documents (not submitted yet), each for itself; what became of each, in their order.

        A Model is what Save wants, with a number of its own (FBillNo, FNumber): done again, those that are there are
        left alone. ``threads`` is how many the server may use (BatchCount), ``confirm`` are dialogues to say yes to
        (``STK_InvCheckResult``). Raises ``ConfigInvalid`` before anything is sent when a number is missing or repeated.
        """
        return self._erp.run(self._forms.batch_save(form, models, threads=threads, confirm=confirm))

    def draft(self, form: str, model: Mapping[str, Any]) -> Made:
        """Keep a document as a draft (暂存): nothing is checked, it has no number yet. Never sent twice by itself."""
        return self._erp.run(self._forms.draft(form, model))

    def press(self, form: str, action: str, numbers: Sequence[str], *, confirm: Sequence[str] = ()) -> tuple[Done, ...]:
        """Press a button for many documents; pressed already is done.

        The names are those of ``erp.orders.act``: ``submit``, ``audit``, ``unaudit``, ``revoke``, ``delete``,
        ``cancel`` and what the form has beyond. Raises ``Unsupported`` for another name.
        """
        return self._erp.run(self._forms.press(form, action, numbers, confirm=confirm))

    def operate(
        self, form: str, operation: str, numbers: Sequence[str], *, lines: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[Done, ...]:
        """A named operation of a form (ExcuteOperation): its opNumber, such as ``YLTerminate`` or ``Forbid``.

        ``lines`` names entry ids by number where it is about single lines. One of which it is not known when it counts
        as done is sent once: an unknown outcome is raised as a ``RetryError``.
        """
        return self._erp.run(self._forms.operate(form, operation, numbers, lines=lines))

    def push(
        self, form: str, number: str, *, to: str, rule: str = "", known: Collection[str] = (), traced_by: str = ""
    ) -> Pushed:
        """Push a document down (下推) to the form ``to``, once: what was made of it already is found.

        To push what is left of it, name in ``known`` the numbers made earlier. ``rule`` is a conversion rule
        (``SaleOrder-OutStock``), else the standing one; ``traced_by`` the key of the target's lines that holds the
        source's number, where erplink does not know it. What is made is saved, not submitted.
        Raises ``Refused`` when nothing is left to push.
        """
        return self._erp.run(self._forms.push(form, number, to=to, rule=rule, known=known, traced_by=traced_by))

    def groups(self, form: str, ids: Sequence[str], *, key: str = "") -> tuple[Group, ...]:
        """The groups (分组) of these ids; ``key`` is the group field, where a form has several."""
        return self._erp.run(self._forms.groups(form, ids, key=key))

    def save_group(self, form: str, group: Group, *, key: str = "") -> str:
        """Make a group, or change it where it has an id; its id. A new one is never sent twice by itself."""
        return self._erp.run(self._forms.save_group(form, group, key=key))

    def delete_group(self, form: str, group: str, *, key: str = "") -> None:
        """Delete the group of an id; gone already is fine. Raises ``Refused`` when something is in it."""
        self._erp.run(self._forms.delete_group(form, group, key=key))

    def attachments(self, form: str, number: str) -> tuple[Attachment, ...]:
        """The files attached to a document. Raises ``NotFound``."""
        return self._erp.run(self._forms.attachments(form, number))

    def attach(self, form: str, number: str, name: str, content: bytes | Iterable[bytes]) -> Attachment:
        """Attach a file to a document, in pieces of at most 4 MB; a name that is there already is found.

        Raises ``NotFound`` for the document, ``Conflict`` when the file of that name has another size.
        """
        return self._erp.run(self._forms.attach(form, number, name, content))

    def part(self, attachment: str, start: int = 0) -> Part:
        """A piece of an attached file, and where the next one begins. Raises ``NotFound``, ``ShapeChanged``."""
        return self._erp.run(self._forms.part(attachment, start))

    def download(self, attachment: str) -> bytes:
        """An attached file as a whole, by its id. For a large one take it piece by piece with ``part``."""
        return self._erp.run(self._forms.download(attachment))

    def workflow_audit(
        self, form: str, numbers: Sequence[str], decision: Decision, *, user: str = "", action: str = ""
    ) -> tuple[Done, ...]:
        """Decide in the ERP's own workflow (工作流): ``pass``, ``reject`` or ``terminate``; in the name of ``user``.

        ``action`` is the id of an approval item (审批项), where the workflow has several. Sent once: an unknown outcome
        is raised as a ``RetryError``.
        """
        return self._erp.run(self._forms.workflow_audit(form, numbers, decision, user=user, action=action))
