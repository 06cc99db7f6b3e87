"""Options and commands. Each command loads its own part, so that ``erplink doctor`` needs no world and no pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from erplink.cli.mocks import mock

app = typer.Typer(
    help="Typed links between an ERP and the people it sells to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(mock, name="mock")
dead = typer.Typer(help="What could not go on: look at it, have it tried again, give it up.", no_args_is_help=True)
app.add_typer(dead, name="dead")
db_app = typer.Typer(help="The tables of a database: look at them, upgrade them.", no_args_is_help=True)
app.add_typer(db_app, name="db")

manifest_app = typer.Typer(help="Manifests: begin one, get the schema of the notation.", no_args_is_help=True)
app.add_typer(manifest_app, name="manifest")

files_app = typer.Typer(help="Files of a manifest: look through them.", no_args_is_help=True)
app.add_typer(files_app, name="files")


class ManifestKind(StrEnum):
    """What a system speaks."""

    rest = "rest"
    soap = "soap"
    sql = "sql"
    files = "files"


Db = Annotated[str, typer.Option(envvar="ERPLINK_DB", help="Database, such as sqlite:///shop.db")]
Address = Annotated[str, typer.Argument(envvar="ERPLINK_DB", help="Database, such as sqlite:///shop.db")]
Space = Annotated[str, typer.Option(help="The company's space in it.")]
Url = Annotated[str, typer.Option(help="Address, such as https://erp.example.com/k3cloud/")]
AcctId = Annotated[str, typer.Option(help="Data-centre id (数据中心内码).")]
Username = Annotated[str, typer.Option(help="Integration user (集成用户).")]
AppId = Annotated[str, typer.Option(help="Application id; without one the password is used.")]
Zone = Annotated[str, typer.Option(help="Time zone of the server.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Numbers = Annotated[list[int], typer.Argument(help="Numbers of dead letters, as `erplink dead list` shows them.")]


@app.command()
def demo(
    *,
    orders: Annotated[
        Path | None, typer.Option(help="Your own order lines, CSV or Parquet, instead of the built-in sample shop.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where database, world and report are kept.")] = Path("erplink-demo"),
    policy: Annotated[str | None, typer.Option(help="A policy file, or a shipped policy: demo, p1.")] = None,
    faults: Annotated[bool, typer.Option("--faults", help="Let about every eighth call fail.")] = False,
    zone: Annotated[str | None, typer.Option(help="Time zone of the shop. [default: the policy's]")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the shop. [default: the policy's]")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Calls in flight.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the whole loop against a Kingdee world on this machine: read, decide, book, write back, report."""
    from erplink.cli.demo import Demo, run

    run(Demo(folder, orders, policy, faults, zone, currency, parallel, as_json))


