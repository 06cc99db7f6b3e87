"""Opens a company of 云星辰: its lists and details as plans, carried out by its dialect."""

from __future__ import annotations

from erplink.erp.kingdee.platform.speech import Speech
from erplink.erp.kingdee.xingchen.dialect import Authorisation, XingchenDialect
from erplink.erp.kingdee.xingchen.plans import plans
from erplink.erp.kingdee.xingchen.settings import Xingchen
from erplink.manifest.adapter import ManifestAdapter
from erplink.manifest.asker import Asker
from erplink.manifest.filters import Moment
from erplink.manifest.hosts import Hosts
from erplink.manifest.json import JsonTongue
from erplink.wire.io import Io
from erplink.wire.pace import Pacing
from erplink.wire.pipeline import Wire

NAME = "kingdee xingchen"
_RENEWALS = 3
_MISSING = "no API for {entity} is read here; raw.call reaches any API by its address"


def opened(io: Io, settings: Xingchen, parallel: int, pacing: Pacing) -> ManifestAdapter:
    """An adapter over this Io; nothing is sent yet."""
    hosts = Hosts.of(settings.base)
    speech = Speech(
        JsonTongue(hosts, {"content-type": "application/json"}, settings.timeout),
        lambda at: Moment(at, int(at.timestamp() * 1000)),
        salt=f"{10_000 + int(io.random() * 90_000)}",
    )
    given = [Authorisation(settings.app_key, settings.app_secret, settings.domain)] if settings.app_key else []
    dialect = XingchenDialect(settings, speech, given)
    company = settings.outer_instance_id or settings.client_id
    backend = f"{NAME} {company} at {settings.host}"
    wire = Wire(io, dialect, settings.calling, renewals=_RENEWALS, backend=backend, pacing=pacing)
    return ManifestAdapter(
        NAME, Asker(io, wire, dialect, io.lock()), plans(settings, hosts), None, parallel, "details", _MISSING
    )
