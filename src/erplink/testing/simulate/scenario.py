"""What happens in a simulated company, as an explicit list: drawn from a seed, and shortened when a failure is told."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from attrs import field, frozen

from erplink.testing.simulate.server import HALF_A_GIFT, NO_SUCH_GIFT

SECOND = 1_000_000
MINUTE = 60 * SECOND
LATEST = 4 * MINUTE
"""How long after its stamp a document may turn up. The overlap of windows is a minute more."""


@frozen
class Deed:
    """Something people do, ``at`` microseconds after the beginning."""

    at: int


@frozen
class Sold(Deed):
    """An order is entered: ``amounts`` in fen, one line each."""

    number: str
    customer: str
    amounts: tuple[int, ...]
    late: int = 0

    def __str__(self) -> str:
        return f"order {self.number} of {self.customer} for {sum(self.amounts) / 100:.2f}{_late(self.late)}"


@frozen
class Changed(Deed):
    """An order is edited."""

    number: str
    amounts: tuple[int, ...]
    late: int = 0

    def __str__(self) -> str:
        return f"order {self.number} is now for {sum(self.amounts) / 100:.2f}{_late(self.late)}"


@frozen
class Cancelled(Deed):
    """An order is cancelled."""

    number: str

    def __str__(self) -> str:
        return f"order {self.number} is cancelled"


@frozen
class Returned(Deed):
    """Lines of an order come back."""

    number: str
    order: str
    lines: tuple[int, ...]
    late: int = 0

    def __str__(self) -> str:
        return f"return {self.number}: lines {list(self.lines)} of {self.order}{_late(self.late)}"


@frozen
class Redeemed(Deed):
    """A member asks for a gift, in the application's own transaction if ``borrowed``."""

    key: str
    customer: str
    points: int
    gift: str
    borrowed: bool

    def __str__(self) -> str:
        how = " in the shop's own transaction" if self.borrowed else ""
        return f"{self.customer} redeems {self.points} points for {self.gift}{how}"


@frozen
class Stamped(Deed):
    """A till tells of a stamp on a member's card, ``times`` times, as such things do, ``apart`` microseconds."""

    key: str
    customer: str
    times: int
    apart: int

    def __str__(self) -> str:
        return f"{self.customer} gets stamp {self.key}, told {self.times} times"


@frozen
class Renamed(Deed):
    """A person writes a nickname into one of the two systems that share it."""

    system: str
    customer: str
    nick: str
    late: int = 0

    def __str__(self) -> str:
        return f"{self.customer} is called {self.nick!r} in {self.system}{_late(self.late)}"


@frozen
class Scenario:
    """One company: who its customers are, what they do, and how its machines are.

    A ``stocked`` one is known to erplink already. Its workers call ``sync``, or they work ``by_rounds``. If it is
    ``mirrored``, a second system shares a field with the ERP. With ``echoes`` the end is only when what erplink itself
    wrote to the ERP has come back, too.
    ``skews`` is how far each clock is ahead (``server`` and the workers), ``begins`` when each worker first syncs and
    ``rounds`` how often, with ``pauses`` between. All in microseconds.
    """

    customers: tuple[str, ...]
    deeds: tuple[Deed, ...]
    begins: Mapping[str, int]
    rounds: Mapping[str, int]
    pauses: Mapping[str, int]
    stocked: bool = False
    by_rounds: bool = False
    mirrored: bool = False
    echoes: bool = True
    skews: Mapping[str, int] = field(factory=dict)


WORKERS = ("w1", "w2")
EVERYBODY = ("C1", "C2", "C3", "C4", "C5", "C6")
YESTERDAY = -12 * 60 * MINUTE


