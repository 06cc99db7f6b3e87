"""What the forms have in common: statuses, the head of a bill, the head of base data, and what is added to a Model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from erplink.erp.kingdee.codecs import ENABLED
from erplink.erp.kingdee.query import FormQuery
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import ID, wall
from erplink.mapping.fields import DocumentMapping, Field, Model, Rule
from erplink.model.documents import DocumentStatus, OrderStatus

LOCAL_CURRENCY: Mapping[str, str] = {"FNUMBER": "PRE001"}
_DAY = 10
_LIFE: Mapping[str, DocumentStatus] = {"Z": "draft", "A": "draft", "D": "draft", "B": "pending", "C": "approved"}


def document_status(document: str | None, cancelled: str | None = None) -> DocumentStatus:
    """FDocumentStatus (Z 暂存, A 创建, B 审核中, C 已审核, D 重新审核) and FCancelStatus → the canonical status.

    >>> document_status("D"), document_status("C", "B"), document_status("X")
    ('draft', 'cancelled', 'unknown')
    """
    if (cancelled or "").strip() == "B":
        return "cancelled"
    return _LIFE.get((document or "").strip(), "unknown")


def order_status(document: str | None, closed: str | None, cancelled: str | None) -> OrderStatus:
    """As ``document_status``; an approved order whose FCloseStatus is B is closed.

    >>> order_status("C", "B", "A"), order_status("B", "A", "A")
    ('closed', 'pending')
    """
    status = document_status(document, cancelled)
    return "closed" if status == "approved" and (closed or "").strip() == "B" else status


HEAD = (
    Field("FID", "id", ID),
    Field("FBillNo", "number", save="FBillNo"),
    Field("FModifyDate", "version"),
    Field("FDocumentStatus", "raw_status"),
)
"""What every bill's head has."""

STATUS = Rule(("FDocumentStatus", "FCancelStatus"), "status", document_status)

MASTER = (
    Field("FNumber", "number", save="FNumber"),
    Field("FName", "name", save="FName"),
    Field("FModifyDate", "version"),
    Field("FDocumentStatus", "raw_status"),
    Field("FForbidStatus", "active", ENABLED),
)
"""What base data have beside their id."""

MASTER_STATUS = Rule(("FDocumentStatus",), "status", document_status)


def total(amounts: Sequence[Decimal | None]) -> Decimal:
    """The sum over all rows of a document."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def the_only(texts: Sequence[str]) -> str:
    """The text all rows hold; empty where they hold several, for one receipt then pays more than one order."""
    named = set(texts)
    return named.pop() if len(named) == 1 else ""


def day(query: FormQuery, moment: datetime | None) -> str:
    """A day of the server's zone; without a moment it is the server's today."""
    return wall(moment or query.desk.wire.server_now(), query.settings.tz)[:_DAY]


def of_organisation(query: FormQuery, *keys: str) -> Model:
    """These keys with the organisation (组织) of the settings; nothing where the ERP is to use its default."""
    number = query.settings.org_num
    return {key: {"FNumber": number} for key in keys} if number else {}


def extras(query: FormQuery, name: str, entry: str = "") -> tuple[dict[str, Any], Mapping[str, Any]]:
    """What the tenant's settings add to the head and to each line of a Model of this name."""
    head = dict(query.settings.save.get(name, {}))
    return head, head.pop(entry, {}) if entry else {}


def merged(model: Model, extra: Mapping[str, Any]) -> Model:
    """The Model with the tenant's additions; objects are merged one level deep (FSaleOrderFinance)."""
    result = dict(model)
    for key, value in extra.items():
        present = result.get(key)
        result[key] = {**present, **value} if isinstance(present, dict) and isinstance(value, Mapping) else value
    return result


def refuse_unwritable(mapping: DocumentMapping, document: msgspec.Struct, where: str) -> None:
    """Raise ``ConfigInvalid`` for a value that no key of the form would take along: it would be lost silently."""
    written = {one.attr for one in mapping.fields if one.save}
    custom: Mapping[str, Any] = getattr(document, "custom", {})
    lost = [name for name in custom if name not in {one.attr for one in mapping.custom if one.save}]
    lost += [name for name in ("phone", "unionid", "note") if getattr(document, name, "") and name not in written]
    if lost:
        raise ConfigInvalid(
            f"{mapping.entity} have no writable field {lost[0]!r}",
            where=where,
            next_step=f'name its key in the settings: custom={{"{mapping.entity}": {{"{lost[0]}": "F_…"}}}}',
        )
