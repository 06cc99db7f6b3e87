"""Which capabilities a test is about, and for which entities of a subject it is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

from erplink.model.documents import Entity
from erplink.testing.contract.subject import Fault, Feature, Shape, Subject
from erplink.wire.adapter import Verb

F = TypeVar("F", bound=Callable[..., Any])

DOCUMENTS: tuple[Entity, ...] = (
    "orders",
    "returns",
    "receipts",
    "shipments",
    "customers",
    "products",
    "refunds",
    "receivables",
    "prices",
)
"""Entities with documents; where one of them will do, the first that a system offers is taken."""
COUNTED: tuple[Entity, ...] = ("orders", "returns", "receipts", "shipments", "refunds", "receivables", "prices")
"""Those with amounts, quantities or prices."""
WHOLE = Shape()


@frozen
class Promise:
    """What a test needs: verbs that one entity offers together, features, faults to be parametrized by.

    ``every``: it is run for every such entity, and so proves the verbs; else for the first one.
    """

    verbs: tuple[Verb, ...]
    entities: tuple[Entity, ...] = DOCUMENTS
    every: bool = False
    features: tuple[Feature, ...] = ()
    faults: tuple[Fault, ...] = ()

    def entities_of(self, subject: Subject) -> tuple[Entity, ...]:
        """The entities of a subject it is run for; none: the test does not concern this subject."""
        offered = {(one.entity, one.verb) for one in subject.offers}
        found: tuple[Entity, ...] = tuple(
            entity
            for entity in self.entities
            if all((entity, verb) in offered and is_provable(subject, entity, verb) for verb in self.verbs)
        )
        return found if self.every else found[:1]


def shape_of(subject: Subject, entity: Entity) -> Shape:
    """The shape of an entity."""
    return subject.shapes.get(entity, WHOLE)


def is_provable(subject: Subject, entity: Entity, verb: Verb) -> bool:
    """Whether the suite knows enough to try it: what to write, and which button to press."""
    shape = shape_of(subject, entity)
    return {"update": shape.update is not None, "act": shape.act is not None}.get(verb, True)


def each(*verbs: Verb, among: tuple[Entity, ...] = DOCUMENTS) -> Callable[[F], F]:
    """A test for every entity that offers these verbs, which it proves."""
    return _promising(Promise(verbs, among, every=True))


def one(*verbs: Verb, among: tuple[Entity, ...] = DOCUMENTS) -> Callable[[F], F]:
    """A test for one entity that offers these verbs."""
    return _promising(Promise(verbs, among))


def needing(*features: Feature) -> Callable[[F], F]:
    """A test that is left out, with the reason, for a system that is without one of these. Stands above the verbs."""

    def mark(test: F) -> F:
        return _promising(_with(test, features=features))(test)

    return mark


def suffering(*faults: Fault) -> Callable[[F], F]:
    """A test that is run with each of these faults in turn. Stands above the verbs."""

    def mark(test: F) -> F:
        return _promising(_with(test, faults=faults))(test)

    return mark


def promise_of(test: object) -> Promise | None:
    """What a test promises; None for whatever is no test."""
    found = getattr(test, "erplink_promise", None)
    return found if isinstance(found, Promise) else None


def _promising(promise: Promise) -> Callable[[F], F]:
    def mark(test: F) -> F:
        test.erplink_promise = promise  # type: ignore[attr-defined]
        return test

    return mark


def _with(test: object, *, features: tuple[Feature, ...] = (), faults: tuple[Fault, ...] = ()) -> Promise:
    known = promise_of(test) or Promise(())
    return Promise(known.verbs, known.entities, known.every, (*known.features, *features), (*known.faults, *faults))
