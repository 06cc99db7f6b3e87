"""Single documents and keys, by going through the files. Plain functions over the folder."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import closing

from erplink.erp.files.census import Census
from erplink.erp.files.folder import Folder
from erplink.erp.files.opened import numbers, open_pair
from erplink.erp.files.plan import FilePlan, Pair
from erplink.erp.files.table import Damaged
from erplink.errors import ErplinkError, NotFound
from erplink.model.documents import Document, Key

_KEYS = 100_000
"""Keys held at once: the files are gone through once for so many of them."""
_STRETCH = 1000


def found_one(folder: Folder, plan: FilePlan, number: str) -> Document:
    """A document by its number, from the last file that has it; what is damaged has none.

    Raises ``NotFound``, ``ShapeChanged``, ``FileInvalid``.
    """
    for pair in reversed(plan.pairs(folder)):
        found = _in_file(folder, plan, pair, number)
        if isinstance(found, ErplinkError):
            raise found
        if found is not None:
            return found
    raise NotFound(
        f"there is no {number!r} among the {plan.entity}",
        where=plan.mapped.mapping.source,
        next_step="check the number, and whether the file that has it is there",
    )


def _in_file(folder: Folder, plan: FilePlan, pair: Pair, number: str) -> Document | ErplinkError | None:
    try:
        with closing(open_pair(folder, plan, pair)) as opened:
            groups = (group for group in opened.found if group.number == number)
            wanted = [(group, opened.lines_of(group)) for group in groups]
            apart = len(wanted) > 1
            for outcome in opened.reader.read(wanted[:1], lambda _: apart):
                return opened.broken(outcome).error if outcome.document is None else outcome.document
    except Damaged:
        return None
    return None


def found_keys(folder: Folder, plan: FilePlan, after: str) -> tuple[Key, ...]:
    """The next keys behind an id, in the order of ``Key.place``. Raises ``FileInvalid`` for a file that is damaged."""
    pairs = plan.pairs(folder)
    census = Census()
    try:
        for pair in pairs:
            census.add(numbers(folder, plan, pair))
        census.close()
        place = Key(after, "", "").place
        found = (key for key in _keys(folder, plan, pairs, census) if not after or key.place > place)
        return tuple(heapq.nsmallest(_KEYS, found, key=lambda key: key.place))
    except Damaged as damaged:
        raise damaged.error from damaged


def _keys(folder: Folder, plan: FilePlan, pairs: list[Pair], census: Census) -> Iterator[Key]:
    for place, pair in enumerate(pairs):
        with closing(open_pair(folder, plan, pair)) as opened:
            finished = False
            while not finished:
                chunk = opened.take(folder, _STRETCH, lambda _: False)
                finished = chunk.finished
                if chunk.damaged is not None:
                    raise Damaged(chunk.damaged)
                for one in chunk.outcomes:
                    if one.group.rows and one.group.number and not census.is_superseded(place, one.group.number):
                        yield opened.reader.key(one)
