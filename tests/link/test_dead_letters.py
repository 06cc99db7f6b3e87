"""Dead letters: what dies, what is kept of it, and how it comes back to life."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from erplink import NotFound
from tests.cli.shell import erplink
from tests.link.company import PLAIN, Company, company

ROWS = (("1001", "C1", "2026-03-02 10:00", "M1", 10, "100.00"), ("1002", "C2", "2026-03-02 10:00", "M1", 1, "50.00"))


def shown(shop: Company) -> dict[str, int]:
    """The points on each customer record."""
    records = [each for each in shop.written() if each["form"] == "BD_Customer"]
    return {each["number"]: int(each["head"]["F_ERPL_Points"]) for each in records}


def test_a_write_that_is_refused_is_a_dead_letter_and_holds_up_nobody(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as shop, shop.link(PLAIN) as link:
        shop.arm({"kind": "waf", "operation": "Save"})
        report = link.sync()
        assert [done.dead for _, done in report.pushed] == [1]
        (letter,) = link.dead.list()
        assert (letter.operation, letter.error_group, letter.error) == ("customers.update", "skip", "Refused")
        assert letter.mapping == "kingdee 1"
        assert letter.message
        assert len(shown(shop)) == 1

        assert link.dead.replay(letter.id).id == letter.id
        assert link.dead.list() == []
        link.sync()
        assert shown(shop) == {"C1": 1000, "C2": 50}
        assert link.dead.get(letter.id).state == "resolved"


def test_a_letter_that_was_dropped_stays_readable_and_is_not_tried_again(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as shop, shop.link(PLAIN) as link:
        shop.arm({"kind": "waf", "operation": "Save"})
        link.sync()
        (letter,) = link.dead.list(system="kingdee")
        link.dead.drop(letter.id)
        link.sync()
        assert len(shown(shop)) == 1
        assert link.dead.get(letter.id).state == "dropped"
        with pytest.raises(NotFound, match="was dropped before"):
            link.dead.replay(letter.id)
        with pytest.raises(NotFound, match="there is no dead letter 99"):
            link.dead.get(99)


def test_a_newer_balance_resolves_the_letter_of_the_older_one(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as shop, shop.link(PLAIN) as link:
        shop.arm({"kind": "waf", "operation": "Save"})
        link.sync()
        (letter,) = link.dead.list()
        link.points.redeem(link.members.find(code=letter.target), 10, gift="GIFT-001", key="one")
        link.sync()
        assert link.dead.get(letter.id).state == "resolved"
        assert sum(shown(shop).values()) == 1040


def test_dead_letters_at_a_terminal(tmp_path: Path) -> None:
    where = ("--db", f"sqlite:///{tmp_path / 'books.db'}", "--space", "acme")
    with company(tmp_path, *ROWS) as shop, shop.link(PLAIN) as link:
        shop.arm({"kind": "waf", "operation": "Save"})
        link.sync()
    listed = erplink("dead", "list", *where, "--json", cwd=tmp_path)
    (letter,) = msgspec.json.decode(listed.out)
    assert (letter["state"], letter["attempts"]) == ("dead", 1)
    assert "customers.update" in erplink("dead", "list", *where, cwd=tmp_path).out
    assert letter["message"] in erplink("dead", "show", "1", *where, cwd=tmp_path).out
    assert erplink("dead", "replay", "1", *where, cwd=tmp_path).out == (
        "1 customers.update will be tried again by the next sync.\n"
    )
    again = erplink("dead", "drop", "1", *where, cwd=tmp_path)
    assert again.code == 4
    assert "was replayed before" in again.err
    assert erplink("dead", "list", *where, cwd=tmp_path).out == "No dead letters.\n"
