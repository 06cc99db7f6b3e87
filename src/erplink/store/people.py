"""People, their identifiers and the parties (customer codes) that belong to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from attrs import field, frozen

from erplink.identity.people import Claim, Doubt, Known, Resolution, new_person, resolve
from erplink.store import tables as t
from erplink.store.locks import hold
from erplink.store.upsert import chunks, insert_new


@frozen
class Person:
    """One person: id, a name to show, and every customer code as (system, code)."""

    id: str
    name: str = field(repr=False)
    codes: tuple[tuple[str, str], ...]


def alone_with_people(connection: sa.Connection, space: str) -> None:
    """Be the only transaction that says who somebody is, until it ends.

    One claim may touch any number of people: who shares a unionid or a phone, and who is merged with whom.
    """
    hold(connection, "people", space)


def learn(connection: sa.Connection, space: str, claim: Claim, now: datetime) -> Resolution:
    """Resolve one claim against what is known and keep the outcome. The same claim again changes nothing.

    When it says that two people are one, both are held: nobody decides about them until this transaction ends.
    """
    alone_with_people(connection, space)
    known = _known(connection, space, claim)
    found = resolve(space, claim, known)
    if found.absorbed:
        _hold(connection, space, (found.absorbed, found.person))
    insert_new(connection, t.people, [_person_row(space, found.person, claim.name or claim.code)])
    names = [(f"erp:{claim.system}", claim.code), ("phone", claim.phone)]
    if found.attach_unionid:
        names.append(("unionid", claim.unionid))
    insert_new(
        connection,
        t.identifiers,
        [{"space": space, "kind": k, "value": v, "person": found.person} for k, v in names if v],
    )
    party = {"space": space, "system": claim.system, "code": claim.code, "person": found.person, "pending": False}
    insert_new(connection, t.parties, [party])
    p = t.parties.c
    connection.execute(
        sa.update(t.parties)
        .where(p.space == space, p.system == claim.system, p.code == claim.code)
        .values(person=found.person)
    )
    note(connection, space, found.doubts, now)
    return found


def note(connection: sa.Connection, space: str, doubts: Sequence[Doubt], now: datetime) -> None:
    """Record what a person should look at, once each."""
    insert_new(
        connection,
        t.conflicts,
        [{"space": space, "kind": d.kind, "code": d.code, "other": d.other, "noted_at": now} for d in doubts],
    )


def rename(connection: sa.Connection, space: str, absorbed: str, survivor: str) -> None:
    """Everything that was known of one person is known of the other from now on; the old id stays as an alias."""
    i, p = t.identifiers, t.parties
    rows = connection.execute(sa.select(i.c.kind, i.c.value).where(i.c.space == space, i.c.person == absorbed)).all()
    connection.execute(sa.delete(i).where(i.c.space == space, i.c.person == absorbed))
    insert_new(connection, i, [{"space": space, "kind": k, "value": v, "person": survivor} for k, v in rows])
    connection.execute(
        sa.update(p)
        .where(p.c.space == space, p.c.person.in_((absorbed, survivor)))
        .values(person=survivor, pending=True)
    )
    connection.execute(
        sa.update(t.people)
        .where(t.people.c.space == space)
        .where(sa.or_(t.people.c.person == absorbed, t.people.c.merged_into == absorbed))
        .values(merged_into=survivor)
    )


def adopt(connection: sa.Connection, space: str, system: str, code: str) -> str:
    """The person of a customer code that no customer record has introduced yet."""
    alone_with_people(connection, space)
    person = new_person(space, system, code)
    insert_new(connection, t.people, [_person_row(space, person, code)])
    insert_new(
        connection,
        t.identifiers,
        [{"space": space, "kind": f"erp:{system}", "value": code, "person": person}],
    )
    connection.execute(
        sa.update(t.parties)
        .where(t.parties.c.space == space, t.parties.c.system == system, t.parties.c.code == code)
        .values(person=person)
    )
    return person


def holder(connection: sa.Connection, space: str, system: str, code: str) -> str:
    """The person of a customer code; somebody new when the code was never met."""
    alone_with_people(connection, space)
    p = t.parties.c
    held = connection.execute(
        sa.select(p.person).where(p.space == space, p.system == system, p.code == code)
    ).one_or_none()
    if held is None:
        insert_new(
            connection, t.parties, [{"space": space, "system": system, "code": code, "person": None, "pending": False}]
        )
    if held is None or held.person is None:
        return adopt(connection, space, system, code)
    return str(held.person)


def owners(connection: sa.Connection, space: str, system: str, codes: Sequence[str]) -> dict[str, str]:
    """The person of each customer code that belongs to one."""
    p = t.parties.c
    found: dict[str, str] = {}
    for part in chunks(codes):
        query = sa.select(p.code, p.person).where(p.space == space, p.system == system, p.code.in_(part))
        found.update({row.code: row.person for row in connection.execute(query) if row.person})
    return found


def find(connection: sa.Connection, space: str, kind: str, value: str) -> list[Person]:
    """Everybody who holds this identifier."""
    i = t.identifiers.c
    query = sa.select(i.person).where(i.space == space, i.kind == kind, i.value == value).order_by(i.person)
    return [person for row in connection.execute(query) if (person := get(connection, space, row.person))]


def get(connection: sa.Connection, space: str, person: str) -> Person | None:
    """One person by id, or by the id of somebody who was merged into them."""
    p = t.people.c
    row = connection.execute(sa.select(p.name, p.merged_into).where(p.space == space, p.person == person)).one_or_none()
    if row is None:
        return None
    if row.merged_into:
        return get(connection, space, row.merged_into)
    return Person(person, row.name, codes_of(connection, space, [person])[person])


def held(connection: sa.Connection, space: str, person: str) -> Person | None:
    """Like ``get``, of somebody who stays who they are until this transaction ends: nobody is merged meanwhile."""
    p = t.people.c
    while True:
        query = sa.select(p.merged_into).where(p.space == space, p.person == person)
        row = connection.execute(query.with_for_update(read=True, key_share=True)).one_or_none()
        if row is None or not row.merged_into:
            return get(connection, space, person)
        person = row.merged_into


def code_kinds(connection: sa.Connection, space: str) -> list[str]:
    """The kinds of identifiers that are customer codes: ``erp:`` and the system's name."""
    i = t.identifiers.c
    query = sa.select(i.kind).where(i.space == space, i.kind.like("erp:%")).distinct().order_by(i.kind)
    return list(connection.execute(query).scalars())


