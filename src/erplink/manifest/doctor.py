"""What is wrong between a manifest and the system it describes, step by step, by asking it. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import field, frozen

from erplink.errors import ErplinkError, LoginRefused
from erplink.manifest.adapter import ManifestAdapter
from erplink.manifest.paging import Came, Spot
from erplink.manifest.plan import Listing, Plan
from erplink.manifest.reading import Reading
from erplink.mapping.paths import MISSING
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken, Window
from erplink.wire.call import Call
from erplink.wire.check import Check, failed
from erplink.wire.io import Io, SendFailed

_SKEW_ALLOWED = timedelta(minutes=5)
_GRAIN = timedelta(seconds=1)
_FEW = 3
_NOTHING = (
    "nothing came. Is there nothing, or may the user see nothing? A wrong company, organisation or tenant often looks "
    "just like this"
)


async def examine(io: Io, url: str, adapter: ManifestAdapter) -> list[Check]:
    """Look at address, login and clock, then at every list, record and the stock, as the manifest asks for them.

    What depends on a failed step is left out. Sends reading requests only, and at most one login. Raises nothing of
    ``erplink.errors``.
    """
    checks = [await _address(io, url)]
    if not checks[-1].ok:
        return checks
    skus: list[str] = []
    for plan in adapter.plans.values():
        patient = _Patient(Reading(adapter.asker, plan), plan)
        found, refused = await patient.examined()
        checks += found
        skus += patient.skus
        if refused:
            return checks
    if adapter.stock is not None:
        checks.append(await _stock(adapter, skus))
    checks.append(_clock(adapter))
    if any(plan.creating or plan.updating or plan.actions for plan in adapter.plans.values()):
        checks.append(Check("writes", ok=True, words="not tried: a doctor writes nothing"))
    return checks


async def _address(io: Io, url: str) -> Check:
    """Whether anything answers there at all."""
    try:
        reply = await io.send(Call("address", url, method="GET", safe=True))
    except (SendFailed, ErplinkError) as error:
        words = f"{url} does not answer: {error}. Check host, port, http or https, proxy and firewall"
        return Check("address", ok=False, words=words)
    return Check("address", ok=True, words=f"{url} answers (HTTP {reply.status})")


@frozen
class _Patient:
    """One entity under examination; ``skus`` takes in what may be asked of the stock."""

    reading: Reading
    plan: Plan
    skus: list[str] = field(factory=list)

    async def examined(self) -> tuple[list[Check], bool]:
        """What was found, and whether the login was refused so that nothing else can be asked."""
        name = self.plan.entity
        listing = self.plan.listing or self.plan.changes
        if listing is None:
            return [Check(name, ok=True, words="has no list; nothing to look at")], False
        try:
            came = await self.reading.page(listing, Window(), Spot())
        except ErplinkError as error:
            return [failed(f"{name} list", error)], isinstance(error, LoginRefused)
        if not came.records:
            return [Check(f"{name} list", ok=False, words=f"{_where(listing)}: {_NOTHING}")], False
        checks = [Check(f"{name} list", ok=True, words=f"{len(came.records)} records on the first page")]
        checks += await self._fields(came)
        checks += await self._second_page(listing, came)
        checks += await self._filter(came)
        checks += await self._single(came)
        return checks, False

    async def _fields(self, came: Came) -> list[Check]:
        """Whether the records fit the mapping: what is missing, which words of a status are unknown."""
        name, reader = self.plan.entity, self.plan.reader
        records: Sequence[Any] = came.records
        if self.plan.detail is not None:
            records = await self.reading.whole(records[:1], 1)
        read = reader.read(records)
        self.skus.extend(_skus(read.documents))
        missing = [key for key in self.plan.mapping.head_keys() if all(_lacks(reader.raw(one, key)) for one in records)]
        checks: list[Check] = []
        if read.broken:
            first, *others = read.broken
            more = f" (and {len(others)} more)" if others else ""
            checks.append(Check(f"{name} fields", ok=False, words=f"{first.error}{more}"))
        else:
            words = f"all {len(read.documents)} records fit" + (
                f"; always empty: {', '.join(missing)}" if missing else ""
            )
            checks.append(Check(f"{name} fields", ok=True, words=words))
        unknown = Counter(
            str(getattr(one, "raw_status", "")) for one in read.documents if getattr(one, "status", "") == "unknown"
        )
        if unknown:
            listed = ", ".join(f"{word!r} ({times})" for word, times in unknown.most_common(5))
            words = f"the map does not know {listed}; add them under {name}.fields.status"
            checks.append(Check(f"{name} status", ok=False, words=words))
        return checks

    async def _second_page(self, listing: Listing, came: Came) -> list[Check]:
        """Whether the page that comes next is another one."""
        name = f"{self.plan.entity} paging"
        first = {self.plan.reader.key(record).id for record in came.records}
        kind = listing.paging.words.kind
        if kind == "none":
            return []
        try:
            spot = self.reading.following(listing, Spot(), came)
            if spot is None:
                return [Check(name, ok=True, words=f"{kind}: the list ends with the first page")]
            further = await self.reading.page(listing, Window(), spot)
        except ErplinkError as error:
            return [failed(name, error)]
        second = [self.plan.reader.key(record).id for record in further.records]
        if second and set(second) <= first and len(second) > 1:
            words = f"{kind}: the second page is the first one again; check where the request says which page it wants"
            return [Check(name, ok=False, words=words)]
        return [Check(name, ok=True, words=f"{kind}: the second page has {len(second)} records")]

    async def _filter(self, came: Came) -> list[Check]:
        """Whether a window of one stamp brings what has that stamp, and nothing else."""
        name, plan = f"{self.plan.entity} changes", self.plan
        if plan.changes is None:
            return []
        if not plan.changes.asks_for_a_window:
            return [Check(name, ok=True, words="it cannot be asked for a span of time; the whole list is read for one")]
        sample = await self._stamped(came.records)
        stamps = [at for at in (plan.at(plan.reader.mark(record).version) for record in sample) if at is not None]
        if not stamps:
            words = f"no record has a stamp at {plan.mapping.modified}; changes cannot be told from the rest"
            return [Check(name, ok=False, words=words)]
        at = stamps[-1].replace(microsecond=0)
        window = Window(at, at + _GRAIN)
        try:
            narrow = await self.reading.page(plan.changes, window, Spot())
        except ErplinkError as error:
            return [failed(name, error)]
        keys = [plan.reader.mark(record) for record in await self._stamped(narrow.records)]
        if not keys:
            words = f"a window around {at.isoformat()} brings nothing, though a record has that stamp: check the zone"
            return [Check(name, ok=False, words=words)]
        outside = sum(1 for key in keys if _before(plan, key, window))
        if outside:
            words = f"{outside} of {len(keys)} records are older than the window asked for: the filter is not used"
            return [Check(name, ok=False, words=words)]
        return [Check(name, ok=True, words="the filter by time works")]

    async def _stamped(self, records: Sequence[Any]) -> Sequence[Any]:
        """Records with their stamps; a few whole ones where their heads have none."""
        if self.plan.stamped:
            return records
        return [each for each in await self.reading.whole(records[:_FEW], 1) if not isinstance(each, Broken)]

    async def _single(self, came: Came) -> list[Check]:
        """Whether one record is found by its number."""
        if self.plan.getting is None:
            return []
        number = self.plan.reader.key(came.records[0]).number
        try:
            await self.reading.record(number)
        except ErplinkError as error:
            return [failed(f"{self.plan.entity} get", error)]
        return [Check(f"{self.plan.entity} get", ok=True, words="a record is found by its number")]


def _before(plan: Plan, key: Key, window: Window) -> bool:
    at = plan.at(key.version)
    return at is not None and window.since is not None and at < window.since


def _where(listing: Listing) -> str:
    return listing.ask.operation


def _lacks(cell: object) -> bool:
    return cell is MISSING or cell is None or cell == ""


def _skus(documents: Sequence[Document]) -> list[str]:
    of_lines = [line.sku for one in documents for line in getattr(one, "lines", ())]
    return [sku for sku in of_lines if sku][:1]


async def _stock(adapter: ManifestAdapter, skus: Sequence[str]) -> Check:
    if not skus:
        return Check("stock", ok=True, words="not tried: no sku is known from a line")
    try:
        rows = await adapter.on_hand(skus[:1])
    except ErplinkError as error:
        return failed("stock", error)
    return Check("stock", ok=True, words=f"{len(rows)} rows for one sku")


def _clock(adapter: ManifestAdapter) -> Check:
    wire = adapter.asker.wire
    if not wire.has_heard:
        return Check("clock", ok=True, words="the server tells no time; this machine's is used")
    skew = wire.skew()
    words = f"the server's clock differs by {round(skew.total_seconds())} s"
    if abs(skew) <= _SKEW_ALLOWED:
        return Check("clock", ok=True, words=words)
    return Check("clock", ok=False, words=f"{words}: set both by NTP")
