"""From a settings value to an open system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, tzinfo
from os import PathLike
from pathlib import Path
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

import attrs

from erplink.errors import ConfigInvalid
from erplink.facade.aerp import AsyncErp
from erplink.facade.erp import Erp
from erplink.facade.io_async import AsyncIo
from erplink.facade.io_sync import SyncIo
from erplink.facade.observe import Observe
from erplink.facade.recorder import Record, recorder
from erplink.wire.adapter import Adapter, Closing, Settings
from erplink.wire.io import Io
from erplink.wire.pace import Pacing, own_pace


@runtime_checkable
class Zoned(Protocol):
    """Settings that name the zone of the server's wall clock."""

    @property
    def zone(self) -> str:
        """An IANA name."""
        ...


def connect(
    settings: Settings,
    *,
    parallel: int = 1,
    timeout: float = 60.0,
    observe: Observe | None = None,
    record: str | PathLike[str] | None = None,
    limits: str | None = None,
) -> Erp:
    """An ERP for scripts and threads. Sends nothing yet: the first call logs in.

    ``parallel`` bounds calls in flight of one pull (1: no threads are started), ``timeout`` is seconds per wait,
    ``observe`` is told of every stretch of work, ``record`` names a folder for redacted calls and replies.

    ``limits`` is the SQLAlchemy URL of a database in which several processes share the limit of calls that the
    settings state, and learn from each other when the other side asks for patience; a link's database will do.

    Raises:
        ConfigInvalid: a figure, an address, the folder or the database cannot be used.
        StoreMismatch: the database has tables of another revision.
        StoreUnavailable: the database is away.
    """
    _check(parallel, timeout)
    zone = _zone(settings)
    io = SyncIo(parallel=parallel, timeout=timeout, observe=observe, record=_record(record, settings))
    adapter, close = _open(settings, io, parallel, limits)
    return Erp(adapter, io, zone, close)


def connect_async(
    settings: Settings,
    *,
    parallel: int = 1,
    timeout: float = 60.0,
    observe: Observe | None = None,
    record: str | PathLike[str] | None = None,
    limits: str | None = None,
) -> AsyncErp:
    """An ERP for asyncio and trio, used in an ``async with`` block of one event loop; else like ``connect``."""
    _check(parallel, timeout)
    zone = _zone(settings)
    io = AsyncIo(parallel=parallel, timeout=timeout, observe=observe, record=_record(record, settings))
    adapter, close = _open(settings, io, parallel, limits)
    return AsyncErp(adapter, io, zone, close)


def _check(parallel: int, timeout: float) -> None:
    if parallel < 1:
        raise ConfigInvalid(f"parallel is {parallel}", next_step="give the number of calls in flight, at least 1")
    if not timeout > 0:
        raise ConfigInvalid(f"timeout is {timeout}", next_step="give seconds above 0; to wait for ever is not possible")


def _open(settings: Settings, io: Io, parallel: int, limits: str | None) -> tuple[Adapter, Callable[[], None]]:
    """The adapter, and what ends its connections and the limits it shares."""
    with ExitStack() as stack:
        pacing: Pacing = own_pace
        if limits is not None:
            from erplink.facade.limits import SharedLimits

            shared = SharedLimits(limits)
            stack.callback(shared.close)
            pacing = shared.pace
        adapter = settings.open(io, parallel=parallel, pacing=pacing)
        if isinstance(adapter, Closing):
            stack.callback(adapter.close)
        return adapter, stack.pop_all().close


def _record(folder: str | PathLike[str] | None, settings: Settings) -> Record | None:
    return None if folder is None else recorder(Path(folder), _secrets(settings))


def _secrets(settings: Settings) -> tuple[str, ...]:
    """What the settings hide in their own repr is a secret."""
    kind: type = type(settings)
    if not attrs.has(kind):
        return ()
    hidden = [getattr(settings, field.name) for field in attrs.fields(kind) if field.repr is False]
    named = [value for each in hidden if isinstance(each, Mapping) for value in each.values()]
    return tuple(value for value in (*hidden, *named) if isinstance(value, str) and value)


def _zone(settings: Settings) -> tzinfo:
    if not isinstance(settings, Zoned):
        return UTC
    try:
        return ZoneInfo(settings.zone)
    except (KeyError, ValueError, OSError):
        raise ConfigInvalid(
            f"the time zone {settings.zone!r} is unknown", next_step="give an IANA name such as Asia/Shanghai"
        ) from None
