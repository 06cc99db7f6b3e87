"""The records of the shop, and tables of them by id, by number and by time of modification."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import frozen
from msgspec import Struct

from erplink.testing.worlds.shop.catalogue import Cells, Form

FIRST_ID = 1001
FIRST_LINE = 50001
Stamped = tuple[datetime, int]
"""When a record was changed, and its id."""


class Record(Struct, frozen=True, gc=False):
    """One record: what every one has, the cells of its head, and those of each line."""

    id: int
    number: str
    updated_at: datetime
    version: int
    head: Cells
    lines: tuple[Cells, ...] = ()


@frozen
class Wanted:
    """Which records are asked for. ``since`` is the first stamp wanted, ``until`` the first that is not."""

    since: datetime | None = None
    until: datetime | None = None
    above: int = 0
    number: str = ""


class Table:
    """All records of one form."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.records: dict[int, Record] = {}
        self.by_number: dict[str, int] = {}
        self.ids: list[int] = []
        self.stamps: list[Stamped] = []
        self.next_id = FIRST_ID
        self.next_line = FIRST_LINE
        self._serial = 0

    def __iter__(self) -> Iterator[Record]:
        return (self.records[at] for at in self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, number: str) -> Record | None:
        """The record of this number."""
        at = self.by_number.get(number)
        return None if at is None else self.records[at]

    def lookup(self, reference: str) -> Record | None:
        """The record of this number or, where there is none, of this id."""
        found = self.find(reference)
        if found is None and reference.isascii() and reference.isdigit():
            return self.records.get(int(reference))
        return found

    def put(self, record: Record) -> None:
        """Insert or replace by id."""
        known = self.records.get(record.id)
        if known is None:
            insort(self.ids, record.id)
        else:
            self._forget(known)
        self.records[record.id] = record
        self.by_number[record.number] = record.id
        insort(self.stamps, (record.updated_at, record.id))
        self.next_id = max(self.next_id, record.id + 1)
        entries = [line["id"] for line in record.lines if isinstance(line.get("id"), int)]
        self.next_line = max([self.next_line, *(entry + 1 for entry in entries)])

    def remove(self, at: int) -> Record | None:
        """Take out a record; the one that was there."""
        known = self.records.pop(at, None)
        if known is not None:
            self._forget(known)
            del self.ids[bisect_left(self.ids, at)]
        return known

    def free_number(self) -> str:
        """The next automatic number that is not taken."""
        while True:
            self._serial += 1
            number = f"{self.form.prefix}{self._serial:06d}"
            if number not in self.by_number:
                return number

    def by_id(self, wanted: Wanted) -> Sequence[int]:
        """The ids of what is wanted, ascending."""
        if wanted.number or wanted.since is not None or wanted.until is not None:
            return sorted(at for _, at in self.by_time(wanted))
        return self.ids[bisect_left(self.ids, wanted.above + 1) :] if wanted.above else self.ids

    def by_time(self, wanted: Wanted) -> Sequence[Stamped]:
        """The stamps and ids of what is wanted, by stamp and id."""
        low = 0 if wanted.since is None else bisect_left(self.stamps, (wanted.since, 0))
        high = len(self.stamps) if wanted.until is None else bisect_left(self.stamps, (wanted.until, 0))
        if wanted.number:
            found = self.find(wanted.number)
            place = None if found is None else bisect_left(self.stamps, (found.updated_at, found.id))
            stamped = [self.stamps[place]] if place is not None and low <= place < high else []
        elif (low, high) == (0, len(self.stamps)):
            stamped = self.stamps
        else:
            stamped = self.stamps[low:high]
        return [one for one in stamped if one[1] > wanted.above] if wanted.above else stamped

    def _forget(self, known: Record) -> None:
        del self.stamps[bisect_left(self.stamps, (known.updated_at, known.id))]
        if self.by_number.get(known.number) == known.id:
            del self.by_number[known.number]


def tables(forms: Mapping[str, Form]) -> Mapping[str, Table]:
    """One empty table for each form."""
    return {name: Table(form) for name, form in forms.items()}
