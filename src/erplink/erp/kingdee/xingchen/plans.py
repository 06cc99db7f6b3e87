"""The lists and details of 云星辰 as plans: a list has heads without a stamp, so each record is read whole."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from erplink.erp.kingdee.xingchen.mappings import mappings
from erplink.erp.kingdee.xingchen.settings import Xingchen
from erplink.manifest.asking import request
from erplink.manifest.hosts import Hosts
from erplink.manifest.paging import Paging, PagingWords
from erplink.manifest.plan import Getting, Listing, Plan
from erplink.manifest.steady import ByLookingBack
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.paths import lacks, many
from erplink.mapping.times import time_codec
from erplink.mapping.tree import TreeReader
from erplink.model.documents import Entity

_ROWS = "data.rows"
_DATA = many("data")
_WINDOW = {"modify_start_time": "{since|time:epoch_ms}", "modify_end_time": "{until|time:epoch_ms}"}


@frozen
class Source:
    """Where an entity lies; ``always`` are parameters of its list that are always sent."""

    path: str
    always: Mapping[str, str] = {}


SOURCES: Mapping[Entity, Source] = {
    "orders": Source("jdy/v2/scm/sal_order"),
    "shipments": Source("jdy/v2/scm/sal_out_bound"),
    "returns": Source("jdy/v2/scm/sal_in_bound"),
    "customers": Source("jdy/v2/bd/customer"),
    "products": Source("jdy/v2/bd/material", {"enable": "-1"}),
}
"""By the vendor's SDK. Products that are disabled are listed only when they are asked for (``enable`` -1)."""


def plans(settings: Xingchen, hosts: Hosts) -> Mapping[Entity, Plan]:
    """Every entity's plan under these settings. Raises ``ConfigInvalid`` for custom fields of an unknown entity."""
    return {entity: _plan(settings, hosts, mapping) for entity, mapping in mappings(settings).items()}


def _plan(settings: Xingchen, hosts: Hosts, mapping: DocumentMapping) -> Plan:
    entity = mapping.entity
    source = SOURCES[entity]
    query = {**source.always, **_WINDOW, "page": "{page}", "page_size": "{size}"}
    words = PagingWords(kind="page", size=settings.page, short=True)
    asked = request(f"{entity} list", {"path": source.path, "query": query}, safe=True)
    listing = Listing(asked, many(_ROWS), lacks(_ROWS), Paging(words, hosts), ByLookingBack(), {})
    by_id = request(f"{entity} detail", {"path": f"{source.path}_detail", "query": {"id": "{id}"}}, safe=True)
    by_number = request(f"{entity} get", {"path": f"{source.path}_detail", "query": {"number": "{number}"}}, safe=True)
    return Plan(
        entity=entity,
        mapping=mapping,
        reader=TreeReader(mapping),
        times=time_codec("local", settings.tz),
        listing=listing,
        changes=listing,
        detail=Getting(by_id, _DATA),
        getting=Getting(by_number, _DATA),
        stamped=False,
    )
