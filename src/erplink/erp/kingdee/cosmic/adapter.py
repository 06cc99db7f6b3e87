"""Opens a 苍穹: its forms as plans, carried out by its dialect."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from erplink.erp.kingdee.cosmic.dialect import CosmicDialect
from erplink.erp.kingdee.cosmic.mappings import LINES
from erplink.erp.kingdee.cosmic.plans import plans
from erplink.erp.kingdee.cosmic.settings import Cosmic
from erplink.erp.kingdee.platform.speech import Speech
from erplink.manifest.adapter import ManifestAdapter
from erplink.manifest.asker import Asker
from erplink.manifest.filters import Moment
from erplink.manifest.hosts import Hosts
from erplink.manifest.json import JsonTongue
from erplink.mapping.codecs import wall
from erplink.wire.io import Io
from erplink.wire.pace import Pacing
from erplink.wire.pipeline import Wire

NAME = "kingdee cosmic"
_RENEWALS = 3
_READS = ("query", "batchQuery", "getAllDatacenters.do")
_MISSING = "no API for {entity} is documented; raw.call reaches any API by its address"


def opened(io: Io, settings: Cosmic, parallel: int, pacing: Pacing) -> ManifestAdapter:
    """An adapter over this Io; nothing is sent yet."""
    hosts = Hosts.of(settings.base)
    speech = Speech(
        JsonTongue(hosts, {}, settings.timeout, _reads),
        lambda at: Moment(at, wall(at, settings.tz)),
        salt=f"{int(io.random() * 2**32):08x}",
        completed=partial(_completed, settings),
    )
    dialect = CosmicDialect(settings, speech)
    backend = f"{NAME} {settings.account_id} at {settings.host}"
    wire = Wire(io, dialect, settings.calling, renewals=_RENEWALS, backend=backend, pacing=pacing)
    asker = Asker(io, wire, dialect, io.lock())
    return ManifestAdapter(NAME, asker, plans(settings, hosts), None, parallel, "forms", _MISSING)


def _reads(method: str, path: str) -> bool:
    """A query is a POST; it is known by how its address ends."""
    return method in {"GET", "HEAD"} or path.partition("?")[0].rstrip("/").endswith(_READS)


def _completed(settings: Cosmic, operation: str, request: dict[str, Any]) -> Mapping[str, Any]:
    """A creation with what the forms of this company demand beyond the document, in its head and in every line."""
    entity, _, verb = operation.partition(" ")
    if verb != "create":
        return request
    extra = dict(settings.save.get(entity, {}))
    of_lines = extra.pop(LINES, {})
    (document,) = request["body"]["data"]
    lines = [{**of_lines, **line} for line in document.get(LINES, ())]
    return {**request, "body": {"data": [{**extra, **document, **({LINES: lines} if lines else {})}]}}
