"""Options and commands of ``erplink mock``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

mock = typer.Typer(help="Run a stand-in for a system on this machine.", no_args_is_help=True)


class RestHouse(StrEnum):
    """How a REST world speaks."""

    modern = "modern"
    classic = "classic"
    signed = "signed"
    typed = "typed"


class SoapHouse(StrEnum):
    """How a SOAP world speaks."""

    document = "document"
    rpc = "rpc"
    strings = "strings"
    digest = "digest"


Zone = Annotated[str, typer.Option(help="Time zone of the server.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")]
Orders = Annotated[Path | None, typer.Option(help="Order lines, CSV or Parquet, to start with.")]
State = Annotated[Path | None, typer.Option(help="Keep every change here, and start from it again.")]
Sample = Annotated[bool, typer.Option("--sample/--empty", help="Start with the sample shop, or empty.")]
Latency = Annotated[float, typer.Option(min=0, help="Seconds each reply takes longer.")]
Faults = Annotated[str, typer.Option(help='Faults to commit, as JSON: {"rate": 0.1, "seed": 7}.')]
JsonLine = Annotated[bool, typer.Option("--json", help="Print address and credentials as one JSON line.")]
Change = typer.Option("--set", help="A single setting to change, such as paging=offset; repeatable.")


@mock.command()
def kingdee(
    *,
    port: Port = 8000,
    orders: Orders = None,
    state: State = None,
    sample: Sample = True,
    zone: Zone = "Asia/Shanghai",
    latency: Latency = 0.0,
    faults: Faults = "",
    as_json: JsonLine = False,
) -> None:
    """Run a stand-in K/3 Cloud server until Ctrl-C, and say how to log in."""
    from erplink.cli.mock import Mock, run

    run(Mock(port, orders, state, sample, zone, latency, faults, as_json))


@mock.command()
def rest(
    *,
    house: Annotated[RestHouse, typer.Option(help="How it speaks.")] = RestHouse.modern,
    change: Annotated[list[str] | None, Change] = None,
    port: Port = 8000,
    orders: Orders = None,
    state: State = None,
    sample: Sample = True,
    zone: Zone = "Asia/Shanghai",
    latency: Latency = 0.0,
    faults: Faults = "",
    as_json: JsonLine = False,
) -> None:
    """Run a stand-in for a self-built ERP with JSON over HTTP until Ctrl-C, and say how to log in."""
    from erplink.cli.mock import Mock, run_rest

    run_rest(Mock(port, orders, state, sample, zone, latency, faults, as_json), house.value, change or ())


@mock.command()
def soap(
    *,
    house: Annotated[SoapHouse, typer.Option(help="How it speaks.")] = SoapHouse.document,
    change: Annotated[list[str] | None, Change] = None,
    port: Port = 8000,
    orders: Orders = None,
    state: State = None,
    sample: Sample = True,
    zone: Zone = "Asia/Shanghai",
    latency: Latency = 0.0,
    faults: Faults = "",
    as_json: JsonLine = False,
) -> None:
    """Run a stand-in for a self-built ERP with SOAP until Ctrl-C, and say how to log in."""
    from erplink.cli.mock import Mock, run_soap

    run_soap(Mock(port, orders, state, sample, zone, latency, faults, as_json), house.value, change or ())


@mock.command()
def cosmic(
    *,
    change: Annotated[list[str] | None, Change] = None,
    port: Port = 8000,
    orders: Orders = None,
    state: State = None,
    sample: Sample = True,
    zone: Zone = "Asia/Shanghai",
    latency: Latency = 0.0,
    faults: Faults = "",
    as_json: JsonLine = False,
) -> None:
    """Run a stand-in for a Kingdee 苍穹 (星瀚, 星空旗舰版) until Ctrl-C, and say how to log in."""
    from erplink.cli.mock import Mock, run_cosmic

    run_cosmic(Mock(port, orders, state, sample, zone, latency, faults, as_json), change or ())


@mock.command()
def xingchen(
    *,
    change: Annotated[list[str] | None, Change] = None,
    port: Port = 8000,
    orders: Orders = None,
    state: State = None,
    sample: Sample = True,
    zone: Zone = "Asia/Shanghai",
    latency: Latency = 0.0,
    faults: Faults = "",
    as_json: JsonLine = False,
) -> None:
    """Run a stand-in for a Kingdee 云星辰 (精斗云) until Ctrl-C, and say how to log in."""
    from erplink.cli.mock import Mock, run_xingchen

    run_xingchen(Mock(port, orders, state, sample, zone, latency, faults, as_json), change or ())
