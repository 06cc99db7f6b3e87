"""Which purchase a return takes from, whatever the order of arrival."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.loyalty.matching import Matching, match_returns
from erplink.model.facts import ReturnFact, ReturnFactLine, SaleFact, SaleFactLine
from tests.loyalty.shop import at, back, line, order, returned, sale


def matched(*facts: SaleFact | ReturnFact, review: bool = False) -> Matching:
    sales = [fact for fact in facts if isinstance(fact, SaleFact)]
    returns = [fact for fact in facts if isinstance(fact, ReturnFact)]
    return match_returns(sales, returns, clock="completed_at", unreferenced="review" if review else "match")


def took(found: Matching) -> list[tuple[str, int, str]]:
    return [(take.sale.number, take.sale_line, str(take.qty)) for take in found.takes]


def left(found: Matching) -> list[tuple[str, str, int]]:
    return [(rest.reason, str(rest.qty), rest.amount) for rest in found.unmatched]


def bought(number: str, day: int, qty: int, sku: str = "M1") -> SaleFact:
    return sale(number, at(day), line(1, sku, qty, qty * 10))


def test_the_newest_purchase_that_keeps_enough_for_the_whole_line_is_taken() -> None:
    found = matched(bought("1", 1, 9), bought("2", 2, 5), bought("3", 3, 2), returned("r", at(9), ("M1", 5)))
    assert took(found) == [("2", 1, "5")]


def test_without_one_that_is_enough_the_newest_go_first() -> None:
    found = matched(bought("1", 1, 3), bought("2", 2, 5), bought("3", 3, 2), returned("r", at(9), ("M1", 6)))
    assert sorted(took(found)) == [("2", 1, "4"), ("3", 1, "2")]
    assert found.unmatched == ()


def test_what_was_bought_too_little_is_listed_with_quantity_and_amount() -> None:
    found = matched(bought("1", 1, 2), returned("r", at(9), ("M1", 5), amount=100))
    assert took(found) == [("1", 1, "2")]
    assert left(found) == [("bought_too_little", "3", 6000)]
    assert [take.stated for take in found.takes] == [4000]


def test_a_purchase_at_the_same_moment_or_later_is_no_candidate() -> None:
    assert left(matched(bought("1", 9, 5), returned("r", at(9), ("M1", 1)))) == [("never_bought", "1", 0)]
    assert left(matched(bought("1", 10, 5), returned("r", at(9), ("M1", 1)))) == [("never_bought", "1", 0)]


def test_of_one_moment_the_higher_document_then_the_higher_line_is_newer() -> None:
    twice = sale("2", at(1), line(1, "M1", 1, 10), line(2, "M1", 1, 10))
    found = matched(twice, sale("1", at(1), line(1, "M1", 1, 10)), returned("r", at(9), ("M1", 1)))
    assert took(found) == [("2", 2, "1")]


def test_free_goods_are_no_candidate_and_another_sku_neither() -> None:
    gift = sale("1", at(1), line(1, "M1", 5, 0))
    assert left(matched(gift, returned("r", at(9), ("M1", 1)))) == [("free", "1", 0)]
    assert left(matched(bought("1", 1, 5, "M2"), returned("r", at(9), ("M1", 1)))) == [("never_bought", "1", 0)]


def test_a_return_that_names_its_order_takes_first_even_when_it_is_later() -> None:
    named = returned("b", at(9), ("M1", 2), of="1")
    other = returned("a", at(5), ("M1", 2))
    found = matched(bought("1", 1, 2), named, other)
    assert [(take.document.number, take.sale.number) for take in found.takes] == [("b", "1")]
    assert left(found) == [("bought_too_little", "2", 0)]


def test_a_named_line_is_found_by_its_reference_and_else_by_its_sku() -> None:
    twice = sale("1", at(1), line(1, "M1", 2, 10), line(2, "M1", 2, 0), line(3, "M1", 2, 30))
    by_ref = ReturnFact(back("r"), "1", (ReturnFactLine(1, "M1", Decimal(1), 0, order="1", order_line="e2"),), at(9))
    assert took(matched(twice, by_ref)) == [("1", 2, "1")]
    assert took(matched(twice, returned("r", at(9), ("M1", 1), of="1"))) == [("1", 3, "1")]


@pytest.mark.parametrize(
    ("of", "sku", "qty", "reason", "rest"),
    [("7", "M1", 1, "unknown_order", "1"), ("1", "M9", 1, "unknown_line", "1"), ("1", "M1", 3, "over_return", "1")],
)
def test_a_named_return_that_cannot_be_matched_says_why(of: str, sku: str, qty: int, reason: str, rest: str) -> None:
    found = matched(bought("1", 1, 2), bought("2", 2, 9), returned("r", at(9), (sku, qty), of=of))
    assert left(found) == [(reason, rest, 0)]
    assert all(take.sale == order("1") for take in found.takes)


def test_a_return_known_before_its_order_is_applied_when_the_order_comes() -> None:
    early = returned("r", at(9), ("M1", 1), of="1")
    assert left(matched(early)) == [("unknown_order", "1", 0)]
    assert took(matched(early, bought("1", 1, 2))) == [("1", 1, "1")]


def test_services_and_lines_without_quantity_are_listed_not_dropped() -> None:
    lines = (
        ReturnFactLine(1, "POST", Decimal(1), 1500, kind="service"),
        ReturnFactLine(2, "M1", Decimal(0), 700),
    )
    found = matched(bought("1", 1, 2), ReturnFact(back("r"), "1", lines, at(9)))
    assert left(found) == [("service", "1", 1500), ("no_quantity", "0", 700)]


def test_review_takes_nothing_back() -> None:
    named = returned("n", at(9), ("M1", 1), of="1")
    found = matched(bought("1", 1, 5), returned("r", at(9), ("M1", 1), amount=10), named, review=True)
    assert left(found) == [("review", "1", 1000)]
    assert [take.document.number for take in found.takes] == ["n"]


SALES = st.lists(st.tuples(st.integers(1, 6), st.sampled_from("XY"), st.integers(1, 5)), max_size=6)
RETURNS = st.lists(
    st.tuples(st.integers(1, 8), st.sampled_from("XY"), st.integers(1, 5), st.sampled_from(["", "", "0", "1"])),
    max_size=6,
)


@given(SALES, RETURNS)
def test_arrival_order_does_not_matter_and_no_unit_is_matched_twice(
    sold: list[tuple[int, str, int]], came_back: list[tuple[int, str, int, str]]
) -> None:
    sales = [
        sale(str(n), at(day), SaleFactLine(1, sku, Decimal(qty), qty * 100)) for n, (day, sku, qty) in enumerate(sold)
    ]
    returns = [returned(str(n), at(day), (sku, qty), of=of) for n, (day, sku, qty, of) in enumerate(came_back)]
    found = match_returns(sales, returns, clock="completed_at")
    assert match_returns(sales[::-1], returns[::-1], clock="completed_at") == found
    for each in sales:
        assert sum(take.qty for take in found.takes if take.sale == each.source) <= each.lines[0].qty
    for document in returns:
        parts = [take.qty for take in found.takes if take.document == document.source]
        rest = [each.qty for each in found.unmatched if each.document == document.source]
        assert sum(parts) + sum(rest) == document.lines[0].qty
