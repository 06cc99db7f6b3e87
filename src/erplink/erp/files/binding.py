"""Which column of a file is which: headings found, missing ones told with what they may have been meant to be."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from erplink.erp.files.columns import Column
from erplink.erp.files.table import LOOKED_AT, Table, headings_of
from erplink.erp.files.texts import TITLES
from erplink.errors import FileInvalid

_NEAR = 0.6


@frozen
class Binding:
    """Where each column stands in a row, by its key; one that may be missing and is has no place.

    ``wide`` is how many columns the file has, with those that a report has added behind.
    """

    at: Mapping[str, int]
    headings: tuple[str, ...]
    wide: int

    @property
    def width(self) -> int:
        """How many columns of its own it has."""
        return len(self.headings)


def bound(table: Table, columns: Sequence[Column]) -> Binding:
    """The places of the columns.

    Raises ``FileInvalid`` for one that is missing or there twice: file, row, and headings that come near. Others are
    not shown, because what stands in the place of headings may be somebody's data.
    """
    headings = own(table.headings)
    found: dict[str, int] = {}
    for column in columns:
        places = [place for name in column.names for place in _places(headings, name)]
        if len(places) > 1 and len({headings[place] for place in places}) < len(places):
            listed = " and ".join(str(place + 1) for place in places)
            what = f"two columns are called {headings[places[0]]!r}: columns {listed}"
            raise FileInvalid(what, where=_where(table), next_step="rename one of them, or take it out")
        if places:
            found[column.key] = places[0]
        elif column.needed:
            raise _missing(table, column, columns)
    return Binding(found, headings, len(table.headings))


def own(headings: Sequence[str]) -> tuple[str, ...]:
    """Headings without those that a report has added behind."""
    for titles in TITLES.values():
        for place in range(len(headings) - len(titles) + 1):
            if tuple(headings[place : place + len(titles)]) == titles:
                return tuple(headings[:place])
    return tuple(headings)


def near(name: str, headings: Iterable[str]) -> str:
    """The heading that comes nearest, if any does: the same but for full width and blanks, or nearly the same."""
    there = [heading for heading in headings if heading]
    same = [heading for heading in there if _plain(heading) == _plain(name)]
    close = same or difflib.get_close_matches(name, there, n=1, cutoff=_NEAR)
    return close[0] if close else ""


def _plain(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _places(headings: Sequence[str], name: str) -> list[int]:
    wanted = " ".join(name.split())
    return [place for place, heading in enumerate(headings) if heading == wanted]


def _missing(table: Table, column: Column, columns: Sequence[Column]) -> FileInvalid:
    named = " or ".join(repr(name) for name in column.names)
    what = f"no column is called {named}"
    elsewhere = _elsewhere(table, columns)
    if elsewhere:
        return FileInvalid(
            what, where=_where(table), next_step=f"row {elsewhere} has the headings: write header = {elsewhere}"
        )
    like = next((found for name in column.names if (found := near(name, table.headings))), "")
    if like:
        step = f"did you mean {like!r}? Correct the heading, or name this one too in the manifest"
    else:
        step = "correct the heading, name the file's own in the manifest, or move the file away if it is another one"
    return FileInvalid(what, where=_where(table), next_step=step)


def _elsewhere(table: Table, columns: Sequence[Column]) -> int:
    """The row that has more of the headings than the one where they should be; 0 for none."""
    wanted = {" ".join(name.split()) for column in columns for name in column.names}
    here = len(wanted.intersection(table.headings))
    rows = [*table.first]
    for _, row in zip(range(LOOKED_AT), table.rows, strict=False):
        rows.append(row)
    counts = {row: len(wanted.intersection(headings_of(cells))) for row, cells in rows}
    best = max(counts, key=lambda row: counts[row], default=0)
    return best if counts.get(best, 0) > here else 0


def _where(table: Table) -> str:
    return f"{table.name}, row {table.header}"
