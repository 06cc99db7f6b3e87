"""What somebody does in the shop itself, whatever a rule says: the deeds of the control door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from erplink.testing.worlds.shop.books import Change, Level
from erplink.testing.worlds.shop.catalogue import Cells, restored
from erplink.testing.worlds.shop.records import Record, Table
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.shop.statuses import APPROVED

Deed = Callable[[Site, Any], object]


class BadDeed(Exception):
    """What was sent cannot be done; the message says why."""


def plant(site: Site, asked: Any) -> object:
    """Write records: ``[{"entity": "orders", "head": {name: cell}, "lines": [{name: cell}]}]``; gives their ids.

    What is not given is as usual: the next id and number, in force, stamped now. All without a stamp get the same one.
    Instants are ISO texts with an offset; a cell that does not fit its field is kept as it is.
    """
    change = _planted(site, asked)
    site.books.commit(change)
    return [at for _, at, _ in change.records]


def edit(site: Site, asked: Any) -> object:
    """Set cells of a record: ``{"entity": E, "number": N, "head": {name: cell}}``, ``lines`` replaces all of them.

    Its stamp moves to the present one, or to ``updated_at`` in the head; null there leaves it.
    """
    table, record = _found(site, asked)
    head = {"updated_at": site.books.stamp(), **asked.get("head", {})}
    if head["updated_at"] is None:
        head["updated_at"] = record.updated_at
    lines = record.lines
    if "lines" in asked:
        lines = tuple(_line(table, place, line) for place, line in enumerate(asked["lines"]))
    own, cells = _parted(site, table, {"version": record.version + 1, **head})
    changed = msgspec.structs.replace(record, head=record.head | cells, lines=lines, **own)
    site.books.commit(Change(((table.form.entity, record.id, changed),), behind=True))
    return record.id


def remove(site: Site, asked: Any) -> object:
    """Delete a record whatever its status: ``{"entity": E, "number": N}``."""
    table, record = _found(site, asked)
    site.books.commit(Change(((table.form.entity, record.id, None),), behind=True))
    return record.id


def stock(site: Site, asked: Any) -> object:
    """Set levels: ``[{"sku": S, "warehouse": W, "on_hand": 10, "locked": 2}]``."""
    levels = tuple(
        (
            str(one["sku"]),
            str(one["warehouse"]),
            Level(Decimal(str(one["on_hand"])), Decimal(str(one.get("locked", 0)))),
        )
        for one in asked
    )
    site.books.commit(Change(stock=levels, behind=True))
    return len(levels)


def hold(site: Site, asked: Any) -> object:
    """Begin a transaction that plants records, stamped now, and leave it open: nobody sees them until ``release``."""
    change = _planted(site, asked)
    number = len(site.held) + 1
    site.held[number] = change
    return {"transaction": number, "ids": [at for _, at, _ in change.records]}


def release(site: Site, asked: Any) -> object:
    """Commit a transaction that was held: ``{"transaction": 1}``. Its stamps are those of its beginning."""
    change = site.held.pop(int(asked["transaction"]), None)
    if change is None:
        message = f"there is no transaction {asked['transaction']}"
        raise BadDeed(message)
    site.books.commit(change)
    return [at for _, at, _ in change.records]


def set_clock(site: Site, asked: Any) -> object:
    """Set the clock ahead of what it would be: ``{"ahead": seconds}``."""
    site.books.ahead = timedelta(seconds=float(asked["ahead"]))
    return clock(site)


def clock(site: Site) -> Mapping[str, str]:
    """What it is now."""
    return {"now": site.books.clock().isoformat(), "stamp": site.books.stamp().isoformat()}


def empty(site: Site, _: Any) -> object:
    """Forget records, stock, sessions, faults and counts, and set the clock."""
    site.empty()
    return {"empty": True}


DEEDS: Mapping[str, Deed] = {
    "plant": plant,
    "edit": edit,
    "remove": remove,
    "stock": stock,
    "hold": hold,
    "release": release,
    "clock": set_clock,
    "empty": empty,
}
"""Every deed by its name."""


def _planted(site: Site, asked: Sequence[Any]) -> Change:
    stamp, records = site.books.stamp(), []
    for one in asked:
        table = _table(site, one)
        records.append((table.form.entity, *_record(site, table, one, stamp)))
    return Change(tuple(records), behind=True)


def _record(site: Site, table: Table, one: Mapping[str, Any], stamp: datetime) -> tuple[int, Record]:
    form, given = table.form, one.get("head", {})
    lines = tuple(_line(table, place, line) for place, line in enumerate(one.get("lines", ())))
    table.next_line += len(lines)
    usual: Cells = {field.name: field.default for field in form.head}
    usual |= {"status": APPROVED, "created_at": stamp, "id": table.next_id, "updated_at": stamp, "version": 1}
    if "number" not in given:
        usual["number"] = table.free_number()
    if "total_amount" in form.kinds:
        usual["total_amount"] = _total(lines)
    own, head = _parted(site, table, usual | given)
    record = Record(head=head, lines=lines, **own)
    # An id that was given to a transaction is never given again, whatever becomes of it.
    table.next_id = max(table.next_id, record.id + 1)
    return record.id, record


def _parted(site: Site, table: Table, cells: Cells) -> tuple[dict[str, Any], Cells]:
    """What every record has, and the cells of its head."""
    kinds = table.form.kinds
    _check(cells, kinds)
    read = {name: restored(kinds[name], cell) for name, cell in cells.items()}
    own: dict[str, Any] = {name: read.pop(name) for name in ("id", "number", "updated_at", "version") if name in read}
    if not isinstance(own["updated_at"], datetime):
        message = f"updated_at is {own['updated_at']!r}; write an instant with its offset"
        raise BadDeed(message)
    own["updated_at"] = site.books.grained(own["updated_at"])
    return own, read


def _line(table: Table, place: int, given: Mapping[str, Any]) -> Cells:
    kinds = table.form.line_kinds
    _check(given, kinds)
    usual = {field.name: field.default for field in table.form.lines}
    usual |= {"id": table.next_line + place, "line_no": place + 1}
    return usual | {name: restored(kinds[name], cell) for name, cell in given.items()}


def _total(lines: Sequence[Cells]) -> Decimal:
    amounts = [line.get("amount") for line in lines]
    return sum((amount for amount in amounts if isinstance(amount, Decimal)), Decimal(0))


def _check(given: Mapping[str, Any], kinds: Mapping[str, object]) -> None:
    unknown = set(given) - set(kinds)
    if unknown:
        message = f"there is no field {min(unknown)!r}; there are {', '.join(kinds)}"
        raise BadDeed(message)


def _table(site: Site, asked: Mapping[str, Any]) -> Table:
    table = site.books.tables.get(str(asked.get("entity")))
    if table is None:
        message = f"there is no entity {asked.get('entity')!r}; there are {', '.join(site.books.tables)}"
        raise BadDeed(message)
    return table


def _found(site: Site, asked: Mapping[str, Any]) -> tuple[Table, Record]:
    table = _table(site, asked)
    record = table.find(str(asked.get("number")))
    if record is None:
        message = f"there is no {asked.get('number')!r} among the {table.form.entity}"
        raise BadDeed(message)
    return table, record