@app.command()
def doctor(
    manifest: Annotated[Path | None, typer.Argument(help="A manifest, unless it is a Kingdee by the options.")] = None,
    *,
    url: Annotated[str, typer.Option(help="Address, such as https://erp.example.com/k3cloud/")] = "",
    acct_id: Annotated[str, typer.Option(help="Data-centre id (数据中心内码).")] = "",
    username: Annotated[str, typer.Option(help="Integration user (集成用户).")] = "",
    app_id: AppId = "",
    zone: Zone = "Asia/Shanghai",
    record: Annotated[Path | None, typer.Option(help="Keep redacted calls and replies in this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a system step by step, by its manifest or as a Kingdee 云星空. Reads only.

    A manifest's secrets are in ERPLINK_SECRET_<NAME>, a Kingdee's in ERPLINK_APP_SECRET or ERPLINK_PASSWORD; else it
    asks.
    """
    from erplink.cli.doctor import Patient, run
    from erplink.cli.login import Login

    raise typer.Exit(run(Patient(manifest, Login(url, acct_id, username, app_id, zone), record, as_json)))


@manifest_app.command("new")
def manifest_new(
    path: Annotated[Path, typer.Argument(help="The file to write, such as erp.toml.")],
    *,
    kind: Annotated[ManifestKind, typer.Option(help="What the system speaks.")] = ManifestKind.rest,
) -> None:
    """Write a commented manifest to begin with."""
    from erplink.cli.manifest import new

    new(path, kind.value)


@manifest_app.command("schema")
def manifest_schema(
    *,
    kind: Annotated[ManifestKind, typer.Option(help="What the system speaks.")] = ManifestKind.rest,
) -> None:
    """Print the JSON Schema of a kind of manifest, for an editor that completes and checks."""
    from erplink.cli.manifest import schema

    schema(kind.value)


@files_app.command("check")
def files_check(
    manifest: Annotated[Path, typer.Argument(help='A manifest of kind = "files".')],
    *,
    entity: Annotated[list[str] | None, typer.Option(help="Only these, such as orders; repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Read every file and say what is in it; rows that cannot be read go into reports. Exit code 0, 2 or 4."""
    from erplink.cli.files import Errand, run

    raise typer.Exit(run(Errand(manifest, entity or (), as_json)))


@app.command()
def worker(
    *,
    db: Db,
    space: Space,
    url: Url,
    acct_id: AcctId,
    username: Username,
    app_id: AppId = "",
    zone: Zone = "Asia/Shanghai",
    field: Annotated[
        list[str] | None, typer.Option(help="A field of yours, such as customers.points=F_ERPL_Points; repeatable.")
    ] = None,
    system: Annotated[str, typer.Option(help="The name of this Kingdee in the space.")] = "kingdee",
    write: Annotated[
        list[str] | None, typer.Option(help="A write to allow: customers.update, orders.create; repeatable.")
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Calls in flight.")] = 4,
    every: Annotated[float, typer.Option(min=0, help="Seconds from one reading of a feed to the next.")] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Do one round and end.")] = False,
    name: Annotated[str, typer.Option(help="Name of its signs of life. [default: this machine's]")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each round.")] = False,
) -> None:
    """Read, decide and write back until SIGTERM or Ctrl-C. ERPLINK_APP_SECRET or ERPLINK_PASSWORD holds the secret."""
    from erplink.cli.login import Login
    from erplink.cli.worker import Job, run

    login = Login(url, acct_id, username, app_id, zone, field or ())
    raise typer.Exit(run(Job(db, space, login, system, write or (), parallel, every, once, name, as_json)))


@app.command()
def health(
    *,
    db: Db,
    space: Space,
    silent: Annotated[float, typer.Option(min=0, help="Minutes a worker may give no sign of life.")] = 5.0,
    waiting: Annotated[float, typer.Option(min=0, help="Minutes a message may wait.")] = 15.0,
    behind: Annotated[float, typer.Option(min=0, help="Minutes a feed may be behind.")] = 15.0,
    dead_letters: Annotated[int, typer.Option("--dead", min=0, help="Dead letters that are no matter.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how a space fares: signs of life, what waits, how far it was read. Exit code 0 when all is well, or 3."""
    from erplink.cli.health import Tolerated, run

    raise typer.Exit(run(db, space, Tolerated(silent, waiting, behind, dead_letters), as_json=as_json))


@app.command()
def export(
    db: Db,
    space: Space,
) -> None:
    """Print the ledger in canonical form: equal text means equal ledger."""
    from erplink.cli.books import opened

    with opened(db, space) as link:
        for line in link.export():
            print(line)


@app.command()
def reconcile(
    *,
    db: Db,
    space: Space,
    url: Url,
    acct_id: AcctId,
    username: Username,
    app_id: AppId = "",
    zone: Zone = "Asia/Shanghai",
    system: Annotated[str, typer.Option(help="The name under which this Kingdee is attached.")] = "kingdee",
    entity: Annotated[list[str] | None, typer.Option(help="Only these, such as orders; repeatable.")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Calls in flight.")] = 4,
    show: Annotated[int, typer.Option(min=0, help="How many records to list; all are counted.")] = 20,
    repair: Annotated[bool, typer.Option("--repair/--plan", help="Make it good, or only say what differs.")] = False,
    at_most: Annotated[int, typer.Option(min=0, help="Refuse to take more documents for deleted.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare everything a Kingdee has with what is kept. Exit code 0 when nothing differs or all is repaired, or 3."""
    from erplink.cli.login import Login
    from erplink.cli.reconcile import Errand, run

    login = Login(url, acct_id, username, app_id, zone)
    raise typer.Exit(run(Errand(db, space, login, system, entity or (), parallel, show, repair, at_most, as_json)))


@app.command()
def intake(
    *,
    db: Db,
    space: Space,
    system: Annotated[str, typer.Option(help="Name of the system whose customer codes the events carry.")],
    broker: Annotated[
        str, typer.Option(envvar="ERPLINK_BROKER", help="nats://host:4222 or redis://host:6379/0, with its secret.")
    ],
    stream: Annotated[str, typer.Option(help="The stream to read.")],
    group: Annotated[str, typer.Option(help="Consumer group; on NATS the durable consumer.")] = "erplink",
    subject: Annotated[str, typer.Option(help="NATS: only what is published under this subject.")] = "",
    field: Annotated[str, typer.Option(help="Redis: the field of an entry that holds the event.")] = "event",
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Messages in one transaction.")] = 500,
    limit: Annotated[int | None, typer.Option("--max", min=1, help="End after so many messages.")] = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when none is left.")] = False,
    as_json: Json = False,
) -> None:
    """Take events in from a message broker until Ctrl-C, which finishes the batch at hand."""
    from erplink.cli.dead import Where
    from erplink.cli.intake import Amount, Feed, run

    run(
        Where(db, space, as_json),
        system,
        Feed(broker, stream, group, subject, field),
        Amount(batch, limit, until_empty),
    )


@app.command()
def book(*, db: Db, space: Space, as_json: Json = False) -> None:
    """Work off what came in as events, decide and book. Calls no system."""
    from erplink.cli.dead import Where
    from erplink.cli.intake import book as work

    work(Where(db, space, as_json))


@dead.command("list")
def dead_list(
    *,
    db: Db,
    space: Space,
    system: Annotated[str, typer.Option(help="Only those of this system.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: Json = False,
) -> None:
    """List dead letters, oldest first."""
    from erplink.cli.dead import Where, listing

    listing(Where(db, space, as_json), system, limit)


@dead.command("show")
def dead_show(
    number: Annotated[int, typer.Argument(help="Number of the dead letter.")],
    *,
    db: Db,
    space: Space,
    as_json: Json = False,
) -> None:
    """Show one with its call and the reply, secrets and people masked."""
    from erplink.cli.dead import Where, showing

    showing(Where(db, space, as_json), number)


@dead.command("replay")
def dead_replay(numbers: Numbers, *, db: Db, space: Space, as_json: Json = False) -> None:
    """Have the next sync try them again, with today's code."""
    from erplink.cli.dead import Where, replaying

    replaying(Where(db, space, as_json), numbers)


@dead.command("drop")
def dead_drop(numbers: Numbers, *, db: Db, space: Space, as_json: Json = False) -> None:
    """Give them up for good; they stay readable."""
    from erplink.cli.dead import Where, dropping

    dropping(Where(db, space, as_json), numbers)


@db_app.command("show")
def db_show(url: Address, *, as_json: Json = False) -> None:
    """Say which revision its tables are of, how many rows they have and what waits. Exit code 3 if it needs care."""
    from erplink.cli.db import showing

    raise typer.Exit(showing(url, as_json=as_json))


@db_app.command("upgrade")
def db_upgrade(url: Address) -> None:
    """Bring the tables of an earlier erplink to the revision of this one. Stop workers and make a backup first."""
    from erplink.cli.db import upgrading

    upgrading(url)
