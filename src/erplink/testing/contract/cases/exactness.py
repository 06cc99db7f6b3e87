"""Amounts and quantities are exact to the last digit."""

from __future__ import annotations

from decimal import Decimal

from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import COUNTED, each, one
from erplink.testing.contract.specimens import amount_of, crowd, specimen

FIGURES = (
    "0",
    "0.1",
    "19.90",
    "2.500000",
    "-19.90",
    "-0.01",
    "0.0000000001",
    "99999999.99",
    "9007199254740993",
    "12345678901234.123456",
    "0.1234567891",
)


class TestExactness(Case):
    """No figure passes through a binary fraction."""

    @each("list", among=COUNTED)
    def test_figures_come_to_the_last_digit(self, lab: Lab, entity: Entity) -> None:
        figures = [Decimal(figure) for figure in FIGURES]
        fitting = [figure for figure in figures if _places(figure) <= lab.shape(entity).places]
        lab.system.plant([specimen(entity, f"N{n:04d}", amount=figure) for n, figure in enumerate(fitting)])
        with lab.open() as erp:
            found = {document.number: amount_of(document) for document in erp.of(entity).list()}
        assert found == {f"N{n:04d}": figure for n, figure in enumerate(fitting)}
        assert all(isinstance(figure, Decimal) for figure in found.values())

    @one("list", among=COUNTED)
    def test_a_tenth_and_a_fifth_are_three_tenths(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "A", amount=Decimal("0.1")), specimen(entity, "B", amount=Decimal("0.2"))])
        with lab.open() as erp:
            assert sum(amount_of(document) for document in erp.of(entity).list()) == Decimal("0.3")

    @one("list", among=COUNTED)
    def test_a_sum_over_many_is_exact(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 60, amount=Decimal("0.07")))
        with lab.open() as erp:
            assert sum(amount_of(document) for document in erp.of(entity).list()) == Decimal("4.20")


def _places(figure: Decimal) -> int:
    exponent = figure.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
