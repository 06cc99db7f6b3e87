"""Live stock: one row per sku and warehouse, exact, and none for what is not there."""

from __future__ import annotations

from decimal import Decimal

from erplink.model.documents import Stock
from erplink.testing.contract.case import PASSING, Case, Lab
from erplink.testing.contract.promise import each, needing, one, suffering
from erplink.testing.contract.specimens import specimen
from erplink.testing.contract.subject import Fault

_FIGURES = (("P-1", "1000", "990"), ("P-2", "0", "0"), ("P-3", "0.125", "0.1"), ("P-4", "-3", "-3"))


class TestStock(Case):
    """``on_hand``."""

    @each("get", among=("stock",))
    def test_levels_are_those_of_the_system(self, lab: Lab) -> None:
        _stock(lab, *(Stock(sku, "W-1", Decimal(there), Decimal(free)) for sku, there, free in _FIGURES))
        with lab.open() as erp:
            found = erp.on_hand([sku for sku, _, _ in _FIGURES])
        assert {row.sku: (row.on_hand, row.available) for row in found} == {
            sku: (Decimal(there), Decimal(free)) for sku, there, free in _FIGURES
        }
        assert len(found) == len(_FIGURES)
        assert all(row.warehouse for row in found)

    @one("get", among=("stock",))
    def test_what_is_not_there_has_no_row(self, lab: Lab) -> None:
        _stock(lab, Stock("P-1", "W-1", Decimal(1), Decimal(1)), Stock("P-2", "W-1", Decimal(2), Decimal(2)))
        with lab.open() as erp:
            assert [row.sku for row in erp.on_hand(["NOTHING", "P-1"])] == ["P-1"]

    @one("get", among=("stock",))
    def test_nothing_is_asked_for_nothing(self, lab: Lab) -> None:
        _stock(lab, Stock("P-1", "W-1", Decimal(1), Decimal(1)))
        with lab.open() as erp:
            assert erp.on_hand([]) == ()
        assert lab.system.calls() == 0

    @one("get", among=("stock",))
    def test_hundreds_of_skus_come_once_each(self, lab: Lab) -> None:
        levels = [Stock(f"P-{n}", "W-1", Decimal(n), Decimal(n)) for n in range(1, 251)]
        _stock(lab, *levels)
        with lab.open() as erp:
            found = erp.on_hand([level.sku for level in levels])
        assert sorted((row.sku, row.on_hand) for row in found) == sorted((one.sku, one.on_hand) for one in levels)

    @needing("warehouses")
    @one("get", among=("stock",))
    def test_each_warehouse_has_its_row(self, lab: Lab) -> None:
        _stock(lab, Stock("P-1", "W-1", Decimal(5), Decimal(4)), Stock("P-1", "W-2", Decimal(7), Decimal(7)))
        with lab.open() as erp:
            found = erp.on_hand(["P-1"])
        assert sorted((row.on_hand, row.available) for row in found) == [
            (Decimal(5), Decimal(4)),
            (Decimal(7), Decimal(7)),
        ]
        assert len({row.warehouse for row in found}) == 2

    @suffering(*PASSING)
    @one("get", among=("stock",))
    def test_a_fault_that_passes_is_not_noticed(self, lab: Lab, fault: Fault) -> None:
        _stock(lab, Stock("P-1", "W-1", Decimal(1), Decimal(1)))
        with lab.open() as erp:
            erp.on_hand(["P-1"])
            lab.system.disturb(fault, times=2, calls="reads")
            assert [row.on_hand for row in erp.on_hand(["P-1"])] == [1]
        assert lab.system.suffered() == 2


def _stock(lab: Lab, *levels: Stock) -> None:
    """Stock, and the products it is of."""
    if any(offered.entity == "products" for offered in lab.subject.offers):
        lab.system.plant([specimen("products", sku) for sku in sorted({level.sku for level in levels})])
    lab.system.stock(levels)
