"""What both links do, written once: plain functions over a connection, and what they need to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

from attrs import define, field, frozen

from erplink.errors import ConfigInvalid, FileInvalid, NotFound, WriteNotAllowed
from erplink.facade.presence import gone, me
from erplink.identity.people import clean_phone
from erplink.policy.programme import Policy, load_policy
from erplink.store import people, views
from erplink.store.database import Connection, Store
from erplink.store.locks import write_first
from erplink.store.overview import Overview, overview
from erplink.store.people import Person
from erplink.store.policies import Published
from erplink.store.views import Balance, Entry, Standing
from erplink.sync import opening, programme, redeem
from erplink.sync.deliver import Lane
from erplink.sync.engine import Attached
from erplink.sync.events import Tell, host_lane, known
from erplink.sync.health import Health, Tolerance, examine
from erplink.sync.mirror import Pair
from erplink.sync.names import system_named
from erplink.sync.progress import Listener
from erplink.sync.rounds import tasks_of
from erplink.sync.run import Run
from erplink.sync.threeway import Master
from erplink.wire.adapter import can

WRITES = frozenset({"orders.create", "customers.update"})
"""The writes a link knows to ask for."""
FIXED = frozenset({"id", "number", "version", "status", "raw_status", "active"})
"""Fields of a customer that belong to its system alone."""


@define
class Desk:
    """A link's store, its space, its clock, what is attached to it, and who is told of events."""

    store: Store
    space: str
    clock: Callable[[], datetime]
    attached: list[Attached] = field(factory=list)
    listeners: dict[str, Tell] = field(factory=dict)

    def lanes(self) -> tuple[Lane, ...]:
        """Whatever is worked off beside the writes: what the host's listeners are told."""
        return (host_lane(self.listeners),) if self.listeners else ()


def run(desk: Desk, tell: Listener) -> Run:
    """A run over the link's space."""
    return Run(desk.store, desk.space, desk.clock, tell, worker=me(), events=frozenset(desk.listeners), gone=gone)


def listen(desk: Desk, event: str, tell: Tell) -> None:
    """Have a listener told of an event from now on; one for each event."""
    name = known(event)
    if name in desk.listeners:
        raise ConfigInvalid(
            f"{name} has a listener already", where="on", next_step="let one listener do all that is to be done"
        )
    desk.listeners[name] = tell


def attach(desk: Desk, new: Attached) -> None:
    """Attach a system under its name; it accepts only its writes."""
    system_named(new.name, "attach")
    where = f"attach {new.name}"
    unknown = sorted(new.writes - WRITES)
    if unknown:
        raise ConfigInvalid(
            f"{unknown[0]!r} is no write", where=where, next_step=f"name any of {', '.join(sorted(WRITES))}"
        )
    for write in sorted(new.writes):
        entity, verb = write.split(".")
        if not can(new.adapter, entity, verb):
            raise ConfigInvalid(
                f"{new.adapter.system} cannot {verb} {entity}", where=where, next_step="leave this write out"
            )
    if new.span.overlap < timedelta(0) or new.span.lag < timedelta(0):
        found = f"overlap is {new.span.overlap} and lag is {new.span.lag}"
        raise ConfigInvalid(found, where=where, next_step="give no less than none")
    if any(each.name == new.name for each in desk.attached):
        raise ConfigInvalid(f"{new.name!r} is attached already", where="attach", next_step="choose another name")
    desk.attached.append(new)


def read_policy(policy: str | Path) -> Policy:
    """A policy from a file, or from its text (several lines)."""
    if isinstance(policy, str) and "\n" in policy:
        return load_policy(policy, "policy")
    path = Path(policy)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise FileInvalid(
            "the policy file cannot be read", where=repr(policy), next_step="check its name, and save it as UTF-8"
        ) from error
    return load_policy(text, path.name)


def publish(
    connection: Connection, desk: Desk, policy: Policy, effective: datetime | str | None, approved_by: str
) -> Published:
    """Publish a policy that was read and checked."""
    return programme.publish(connection, desk.space, policy, _instant(effective, policy), approved_by, desk.clock())


def find(connection: Connection, space: str, code: str, phone: str, unionid: str) -> Person:
    """The one member with these identifiers."""
    if not (code or phone or unionid):
        raise ConfigInvalid("nobody is named", where="members.find", next_step="give a code, a phone or a unionid")
    wanted = [("unionid", unionid), ("phone", clean_phone(phone) if phone else "")]
    if code:
        found = [
            person for kind in _erp_kinds(connection, space) for person in people.find(connection, space, kind, code)
        ]
    else:
        found = [person for kind, value in wanted if value for person in people.find(connection, space, kind, value)]
    distinct = {person.id: person for person in found}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    how = "customer code" if code else "phone" if phone else "unionid"
    if not distinct:
        raise NotFound(f"nobody is known by this {how}", where="members.find", next_step="sync first, or check it")
    raise NotFound(
        f"{len(distinct)} people share this {how}", where="members.find", next_step="ask by customer code or unionid"
    )


