"""The operation APIs of a form as a plan: query with pages, save, submit and audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erplink.erp.kingdee.cosmic.forms import Form
from erplink.erp.kingdee.cosmic.mappings import mappings
from erplink.erp.kingdee.cosmic.settings import Cosmic
from erplink.manifest.asking import request
from erplink.manifest.hosts import Hosts
from erplink.manifest.paging import Paging, PagingWords
from erplink.manifest.plan import Acting, Creating, Getting, Listing, Plan
from erplink.manifest.steady import ByLookingBack
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.paths import lacks, many
from erplink.mapping.times import time_codec
from erplink.mapping.tree import TreeReader
from erplink.model.documents import Entity

_ROWS = "data.rows"
_CREATED: frozenset[Entity] = frozenset({"orders"})
_UPDATED: frozenset[Entity] = frozenset({"orders", "customers", "products"})
_SUBMITTED = frozenset({"pending", "approved", "closed"})
_AUDITED = frozenset({"approved", "closed"})


def plans(settings: Cosmic, hosts: Hosts) -> Mapping[Entity, Plan]:
    """Every entity's plan under these settings. Raises ``ConfigInvalid`` for custom fields of an unknown entity."""
    return {
        entity: _plan(settings, hosts, settings.form(entity), mapping) for entity, mapping in mappings(settings).items()
    }


def _plan(settings: Cosmic, hosts: Hosts, form: Form, mapping: DocumentMapping) -> Plan:
    entity = mapping.entity
    listing = _listing(settings, hosts, form, entity)
    is_created = entity in _CREATED
    return Plan(
        entity=entity,
        mapping=mapping,
        reader=TreeReader(mapping),
        times=time_codec("local", settings.tz),
        listing=listing,
        changes=listing,
        getting=_getting(settings, form, entity),
        creating=_creating(settings, form, entity) if is_created else None,
        updating=_updating(form, mapping) if entity in _UPDATED else None,
        actions={
            "submit": Acting(_acting(form, entity, "submit", form.submit), _SUBMITTED),
            "audit": Acting(_acting(form, entity, "audit", form.audit), _AUDITED),
        }
        if is_created
        else {},
    )


def _listing(settings: Cosmic, hosts: Hosts, form: Form, entity: Entity) -> Listing:
    """Pages by number, in an order nobody can choose: each is read again once the one behind it is."""
    window = {form.since: "{since}", form.until: "{until}"}
    data = {**_org(settings, form), **{name: place for name, place in window.items() if name}}
    body = {"data": data, "pageNo": "{page}", "pageSize": "{size}"}
    asked = _post(f"{entity} list", form.url(form.query), body, safe=True)
    words = PagingWords(kind="page", size=settings.page, last="data.lastPage")
    return Listing(asked, many(_ROWS), lacks(_ROWS), Paging(words, hosts), ByLookingBack(), {})


def _getting(settings: Cosmic, form: Form, entity: Entity) -> Getting:
    body = {"data": {**_org(settings, form), form.number: ["{number}"]}, "pageNo": 1, "pageSize": 2}
    return Getting(_post(f"{entity} get", form.url(form.query), body, safe=True), many(_ROWS))


def _creating(settings: Cosmic, form: Form, entity: Entity) -> Creating:
    """A save takes a number that is there for a change of it (importType overridenew), so a look comes first."""
    asked = _post(f"{entity} create", form.url(form.save), {"data": ["{document}"]})
    prefix = settings.number_prefix
    return Creating(asked, "number", prefix, None, None, ("submit", "audit"), overwrites=True)


def _updating(form: Form, mapping: DocumentMapping) -> Any:
    written = {one.save: f"{{changes.{one.save}}}" for one in (*mapping.fields, *mapping.custom) if one.save}
    body = {"data": [{**written, "id": "{id}", mapping.number: "{number}"}]}
    return _post(f"{mapping.entity} update", form.url(form.save), body, safe=True)


def _acting(form: Form, entity: Entity, verb: str, code: str) -> Any:
    number = ["{number}"] if form.numbers == "list" else "{number}"
    return _post(f"{entity} {verb}", form.url(code), {"data": {form.number: number}})


def _post(operation: str, path: str, body: Mapping[str, Any], *, safe: bool = False) -> Any:
    return request(operation, {"method": "POST", "path": path, "body": body}, safe=safe)


def _org(settings: Cosmic, form: Form) -> Mapping[str, Any]:
    org = settings.org.replace("{", "{{").replace("}", "}}")
    return {form.org: [org]} if form.org and org else {}
