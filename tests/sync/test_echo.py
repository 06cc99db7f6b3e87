"""What a pulled version is: our own write coming back, or news."""

# ruff: noqa: ANN401, FBT001 - values of any type

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from erplink.model.documents import Customer, Scalar
from erplink.store.echoes import Echo
from erplink.sync.echo import Verdict, judge, like

KEPT = Customer(id="1", number="C1", name="Ann", status="approved", version="1", phone="1", custom={"points": 5})


def came(**changed: Any) -> Customer:
    return msgspec.structs.replace(KEPT, version="2", **changed)


def wrote(number: int, **changes: Scalar) -> Echo:
    return Echo("erp", "customers", "C1", f"k{number}", changes, id=number)


def test_a_version_that_differs_by_what_we_wrote_is_an_echo_and_the_write_is_seen() -> None:
    echo = wrote(7, name="Bob", points=9)
    version = came(name="BOB ", custom={"points": "9"})
    fields = frozenset({"name", "points"})
    assert judge(KEPT, version, [echo], read_after=0) == Verdict(is_echo=True, seen=(echo,), fields=fields)


def test_another_field_or_another_value_makes_it_news() -> None:
    echo = wrote(7, name="Bob")
    assert not judge(KEPT, came(name="Bob", phone="2"), [echo], 7).is_echo
    assert not judge(KEPT, came(name="Eve"), [echo], 7).is_echo
    assert not judge(KEPT, came(name="Bob", custom={"points": 6}), [echo], 7).is_echo
    assert not judge(None, came(name="Bob"), [echo], 7).is_echo


def test_a_stamp_that_moves_with_our_write_is_no_news() -> None:
    assert judge(KEPT, came(), [wrote(7, points=5)], 0).is_echo


def test_a_version_that_may_be_older_than_the_write_leaves_it_to_be_seen() -> None:
    echo = wrote(7, name="Bob")
    assert judge(KEPT, came(phone="2"), [echo], read_after=6).seen == ()
    assert judge(KEPT, came(phone="2"), [echo], read_after=7).seen == (echo,)


def test_writes_are_seen_in_the_order_in_which_they_were_done() -> None:
    first, second = wrote(7, name="Bob"), wrote(8, name="Eve")
    assert judge(KEPT, came(name="Bob"), [first, second], 0).seen == (first,)
    assert judge(KEPT, came(name="Eve"), [first, second], 0).seen == (first, second)


@pytest.mark.parametrize(
    ("shown", "written", "same"),
    [
        ("王　芳", "王 芳", True),
        ("１３９", "139", True),
        (None, "", True),
        ("true", True, True),
        ("a very long na", "a very long name", True),
        ("a very", "a very long name", False),
        ("", "Ann", False),
        ("NaN", "nan", True),
        ("12.50", 12.5, True),
        ("12.51", "12.5", False),
    ],
)
def test_a_system_may_keep_a_value_in_a_form_of_its_own(shown: Any, written: Any, same: bool) -> None:
    assert like(shown, written) is same
