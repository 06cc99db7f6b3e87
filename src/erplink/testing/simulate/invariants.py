"""What must hold: some of it after every step, all of it when the weather is calm again and everybody is done."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from attrs import define, field

from erplink.testing.simulate.adapter import document_of
from erplink.testing.simulate.database import Looking
from erplink.testing.simulate.oracle import balances
from erplink.testing.simulate.scenario import Deed, Renamed, Stamped
from erplink.testing.simulate.server import SimErp, in_small_letters
from erplink.testing.simulate.shop import POOL, SPACE

_ALWAYS = """
SELECT 'the entries of ' || key || ' do not balance' FROM erplink_postings GROUP BY key HAVING SUM(amount) <> 0
UNION ALL
SELECT 'lot ' || lot || ' holds ' || remainder || ' and its moves say ' || moved FROM (
  SELECT l.lot, l.remainder, (SELECT COALESCE(SUM(m.change), 0) FROM erplink_lot_moves m WHERE m.lot = l.lot) AS moved
  FROM erplink_lots l) WHERE remainder <> moved OR remainder < 0
LIMIT 1
"""
_DONE = "SELECT seq, target, done_at FROM erplink_outbox WHERE done_at IS NOT NULL AND operation = 'orders.create'"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Violation(Exception):
    """Something that must always hold does not."""


@define
class Books:
    """The database as it is after a step."""

    looking: Looking
    _version: int = -1
    _done: dict[int, str] = field(factory=dict)

    def check(self) -> None:
        """What must hold after every commit. Raises ``Violation``."""
        version = self.looking.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        self._version = version
        wrong = self.looking.execute(_ALWAYS).fetchone()
        if wrong is not None:
            raise Violation(wrong[0])
        for seq, target, done_at in self.looking.execute(_DONE).fetchall():
            if self._done.setdefault(seq, done_at) != done_at:
                raise Violation(f"order {target} was settled twice")


def check_erp(erp: SimErp) -> None:
    """What must hold in the ERP after every call. Raises ``Violation``."""
    number, times = Counter(erp.created).most_common(1)[0] if erp.created else ("", 1)
    if times > 1:
        raise Violation(f"gift order {number} was made {times} times")


def unfinished(systems: Mapping[str, SimErp], looking: Looking, *, echoes: bool) -> str:
    """What is still to be done, empty when nothing is; without ``echoes`` our own writes need not have come back."""
    try:
        _nothing_left(looking)
        for system, erp in systems.items():
            _every_document_kept(system, erp, looking, echoes=echoes)
    except Violation as violation:
        return str(violation)
    return ""


def check_all(deeds: Sequence[Deed], erp: SimErp, looking: Looking) -> None:
    """What must hold at the end. Raises ``Violation``."""
    check_erp(erp)
    _gifts(erp, looking)
    _stamps(deeds, looking)
    _balances(erp, looking)


def check_shared(deeds: Sequence[Deed], erp: SimErp, crm: SimErp) -> None:
    """What must hold for a field that two systems share. Raises ``Violation``."""
    for row in erp.tables["customers"]:
        code, other = row["number"], crm.find("customers", row["number"])
        left, right = row["nick"], other["nick"] if other else ""
        if in_small_letters(left) != in_small_letters(right):
            raise Violation(f"{code} is called {left!r} in erp and {right!r} in crm")
        typed = [deed for deed in deeds if isinstance(deed, Renamed) and deed.customer == code]
        lasts = [last for system in (erp, crm) for last in system.typed[code][-1:]]
        last = [in_small_letters(nick) for nicks in lasts for nick in nicks]
        if in_small_letters(left) not in (last or [""]):
            raise Violation(f"{code} is called {left!r}, and nobody typed that last: {last}")
        # One write for each change there, and one more where both were changed at once and one has to stand.
        for name, system in (("erp", erp), ("crm", crm)):
            if _written(system, code) > len(typed):
                raise Violation(f"{len(typed)} changes of {code} were written {_written(system, code)} times to {name}")


def _written(system: SimErp, code: str) -> int:
    """How often another value was written; the same one again is a repetition of the wire's."""
    values = [value for number, name, value in system.updated if (number, name) == (code, "nick")]
    return len(values[:1]) + sum(before != value for before, value in pairwise(values))