def draw(chance: Random) -> Scenario:
    """A company drawn by chance: new to erplink, or known to it since yesterday."""
    stocked = chance.random() < 0.7  # noqa: PLR2004 - most of them
    customers = EVERYBODY if stocked else EVERYBODY[: chance.randint(3, 6)]
    end = chance.choice((20, 60, 150)) * MINUTE
    regulars = customers[: chance.randint(2, 4)]
    deeds = [
        *_orders(chance, regulars, end),
        *_redemptions(chance, regulars, end),
        *_stamps(chance, regulars, end),
    ]
    mirrored = stocked and chance.random() < 0.5  # noqa: PLR2004 - it takes longer
    if mirrored:
        deeds += _names(chance, regulars, end)
    begins, rounds = {}, {}
    together = MINUTE + chance.randrange(end)
    for name in WORKERS:
        begins[name] = (together if chance.random() < 0.6 else chance.randrange(end)) + chance.randrange(20 * SECOND)  # noqa: PLR2004
        rounds[name] = chance.choice((1, 1, 1, 1, 2))
    if not stocked:
        begins["w1"], rounds["w1"] = chance.randrange(MINUTE), 2
    pauses = {name: end // 3 + chance.randrange(end // 3) for name in WORKERS}
    return Scenario(
        customers,
        tuple(sorted(deeds, key=_when)),
        begins,
        rounds,
        pauses,
        stocked,
        by_rounds=chance.random() < 0.5,  # noqa: PLR2004 - one half works one way, one the other
        mirrored=mirrored,
        echoes=mirrored or chance.random() < 0.2,  # noqa: PLR2004 - few of them, it takes another sync
        skews=_skews(chance),
    )


def stock() -> Scenario:
    """What happened before a stocked company's first day: everybody ordered once."""
    deeds = tuple(Sold(YESTERDAY, f"OLD{n}", code, (20_000 + 1_000 * n,)) for n, code in enumerate(EVERYBODY))
    return Scenario(EVERYBODY, deeds, {}, {}, {})


def _orders(chance: Random, customers: tuple[str, ...], end: int) -> list[Deed]:
    deeds: list[Deed] = []
    for n in range(chance.randint(5, 9)):
        number, at = f"SO{n + 1}", 0 if n < 2 else chance.randrange(end)  # noqa: PLR2004 - two are there at once
        deeds.append(Sold(at, number, chance.choice(customers), _amounts(chance), _lateness(chance) if at else 0))
        then = at + MINUTE + chance.randrange(end)
        match chance.randrange(6):
            case 0:
                deeds.append(Changed(then, number, _amounts(chance), _lateness(chance)))
            case 1:
                deeds.append(Returned(then, f"RT{n + 1}", number, (1,), _lateness(chance)))
            case 2 if chance.random() < 0.5:  # noqa: PLR2004 - half of them
                deeds.append(Cancelled(then, number))
            case _:
                pass
    return deeds


def _redemptions(chance: Random, customers: tuple[str, ...], end: int) -> list[Deed]:
    deeds: list[Deed] = []
    for n in range(chance.randint(2, 4)):
        customer, at = chance.choice(customers), chance.randrange(end)
        gift = chance.choice(("GIFT-1", "GIFT-1", "GIFT-2", NO_SUCH_GIFT, HALF_A_GIFT))
        points = chance.choice((40, 100, 300))
        deeds.append(Redeemed(at, f"wish-{n}", customer, points, gift, chance.random() < 0.6))  # noqa: PLR2004
        if chance.random() < 0.4:  # noqa: PLR2004 - often two at once
            soon = at + chance.randrange(2 * SECOND)
            deeds.append(Redeemed(soon, f"wish-{n}-too", customer, points, "GIFT-2", borrowed=True))
    return deeds


def _stamps(chance: Random, customers: tuple[str, ...], end: int) -> list[Deed]:
    return [
        Stamped(
            chance.randrange(end),
            f"stamp-{n}",
            chance.choice(customers),
            chance.choice((1, 2, 3)),
            chance.randrange(10 * SECOND),
        )
        for n in range(chance.randint(1, 3))
    ]


def _names(chance: Random, customers: tuple[str, ...], end: int) -> list[Deed]:
    return [
        Renamed(
            chance.randrange(end),
            chance.choice(("erp", "crm")),
            chance.choice(customers[:2]),
            chance.choice((" Ann", "Bo  Y", "CY")),
            chance.choice((0, chance.randrange(LATEST))),
        )
        for _ in range(chance.randint(3, 7))
    ]


def _amounts(chance: Random) -> tuple[int, ...]:
    return tuple(chance.randrange(1_000, 40_000) for _ in range(chance.randint(1, 3)))


def _lateness(chance: Random) -> int:
    return chance.randrange(LATEST) if chance.random() < 0.25 else 0  # noqa: PLR2004 - a quarter


def _skews(chance: Random) -> dict[str, int]:
    skews = {}
    for name in ("server", *WORKERS):
        if chance.random() < 0.3:  # noqa: PLR2004 - some clocks are wrong
            most = 3 * 60 * MINUTE if name == "server" else 20 * SECOND
            skews[name] = chance.randrange(-most, most if name != "server" else 0)
    return skews


def _when(deed: Deed) -> int:
    return deed.at


def _late(micros: int) -> str:
    return f", seen {micros // SECOND} s late" if micros else ""
