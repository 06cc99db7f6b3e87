"""Two ordered streams of keys: what the walk finds is what sets would find."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ProtocolBroken
from erplink.model.documents import Key
from erplink.sync.joining import Different, Extra, Finding, Missing, merge_join

IDS = st.one_of(st.integers(0, 120).map(str), st.text("aB中", max_size=3))
KEYS = st.dictionaries(IDS, st.tuples(st.sampled_from("AB"), st.sampled_from("12")), max_size=30).map(
    lambda found: sorted((Key(each, *rest) for each, rest in found.items()), key=lambda key: key.place)
)


def turned(finding: Finding) -> Finding:
    match finding:
        case Missing(key):
            return Extra(key)
        case Extra(key):
            return Missing(key)
        case Different(left, right):
            return Different(right, left)


@given(KEYS, KEYS)
def test_it_finds_what_sets_find_in_order(left: list[Key], right: list[Key]) -> None:
    one, other = {key.id: key for key in left}, {key.id: key for key in right}
    expected: dict[str, Finding] = {
        **{each: Missing(one[each]) for each in one.keys() - other.keys()},
        **{each: Extra(other[each]) for each in other.keys() - one.keys()},
        **{each: Different(one[each], other[each]) for each in one.keys() & other.keys() if one[each] != other[each]},
    }
    places = {each: (one.get(each) or other[each]).place for each in expected}
    assert list(merge_join(left, right)) == [expected[each] for each in sorted(expected, key=lambda each: places[each])]


@given(KEYS, KEYS)
def test_left_and_right_are_only_names(left: list[Key], right: list[Key]) -> None:
    assert [turned(each) for each in merge_join(left, right)] == list(merge_join(right, left))


@given(KEYS)
def test_equal_streams_differ_in_nothing(keys: list[Key]) -> None:
    assert list(merge_join(keys, iter(keys))) == []


@given(KEYS.filter(lambda keys: len(keys) > 1), st.data(), st.booleans())
def test_a_stream_out_of_order_is_noticed(keys: list[Key], data: st.DataObject, on_the_left: bool) -> None:  # noqa: FBT001
    place = data.draw(st.integers(1, len(keys) - 1))
    twisted = [*keys[:place], keys[data.draw(st.integers(0, place - 1))], *keys[place:]]
    with pytest.raises(ProtocolBroken, match="out of order"):
        list(merge_join(twisted, keys) if on_the_left else merge_join(keys, twisted))


def test_it_holds_one_key_of_either_stream() -> None:
    asked: list[int] = []

    def numbers(step: int) -> Iterator[Key]:
        for number in range(0, 10**9, step):
            asked.append(number)
            yield Key(str(number), "", "")

    found = list(islice(merge_join(numbers(1), numbers(2)), 1000))
    assert [each for each in found if not isinstance(each, Missing)] == []
    assert max(asked) < 2 * 1000 + 4
