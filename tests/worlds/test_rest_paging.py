"""Lists by every kind of paging: whole when nothing changes, and wrong in the known ways when something does."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args
from urllib.parse import urljoin

import pytest

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.rest import RestWorld, house
from erplink.testing.worlds.rest.settings import Paging
from erplink.testing.worlds.shop import Shop
from tests.worlds.rest_calls import Client, calling

PAGINGS: tuple[Paging, ...] = get_args(Paging)
NAMES = [f"N{place:02d}" for place in range(47)]


def open_house(paging: Paging, **changed: Any) -> RestWorld:  # noqa: ANN401 - any setting
    return house("modern", auth="none", paging=paging, page_limit=10, **changed)


@pytest.mark.parametrize("paging", PAGINGS)
@pytest.mark.parametrize("steady", [True, False])
def test_every_record_comes_once_in_order_and_the_size_is_clipped(paging: Paging, *, steady: bool) -> None:
    with calling(open_house(paging, steady=steady)) as client:
        client.plant(*NAMES)
        for sort, size in product(("id", "updated_at,id"), (7, 10, 47, 500)):
            pages = list(client.pages("orders", size, sort=sort))
            assert [record["number"] for page in pages for record in page] == NAMES
            assert max(len(page) for page in pages) == min(size, 10)
            assert client.numbers("returns", size, sort=sort) == []


@pytest.mark.parametrize("paging", ["next_link", "link_header"])
def test_links_are_relative_or_in_full(paging: Paging) -> None:
    for absolute in (True, False):
        with calling(open_house(paging, absolute=absolute)) as client:
            client.plant(*NAMES)
            reply = client.http.get("orders", params={"size": 5, "number": ""})
            found = reply.links["next"]["url"] if paging == "link_header" else reply.json()["next"]
            in_full = absolute or paging == "link_header"
            assert found.startswith(client.running.url if in_full else "/api/orders?")
            assert "size=5" in found


def test_a_list_asked_for_by_post_is_the_same_and_its_links_can_be_gotten() -> None:
    with calling(open_house("next_link")) as client:
        client.plant(*NAMES)
        first = client.http.post("orders/query", json={"size": 5, "sort": "id"}).json()
        assert first == client.http.get("orders", params={"size": 5, "sort": "id"}).json()
        assert [
            one["number"] for one in client.http.get(urljoin(client.running.url, first["next"])).json()["items"]
        ] == NAMES[5:10]


def overtaken(client: Client, **query: str) -> list[str]:
    """What is seen while the first record of the first page is deleted after it came."""
    found: list[str] = []
    for page in client.pages("orders", 10, **query):
        if not found:
            client.do("remove", {"entity": "orders", "number": "N00"})
        found += [record["number"] for record in page]
    return found


@pytest.mark.parametrize(
    ("paging", "steady", "loses"),
    [
        ("page", True, True),
        ("offset", True, True),
        ("range", True, True),
        ("cursor", False, True),
        ("cursor", True, False),
        ("link_header", True, False),
    ],
)
def test_offsets_shift_under_a_deletion_and_cursors_do_not(paging: Paging, *, steady: bool, loses: bool) -> None:
    with calling(open_house(paging, steady=steady)) as client:
        client.plant(*NAMES)
        assert ("N10" not in overtaken(client)) is loses


def test_a_change_moves_a_record_to_the_end_of_a_list_by_time() -> None:
    with calling(open_house("cursor")) as client:
        client.plant(*NAMES)
        client.do("clock", {"ahead": 5})
        client.do("edit", {"entity": "orders", "number": "N03", "head": {"remark": "改"}})
        assert client.numbers("orders", 10, sort="updated_at,id") == [*NAMES[:3], *NAMES[4:], "N03"]
        assert client.numbers("orders", 10, sort="id") == NAMES


def test_filters_by_time_number_and_id_hold_together() -> None:
    with calling(open_house("offset", times="utc")) as client:
        for place, stamp in enumerate(("2026-01-01T08:00:00+08:00", "2026-01-02T08:00:00+08:00")):
            client.plant(f"A{place}", f"B{place}", updated_at=stamp)
        since = {"updated_from": "2026-01-02T00:00:00Z"}
        assert client.numbers("orders", 5, **since) == ["A1", "B1"]
        assert client.numbers("orders", 5, updated_to="2026-01-02T00:00:00Z") == ["A0", "B0"]
        assert client.numbers("orders", 5, **since, number="B1") == ["B1"]
        assert client.numbers("orders", 5, **since, number="B0") == []
        [first] = client.http.get("orders", params={"number": "A1"}).json()["items"]
        assert client.numbers("orders", 5, **since, id_above=first["id"]) == ["B1"]
        assert client.numbers("orders", 5, id_above=first["id"], sort="updated_at,id") == ["B1"]


def test_a_range_ends_where_the_next_begins_and_none_begins_behind_the_end() -> None:
    with calling(house("typed")) as client:
        client.plant(*NAMES[:5])
        reply = client.http.get("orders", headers={"range": "records=0-3"})
        assert (reply.status_code, reply.headers["content-range"]) == (200, "records 0-3/5")
        reply = client.http.get("orders", headers={"range": "records=3-9"})
        assert (len(reply.json()), reply.headers["content-range"]) == (2, "records 3-5/5")
        reply = client.http.get("orders", headers={"range": "records=5-9"})
        assert (reply.status_code, reply.headers["content-range"]) == (416, "records */5")


@pytest.mark.parametrize("total", [True, False])
def test_how_many_there_are_is_told_where_the_house_tells_it(*, total: bool) -> None:
    with calling(house("classic", auth="none", total=total)) as client:
        client.plant(*NAMES)
        assert client.data(client.http.get("orders?page=2&size=20")).get("total") == (47 if total else None)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("offset=3", "offset"),
        ("size=0", "size"),
        ("size=ten", "size"),
        ("sort=name", "name"),
        ("cursor=%25%25", "游标"),
        ("cursor=bm8", "游标"),
        ("updated_from=yesterday", "updatedfrom"),
        ("udpated_from=2026-01-01", "udpated_from"),
    ],
)
def test_what_cannot_be_understood_is_named(query: str, word: str) -> None:
    with calling(open_house("cursor")) as client:
        reply = client.http.get(f"orders?{query}")
        assert (reply.status_code, word in reply.json()["message"]) == (400, True)


def test_a_link_may_lead_elsewhere_and_a_cursor_in_a_circle() -> None:
    with calling(open_house("next_link")) as client:
        client.plant(*NAMES)
        client.do("faults", {"kind": "foreign_link"})
        assert client.http.get("orders").json()["next"].startswith("http://elsewhere.invalid/api/orders?")
        assert client.http.get("orders").json()["next"].startswith("/api/orders?")
    with calling(open_house("cursor")) as client:
        client.plant(*NAMES)
        client.do("faults", {"kind": "repeat_page", "next": 9, "skip": 1})
        first = client.http.get("orders?size=5").json()
        second, third = (
            client.http.get("orders", params={"size": 5, "cursor": first["next_cursor"]}).json() for _ in range(2)
        )
        assert second == third
        assert second["next_cursor"] == first["next_cursor"]
        assert client.ask("stats")["faults"] == {"repeat_page": 2}


def test_a_next_page_has_to_have_a_place() -> None:
    with pytest.raises(ConfigInvalid, match="no place"):
        house("typed", paging="cursor")
    with pytest.raises(ConfigInvalid, match="modern, classic, signed, typed"):
        house("ancient", Shop())
