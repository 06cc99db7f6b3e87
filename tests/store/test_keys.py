"""Keys of kept documents come in one order in every database, in pages of any size."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from erplink.model.documents import Customer, Key
from erplink.store import documents, keys
from erplink.store.cursors import Feed
from erplink.store.database import open_store

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FEED = Feed("acme", "erp", "customers")
NUMBERS = [str(number) for number in (1, 2, 9, 10, 11, 99, 100, 101, 1000, 20000)]
WORDS = ["B", "a", "ab", "Zz", "中", "中文", "é", "a-1", "A_1"]


def customer(number: str) -> Customer:
    return Customer(id=number, number=f"N{number}", name="", status="approved", version="1")


@pytest.mark.parametrize("ids", [NUMBERS, WORDS], ids=["numbers", "words"])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_cover_all_keys_once_in_the_order_of_their_place(database: str, ids: list[str], limit: int) -> None:
    store = open_store(database)
    ordered = sorted((Key(one, f"N{one}", "1") for one in ids), key=lambda key: key.place)
    with store.begin() as connection:
        documents.receive(connection, "acme", "erp", "customers", [customer(one) for one in ids], NOW)
        documents.receive(connection, "acme", "other", "customers", [customer("5")], NOW)
    with store.begin() as connection:
        found: list[Key] = []
        while page := keys.between(connection, FEED, found[-1].id if found else "", None, limit):
            found += page
        assert found == ordered
        for low in range(len(ordered)):
            for high in range(low, len(ordered)):
                bounds = (ordered[low].id, ordered[high].id)
                assert keys.between(connection, FEED, *bounds, limit) == ordered[low + 1 : high + 1][:limit]
    store.close()


def test_a_document_that_is_gone_is_left_out_until_it_comes_back(database: str) -> None:
    store = open_store(database)
    with store.begin() as connection:
        page = [customer("1"), customer("2")]
        documents.receive(connection, "acme", "erp", "customers", page, NOW)
        assert keys.vanish(connection, FEED, [Key("1", "N1", "another version")], NOW) == []
        assert keys.vanish(connection, FEED, [Key("1", "N1", "1")], NOW) == ["N1"]
        assert keys.vanish(connection, FEED, [Key("1", "N1", "1")], NOW) == []
        assert [key.id for key in keys.between(connection, FEED, "", None, 9)] == ["2"]
        assert documents.count(connection, "acme") == {"customers": 1}
        again = documents.receive(connection, "acme", "erp", "customers", page, NOW)
        assert [cast("Customer", one).id for one in again.fresh] == ["1"]
        assert keys.of(connection, FEED, ["1", "3"]) == {"1": Key("1", "N1", "1")}
    store.close()
