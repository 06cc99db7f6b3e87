"""What a company, its systems and its people are called by: a name that cannot be one is refused before anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from erplink import ConfigInvalid, FileInvalid, Inbox, Link, Message, Outbox, Store
from tests.link.company import company

NO_NAMES = ("", "\0", "a\nb", "\ud800", "x" * 121)


@pytest.mark.parametrize("space", NO_NAMES, ids=ascii)
def test_a_space_needs_a_name_that_can_be_printed(tmp_path: Path, space: str) -> None:
    with pytest.raises(ConfigInvalid, match="a name has 1 to 120 characters"):
        Link.open(f"sqlite:///{tmp_path / 'books.db'}", space=space)
    assert [*tmp_path.iterdir()] == []
    store = Store.open("sqlite://")
    for box in (Inbox, Outbox):
        with pytest.raises(ConfigInvalid, match="a name has 1 to 120 characters"):
            box(store, space=space)
    store.close()


@pytest.mark.parametrize("name", [*NO_NAMES, "~erp"], ids=ascii)
def test_a_system_needs_one_too_and_none_that_stands_for_an_errand(tmp_path: Path, name: str) -> None:
    with company(tmp_path) as erp, erp.connect() as opened, Link.open("sqlite://", space="公司") as link:
        with pytest.raises(ConfigInvalid, match="a name has 1 to 120 characters|begins with ~"):
            link.attach(name, opened)
        link.attach("金蝶 1", opened)


def test_nobody_is_found_by_nothing() -> None:
    with Link.open("sqlite://", space="acme") as link, pytest.raises(ConfigInvalid, match="give a code"):
        link.members.find()


@pytest.mark.parametrize("path", ["", "\0", "no such file"], ids=ascii)
def test_a_policy_file_that_is_none_is_refused(path: str) -> None:
    with (
        Link.open("sqlite://", space="acme") as link,
        pytest.raises(FileInvalid, match="the policy file cannot be read"),
    ):
        link.policies.publish(path)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (Message("mail", key="\ud800"), "its key holds half a character"),
        (Message("mail", key="k", payload={"points": float("nan")}), "its payload is not JSON"),
        (Message("mail", key="k", payload=[float("-inf")]), "its payload is not JSON"),
    ],
    ids=["half a character", "no number", "no end"],
)
def test_what_would_be_kept_as_something_else_is_refused(message: Message, why: str) -> None:
    store = Store.open("sqlite://")
    box = Outbox(store)
    with store.begin() as connection, pytest.raises(ConfigInvalid, match=why):
        box.put(connection, message)
    with store.begin() as connection:
        assert box.put(connection, Message("mail", key="k", payload={"note": None, "of": "null"})) == {"k"}
    store.close()
