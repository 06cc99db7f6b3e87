"""Two ordered streams of keys, walked side by side. Pure; holds one key of either stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from erplink.errors import ProtocolBroken
from erplink.model.documents import Key


@frozen
class Missing:
    """Only the left stream has it."""

    key: Key


@frozen
class Extra:
    """Only the right stream has it."""

    key: Key


@frozen
class Different:
    """Both have it, in other versions or under other numbers."""

    left: Key
    right: Key


Finding = Missing | Extra | Different


def merge_join(left: Iterable[Key], right: Iterable[Key]) -> Iterator[Finding]:
    """What differs between two streams in the order of ``Key.place``, in that order.

    Raises ``ProtocolBroken`` when a stream is out of order or gives a key twice.

    >>> list(merge_join([Key("1", "A", "x"), Key("2", "B", "x")], [Key("2", "B", "y")]))
    [Missing(key=Key(id='1', number='A', version='x')), Different(left=Key(id='2', number='B', version='x'), \
right=Key(id='2', number='B', version='y'))]
    """
    lefts, rights = _ordered(left, "left"), _ordered(right, "right")
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if one is not None and (other is None or one.place < other.place):
            yield Missing(one)
            one = next(lefts, None)
        elif other is not None and (one is None or other.place < one.place):
            yield Extra(other)
            other = next(rights, None)
        elif one is not None and other is not None:
            if one != other:
                yield Different(one, other)
            one, other = next(lefts, None), next(rights, None)


def _ordered(keys: Iterable[Key], side: str) -> Iterator[Key]:
    last: Key | None = None
    for key in keys:
        if last is not None and key.place <= last.place:
            raise ProtocolBroken(
                f"the {side} keys are out of order: {key.id!r} comes after {last.id!r}",
                where="reconcile",
                next_step="give keys by length and then by text, each once",
            )
        last = key
        yield key
