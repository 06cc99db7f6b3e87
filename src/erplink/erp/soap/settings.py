"""From a manifest of ``kind = "soap"`` to settings that can be opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from attrs import evolve

from erplink.erp.soap.beside import Beside
from erplink.erp.soap.library import Library
from erplink.erp.soap.security import UsernameToken
from erplink.erp.soap.tongue import SoapTongue
from erplink.erp.soap.words import Request, SoapEntity, SoapManifest, SoapProof, Wsse
from erplink.manifest.asking import Reader
from erplink.manifest.auth import NoAuth, ticket_paths
from erplink.manifest.dialect import ManifestDialect
from erplink.manifest.filters import Moment
from erplink.manifest.head import Source
from erplink.manifest.hosts import Hosts
from erplink.manifest.judging import ErrorRule, Judge
from erplink.manifest.plan import Plan
from erplink.manifest.planning import Planner
from erplink.manifest.settings import PULLED, Described, door_of, hosts_of, proof_of, stock_of, ticket_names
from erplink.manifest.templates import ZONE, Context, template
from erplink.mapping.times import time_codec
from erplink.model.documents import Entity
from erplink.wire.call import Call

_FAULTS = tuple(
    ErrorRule.model_validate(rule)
    for rule in (
        {
            "when": {"path": "Fault.code", "contains": ["Authentication", "InvalidSecurity", "FailedCheck"]},
            "means": "login_refused",
        },
        {"when": {"path": "Fault.code", "contains": ["Client", "Sender"]}, "means": "refused"},
        {"when": {"path": "Fault", "exists": True}, "means": "fault"},
    )
)
"""What a fault means where the manifest has no rule for it."""


def from_manifest(source: Source) -> Described:
    """The settings of a manifest. Raises ``ConfigInvalid``: file, line, key and the allowed words."""
    words = source.words(SoapManifest)
    house = source.house(words)
    context = {**source.context(words), ZONE: house.zone}
    hosts = _exactly(hosts_of(words.server.url, words.server.hosts, source, context), words, context)
    auth = NoAuth() if isinstance(words.auth, Wsse) else words.auth
    reader = Reader(source.text, frozenset({*context, "now", *ticket_names(ticket_paths(auth))}))
    planner = Planner(house, hosts, reader)
    given: dict[Entity, SoapEntity | None] = {entity: getattr(words.entities, entity) for entity in PULLED}
    plans: dict[Entity, Plan] = {
        entity: planner.plan(entity, each, each) for entity, each in given.items() if each is not None
    }
    stock = words.entities.stock
    times = time_codec(house.times, house.zone)
    wsdl = str(template(words.server.wsdl).fill(context))
    chosen = words.server.service, words.server.port
    library = Library(wsdl, hosts, Beside(source.folder), words.server.cache, chosen)
    headers = {name: str(template(text).fill(context)) for name, text in words.server.headers.items()}
    timeout = float(words.limits.timeout) if words.limits.timeout is not None else None
    dialect = ManifestDialect(
        base=hosts.base,
        door=door_of(auth, reader, _request_words),
        tongue=SoapTongue(hosts.base, library, headers, words.server.inner, _reads(words), timeout),
        judging=Judge.of((*words.errors, *_FAULTS)),
        context=context,
        moment=lambda at: Moment(at, times.build(at)),
        seal=_seal(words, context),
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
        else stock_of(stock.request.model_dump(), stock.records, stock.fields, stock.per_call, house, reader),
        proof=None if words.proof is None else proof_of(_dumped_proof(words.proof), words.proof.record, reader),
        dialect=dialect,
    )


def _reads(words: SoapManifest) -> frozenset[str]:
    """The operations that the manifest reads with."""
    entities = [getattr(words.entities, entity) for entity in PULLED]
    verbs = [verb for each in entities if each for verb in (each.list, each.changes, each.detail, each.get)]
    asked = [*verbs, words.proof, words.entities.stock.request if words.entities.stock else None]
    return frozenset(each.operation for each in asked if each is not None and "{" not in each.operation)


def _exactly(hosts: Hosts, words: SoapManifest, context: Context) -> Hosts:
    """The address as it is written: a service often has no slash at its end."""
    return evolve(hosts, base=str(template(words.server.url).fill(context)))


def _dumped_proof(proof: SoapProof) -> dict[str, Any]:
    return proof.model_dump(exclude_unset=True, exclude={"record"})


def _request_words(given: dict[str, Any]) -> dict[str, Any]:
    return Request.model_validate(given).model_dump()


def _seal(words: SoapManifest, context: Context) -> Callable[[Call, str, datetime], Call] | None:
    if not isinstance(words.auth, Wsse):
        return None
    username, password = (str(template(text).fill(context)) for text in (words.auth.username, words.auth.password))
    token = UsernameToken(username, password, words.auth.digest)
    return lambda call, nonce, now: evolve(call, body=token.sealed(call.body, nonce, now)) if call.body else call
