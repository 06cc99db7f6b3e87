"""Stamps of every kind that old tables keep cut a window right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from attrs import frozen

from erplink.erp.sql.stamps import stamps_of
from erplink.errors import ConfigInvalid
from erplink.facade.manifest import load_manifest
from erplink.wire.adapter import Window
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import numbers, old_erp, pages

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 12, tzinfo=ZONE)
MANIFEST = """
[entities.customers]
table = "customers"

[entities.customers.fields]
id = "id"
number = "code"
name = "code"
status = { value = "approved" }
modified = { path = "stamp", time = "%TIME%" }
"""


@frozen
class Kind:
    """A kind of column: its type, how an instant is kept there, and what the manifest says of it."""

    column: sa.types.TypeEngine[Any]
    kept: Callable[[datetime], Any]
    time: str = "local"
    aware: bool = False


def wall(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(tzinfo=None)


def text(form: str) -> Callable[[datetime], str]:
    return lambda at: wall(at).strftime(form)


KINDS = {
    "datetime": Kind(sa.DateTime(), wall),
    "instant": Kind(sa.DateTime(timezone=True), lambda at: at),
    "text": Kind(sa.String(30), text("%Y-%m-%d %H:%M:%S")),
    "text-t": Kind(sa.String(30), text("%Y-%m-%dT%H:%M:%S"), "%Y-%m-%dT%H:%M:%S"),
    "text-utc": Kind(sa.String(30), lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "utc"),
    "text-14": Kind(sa.String(30), text("%Y%m%d%H%M%S"), "%Y%m%d%H%M%S"),
    "epoch": Kind(sa.BigInteger(), lambda at: int(at.timestamp()), "epoch"),
    "epoch-ms": Kind(sa.BigInteger(), lambda at: int(at.timestamp() * 1000) + 123, "epoch_ms"),
    "epoch-float": Kind(sa.Double(), lambda at: at.timestamp() + 0.25, "epoch"),
    "number-14": Kind(sa.BigInteger(), lambda at: int(text("%Y%m%d%H%M%S")(at)), "%Y%m%d%H%M%S"),
}
DAYS = {
    "date": Kind(sa.Date(), lambda at: wall(at).date(), "date"),
    "text-date": Kind(sa.String(30), text("%Y-%m-%d"), "date"),
    "text-8": Kind(sa.String(30), text("%Y%m%d"), "%Y%m%d"),
    "number-8": Kind(sa.Integer(), lambda at: int(text("%Y%m%d")(at)), "%Y%m%d"),
}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def changed(place: Place, kind: Kind, stamps: list[datetime], *windows: tuple[datetime, datetime]) -> list[list[str]]:
    """The numbers of what changed in each window, with pages of 2."""
    with old_erp(place) as old:
        columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(9)))
        table = sa.Table("customers", old.metadata, *columns, sa.Column("stamp", kind.column))
        old.make()
        rows = [{"id": n, "code": f"C{n}", "stamp": kind.kept(stamp)} for n, stamp in enumerate(stamps, 1)]
        old.put(table, rows)
        with old.open(MANIFEST.replace("%TIME%", kind.time), page=2) as erp:
            return [
                numbers([each for page in pages(erp, Window(*window), entity="customers") for each in page.items])
                for window in windows
            ]


@pytest.mark.parametrize("name", KINDS)
def test_a_window_is_half_open_to_the_second(place: Place, name: str) -> None:
    kind = KINDS[name]
    if name == "instant" and place.kind == "mariadb":
        pytest.skip("MariaDB keeps no offsets")
    stamps = [at(n) for n in (-1, 0, 0, 0, 5, 9, 10, 10, 11, 4000)]
    first, then, rest = changed(place, kind, stamps, (at(0), at(10)), (at(10), at(11)), (at(11.7), at(5000)))
    assert first == ["C2", "C3", "C4", "C5", "C6"]
    assert then == ["C7", "C8"]
    assert rest == ["C9", "C10"], "a stamp of whole seconds stands for what happened in that second"


@pytest.mark.parametrize("name", DAYS)
def test_a_stamp_of_a_day_comes_as_long_as_the_day_lasts(place: Place, name: str) -> None:
    days = [NOON + timedelta(days=n) for n in (-1, 0, 0, 0, 1)]
    found = changed(
        place,
        DAYS[name],
        days,
        (NOON - timedelta(hours=1), NOON),
        (NOON, NOON + timedelta(hours=1)),
        (NOON + timedelta(hours=12), NOON + timedelta(hours=13)),
    )
    assert found == [["C2", "C3", "C4"], ["C2", "C3", "C4"], ["C5"]]


@pytest.mark.parametrize(
    ("kept", "time", "words"),
    [
        ("2026-03-01 12:00:00", "iso", 'write time = "%Y-%m-%d %H:%M:%S"'),
        ("2026/3/1 8:00", "local", "write time = a pattern"),
        ("2026-03-01T12:00:00Z", "local", 'write time = "utc"'),
        ("31/12/2026", "%d/%m/%Y", "do not sort by time"),
        (1772337600, "local", 'write time = "epoch"'),
        (1772337600000, "local", 'write time = "epoch_ms"'),
        (b"\x00\x00\x07\xd0", "local", "bytes"),
    ],
)
def test_stamps_that_cannot_cut_a_window_are_told_by_their_line(
    tmp_path: Path, kept: object, time: str, words: str
) -> None:
    columns: dict[type, sa.types.TypeEngine[Any]] = {str: sa.String(30), int: sa.BigInteger(), bytes: sa.LargeBinary()}
    column = columns[type(kept)]
    place = Place("sqlite", f"sqlite:///{tmp_path / 'erp.db'}", tmp_path)
    with pytest.raises(ConfigInvalid) as raised:
        changed(place, Kind(column, lambda _: kept, time), [NOON], (at(0), at(1)))
    assert words in str(raised.value)
    assert "erp.toml, line 19" in str(raised.value)


@on("sqlite", "postgresql")
def test_what_is_written_while_the_clock_is_set_back_is_not_lost(place: Place) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 45, tzinfo=berlin)
    second = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=berlin)
    assert second.astimezone(UTC) > first.astimezone(UTC)
    with old_erp(place) as old:
        columns = (sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.String(9)))
        table = sa.Table("customers", old.metadata, *columns, sa.Column("stamp", sa.DateTime()))
        old.make()
        old.put(table, [{"id": 1, "code": "C1", "stamp": second.replace(tzinfo=None, fold=0)}])
        manifest = MANIFEST.replace("%TIME%", "local")
        file = old.manifest(manifest)
        file.write_text(file.read_text(encoding="utf-8").replace("[database]", 'zone = "Europe/Berlin"\n[database]', 1))
        from erplink import connect

        with connect(load_manifest(file)) as erp:
            assert numbers([*erp.customers.changes(first, second + timedelta(hours=1))]) == ["C1"]


def test_what_a_driver_cuts_off_of_a_stamp_makes_no_difference() -> None:
    stamps = stamps_of(datetime(2026, 3, 1, 12, 0, 0, 3333), "local", ZONE)  # noqa: DTZ001 - wall time
    assert stamps.grain == timedelta(seconds=1)
    assert stamps.low(at(0.9)) == stamps.high(at(0.9)) == wall(at(0))
    assert stamps_of(date(2026, 3, 1), "local", ZONE).grain == timedelta(days=1)
