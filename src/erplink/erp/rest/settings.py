"""From a manifest of ``kind = "rest"`` to settings that can be opened."""

from __future__ import annotations

from typing import Any

from erplink.erp.rest.words import Request, RestEntity, RestManifest, RestProof
from erplink.manifest.asking import Reader
from erplink.manifest.auth import ticket_paths
from erplink.manifest.dialect import ManifestDialect
from erplink.manifest.filters import Moment
from erplink.manifest.head import Source
from erplink.manifest.json import JsonTongue
from erplink.manifest.judging import Judge
from erplink.manifest.plan import Plan
from erplink.manifest.planning import Planner
from erplink.manifest.settings import PULLED, Described, door_of, hosts_of, proof_of, stock_of, ticket_names
from erplink.manifest.templates import ZONE, template
from erplink.mapping.times import time_codec
from erplink.model.documents import Entity


def from_manifest(source: Source) -> Described:
    """The settings of a manifest. Raises ``ConfigInvalid``: file, line, key and the allowed words."""
    words = source.words(RestManifest)
    house = source.house(words)
    context = {**source.context(words), ZONE: house.zone}
    hosts = hosts_of(words.server.url, words.server.hosts, source, context)
    reader = Reader(source.text, frozenset({*context, "now", *ticket_names(ticket_paths(words.auth))}))
    planner = Planner(house, hosts, reader)
    given: dict[Entity, RestEntity | None] = {entity: getattr(words.entities, entity) for entity in PULLED}
    plans: dict[Entity, Plan] = {
        entity: planner.plan(entity, each, each) for entity, each in given.items() if each is not None
    }
    stock = words.entities.stock
    times = time_codec(house.times, house.zone)
    headers = {name: str(template(text).fill(context)) for name, text in words.server.headers.items()}
    timeout = float(words.limits.timeout) if words.limits.timeout is not None else None
    dialect = ManifestDialect(
        base=hosts.base,
        door=door_of(words.auth, reader, _request_words),
        tongue=JsonTongue(hosts, headers, timeout),
        judging=Judge.of(words.errors),
        context=context,
        moment=lambda at: Moment(at, times.build(at)),
    )
    return Described(
        name=words.name,
        zone=words.zone,
        url=hosts.base,
        secrets={name: source.secrets[name] for name in words.secrets},
        calling=words.limits.calling,
        plans=plans,
        stock=None
        if stock is None
        else stock_of(_dumped(stock.request), stock.records, stock.fields, stock.per_call, house, reader),
        proof=None if words.proof is None else proof_of(_dumped_proof(words.proof), words.proof.record, reader),
        dialect=dialect,
    )


def _dumped_proof(proof: RestProof) -> dict[str, Any]:
    return proof.model_dump(exclude_unset=True, exclude={"record"})


def _request_words(given: dict[str, Any]) -> dict[str, Any]:
    return _dumped(Request.model_validate(given))


def _dumped(request: Request) -> dict[str, Any]:
    return request.model_dump(exclude_unset=True)
