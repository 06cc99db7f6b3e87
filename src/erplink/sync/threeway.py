"""Two sides of one record and what they last agreed on: what goes over, and what contradicts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from attrs import field, frozen

from erplink.model.documents import Scalar
from erplink.sync.echo import like

Master = Literal["left", "right", ""]
"""Which side is followed when both changed a field; nobody (``""``): then a person has to say."""

_BOUNCES = 3
"""So often in a row a side may keep something else than was written there; then both are left alone."""
_NEVER = "\x00"
"""What no field ever holds."""


@frozen
class Both:
    """A field as either side shows it. A system may keep a value in a form of its own, so the two may differ."""

    left: Scalar
    right: Scalar


@frozen
class Merged:
    """What follows for one record: values to write on either side, what is agreed now, and what contradicts."""

    to_left: Mapping[str, Scalar]
    to_right: Mapping[str, Scalar]
    agreed: Mapping[str, Both]
    conflicts: Mapping[str, Both]


def merge(
    base: Mapping[str, Both], left: Mapping[str, Scalar], right: Mapping[str, Scalar], masters: Mapping[str, Master]
) -> Merged:
    """Merge the fields named in ``masters``.

    A side changed a field when it shows something else than in ``base``. One changed: its value goes to the other. Both
    changed, to different values: the master's goes over; without a master nothing is written, and it is a conflict. A
    field that was never agreed on counts as changed on both sides, except that an empty one is filled.

    >>> dict(merge({"phone": Both("1", "1")}, {"phone": "2"}, {"phone": "1"}, {"phone": ""}).to_right)
    {'phone': '2'}
    """
    to_left: dict[str, Scalar] = {}
    to_right: dict[str, Scalar] = {}
    agreed, conflicts = dict(base), dict[str, Both]()
    for name, master in masters.items():
        now = Both(left[name], right[name])
        match _followed(base.get(name), now, master):
            case "both":
                agreed[name] = now
            case "left":
                to_right[name], agreed[name] = now.left, Both(now.left, now.left)
            case "right":
                to_left[name], agreed[name] = now.right, Both(now.right, now.right)
            case "nobody":
                conflicts[name] = now
    return Merged(to_left, to_right, agreed, conflicts)


def _followed(base: Both | None, now: Both, master: Master) -> Literal["left", "right", "both", "nobody"]:
    if now == base or now.left == now.right:
        return "both"
    if base is None:
        base = Both("" if now.left == "" else _NEVER, "" if now.right == "" else _NEVER)
    if now.left != base.left and now.right != base.right:
        return master or "nobody"
    return "left" if now.left != base.left else "right"


@frozen
class Agreed:
    """What is remembered of one field: what both sides agreed on, and what is still on its way there.

    While a value is on its way to a side, ``left_may`` or ``right_may`` hold what that side may still show without
    having changed. Until it arrived, and while the field is ``disputed``, ``former`` is what both sides last really
    agreed on. ``bounces`` counts how often in a row a side kept something else than was written there.
    """

    both: Both
    former: Both | None = None
    left_may: tuple[Scalar, ...] = ()
    right_may: tuple[Scalar, ...] = ()
    disputed: bool = False
    bounces: int = 0


@frozen
class Shown:
    """A record as the two sides show it.

    ``left_seen`` and ``right_seen`` name the fields whose value was read after what we last wrote there was done.
    """

    left: Mapping[str, Scalar]
    right: Mapping[str, Scalar]
    left_seen: Collection[str] = ()
    right_seen: Collection[str] = ()


@frozen
class Outcome:
    """What follows for one record: values that should stand on either side, what to remember, what contradicts."""

    to_left: Mapping[str, Scalar] = field(factory=dict)
    to_right: Mapping[str, Scalar] = field(factory=dict)
    agreed: Mapping[str, Agreed] = field(factory=dict)
    conflicts: Mapping[str, Both] = field(factory=dict)


def follow(known: Mapping[str, Agreed], shown: Shown, masters: Mapping[str, Master]) -> Outcome:
    """Like ``merge``, for systems that show a write late and may keep it in a form of their own.

    - Until a side was read after our write, it has not changed as long as it shows what it showed before, or something
      *like* what we wrote (``sync.echo.like``). If it shows anything else, it changed at the same time as the other
      one: the two are merged from what both last really showed, and what is on its way is replaced.
    - Once it was read after our write, it has taken it if it shows something like it; its own form of it is then what
      is agreed. If it shows anything else, it changed by itself.

    Two sides that go on to keep other forms of each other's value are left alone after a few times, and listed.
    """
    views = {name: _view(known.get(name), shown, name) for name in masters}
    base = {name: view.base for name, view in views.items() if view.base is not None}
    left = {name: view.left.counts_as for name, view in views.items()}
    right = {name: view.right.counts_as for name, view in views.items()}
    merged = merge(base, left, right, masters)
    to_left, to_right = dict(merged.to_left), dict(merged.to_right)
    agreed: dict[str, Agreed] = {}
    conflicts = dict(merged.conflicts)
    for name, view in views.items():
        if view.bounces >= _BOUNCES:
            to_left.pop(name, None)
            to_right.pop(name, None)
            conflicts[name] = now = Both(view.left.shown, view.right.shown)
            agreed[name] = Agreed(now, bounces=_BOUNCES)
            continue
        _override(name, view.left, to_left)
        _override(name, view.right, to_right)
        agreed[name] = _then(
            view, None if name in conflicts else merged.agreed[name], name in to_left, name in to_right
        )
    return Outcome(to_left, to_right, agreed, conflicts)


Turn = Literal["still", "taken", "own", "clash"]


@frozen
class _Side:
    """One side of a field: what it shows, what that means, what was last wanted there, what it may still show."""

    shown: Scalar
    turn: Turn
    wanted: Scalar
    may: tuple[Scalar, ...]

    @property
    def counts_as(self) -> Scalar:
        """Its value for a merge: what is on its way to it, unless it shows something of its own."""
        return self.wanted if self.turn == "still" else self.shown

    @property
    def agrees_to(self) -> Scalar:
        """Its part of what was agreed."""
        return self.shown if self.turn == "taken" else self.wanted

    def may_then(self, *, written: bool) -> tuple[Scalar, ...]:
        """What it may show from now on without having changed; nothing when no value is on its way to it."""
        if written:
            earlier = (*self.may, self.wanted) if self.turn in ("still", "clash") else ()
            return tuple(dict.fromkeys((*earlier, self.shown)))
        return self.may if self.turn == "still" else ()


@frozen
class _View:
    """One field: both sides, and from which base they are merged."""

    left: _Side
    right: _Side
    base: Both | None
    former: Both | None
    bounces: int


def _view(known: Agreed | None, shown: Shown, name: str) -> _View:
    now = Both(shown.left[name], shown.right[name])
    if known is None:
        return _View(_Side(now.left, "own", "", ()), _Side(now.right, "own", "", ()), None, None, 0)
    left = _side(now.left, known.both.left, known.left_may, seen=name in shown.left_seen)
    right = _side(now.right, known.both.right, known.right_may, seen=name in shown.right_seen)
    agreed = Both(left.agrees_to, right.agrees_to)
    former = known.former if known.disputed or known.left_may or known.right_may else agreed
    base = former if known.disputed or "clash" in (left.turn, right.turn) else agreed
    return _View(left, right, base, former, _bounces(known, left, right))


def _side(shown: Scalar, wanted: Scalar, may: tuple[Scalar, ...], *, seen: bool) -> _Side:
    turn: Turn
    if not may:
        turn = "taken" if shown == wanted else "own"
    elif not seen:
        turn = "still" if any(like(shown, one) for one in (*may, wanted)) else "clash"
    else:
        turn = "taken" if like(shown, wanted) else "own"
    return _Side(shown, turn, wanted, may)


def _bounces(known: Agreed, left: _Side, right: _Side) -> int:
    came = [side.turn for side in (left, right) if side.may]
    if "own" in came:
        return known.bounces + 1
    changed = "taken" in came or any(side.turn == "own" for side in (left, right))
    return 0 if changed else known.bounces


def _override(name: str, side: _Side, wanted: dict[str, Scalar]) -> None:
    """What is on its way to a side that changed meanwhile may still arrive: its own value is to stand after it."""
    if side.turn == "clash":
        wanted.setdefault(name, side.shown)


def _then(view: _View, both: Both | None, left_written: bool, right_written: bool) -> Agreed:  # noqa: FBT001 - facts
    left_may = view.left.may_then(written=left_written)
    right_may = view.right.may_then(written=right_written)
    if both is None:
        both, former = Both(view.left.counts_as, view.right.counts_as), view.base
        return Agreed(both, former, left_may, right_may, disputed=True, bounces=view.bounces)
    former = view.former if left_may or right_may else None
    return Agreed(both, former, left_may, right_may, bounces=view.bounces)
