"""Every status is read as what it means; one that nobody knows is not an error."""

from __future__ import annotations

from typing import get_args

from erplink.model.documents import DocumentStatus, Entity, OrderStatus
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, needing
from erplink.testing.contract.specimens import specimen

_UNKNOWN = "X9"


class TestStatuses(Case):
    """From the system's own words to ours."""

    @each("list")
    def test_every_status_is_read_as_what_it_means(self, lab: Lab, entity: Entity) -> None:
        canonical = {*get_args(OrderStatus if entity == "orders" else DocumentStatus)} - {"unknown"}
        statuses = sorted(lab.shape(entity).statuses or canonical)
        lab.system.plant([specimen(entity, status, status=status) for status in statuses])
        with lab.open() as erp:
            assert {document.number: document.status for document in erp.of(entity).list()} == {
                status: status for status in statuses
            }

    @needing("unknown_status")
    @each("list")
    def test_a_status_that_nobody_knows_is_unknown_and_kept(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001", raw_status=_UNKNOWN), specimen(entity, "N0002")])
        with lab.open() as erp:
            strange, known = sorted(erp.of(entity).list(), key=lambda one: one.number)
        assert (strange.status, known.status) == ("unknown", "approved")
        assert _UNKNOWN in strange.raw_status
