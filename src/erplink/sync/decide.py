"""Decide and book: for everybody whose documents changed, the difference between what they should have and have.

One transaction per batch of people: claim them, read their documents, decide (pure), post to the ledger, and ask for the
new balances in the outbox. A killed process leaves whole batches only.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec
import sqlalchemy as sa
from attrs import frozen

from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import collect, credit, expire
from erplink.loyalty.decide import decide
from erplink.loyalty.decision import Decision, Effect, History
from erplink.model.documents import Entity
from erplink.policy.programme import Policy
from erplink.store import awards, books, inbox, people, waiting
from erplink.store.books import Sheet
from erplink.store.database import Store
from erplink.sync.anonymous import list_anonymous
from erplink.sync.assemble import assemble
from erplink.sync.balances import want_balances
from erplink.sync.progress import Listener, Progress
from erplink.wire.io import Io

BATCH = 50
_FACTS: tuple[Entity, ...] = ("orders", "shipments", "returns", "receipts")
_ENCODER = msgspec.json.Encoder()


@frozen
class Decided:
    """How many people were looked at, and how many journal entries that booked."""

    people: int
    entries: int


@frozen
class Rules:
    """The policy in force and the versions whose awards stay under them."""

    policy: Policy
    earlier: tuple[Policy, ...] = ()


async def decide_all(io: Io, store: Store, space: str, rules: Rules, tell: Listener) -> Decided:
    """Decide for everybody who waits. Raises what the store raises; booked batches stay booked."""
    while await io.transact(store, waiting.adopt_strangers, space, 500):
        pass
    total = await io.transact(store, waiting.count, space)
    done = entries = 0
    while True:
        batch = await io.transact(store, decide_batch, space, rules, io.now())
        if not batch.people:
            break
        done += batch.people
        entries += batch.entries
        tell(Progress("decide", "people", done, max(total, done)))
    await io.transact(store, list_anonymous, space)
    return Decided(done, entries)


def decide_batch(connection: sa.Connection, space: str, rules: Rules, now: datetime) -> Decided:
    """Decide for the next few people and book the differences."""
    persons = waiting.claim(connection, space, BATCH)
    sheets: list[Sheet] = []
    decisions: dict[str, Decision] = {}
    tallies: dict[str, Counter[str]] = {}
    for person in persons:
        sheet, decision, tally = _decide_one(connection, space, person, rules, now)
        sheets.append(sheet)
        decisions[person] = decision
        tallies[person] = tally
    entries = books.save(connection, space, sheets, now)
    pool = rules.policy.points.pool
    awards.freeze(
        connection,
        space,
        pool,
        ((who, sale, it) for who, each in decisions.items() for sale, it in each.frozen.items()),
    )
    waiting.leave_over(connection, space, {who: each.unmatched for who, each in decisions.items()}, tallies)
    for sheet in sheets:
        person_found = people.get(connection, space, sheet.person)
        if person_found is not None and sheet.entries + len(sheet.posted):
            want_balances(connection, space, person_found, sheet, now)
    return Decided(len(persons), entries)


def _decide_one(
    connection: sa.Connection, space: str, person: str, rules: Rules, now: datetime
) -> tuple[Sheet, Decision, Counter[str]]:
    policy = rules.policy
    sheet = books.load(connection, space, person, policy.points.pool)
    codes = people.codes_of(connection, space, person)
    documents = ((system, document) for system, _, document in inbox.documents_of(connection, space, codes, _FACTS))
    facts = assemble(documents, policy.assembly.completed)
    decision = decide(
        History(facts.sales, facts.returns),
        policy,
        awards.booked(connection, space, person, policy.points.pool),
        as_of=now,
        earlier=rules.earlier,
    )
    for effect in decision.effects:
        _post(sheet, space, effect, policy)
    sheet.tier, sheet.metric = decision.tier, decision.metric
    tally: Counter[str] = Counter({str(reason): number for reason, number in decision.left_out.items()})
    tally.update(dict(facts.waiting))
    tally["refund_differs"] = len(decision.differences)
    return sheet, decision, tally


def _post(sheet: Sheet, space: str, effect: Effect, policy: Policy) -> None:
    key = derive_key(space, effect.document, "effect", effect.sale, effect.revision)
    occasion = Occasion(key, effect.effective_at, effect.document, effect.sale)
    account, lapsed = expire(sheet.account, effect.effective_at)
    for posting in lapsed:
        sheet.post(account, posting)
    if effect.points > 0:
        after, posted = credit(
            account,
            occasion,
            effect.points,
            available_at=effect.available_at,
            expires_at=effect.expires_at,
        )
    else:
        after, posted = collect(account, occasion, -effect.points, policy.points.returns.collect)
    explanation = _ENCODER.encode(effect.explanation).decode() if effect.explanation else ""
    sheet.post(after, posted, policy=effect.policy, tier=effect.tier, explanation=explanation)
