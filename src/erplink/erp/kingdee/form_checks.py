"""What the doctor looks at in each form: permission, what is to be seen, the tenant's own keys, the standard ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from attrs import evolve

from erplink.erp.kingdee.forms.prices import FORM as PRICE_LIST
from erplink.erp.kingdee.forms.prices import Prices
from erplink.erp.kingdee.operations.fields import fields_of, likely
from erplink.erp.kingdee.operations.values import FormField, FormFields
from erplink.erp.kingdee.query import FormQuery, quoted
from erplink.errors import ConfigInvalid, ErplinkError, NotPermitted
from erplink.model.documents import Entity
from erplink.wire.check import Check, failed, tried

_CAPTIONS: dict[Entity, str] = {
    "orders": "销售订单",
    "shipments": "销售出库单",
    "returns": "销售退货单",
    "receipts": "收款单",
    "refunds": "收款退款单",
    "receivables": "应收单",
    "customers": "客户",
    "products": "物料",
    "prices": "销售价目表",
}
_SPARE: frozenset[Entity] = frozenset({"refunds", "receivables", "prices"})
"""What is not read unless somebody asks for it: no sync needs it."""
_SHOWN = 5


async def form_checks(entity: Entity, query: FormQuery) -> list[Check]:
    """Whether the form may be read, then each custom field by itself, so that the wrong one is named."""
    first, is_readable = await _readable(entity, query.mapping.source, lambda: _seen(query))
    if not is_readable:
        return [first]
    own = query.settings.custom.get(entity, {})
    checks = [first, *[await _own_key(f"{entity}.{attr}", query, key) for attr, key in own.items()]]
    return [
        *checks,
        await _standard(f"{entity} fields", query, [key for key in query.reader.keys if key not in own.values()]),
    ]


async def price_checks(prices: Prices) -> list[Check]:
    """Whether price lists may be read by the keys their form names."""

    async def seen() -> str:
        return await _seen(await prices.query())

    check, _ = await _readable("prices", PRICE_LIST, seen)
    return [check]


async def organisation_check(query: FormQuery) -> list[Check]:
    """Whether the user may see the organisation of the settings; nothing where none is set, or that cannot be asked."""
    number = query.settings.org_num
    if not number:
        return []
    try:
        rows = await query.desk.rows("ORG_Organizations", "FName", f"FNumber={quoted(number)}", limit=1)
    except ErplinkError:
        return []
    if rows:
        return [Check("organisation", ok=True, words=f"org_num {number} is {rows[0][0]}")]
    words = f"org_num {number} is no organisation (组织) that this user may see: check the number, or its permissions"
    return [Check("organisation", ok=False, words=words)]


async def _readable(entity: Entity, form: str, seen: Callable[[], Awaitable[str]]) -> tuple[Check, bool]:
    """The check of a form, and whether there is more to look at in it."""
    name = f"{entity} ({_CAPTIONS.get(entity, form)} {form})"
    try:
        return Check(name, ok=True, words=await seen()), True
    except ErplinkError as error:
        if entity in _SPARE and isinstance(error, NotPermitted | ConfigInvalid):
            return Check(name, ok=True, words=f"may not be read, which only erp.{entity} needs: {error}"), False
        return failed(name, error), False


async def _seen(query: FormQuery) -> str:
    """Words on whether anything is to be seen. What data permissions hide looks like nothing."""
    rows = await query.desk.rows(query.mapping.source, query.mapping.key, "", limit=1)
    if rows:
        return "may be read"
    where = f" of organisation {query.settings.org_num}" if query.settings.org_num else ""
    return (
        "may be read, but not one document is to be seen: there is none, or data permissions (数据权限) or the "
        f"organisation hide them; compare with what {query.settings.username or 'the user'}{where} sees in the ERP"
    )


async def _own_key(name: str, query: FormQuery, key: str) -> Check:
    async def ask() -> object:
        return await query.ask(f"{query.mapping.key},{key}", f"{query.mapping.key}=0", limit=1)

    check = await tried(name, f"the form has {key}", ask)
    return check if check.ok else evolve(check, words=f"{check.words}{await _advice(query, key)}")


async def _standard(name: str, query: FormQuery, keys: Sequence[str]) -> Check:
    async def ask() -> object:
        return await query.ask(",".join(keys), f"{query.mapping.key}=0", limit=1)

    check = await tried(name, f"the form has all {len(keys)} standard fields", ask)
    if check.ok:
        return check
    known = await _known(query)
    lacking = [key for key in keys if known is not None and not _has(known, key)]
    advice = "".join(f". It lacks {key}{_meant(known, key)}" for key in lacking[:_SHOWN] if known is not None)
    return evolve(check, words=f"{check.words}{advice}")


async def _advice(query: FormQuery, key: str) -> str:
    """Which key the tenant may have meant, by what the form says it has."""
    known = await _known(query)
    if known is None or _has(known, key):
        return ""
    meant = _meant(known, key)
    if meant:
        return f". It lacks {key}{meant}"
    own = ", ".join(map(_shown, known.custom[:_SHOWN]))
    return f". The tenant's own fields there are {own}" if own else ". The form has no fields of the tenant's own"


async def _known(query: FormQuery) -> FormFields | None:
    try:
        return await fields_of(query.desk, query.mapping.source)
    except ErplinkError:
        return None


def _has(known: FormFields, key: str) -> bool:
    """Whether the form has a key of a query: a field, a property of one, or the id or number of an entry's rows."""
    plain = key.partition(".")[0]
    entries = {one.entry for one in known.fields}
    return plain == known.key or known.find(plain) is not None or plain.partition("_")[0] in entries


def _meant(known: FormFields, key: str) -> str:
    found = likely(known, key.partition(".")[0])
    return f"; did you mean {' or '.join(map(_shown, found))}?" if found else ""


def _shown(one: FormField) -> str:
    return f"{one.key} ({one.name})" if one.name and one.name != one.key else one.key
