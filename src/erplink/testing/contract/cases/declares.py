"""What an adapter declares is what it is held to, and nothing else is tried."""

from __future__ import annotations

from typing import get_args

import pytest

from erplink.errors import Unsupported
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.doors import Documents
from erplink.testing.contract.promise import DOCUMENTS, one
from erplink.testing.contract.specimens import specimen
from erplink.wire.adapter import Verb, can


class TestDeclares(Case):
    """``offers``."""

    @one()
    def test_the_adapter_declares_what_is_proven(self, lab: Lab) -> None:
        with lab.open() as erp:
            assert erp.adapter.offers == lab.subject.offers
            assert erp.adapter.system
            assert erp.adapter.mapping
        assert lab.system.calls() == 0

    @one()
    def test_nothing_is_declared_twice(self, lab: Lab) -> None:
        declared = [(offered.entity, offered.verb) for offered in lab.subject.offers]
        assert len(declared) == len(set(declared))

    @one()
    def test_what_is_not_declared_is_said_to_be_unsupported_and_not_tried(self, lab: Lab) -> None:
        with lab.open() as erp:
            undeclared: list[tuple[Entity, Verb]] = [
                (entity, verb)
                for entity in DOCUMENTS
                for verb in get_args(Verb)
                if verb != "keys" and not can(erp.adapter, entity, verb)
            ]
            for entity, verb in undeclared:
                with pytest.raises(Unsupported, match=entity):
                    _do(erp.of(entity), entity, verb)
            if not can(erp.adapter, "stock", "get"):
                with pytest.raises(Unsupported, match="stock"):
                    erp.on_hand(["P-1"])
        assert lab.system.calls() == 0


def _do(documents: Documents, entity: Entity, verb: Verb) -> None:
    match verb:
        case "get":
            documents.get("N0001")
        case "list":
            list(documents.list())
        case "changes":
            list(documents.changes("2026-03-01"))
        case "create":
            documents.create(specimen(entity, "N0001"), key="k")
        case "update":
            documents.update("N0001", {"note": "x"})
        case "act":
            documents.act("N0001", "submit")
        case "keys":
            raise AssertionError("keys are the adapter's own")
