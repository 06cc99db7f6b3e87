"""Redeeming a gift: points leave the account and a 0-yuan order enters the outbox, in one transaction.

The order's number derives from the redemption's key, so that it exists once however often it is sent. When the ERP
refuses it for good, the points go back to the lots they came from, as an entry of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from attrs import frozen

from erplink.errors import Conflict, NotFound
from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import expire, restore, spend
from erplink.model.documents import Order, OrderLine
from erplink.model.facts import Source
from erplink.store import books, outbox, people
from erplink.store.database import Connection
from erplink.store.locks import write_first
from erplink.store.outbox import Write
from erplink.store.people import Person
from erplink.store.queue import Message
from erplink.sync.balances import want_balances
from erplink.sync.events import announce, of_sheet

DEED = 10
"""Priority of what is done once, over values: a balance written is then the one after all that happened."""

_ORDER = msgspec.json.Decoder(Order)


@frozen
class Wish:
    """What a member asks for: ``points`` against one unit of the ``gift`` (an ERP sku), once per ``key``."""

    key: str
    gift: str
    points: int
    system: str
    currency: str
    at: datetime


@frozen
class Redemption:
    """How a redemption stands: ``order`` is the number of the gift order in the ERP."""

    key: str
    order: str
    points: int
    state: Literal["pending", "done", "refused"]
    outcome: str = ""


def redeem(
    connection: Connection,
    space: str,
    person: Person,
    pool: str,
    wish: Wish,
    now: datetime,
    *,
    events: Collection[str] = (),
) -> Redemption:
    """Spend points and order the gift. The same key again gives the first result.

    Raises ``InsufficientBalance``, ``NotFound`` when the member has no customer code in the system, and ``Conflict``
    when the key was used for something else.
    """
    entry_key = derive_key(space, "redeem", wish.key)
    write_first(connection)
    person = people.held(connection, space, person.id) or person
    customer = next((code for system, code in person.codes if system == wish.system), None)
    if customer is None:
        raise NotFound(
            f"the member has no customer code in {wish.system}",
            where="points.redeem",
            next_step="choose another system",
        )
    order = _gift_order(entry_key, customer, wish)
    # The account first: of two that redeem under one key at once, the second then finds what the first one did.
    sheet = books.load(connection, space, [person.id], pool)[person.id]
    held = outbox.find(connection, space, entry_key)
    if held is not None:
        return _again(connection, space, held, wish)
    account, lapsed = expire(sheet.account, wish.at)
    for posting in lapsed:
        sheet.post(account, posting)
    document = Source(wish.system, "orders", order.number)
    sheet.post(*spend(account, Occasion(entry_key, wish.at, document), wish.points))
    books.save(connection, space, (sheet,), now)
    payload = msgspec.json.encode(order).decode()
    deed = Message(
        key=entry_key,
        system=wish.system,
        operation="orders.create",
        payload=payload,
        subject=person.id,
        target=order.number,
        priority=DEED,
    )
    outbox.put(connection, space, [deed], now)
    want_balances(connection, space, [(sheet, person.codes)], now)
    announce(connection, space, events, of_sheet(space, sheet, sheet.tier, now), now)
    return Redemption(wish.key, order.number, wish.points, "pending")


def find(connection: Connection, space: str, key: str) -> Redemption | None:
    """How the redemption of a key stands, or None when there is none."""
    entry_key = derive_key(space, "redeem", key)
    held = outbox.find(connection, space, entry_key)
    entry = books.journal_entry(connection, space, entry_key)
    if held is None or entry is None:
        return None
    return _redemption(key, held, -entry.points)


def give_back(
    connection: Connection, space: str, entry_key: str, reason: str, now: datetime, *, events: Collection[str] = ()
) -> None:
    """The gift order was refused for good: restore the points, once, as of the redemption that never happened."""
    back_key = derive_key(space, "give-back", entry_key)
    write_first(connection)
    entry = books.journal_entry(connection, space, entry_key)
    who = people.held(connection, space, entry.person) if entry is not None else None
    if entry is None or who is None:
        return
    moves = books.moves_of(connection, space, entry_key)
    sheet = books.load(connection, space, [who.id], entry.pool, [lot for lot, _ in moves])[who.id]
    if books.journal_entry(connection, space, back_key) is not None:
        return
    occasion = Occasion(back_key, entry.effective_at, Source.parse(entry.document))
    sheet.post(*restore(sheet.account, occasion, -entry.points, moves), books.Note(explanation=reason))
    books.save(connection, space, (sheet,), now)
    want_balances(connection, space, [(sheet, who.codes)], now)
    announce(connection, space, events, of_sheet(space, sheet, sheet.tier, now), now)


def _gift_order(entry_key: str, customer: str, wish: Wish) -> Order:
    line = OrderLine(line=1, sku=wish.gift, qty=Decimal(1), amount=Decimal(0), free=True)
    return Order(
        id="",
        number=f"ERPL-{entry_key[:20].upper()}",
        customer=customer,
        status="approved",
        currency=wish.currency,
        created_at=wish.at,
        version="",
        lines=(line,),
        note=f"{wish.points} points",
    )


def _again(connection: Connection, space: str, held: Write, wish: Wish) -> Redemption:
    entry = books.journal_entry(connection, space, held.key)
    asked = _ORDER.decode(held.payload).lines[0].sku
    if entry is None or -entry.points != wish.points or asked != wish.gift:
        raise Conflict(
            "the key was used for another gift or another number of points",
            where="points.redeem",
            next_step="use one key per wish",
        )
    return _redemption(wish.key, held, wish.points)


def _redemption(key: str, held: Write, points: int) -> Redemption:
    states: dict[str, Literal["pending", "done", "refused"]] = {"done": "done", "refused": "refused"}
    return Redemption(key, held.target, points, states.get(held.state, "pending"), held.outcome)
