"""``erplink demo``: the whole loop against a Kingdee world on loopback, with something to look at in the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
from attrs import frozen
from rich.console import Console

from erplink.cli.extras import REPORT, WORLD, require
from erplink.cli.live import Live
from erplink.cli.memory import peak_megabytes
from erplink.cli.programmes import choose, keep
from erplink.cli.report import Page, render
from erplink.cli.rounds import Work, ask_for_gifts, gifts_so_far, settle, state_of
from erplink.cli.summary import CallCount, Summary
from erplink.cli.tables import show
from erplink.cli.world_process import WorldProcess, attached_to, read_ready, started
from erplink.errors import ConfigInvalid, FileInvalid, Unreachable
from erplink.facade.connect import connect
from erplink.link import Link
from erplink.policy.programme import Policy

SPACE, SYSTEM = "demo", "kingdee"
WRITES = frozenset({"orders.create", "customers.update"})
WORLD_VARIABLE = "ERPLINK_DEMO_WORLD"
"""Holds the first line of a world that runs already; the demo then neither starts nor stops one."""

_FAULTS = {"rate": 0.15, "seed": 7, "seconds": 0.2}
_CALM = {"clear": True}
_LOG = "world.log"
_WIDTH = 118


@frozen
class Demo:
    """What a person asked the demo for."""

    folder: Path
    orders: Path | None = None
    policy: str | None = None
    faults: bool = False
    zone: str | None = None
    currency: str | None = None
    parallel: int = 4
    json: bool = False


def run(demo: Demo) -> Summary:
    """Run the demo, print what a person enjoys reading (or one JSON object), and leave the report in the folder.

    Raises the errors of ``erplink.errors``; a bad policy or orders file is found before a database is touched.
    """
    policy = choose(demo.policy, demo.zone, demo.currency)
    require("erplink demo", REPORT if WORLD_VARIABLE in os.environ else (*WORLD, *REPORT), "demo")
    if demo.orders is not None:
        _check_orders(demo.orders)
    live = Live(_console(demo))
    try:
        with _folder(demo.folder), _world(demo, policy, live) as world:
            keep(policy, demo.folder / "policy.yaml")
            with _weather(world, demo):
                summary = _loop(demo, policy, world, live)
    except KeyboardInterrupt:
        live.say("interrupted; the same command goes on where it stopped")
        raise
    _leave_report(summary)
    _tell(summary, demo, live.console)
    return summary


def _console(demo: Demo) -> Console:
    """Where a person reads; beside JSON that is stderr. What is not a terminal has no width of its own."""
    console = Console(stderr=demo.json)
    return console if console.is_terminal else Console(stderr=demo.json, width=_WIDTH)


def _loop(demo: Demo, policy: Policy, world: WorldProcess, live: Live) -> Summary:
    calls, database = CallCount(), f"sqlite:///{demo.folder / 'erplink.db'}"
    settings = world.ready.settings(policy.zone, policy.currency)
    with connect(settings, parallel=demo.parallel, observe=calls) as erp, Link.open(database, space=SPACE) as link:
        published = link.policies.publish(policy.text, approved_by="erplink demo")
        link.attach(SYSTEM, erp, writes=WRITES, parallel=demo.parallel)
        before = state_of(link)
        with live.stage("reading the ERP, deciding, booking, writing back"):
            work = settle(link, live, Work())
        with live.stage("five members ask for a gift"):
            if ask_for_gifts(link, policy.zoneinfo):
                work = settle(link, live, work)
        with live.stage("looking at the books"):
            overview, gifts = link.overview(), gifts_so_far(link)
            unchanged = state_of(link) == before and not work.written + work.refused
    return Summary(
        folder=demo.folder,
        source=demo.orders.name if demo.orders else str(world.ready.seed.get("source", "a running world")),
        space=SPACE,
        database=database,
        policy=published,
        seed=world.ready.seed,
        work=work,
        unchanged=unchanged,
        calls=dict(sorted(calls.outcomes.items())),
        faults=world.stats()["faults"] if demo.faults else None,
        gifts=gifts,
        overview=overview,
        timings=tuple(live.timings),
        spent=dict(live.spent),
        peak_megabytes=peak_megabytes(),
    )


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Make the folder; when the work fails before anything was put there, it is gone again."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigInvalid(
            f"the folder cannot be made: {error.strerror}", where=str(folder), next_step="give another --folder"
        ) from None
    try:
        yield
    except BaseException:
        if made and {path.name for path in folder.iterdir()} <= {_LOG}:
            (folder / _LOG).unlink(missing_ok=True)
            folder.rmdir()
        raise


@contextmanager
def _world(demo: Demo, policy: Policy, live: Live) -> Iterator[WorldProcess]:
    running = os.environ.get(WORLD_VARIABLE)
    if running is not None:
        with attached_to(read_ready(running)) as world:
            yield world
        return
    source = ["--sample"] if demo.orders is None else ["--orders", str(demo.orders.resolve())]
    state = ["--state", str((demo.folder / "world.journal").resolve())]
    with ExitStack() as held:
        with live.stage("starting a Kingdee world on this machine"):
            world = held.enter_context(started([*source, *state, "--zone", policy.zone], demo.folder / _LOG))
        yield world


@contextmanager
def _weather(world: WorldProcess, demo: Demo) -> Iterator[None]:
    """Turn the world hostile for the time of the block, if asked to; what a killed run left armed is taken back."""
    if not demo.faults:
        yield
        return
    world.arm(_CALM)
    world.arm(_FAULTS)
    try:
        yield
    finally:
        with suppress(Unreachable):
            world.arm(_CALM)


def _check_orders(orders: Path) -> None:
    if not orders.is_file():
        raise FileInvalid("there is no such file", where=str(orders), next_step="check the name and the folder")
    if orders.suffix.lower() == ".parquet":
        require("a Parquet file", ("pyarrow",))


def _leave_report(summary: Summary) -> None:
    lead = f"{summary.source} under policy {summary.policy.id}. {summary.verdict()}"
    page = Page("erplink demo", lead, summary.sheets(), summary.facts())
    draft = summary.report.with_suffix(".part")
    draft.write_text(render(page, summary.overview), encoding="utf-8")
    draft.replace(summary.report)


def _tell(summary: Summary, demo: Demo, console: Console) -> None:
    if demo.json:
        print(msgspec.json.encode(summary.as_json()).decode())
        return
    for sheet in summary.sheets():
        show(console, sheet)
    console.print()
    for name, value in summary.facts():
        console.print(f"{name}: {value}", markup=False, highlight=False)
    console.print()
    console.print(summary.verdict(), markup=False, highlight=False, style="bold")
    console.print(f"report: {summary.report.resolve()}", markup=False, highlight=False, soft_wrap=True)
