"""What is wrong between here and a real Kingdee, step by step, in words a person can act on."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from erplink.erp.kingdee.adapter import KingdeeAdapter
from erplink.erp.kingdee.dialect import request
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ErplinkError, SkipError
from erplink.model.documents import Entity
from erplink.wire.call import Reply
from erplink.wire.check import Check, tried
from erplink.wire.io import Io, SendFailed

ACCOUNTS = "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService."
_SKEW_ALLOWED = timedelta(minutes=5)
_CAPTIONS: dict[Entity, str] = {
    "orders": "销售订单",
    "shipments": "销售出库单",
    "returns": "销售退货单",
    "receipts": "收款单",
    "customers": "客户",
    "products": "物料",
}


async def doctor(io: Io, settings: Kingdee) -> list[Check]:
    """Look at address, data centre, login, permissions, custom fields, clock and stock service, in this order.

    What depends on a failed step is left out, so the last failed check is the one to settle. Sends reading calls only,
    and at most one login. Raises nothing of ``erplink.errors``.
    """
    adapter = settings.open(io, parallel=1)
    checks = await _address(io, settings)
    if not all(check.ok for check in checks):
        return checks
    checks.append(await tried("login", f"logged in ({settings.mode}) as the integration user", lambda: _login(adapter)))
    if not checks[-1].ok:
        return checks
    for entity, query in adapter.queries.items():
        checks += await _form(entity, query)
    checks.append(_clock(adapter))
    checks.append(await tried("stock service (即时库存)", "answers", lambda: adapter.on_hand(["ERPLINK-DOCTOR"])))
    return checks


async def _address(io: Io, settings: Kingdee) -> list[Check]:
    """Whether something answers there, whether it is a K/3 Cloud, and whether it knows the data centre."""
    call = request(settings, ACCOUNTS, "GetDataCenterList", {}, safe=True)
    try:
        reply = await io.send(call)
    except (SendFailed, ErplinkError) as failed:
        words = f"{settings.base} does not answer: {failed}. Check host, port, http or https, proxy and firewall"
        return [Check("address", ok=False, words=words)]
    found = [Check("address", ok=True, words=f"{settings.base} answers")]
    known = _data_centres(reply)
    if known is None:
        words = f"HTTP {reply.status}, but not a list of data centres: is {settings.base} the /k3cloud/ address?"
        return [*found, Check("K/3 Cloud", ok=False, words=words)]
    found.append(Check("K/3 Cloud", ok=True, words="the server is a 云星空"))
    if settings.acct_id in known or not known:
        words = f"{settings.acct_id} is known" if known else "the server does not list its data centres (账套)"
        return [*found, Check("data centre", ok=True, words=words)]
    listed = ", ".join(sorted(known))
    words = f"acct_id {settings.acct_id} is not among the {len(known)} data centres (账套) there: {listed}"
    return [*found, Check("data centre", ok=False, words=words)]


def _data_centres(reply: Reply) -> set[str] | None:
    """The ids of the data centres, whatever the build calls them; None when the reply is no such list."""
    try:
        value = reply.json()
    except msgspec.DecodeError:
        return None
    rows = value.get("ReturnValue", value.get("Data")) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        return None
    return {str(row[key]) for row in rows if isinstance(row, dict) for key in row if key.lower() == "id"}


async def _login(adapter: KingdeeAdapter) -> None:
    """Any answer but a refused login proves the login; permissions are looked at later, form by form."""
    try:
        await adapter.queries["customers"].touch()
    except SkipError:
        return


async def _form(entity: Entity, query: FormQuery) -> list[Check]:
    """Whether the form may be read, then each custom field by itself, so that the wrong one is named."""
    name = f"{entity} ({_CAPTIONS.get(entity, query.mapping.source)} {query.mapping.source})"
    checks = [await tried(name, "may be read", query.touch)]
    if not checks[-1].ok:
        return checks
    own = query.settings.custom.get(entity, {})
    for attr, key in own.items():

        async def ask(key: str = key) -> object:
            return await query.ask(f"{query.mapping.key},{key}", f"{query.mapping.key}=0", limit=1)

        checks.append(await tried(f"{entity}.{attr}", f"the form has {key}", ask))
    standard = [key for key in query.reader.keys if key not in own.values()]

    async def ask_all() -> object:
        return await query.ask(",".join(standard), f"{query.mapping.key}=0", limit=1)

    return [*checks, await tried(f"{entity} fields", f"the form has all {len(standard)} standard fields", ask_all)]


def _clock(adapter: KingdeeAdapter) -> Check:
    skew = adapter.wire.skew()
    seconds = round(skew.total_seconds())
    if abs(skew) <= _SKEW_ALLOWED:
        return Check("clock", ok=True, words=f"the server's clock differs by {seconds} s")
    words = f"the server's clock differs by {seconds} s: signatures get refused beyond some minutes; set both by NTP"
    return Check("clock", ok=False, words=words)
