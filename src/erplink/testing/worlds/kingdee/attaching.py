"""Files attached to documents (附件): uploaded and downloaded piece by piece."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from erplink.testing.worlds.kingdee.cells import decimal, switch
from erplink.testing.worlds.kingdee.forms import PK, Cell
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.replies import BAD_PARAMETER, MISSING, NO_DATA, BusinessError, Json, common
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document

FORM = "BOS_Attachment"
PART = 1 << 20
"""Bytes of one downloaded piece."""
LARGEST = 5_000_000
"""Bytes of an uploaded piece that the server still takes."""
_KILO, _CENT = Decimal(1024), Decimal("0.01")


def upload(site: Site, data: Mapping[str, Any]) -> Json:
    """Take a piece of a file; with the last one the file is attached. Raises :class:`BusinessError`."""
    piece = _piece(data)
    holder = _holder(site, data)
    file_id = str(data.get("fileid") or "")
    if file_id and file_id not in site.uploads:
        message = f"文件[{file_id}]不存在"
        raise BusinessError(message, NO_DATA, "FileId")
    if not file_id:
        file_id = f"{len(site.uploads) + len(site.tables[FORM].documents) + 1:032x}"
        site.uploads[file_id] = bytearray()
    site.uploads[file_id] += piece
    if switch(data.get("islast", "true")):
        _attach(site, data, holder, file_id)
    reply = common(())
    reply["Result"] |= {"FileId": file_id, "Message": ""}
    return reply


def download(site: Site, data: Mapping[str, Any]) -> Json:
    """A piece of a file from a place in it. Raises :class:`BusinessError` when there is no such file."""
    file_id, start = str(data.get("fileid") or ""), int(decimal(data.get("startindex") or 0))
    name, content = _content(site, file_id)
    part = content[start : start + PART]
    reply = common(())
    reply["Result"] |= {
        "StartIndex": start + len(part),
        "IsLast": start + len(part) >= len(content),
        "FileSize": len(content),
        "FileName": name,
        "FilePart": base64.b64encode(part).decode(),
    }
    return reply


def _piece(data: Mapping[str, Any]) -> bytes:
    try:
        piece = base64.b64decode(str(data.get("sendbyte") or ""), validate=True)
    except (binascii.Error, ValueError) as error:
        message = "SendByte不是Base64字符串"
        raise BusinessError(message, BAD_PARAMETER, "SendByte") from error
    if len(piece) > LARGEST:
        message = "文件过大，请分块上传"
        raise BusinessError(message, BAD_PARAMETER, "SendByte")
    return piece


def _holder(site: Site, data: Mapping[str, Any]) -> Document:
    for name in ("filename", "formid", "interid"):
        if not str(data.get(name) or "").strip():
            message = f"参数{name}不能为空"
            raise BusinessError(message, MISSING, name)
    table = site.tables.get(str(data["formid"]))
    holder = table.get(int(decimal(data["interid"]))) if table is not None else None
    if holder is None:
        message = f"内码为{data['interid']}的单据不存在"
        raise BusinessError(message, NO_DATA, "InterId")
    return holder


def _attach(site: Site, data: Mapping[str, Any], holder: Document, file_id: str) -> None:
    table, content = site.tables[FORM], bytes(site.uploads.pop(file_id))
    name = str(data["filename"])
    cells: dict[str, Cell] = {
        "FBILLTYPE": str(data["formid"]),
        "FBILLNO": str(data.get("billno") or holder.number),
        "FENTRYKEY": str(data.get("entrykey") or " "),
        "FINTERID": holder.fid,
        "FENTRYINTERID": int(decimal(data.get("entryinterid") or -1)),
        "FFILEID": file_id,
        "FATTACHMENTNAME": name,
        "FALIASFILENAME": str(data.get("aliasfilename") or ""),
        "FEXTNAME": PurePosixPath(name).suffix,
        "FATTACHMENTSIZE": (Decimal(len(content)) / _KILO).quantize(_CENT),
        "#content": base64.b64encode(content).decode(),
    }
    head = [cells.get(field.key, field.default) for field in table.form.head]
    head[PK] = table.next_fid
    document = Document(tuple(head))
    site.commit(Change(FORM, document.fid, document))


def _content(site: Site, file_id: str) -> tuple[str, bytes]:
    if file_id in site.uploads:
        return "", bytes(site.uploads[file_id])
    table = site.tables[FORM]
    at = table.form.at
    for one in table:
        if one.head[at("FFILEID")] == file_id:
            return str(one.head[at("FATTACHMENTNAME")]), base64.b64decode(str(one.head[at("#content")]))
    message = f"文件[{file_id}]不存在"
    raise BusinessError(message, NO_DATA, "FileId")
