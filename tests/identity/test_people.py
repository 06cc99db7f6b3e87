from __future__ import annotations

import pytest

from erplink.identity.people import Claim, Doubt, Known, clean_phone, new_person, resolve


def test_one_unionid_under_two_codes_is_one_person() -> None:
    found = resolve("acme", Claim("erp", "C2", unionid="u1"), Known(by_unionid="p1", unionids={"p1": "u1"}))
    assert (found.person, found.absorbed, found.doubts) == ("p1", "", ())


def test_a_unionid_that_arrives_late_joins_two_people_that_were_known_apart() -> None:
    known = Known(by_code="p2", by_unionid="p1", unionids={"p1": "u1"})
    found = resolve("acme", Claim("erp", "C2", unionid="u1"), known)
    assert (found.person, found.absorbed) == ("p1", "p2")


def test_a_code_that_shows_another_unionid_stays_who_it_was_and_is_listed() -> None:
    known = Known(by_code="p2", by_unionid="p1", unionids={"p1": "u1", "p2": "u2"})
    found = resolve("acme", Claim("erp", "C2", unionid="u1"), known)
    assert (found.person, found.absorbed, found.attach_unionid) == ("p2", "", False)
    assert found.doubts == (Doubt("unionid_changed", "C2", "p2"),)


@pytest.mark.parametrize(
    ("unionid", "theirs", "kind"),
    [("u2", "u1", "same_phone_other_unionid"), ("", "u1", "same_phone_not_proved"), ("", "", "same_phone_not_proved")],
)
def test_a_phone_in_the_erp_merges_nobody(unionid: str, theirs: str, kind: str) -> None:
    known = Known(by_phone=("p1",), unionids={"p1": theirs} if theirs else {})
    found = resolve("acme", Claim("erp", "C2", unionid=unionid, phone="+8613912345678"), known)
    assert found.person == new_person("acme", "erp", "C2")
    assert [doubt.kind for doubt in found.doubts] == [kind]


def test_a_claim_never_shows_what_it_knows_of_a_person() -> None:
    claim = Claim("erp", "C2", name="王小明", unionid="o6_secret", phone="+8613912345678")
    assert not any(text in repr(claim) for text in ("王小明", "o6_secret", "13912345678"))


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("１３９-1234 5678", "+8613912345678"),
        ("0086 139 1234 5678", "+8613912345678"),
        ("+86-13912345678", "+8613912345678"),
        ("138****8000", ""),
        ("11111111111", ""),
        ("n/a", ""),
        ("", ""),
    ],
)
def test_phones_are_cleaned_or_left_out(typed: str, clean: str) -> None:
    assert clean_phone(typed) == clean
