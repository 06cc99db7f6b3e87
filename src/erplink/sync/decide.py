"""Decide and book: for everybody whose documents changed, the difference between what they should have and have.

One transaction per batch of people: claim them, read their documents, decide (pure), post to the ledger, and ask for
the new balances in the outbox. A killed process leaves whole batches only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import msgspec
from attrs import field, frozen

from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.operations import collect, credit, expire
from erplink.loyalty.decide import decide
from erplink.loyalty.decision import Booked, Decision, Effect, History
from erplink.model.documents import Entity
from erplink.policy.programme import Policy
from erplink.store import awards, books, cursors, documents, people, statistics, waiting
from erplink.store.books import Sheet
from erplink.store.database import Connection
from erplink.sync.anonymous import list_anonymous
from erplink.sync.assemble import Facts, assemble
from erplink.sync.balances import want_balances
from erplink.sync.events import announce, of_sheet
from erplink.sync.progress import Progress
from erplink.sync.run import Run
from erplink.wire.io import Io

BATCH = 50
REFRESH = 1_000
"""After so many people PostgreSQL's figures are looked at again: deciding fills tables too."""
_FACTS: tuple[Entity, ...] = ("orders", "shipments", "returns", "receipts")
_ENCODER = msgspec.json.Encoder()


@frozen
class Decided:
    """How many people were looked at, and how many journal entries that booked."""

    people: int
    entries: int


@frozen
class Rules:
    """The policy in force, the other versions whose awards stay under them, and from when each awards, by hash.

    ``categories`` maps skus to their category, where a policy asks for it.
    """

    policy: Policy
    earlier: tuple[Policy, ...] = ()
    effective: Mapping[str, datetime] = field(factory=dict)
    categories: Mapping[str, str] = field(factory=dict)


async def decide_all(io: Io, run: Run, rules: Rules, feeds: Sequence[cursors.Feed]) -> Decided:
    """Decide for everybody who waits and whose sources have closed: ``feeds`` are all there are.

    An award is frozen with the tier that was held before it, so it must not be made while an older document is known
    to be missing. Raises what the store raises; booked batches stay booked.
    """
    behind = await io.transact(run.store, cursors.behind, feeds)
    while await io.transact(run.store, waiting.adopt_strangers, run.space, behind, 500):
        pass
    done = entries = total = refresh_at = 0
    while True:
        if done >= refresh_at:
            total, refresh_at = done + await io.transact(run.store, _prepare, run.space), done + REFRESH
        async with io.span("decide") as span:
            batch = await io.transact(run.store, decide_batch, run.space, rules, feeds, run.events, run.clock())
            span.note(people=batch.people, entries=batch.entries)
        if not batch.people:
            break
        done += batch.people
        entries += batch.entries
        run.tell(Progress("decide", "people", done, max(total, done)))
    await io.transact(run.store, list_anonymous, run.space, rules.policy.assembly)
    return Decided(done, entries)


def _prepare(connection: Connection, space: str) -> int:
    """Get ready for everybody who waits; how many they are."""
    statistics.refresh(connection)
    return waiting.count(connection, space)


def decide_batch(
    connection: Connection,
    space: str,
    rules: Rules,
    feeds: Sequence[cursors.Feed],
    events: Collection[str],
    now: datetime,
) -> Decided:
    """Decide for the next few people and book the differences."""
    persons = waiting.claim(connection, space, cursors.behind(connection, feeds), BATCH)
    pool = rules.policy.points.pool
    sheets = books.load(connection, space, persons, pool)
    tiers = {person: sheet.tier for person, sheet in sheets.items()}
    booked = awards.booked(connection, space, persons, pool)
    decisions: dict[str, Decision] = {}
    tallies: dict[str, Counter[str]] = {person: Counter() for person in persons}
    awarded = [person for person in persons if booked[person].entries]
    for person, facts in _facts(connection, space, persons, rules, awarded):
        decisions[person] = _decide_one(sheets[person], facts, booked[person], space, rules, now)
        tallies[person] = _tally(facts, decisions[person])
    entries = books.save(connection, space, list(sheets.values()), now)
    fixed = ((who, sale, it) for who, each in decisions.items() for sale, it in each.frozen.items())
    awards.freeze(connection, space, pool, fixed)
    waiting.leave_over(connection, space, {who: each.unmatched for who, each in decisions.items()}, tallies)
    codes = people.codes_of(connection, space, persons)
    want_balances(connection, space, ((sheets[person], codes[person]) for person in persons), now)
    told = [each for person in persons for each in of_sheet(space, sheets[person], tiers[person], now)]
    announce(connection, space, events, told, now)
    return Decided(len(persons), entries)


def _facts(
    connection: Connection, space: str, persons: Sequence[str], rules: Rules, awarded: Sequence[str]
) -> Iterator[tuple[str, Facts]]:
    """The facts of each person who has documents, one after the other, and of those ``awarded`` who have none left."""
    left = set(awarded)
    rows = documents.by_person(connection, space, persons, _FACTS)
    for person, theirs in groupby(rows, key=itemgetter(0)):
        papers = ((system, document) for _, system, document in theirs)
        left.discard(person)
        yield person, assemble(papers, rules.policy.assembly, rules.categories)
    for person in sorted(left):
        yield person, Facts((), ())


def _decide_one(sheet: Sheet, facts: Facts, booked: Booked, space: str, rules: Rules, now: datetime) -> Decision:
    history = History(facts.sales, facts.returns)
    decision = decide(history, rules.policy, booked, as_of=now, earlier=rules.earlier, effective=rules.effective)
    for effect in decision.effects:
        _post(sheet, space, effect, rules.policy)
    sheet.tier, sheet.metric = decision.tier, decision.metric
    return decision


def _tally(facts: Facts, decision: Decision) -> Counter[str]:
    tally: Counter[str] = Counter({str(reason): number for reason, number in decision.left_out.items()})
    tally.update(dict(facts.waiting))
    tally["refund_differs"] = len(decision.differences)
    return tally


def _post(sheet: Sheet, space: str, effect: Effect, policy: Policy) -> None:
    key = derive_key(space, effect.document, "effect", effect.sale, effect.revision, sheet.person)
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
    sheet.post(after, posted, books.Note(effect.policy, effect.tier, explanation))
