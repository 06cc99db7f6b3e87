"""Reading by a plan: pages of a list, single records, keys. Awaits nothing but ``Io``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from attrs import frozen
from msgspec.structs import replace

from erplink.errors import ConfigInvalid, NotFound, ServerFault, ShapeChanged, SkipError
from erplink.manifest.asker import Asker
from erplink.manifest.paging import END, Came, Spot, remembered, spot_of, token
from erplink.manifest.plan import Getting, Listing, Plan
from erplink.manifest.steady import ByOverlap, ByTime, Step
from erplink.mapping.paths import MISSING
from erplink.mapping.tree import Read
from erplink.model.documents import Document, Key
from erplink.wire.adapter import Broken, KeyPage, Page, Window

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS_PER_PAGE = 1000
_NO_CONTENT = 204


@frozen
class Reading:
    """Reads one entity."""

    asker: Asker
    plan: Plan

    async def pages(self, window: Window, after: str, parallel: int) -> AsyncGenerator[Page, None]:
        """Every record of the window, each once while it does not change; resumes after a token.

        Records whose stamp lies outside the window are left out, whatever the system's filter does.
        """
        bounded = window.since is not None or window.until is not None
        listing = self.plan.changes if bounded and self.plan.changes is not None else self.plan.listing
        if listing is None:
            raise ConfigInvalid(f"the manifest has no list of {self.plan.entity}", next_step="write one")
        spot = spot_of(after)
        while spot != END:
            came = await self.page(listing, window, spot)
            keys = [self.plan.reader.mark(record) for record in came.records]
            step = self._step(listing, spot, came, keys)
            fresh = [came.records[n] for n in step.fresh if self._is_inside(keys[n], window)]
            if spot == Spot() and not came.records:
                await self.asker.prove()
            spot = END if step.next is None else step.next
            if fresh:
                read = await self._documents(fresh, window, parallel)
                yield Page(read.documents, token(spot), read.broken)

    async def page(self, listing: Listing, window: Window, spot: Spot) -> Came:
        """One page of a list."""
        names = self._names(listing, window, spot)
        came = await self.asker.ask(listing.ask, names, listing.paging.link(spot))
        if came.tree is None or listing.lacks(came.tree):
            if came.reply.status == _NO_CONTENT or self.asker.dialect.is_end(came.call, came.reply):
                return came
            raise ServerFault(
                "the reply is no list: it has nothing at records",
                where=came.call.where,
                next_step="look at it with record=…; where an empty list is left out, write optional = true beside "
                "records, and a rule under errors for what it says instead",
                sent="maybe",
            )
        return Came(came.call, came.reply, came.tree, listing.records(came.tree))

    async def touch(self) -> None:
        """The first record of a list, or whatever the server says instead."""
        listing = self.plan.listing or self.plan.changes
        if listing is not None:
            names = {**self._names(listing, Window(), Spot()), "size": 1, "end": 1, "last": 0}
            await self.asker.ask(listing.ask, names)

    async def keys(self, after: str) -> AsyncGenerator[KeyPage, None]:
        """Every key in the order of ``Key.place``. A system sorts in its own way, so all of them are held at once."""
        if self.plan.listing is None:
            raise ConfigInvalid(f"the manifest has no list of {self.plan.entity}", next_step="write one")
        found: dict[str, Key] = {}
        spot = Spot()
        while spot != END:
            came = await self.page(self.plan.listing, Window(), spot)
            marks = [self.plan.reader.mark(record) for record in came.records]
            found |= {key.id: key for key in map(self.plan.reader.key, came.records) if key.id}
            spot = self._step(self.plan.listing, spot, came, marks).next or END
        ordered = sorted(found.values(), key=lambda key: key.place)
        ordered = [key for key in ordered if not after or key.place > Key(after, "", "").place]
        for start in range(0, len(ordered), _KEYS_PER_PAGE):
            part = ordered[start : start + _KEYS_PER_PAGE]
            yield KeyPage(tuple(part), part[-1].id)

    async def record(self, number: str) -> Any:
        """The record of a number, as the reply has it. Raises ``NotFound``."""
        getting = self.plan.getting
        if getting is None:
            raise ConfigInvalid(f"the manifest cannot get {self.plan.entity}", next_step="write get")
        found = await self._get(getting, {"number": number, "id": number})
        if found is None:
            raise NotFound(
                f"there is no {number!r} among the {self.plan.entity}",
                where=self.plan.mapping.source,
                next_step="check the number; what the integration user may not see looks the same",
            )
        told = self.plan.reader.key(found)
        if number not in {told.number, told.id}:
            raise ConfigInvalid(
                f"{number!r} was asked for and another record came",
                where=self.plan.mapping.source,
                next_step="check how one record is asked for: the system does not seem to use the number it is given",
            )
        return found

    async def get(self, number: str) -> Document:
        """One document by its number. Raises ``NotFound``, ``ShapeChanged``."""
        record = await self.record(number)
        read = self.plan.reader.read([record])
        if read.broken:
            raise read.broken[0].error
        return read.documents[0]

    async def _get(self, getting: Getting, names: dict[str, Any]) -> Any:
        try:
            came = await self.asker.ask(getting.ask, names)
        except NotFound:
            return None
        return next(iter(getting.record(came.tree)), None)

    async def _documents(self, records: Sequence[Any], window: Window, parallel: int) -> Read:
        """The documents of heads. Where only whole records have a stamp, only they tell what is in the window."""
        if self.plan.detail is None:
            return self.plan.reader.read(records)
        found = await self.whole(records, parallel)
        whole = [each for each in found if not isinstance(each, Broken)]
        read = self.plan.reader.read([each for each in whole if self._is_inside(self.plan.reader.mark(each), window)])
        unread = tuple(each for each in found if isinstance(each, Broken))
        return Read(read.documents, (*read.broken, *unread))

    async def whole(self, records: Sequence[Any], parallel: int) -> list[Any]:
        """The whole records of heads, where the manifest asks for each by itself; ``Broken`` for one that is refused.

        What is gone meanwhile is left out.
        """
        detail = self.plan.detail
        if detail is None:
            return [*records]
        jobs = [partial(self._whole, detail, record) for record in records]
        return [each for each in await self.asker.io.gather(parallel, jobs) if each is not None]

    def following(self, listing: Listing, spot: Spot, came: Came) -> Spot | None:
        """Where a list goes on after a page, by its own kind of paging; None when it has ended."""
        following = listing.paging.next(spot, came)
        if following is None or listing.paging.words.kind != "keyset":
            return following
        return replace(following, after=self._after(came, spot))

    async def _whole(self, detail: Getting, record: Any) -> Any:
        """The whole record of a head; None when it is gone."""
        key = self.plan.reader.key(record)
        names = {"number": key.number, "id": self._cell(record, self.plan.mapping.key)}
        try:
            return await self._get(detail, names)
        except SkipError as error:
            return Broken(key.id, key.number, error)

    def _step(self, listing: Listing, spot: Spot, came: Came, keys: Sequence[Key]) -> Step:
        paging = listing.paging
        if listing.steady is not None:
            ended = paging.has_ended(spot.seen + len(keys), came)
            return listing.steady.step(spot, keys, ended=ended)
        following = self.following(listing, spot, came)
        fresh = tuple(n for n, key in enumerate(keys) if not key.id or spot.known.get(key.id) != key.version)
        if following is None:
            return Step(fresh, None)
        return Step(fresh, replace(following, known=remembered(keys)))

    def _after(self, came: Came, spot: Spot) -> dict[str, Any]:
        """The cells of the last record, from which a keyset goes on."""
        mapping, last = self.plan.mapping, came.records[-1]
        cells = {
            name: self._cell(last, key)
            for name, key in (("id", mapping.key), ("number", mapping.number), ("modified", mapping.modified))
            if key
        }
        if cells == spot.after:
            raise ServerFault(
                "the page that comes next is this one again",
                where=came.call.where,
                next_step="check the keyset in the manifest: it has to ask for what comes after the last record",
                sent="no",
            )
        return cells

    def _cell(self, record: Any, key: str) -> Any:
        cell = self.plan.reader.raw(record, key)
        if cell is MISSING:
            where = f"{self.plan.mapping.source}.{key}"
            raise ShapeChanged(
                "the reply lacks a field that pages are asked by", where=where, next_step="check its path"
            )
        return cell

    def _names(self, listing: Listing, window: Window, spot: Spot) -> dict[str, Any]:
        names = listing.paging.names(spot)
        steady = listing.steady
        since = window.since
        if isinstance(steady, ByTime):
            since = steady.floor(spot) or (None if since is None else since - steady.margin)
        elif isinstance(steady, ByOverlap):
            offset = steady.offset(spot)
            size = listing.paging.words.size + 1
            names |= {"offset": offset, "size": size, "end": offset + size, "last": offset + size - 1}
        if listing.paging.words.kind == "keyset":
            after = {"id": 0, "number": "", "modified": self.plan.moment(since or _BEGINNING), **listing.start}
            names |= {f"after.{name}": cell for name, cell in {**after, **(spot.after or {})}.items()}
        if since is not None:
            names["since"] = self.plan.moment(since)
        elif "modified" in listing.start:
            names["since"] = listing.start["modified"]
        if window.until is not None:
            names["until"] = self.plan.moment(window.until)
        return names

    def _is_inside(self, key: Key, window: Window) -> bool:
        """Whether a record's stamp is in the window; stamps may have the grain of a second."""
        if window.since is None and window.until is None:
            return True
        at = self.plan.at(key.version)
        if at is None:
            return True
        since = window.since.replace(microsecond=0) if window.since is not None else None
        return (since is None or at >= since) and (window.until is None or at < window.until)
