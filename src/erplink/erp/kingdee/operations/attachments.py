"""Files attached to documents (附件), in pieces of at most 4 MB each.

A file name is unique on its document as far as erplink is concerned: attaching the same name again finds what is there.
A piece whose reply was lost is sent again only when the server holds no more than what came before it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.batch import ids_of
from erplink.erp.kingdee.operations.values import Attachment, Part
from erplink.erp.kingdee.query import both, quoted
from erplink.erp.kingdee.verdict import ONCE
from erplink.errors import Conflict, ErplinkError, NotFound, RetryError, ServerFault, ShapeChanged
from erplink.wire.retry import Effort

PIECE = 4_000_000
_KILO = Decimal(1024)
_ROUNDED = Decimal("0.01")
_FORM = "BOS_Attachment"


@frozen
class _Place:
    """The document a file is attached to, and what it is called there."""

    form: str
    id: str
    number: str
    name: str


async def attachments(desk: Desk, form: str, number: str) -> tuple[Attachment, ...]:
    """The files attached to a document, oldest first. Raises ``NotFound`` for a document that is not there."""
    return await _listed(desk, form, await _id(desk, form, number), "")


async def attach(desk: Desk, form: str, number: str, name: str, content: bytes | Iterable[bytes]) -> Attachment:
    """Attach a file; what was attached under this name already is found.

    Raises:
        NotFound: there is no such document.
        Conflict: a file of this name is there, and it has another size.
        RetryError: the outcome is not known, or the server lost a piece; attach it again.
    """
    place = _Place(form, await _id(desk, form, number), number, name)
    pieces = _pieces(content)
    there = await _there(desk, place)
    if there is not None:
        return _same(there, place, sum(map(len, pieces)))
    sent, file_id = 0, ""
    waiting = next(pieces, b"")
    while True:
        coming = next(pieces, None)
        file_id = await _sent(desk, place, waiting, _Progress(sent, file_id, last=coming is None))
        sent += len(waiting)
        if coming is None:
            break
        waiting = coming
    made = await _there(desk, place)
    return made if made is not None else Attachment(file_id, name, _kilobytes(sent))


async def part(desk: Desk, file_id: str, start: int) -> Part:
    """A piece of a file, from a place in it. Raises ``NotFound``, ``ShapeChanged``."""
    result = await desk.result(desk.call("AttachmentDownLoad", {"FileId": file_id, "StartIndex": start}, safe=True))
    try:
        data = base64.b64decode(str(result["FilePart"] or ""), validate=True)
        last = str(result.get("IsLast")).lower() == "true" or start + len(data) >= int(result["FileSize"])
    except (KeyError, ValueError, binascii.Error) as error:
        step = "check the file id, and that the file server of the ERP is up"
        raise ShapeChanged(f"the reply holds no piece of a file: {error}", where=file_id, next_step=step) from error
    if not data and not last:
        raise ServerFault("the file does not go on", where=file_id, next_step="try again later", sent="no")
    return Part(data, None if last else start + len(data))


@frozen
class _Progress:
    """How far an upload has come: bytes before this piece, the file's id if it has one, and whether it is the last."""

    sent: int
    file_id: str
    last: bool


async def _sent(desk: Desk, place: _Place, piece: bytes, progress: _Progress) -> str:
    """The file's id after a piece arrived, however often it had to be sent."""
    data = {
        "FileName": place.name,
        "FormId": place.form,
        "IsLast": progress.last,
        "InterId": place.id,
        "Entrykey": "",
        "EntryinterId": "-1",
        "BillNO": place.number,
        "AliasFileName": "",
        "FileId": progress.file_id,
        "SendByte": base64.b64encode(piece).decode("ascii"),
    }
    call = evolve(desk.call("AttachmentUpLoad", data), operation=f"{ONCE}AttachmentUpLoad")
    effort = Effort(desk.io.now())
    while True:
        try:
            result = await desk.result(call)
            return str(result.get("FileId") or progress.file_id)
        except RetryError as error:
            if error.sent == "no":
                raise
            await desk.wire.pause(call, error, effort)
            if await _arrived(desk, place, len(piece), progress, error):
                return progress.file_id
        effort = effort.another()


async def _arrived(desk: Desk, place: _Place, size: int, progress: _Progress, error: RetryError) -> bool:
    """Whether a piece whose reply was lost is there. Raises ``error`` when that cannot be told."""
    if progress.last and await _there(desk, place) is not None:
        return True
    if not progress.file_id:
        return False
    held = await _held(desk, progress.file_id)
    if held == progress.sent:
        return False
    if held == progress.sent + size and not progress.last:
        return True
    step = "attach the file again; what was sent of it belongs to no document"
    raise error.advised(step)


async def _held(desk: Desk, file_id: str) -> int | None:
    """How many bytes of a file the server holds; None when it does not say."""
    try:
        result = await desk.result(desk.call("AttachmentDownLoad", {"FileId": file_id, "StartIndex": 0}, safe=True))
        return int(result["FileSize"])
    except (ErplinkError, KeyError, ValueError):
        return None


async def _id(desk: Desk, form: str, number: str) -> str:
    found = (await ids_of(desk, form, [number])).get(number)
    if found is None:
        raise NotFound(f"there is no {number!r}", where=form, next_step="check form and number")
    return found


async def _there(desk: Desk, place: _Place) -> Attachment | None:
    found = await _listed(desk, place.form, place.id, place.name)
    return found[0] if found else None


async def _listed(desk: Desk, form: str, document: str, name: str) -> tuple[Attachment, ...]:
    condition = both(
        f"FBILLTYPE={quoted(form)}",
        f"FINTERID={quoted(document)}",
        f"FATTACHMENTNAME={quoted(name)}" if name else "",
    )
    keys = ("FFILEID", "FATTACHMENTNAME", "FATTACHMENTSIZE")
    rows: list[list[Any]] = await desk.every_row(_FORM, keys, condition, by="FID")
    return tuple(Attachment(str(file_id), str(called), Decimal(str(size))) for file_id, called, size in rows)


def _same(there: Attachment, place: _Place, size: int) -> Attachment:
    if abs(there.kilobytes - _kilobytes(size)) > _ROUNDED:
        step = "give the new version another name, or delete the old one in the ERP"
        what = f"{place.number} has a file {place.name!r} of {there.kilobytes} KB, not {_kilobytes(size)} KB"
        raise Conflict(what, where=place.form, next_step=step)
    return there


def _kilobytes(size: int) -> Decimal:
    return (Decimal(size) / _KILO).quantize(_ROUNDED)


def _pieces(content: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """The content in pieces of at most ``PIECE`` bytes; holds two of them at once."""
    held = bytearray()
    for some in [content] if isinstance(content, bytes) else content:
        for start in range(0, len(some), PIECE):
            held += some[start : start + PIECE]
            if len(held) >= PIECE:
                yield bytes(held[:PIECE])
                del held[:PIECE]
    if held:
        yield bytes(held)