def codes_of(connection: sa.Connection, space: str, persons: Sequence[str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """The customer codes of people, sorted, as (system, code)."""
    p = t.parties.c
    found: dict[str, list[tuple[str, str]]] = {person: [] for person in persons}
    for part in chunks(persons):
        query = sa.select(p.person, p.system, p.code).where(p.space == space, p.person.in_(part))
        for person, system, code in connection.execute(query):
            found[person].append((system, code))
    return {person: tuple(sorted(codes)) for person, codes in found.items()}


def selves(connection: sa.Connection, space: str, persons: Sequence[str]) -> dict[str, str]:
    """Every id these people ever had, with the id it leads to today."""
    p = t.people.c
    found = {person: person for person in persons}
    for part in chunks(persons):
        query = sa.select(p.person, p.merged_into).where(p.space == space, p.merged_into.in_(part))
        found.update({row.person: row.merged_into for row in connection.execute(query)})
    return found


def _person_row(space: str, person: str, name: str) -> dict[str, object]:
    # PostgreSQL keeps no NUL in a text, and a name is only to be shown.
    return {"space": space, "person": person, "name": name.replace("\0", ""), "merged_into": None}


def _hold(connection: sa.Connection, space: str, persons: Sequence[str]) -> None:
    p = t.people.c
    query = sa.select(p.person).where(p.space == space, p.person.in_(persons))
    connection.execute(query.order_by(p.person).with_for_update())


def _known(connection: sa.Connection, space: str, claim: Claim) -> Known:
    i = t.identifiers.c

    def holders(kind: str, value: str) -> tuple[str, ...]:
        if not value:
            return ()
        query = sa.select(i.person).where(i.space == space, i.kind == kind, i.value == value).order_by(i.person)
        return tuple(row.person for row in connection.execute(query))

    by_code, by_unionid = holders(f"erp:{claim.system}", claim.code), holders("unionid", claim.unionid)
    by_phone = holders("phone", claim.phone)
    named = {*by_code, *by_unionid, *by_phone}
    query = sa.select(i.person, i.value).where(i.space == space, i.kind == "unionid", i.person.in_(named))
    unionids = {row.person: row.value for row in connection.execute(query)} if named else {}
    return Known(
        by_code=by_code[0] if by_code else "",
        by_unionid=by_unionid[0] if by_unionid else "",
        by_phone=by_phone,
        unionids=unionids,
    )
