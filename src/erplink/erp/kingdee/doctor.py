"""What is wrong between here and a real Kingdee, step by step, in words a person can act on."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from erplink.erp.kingdee.adapter import KingdeeAdapter
from erplink.erp.kingdee.dialect import request
from erplink.erp.kingdee.form_checks import form_checks, organisation_check, price_checks
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ErplinkError, FixError, NotPermitted, SkipError
from erplink.wire.call import Reply
from erplink.wire.check import Check, tried
from erplink.wire.io import Io, SendFailed

ACCOUNTS = "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService."
_SKEW_ALLOWED = timedelta(minutes=5)


async def doctor(io: Io, settings: Kingdee) -> list[Check]:
    """Look at address, data centre, login, organisation, forms, clock and stock service, in this order.

    Of a form: whether it may be read, whether anything is to be seen in it, each custom field, the standard fields.

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
    checks += await organisation_check(adapter.queries["customers"])
    for entity, query in adapter.queries.items():
        checks += await form_checks(entity, query)
    checks += await price_checks(adapter.prices)
    checks.append(_clock(adapter))
    checks.append(await tried("stock service (即时库存)", "answers", lambda: adapter.on_hand(["ERPLINK-DOCTOR"])))
    await adapter.leave()
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
    except (SkipError, FixError, NotPermitted):
        return


def _clock(adapter: KingdeeAdapter) -> Check:
    skew = adapter.wire.skew()
    seconds = round(skew.total_seconds())
    if abs(skew) <= _SKEW_ALLOWED:
        return Check("clock", ok=True, words=f"the server's clock differs by {seconds} s")
    words = f"the server's clock differs by {seconds} s: signatures get refused beyond some minutes; set both by NTP"
    return Check("clock", ok=False, words=words)
