"""From a manifest of ``kind = "sql"`` to settings that can be opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from attrs import evolve, field, frozen

from erplink.erp.sql import exchange
from erplink.erp.sql.adapter import SqlAdapter
from erplink.erp.sql.calls import Database
from erplink.erp.sql.engines import Address, address_of, parsed
from erplink.erp.sql.exchange import Plans
from erplink.erp.sql.intermediate import Outbound
from erplink.erp.sql.planning import Planner
from erplink.erp.sql.words import SqlManifest
from erplink.errors import ErplinkError
from erplink.manifest.compile import House
from erplink.manifest.head import Source
from erplink.manifest.settings import PULLED
from erplink.manifest.templates import ABSENT, ZONE, Context, template
from erplink.model.documents import Entity
from erplink.text.source import Path
from erplink.wire.check import Check, failed
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.retry import Calling

_URL: Path = ("database", "url")


@frozen
class Sql:
    """Settings made of a manifest. ``secrets`` are what must never show."""

    name: str
    zone: str
    address: Address
    secrets: Mapping[str, str] = field(repr=False)
    calling: Calling
    house: House = field(repr=False)
    page: int
    plans: Plans = field(repr=False)

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> SqlAdapter:
        """An adapter over this Io with ``parallel`` connections at most; the first call connects.

        Raises ``ConfigInvalid`` when the driver is not installed.
        """
        calling = evolve(self.calling, in_flight=self.calling.in_flight or parallel)
        db = Database(io, self.address, self.house.text, calling, pacing)
        return SqlAdapter(self.name, self.house.zone, self.page, db, self.plans)

    async def doctor(self, io: Io) -> list[Check]:
        """What is wrong between the manifest and the database, step by step."""
        from erplink.erp.sql.doctor import examine

        try:
            adapter = self.open(io, parallel=1)
        except ErplinkError as error:
            return [failed("driver", error)]
        try:
            return await examine(adapter)
        finally:
            adapter.close()


def from_manifest(source: Source) -> Sql:
    """The settings of a manifest. Raises ``ConfigInvalid``: file, line, key and the allowed words."""
    words = source.words(SqlManifest)
    house = source.house(words)
    secrets = {name: source.secrets[name] for name in words.secrets}
    url = _url(words.database.url, source, {**source.context(words), ZONE: house.zone})
    hidden = tuple(filter(None, (*secrets.values(), str(url.password or ""))))
    address = address_of(url, words.database, source.folder, hidden)
    return Sql(
        name=words.name,
        zone=words.zone,
        address=address,
        secrets={**secrets, "password": str(url.password or "")},
        calling=words.limits.calling,
        house=house,
        page=words.database.page,
        plans=_plans(words, Planner(house, words.database.schema_)),
    )


def _plans(words: SqlManifest, planner: Planner) -> Plans:
    """Every plan of a manifest."""
    text, stock = planner.house.text, words.entities.stock
    for entity in PULLED:
        if getattr(words.entities, entity) is not None and getattr(words.inbound, entity) is not None:
            step = "keep one: entities for what the ERP leaves in place, inbound for rows it writes for us to take"
            raise text.invalid(f"{entity} are under entities and under inbound", ("inbound", entity), step)
    outlets: dict[Entity, Outbound] = {one: each for one in PULLED if (each := getattr(words.outbound, one))}
    return Plans(
        read={one: planner.entity(one, each) for one in PULLED if (each := getattr(words.entities, one))},
        taken={one: exchange.inbound(planner, one, each) for one in PULLED if (each := getattr(words.inbound, one))},
        created={one: exchange.create(planner, one, each.create) for one, each in outlets.items() if each.create},
        updated={one: exchange.update(planner, one, each.update) for one, each in outlets.items() if each.update},
        stock=planner.stock(stock) if stock is not None else None,
    )


def _url(text: str, source: Source, context: Context) -> sa.URL:
    """The url with its places filled in, part by part, so that a password may hold any sign.

    Raises ``ConfigInvalid``, which shows nothing of what was filled in.
    """
    try:
        whole = template(text)
        if len(whole.pieces) == 1 and not isinstance(whole.pieces[0], str):
            return parsed(str(_filled(text, context)))
        url = parsed(text)
        query = {name: _filled(str(value), context) for name, value in url.query.items()}
        port = url.port
        return sa.URL.create(
            url.drivername,
            _filled(url.username, context),
            _filled(url.password, context),
            _filled(url.host, context),
            port,
            _filled(url.database, context),
            {name: str(value) for name, value in query.items()},
        )
    except ValueError as error:
        step = "write it like mssql+pymssql://{user}:{secret.password}@host/database"
        raise source.text.invalid(f"the url of the database: {error}", _URL, step) from None


def _filled(part: Any, context: Context) -> str | None:
    """A part of the url. Raises ValueError for a name that is not known."""
    if part is None:
        return None
    found = template(str(part))
    for name in sorted(found.names):
        if name not in context:
            known = ", ".join(sorted(each for each in context if each != ZONE)) or "nothing"
            raise ValueError(f"nothing is called {name!r} here; known are: {known}")
    value = found.fill(context)
    return "" if value is ABSENT else str(value)