def top(connection: Connection, space: str, limit: int, now: datetime) -> list[Standing]:
    """The members with the most points earned."""
    return views.top(connection, space, _policy(connection, space, now).points.pool, limit)


def balance(connection: Connection, space: str, member: Person, at: datetime) -> Balance:
    """What a member has at an instant."""
    return views.balance(connection, space, member.id, _policy(connection, space, at).points.pool, at)


def history(connection: Connection, space: str, member: Person, now: datetime) -> list[Entry]:
    """A member's journal."""
    return views.entries(connection, space, member.id, _policy(connection, space, now).points.pool)


@frozen
class Asked:
    """What a member asks for, as the application says it."""

    points: int
    gift: str
    key: str
    at: datetime | None


def pair(desk: Desk, left: str, right: str, fields: Mapping[str, Master]) -> Pair:
    """Two attached systems and the fields they share."""
    names = [each.name for each in desk.attached]
    for name in (left, right):
        if name not in names or left == right:
            step = f"name two of the attached systems: {', '.join(names) or 'none is attached'}"
            raise ConfigInvalid(f"{left!r} and {right!r} are no pair", where="mirror", next_step=step)
    fixed = sorted(FIXED & fields.keys())
    if fixed or not fields:
        what = f"{fixed[0]!r} cannot be mirrored" if fixed else "no field is named"
        raise ConfigInvalid(what, where="mirror", next_step="name fields such as name, phone, or custom ones")
    for name, master in fields.items():
        if master not in get_args(Master):
            step = 'write "left" or "right" for the side to follow, "" to have a person say'
            raise ConfigInvalid(f"{name} follows {master!r}", where="mirror", next_step=step)
    return Pair(left, right, dict(fields))


def redeem_gift(connection: Connection, desk: Desk, member: Person, asked: Asked) -> redeem.Redemption:
    """Spend points on a gift; the 0-yuan order goes to the first system the member has a customer code in."""
    if not asked.key or not asked.gift:
        raise ConfigInvalid("a redemption needs a gift and a key", next_step="give both; one key per wish")
    system = _gift_system(desk, member)
    now = desk.clock()
    write_first(connection)
    policy = _policy(connection, desk.space, now)
    wish = redeem.Wish(asked.key, asked.gift, asked.points, system, policy.currency, asked.at or now)
    return redeem.redeem(
        connection, desk.space, member, policy.points.pool, wish, now, events=frozenset(desk.listeners)
    )


def _gift_system(desk: Desk, member: Person) -> str:
    if not desk.attached:
        raise ConfigInvalid(
            "no system is attached, so nobody could hand out the gift",
            where="points.redeem",
            next_step="call link.attach(name, erp, writes={'orders.create'}) first",
        )
    able = [each.name for each in desk.attached if "orders.create" in each.writes]
    if not able:
        raise WriteNotAllowed(
            "the gift order may not be written: 'orders.create' was not named at attach",
            where="points.redeem",
            next_step="attach the system with writes={'orders.create'}; nothing was taken",
        )
    known = {system for system, _ in member.codes}
    return next((name for name in able if name in known), able[0])


def load_opening(connection: Connection, desk: Desk, path: str | Path) -> opening.Opened:
    """Load opening balances from a file, once."""
    if not desk.attached:
        raise ConfigInvalid(
            "no system is attached, so customer codes mean nothing yet",
            where="opening.load",
            next_step="call link.attach(name, erp) first",
        )
    now = desk.clock()
    write_first(connection)
    policy = _policy(connection, desk.space, now)
    lots = opening.read_opening(path, policy.zoneinfo)
    return opening.load_opening(connection, desk.space, desk.attached[0].name, policy, lots, now)


def look(connection: Connection, desk: Desk) -> Overview:
    """The space at a glance."""
    policy = _policy(connection, desk.space, desk.clock())
    return overview(connection, desk.space, policy.points.pool, policy.zoneinfo, policy.currency)


def health(connection: Connection, desk: Desk, tolerance: Tolerance) -> Health:
    """How the space fares."""
    tasks = tasks_of(desk.space, desk.attached, desk.lanes())
    return examine(connection, desk.space, desk.clock(), tolerance, tasks)


def export(connection: Connection, space: str) -> list[str]:
    """The canonical export."""
    return list(views.export(connection, space))


def _policy(connection: Connection, space: str, now: datetime) -> Policy:
    return programme.in_force(connection, space, now)


def _erp_kinds(connection: Connection, space: str) -> list[str]:
    return people.code_kinds(connection, space)


def _instant(effective: datetime | str | None, policy: Policy) -> datetime | None:
    if effective is None:
        return None
    try:
        instant = datetime.fromisoformat(effective) if isinstance(effective, str) else effective
    except ValueError as error:
        raise ConfigInvalid(
            f"effective {effective!r} is not a date", where="policies.publish", next_step="write it like 2026-12-01"
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=policy.zoneinfo)