def _nothing_left(looking: Looking) -> None:
    for what, question in {
        "the inbox still holds {}": "SELECT key || ' ' || state || ' ' || outcome FROM erplink_inbox"
        " WHERE state <> 'done'",
        "the outbox still holds {}": "SELECT operation || ' ' || state || ' ' || outcome FROM erplink_outbox"
        " WHERE state NOT IN ('done', 'refused')",
        "{} became a dead letter": "SELECT operation || ' ' || message FROM erplink_dead_letters WHERE state = 'dead'",
        "nobody decided for {}": "SELECT code FROM erplink_parties WHERE pending",
    }.items():
        left = looking.execute(f"{question} LIMIT 1").fetchone()
        if left is not None:
            raise Violation(what.format(left[0]))


def _every_document_kept(system: str, erp: SimErp, looking: Looking, *, echoes: bool) -> None:
    query = "SELECT entity, id, payload FROM erplink_documents WHERE space = ? AND system = ?"
    kept = {(entity, key): payload for entity, key, payload in looking.execute(query, (SPACE, system))}
    for entity, rows in erp.tables.items():
        for row in rows:
            if row.get("ours") and not echoes:
                continue
            payload = kept.get((entity, row["id"]))
            if payload is None:
                raise Violation(f"{entity} {row['number']} of {system} is lost")
            if payload != _encode(document_of(entity, row)).decode():
                raise Violation(f"{entity} {row['number']} is kept in an old version")


def _gifts(erp: SimErp, looking: Looking) -> None:
    wishes = looking.execute("SELECT key, customer, points, gift FROM shop_wishes").fetchall()
    deeds = looking.execute(
        "SELECT seq, subject, target, state FROM erplink_outbox WHERE operation = 'orders.create' ORDER BY seq"
    ).fetchall()
    if len(deeds) != len(wishes):
        raise Violation(f"{len(wishes)} wishes led to {len(deeds)} gift orders")
    in_force = Counter(row["number"] for row in erp.tables["orders"] if row.get("gift") and row["status"] == "approved")
    for _, _, target, state in deeds:
        if in_force[target] != (state == "done"):
            raise Violation(f"gift order {target} is {state}, and in the ERP {in_force[target]} times")
    if sum(in_force.values()) != sum(gift in ("GIFT-1", "GIFT-2") for *_, gift in wishes):
        raise Violation(f"{sum(in_force.values())} gifts were ordered for the wishes {wishes}")
    _in_order(erp, deeds)


def _stamps(deeds: Sequence[Deed], looking: Looking) -> None:
    should = Counter(deed.customer for deed in deeds if isinstance(deed, Stamped))
    given = Counter(customer for (customer,) in looking.execute("SELECT customer FROM shop_stamps"))
    for customer in should | given:
        if given[customer] != should[customer]:
            raise Violation(f"{customer} should have {should[customer]} stamps and has {given[customer]}")


def _in_order(erp: SimErp, deeds: list[tuple[int, str, str, str]]) -> None:
    arrived = {number: n for n, number in enumerate(erp.created)}
    latest: dict[str, int] = defaultdict(int)
    for _, subject, target, state in deeds:
        if state == "done":
            if arrived[target] < latest[subject]:
                raise Violation(f"gift order {target} overtook an earlier one of the same member")
            latest[subject] = arrived[target]


def _balances(erp: SimErp, looking: Looking) -> None:
    spent: Counter[str] = Counter()
    for customer, points, gift in looking.execute("SELECT customer, points, gift FROM shop_wishes"):
        spent[customer] += points if gift in ("GIFT-1", "GIFT-2") else 0
    query = (
        "SELECT p.code, COALESCE(SUM(j.points), 0), COUNT(j.key) FROM erplink_parties p LEFT JOIN erplink_journal j"
        " ON j.space = p.space AND j.person = p.person AND j.pool = ? WHERE p.space = ? GROUP BY p.code"
    )
    ledger = {code: (points, entries) for code, points, entries in looking.execute(query, (POOL, SPACE))}
    for customer, points in balances(erp).items():
        should = points - spent[customer]
        booked, entries = ledger.get(customer, (0, 0))
        if booked != should:
            raise Violation(f"{customer} should have {should} points and has {booked}")
        row = erp.find("customers", customer)
        shown = row["points"] if row else None
        if entries and shown != booked:
            raise Violation(f"{customer} has {booked} points and the ERP shows {shown}")
