"""BatchSave: many documents in a call, each for itself, none twice.

Every document carries its number. When a reply is lost, those that are there are looked up, and only the rest is saved
again; a repeated number would be refused by the ERP anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.replies import heard
from erplink.erp.kingdee.operations.values import Made, Saved
from erplink.erp.kingdee.query import quoted
from erplink.erp.kingdee.verdict import DUPLICATE_TEXTS, EACH
from erplink.errors import ConfigInvalid, RetryError
from erplink.wire.call import Call
from erplink.wire.retry import Effort

PER_CALL = 100
"""Documents in one call; people use 50 to 500."""

Model = Mapping[str, Any]


@frozen
class Numbered:
    """A document of a batch with its place and number."""

    index: int
    number: str
    model: Model


def number_key(form: str) -> str:
    """The key of the number: FNumber of base data (``BD_…``), FBillNo of bills."""
    return "FNumber" if form.startswith("BD_") else "FBillNo"


def id_key(form: str) -> str:
    """The key of the internal id."""
    return {"BD_Customer": "FCUSTID", "BD_MATERIAL": "FMATERIALID", "ORG_Organizations": "FOrgID"}.get(form, "FID")


async def batch_save(
    desk: Desk, form: str, models: Sequence[Model], *, threads: int, confirm: Sequence[str]
) -> tuple[Saved, ...]:
    """Save many; what became of each, in their order."""
    numbered = _numbered(form, models)
    found: dict[int, Saved] = {}
    for start in range(0, len(numbered), PER_CALL):
        some = numbered[start : start + PER_CALL]
        found |= {one.index: one for one in await _saved(desk, form, some, threads, confirm)}
    return tuple(found[one.index] for one in numbered)


async def draft(desk: Desk, form: str, model: Model) -> Made:
    """Keep one document as a draft (暂存). A draft has no number to look it up by, so it is never sent twice."""
    result = await desk.once(desk.call("Draft", {"Model": model}, form=form))
    return Made(form, str(result.get("Id") or ""), str(result.get("Number") or ""))


def _numbered(form: str, models: Sequence[Model]) -> list[Numbered]:
    key = number_key(form)
    found = [Numbered(index, str(model.get(key) or "").strip(), model) for index, model in enumerate(models)]
    seen: set[str] = set()
    for one in found:
        if not one.number or one.number in seen:
            what = "has no number" if not one.number else f"repeats the number {one.number}"
            raise ConfigInvalid(
                f"document {one.index} {what}",
                where=f"BatchSave of {form}",
                next_step=f"give each document a {key} of its own, so that none can be saved twice",
            )
        seen.add(one.number)
    return found


async def _saved(
    desk: Desk, form: str, wanted: Sequence[Numbered], threads: int, confirm: Sequence[str]
) -> list[Saved]:
    settled: list[Saved] = []
    left, effort = list(wanted), Effort(desk.io.now())
    while left:
        try:
            result = await desk.result(_call(desk, form, left, threads, confirm))
        except RetryError as error:
            if error.sent == "no":
                raise
            await desk.wire.pause(_call(desk, form, left, threads, confirm), error, effort)
            there = await _there(desk, form, left)
            settled += [Saved(one.index, one.number, "there", there[one.number]) for one in left if one.number in there]
            left, effort = [one for one in left if one.number not in there], effort.another()
            continue
        settled += await _read(desk, form, left, result)
        left = []
    return settled


def _call(desk: Desk, form: str, wanted: Sequence[Numbered], threads: int, confirm: Sequence[str]) -> Call:
    data: dict[str, Any] = {
        "IsDeleteEntry": "true",
        "IsVerifyBaseDataField": "true",
        "NumberSearch": "true",
        "InterationFlags": ";".join(confirm),
        "Model": [one.model for one in wanted],
    }
    if 1 < threads < len(wanted):
        data["BatchCount"] = threads
    return evolve(desk.call("BatchSave", data, form=form), operation=f"{EACH}BatchSave")


async def _read(desk: Desk, form: str, wanted: Sequence[Numbered], result: Mapping[str, Any]) -> list[Saved]:
    reply = heard(result, [one.number for one in wanted])
    refused = [(place, one) for place, one in enumerate(wanted) if one.number not in reply.done]
    taken = [one for place, one in refused if any(text in reply.about(place)[0] for text in DUPLICATE_TEXTS)]
    there = await _there(desk, form, taken) if taken else {}
    saved = [
        Saved(one.index, one.number, "saved", reply.done[one.number]) for one in wanted if one.number in reply.done
    ]
    for place, one in refused:
        words, field = reply.about(place)
        known = there.get(one.number)
        saved.append(
            Saved(one.index, one.number, "refused", "", words, field)
            if known is None
            else Saved(one.index, one.number, "there", known)
        )
    return saved


async def _there(desk: Desk, form: str, wanted: Sequence[Numbered]) -> Mapping[str, str]:
    """The ids of those documents that are there, by number."""
    return await ids_of(desk, form, [one.number for one in wanted])


async def ids_of(desk: Desk, form: str, numbers: Sequence[str]) -> Mapping[str, str]:
    """The internal ids of documents, by number; those that are not there are left out."""
    key, number = id_key(form), number_key(form)
    named = ",".join(quoted(one) for one in numbers)
    rows = await desk.every_row(form, (key, number), f"{number} in ({named})", by=key)
    return {str(found): str(one) for one, found in rows}
