"""The reference lists what there is, no more and no less: policy words, columns, rules, options, exit codes."""

# ruff: noqa: ANN401 - commands and options as the command line keeps them

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from pydantic import BaseModel
from typer.main import get_command

from erplink.cli import exits
from erplink.cli.app import app
from erplink.cli.mocks import RestHouse, SoapHouse
from erplink.cli.overrides import changeable
from erplink.policy import conditions, points, programme
from erplink.policy.programme import load_policy
from erplink.sync import opening
from erplink.testing.worlds import orders_columns, orders_file, rest, soap
from erplink.testing.worlds.cosmic import CosmicWorld
from erplink.testing.worlds.cosmic import faults as cosmic_faults
from erplink.testing.worlds.kingdee import faults
from erplink.testing.worlds.rest import RestWorld
from erplink.testing.worlds.rest import faults as rest_faults
from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.shop.backdoor import DEEDS
from erplink.testing.worlds.soap import SoapWorld
from erplink.testing.worlds.soap import faults as soap_faults
from erplink.testing.worlds.xingchen import XingchenWorld
from erplink.testing.worlds.xingchen import faults as xingchen_faults
from erplink.text.parts import Part
from tests.docs.tables import Row, tables, words_of
from tests.documents import blocks

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "reference"
PARTS = {
    "The programme": programme.Policy,
    "assembly": programme.Assembly,
    "points": points.PointsPolicy,
    "A rule of kind rate": points.RateRule,
    "A rule of kind multiplier": points.MultiplierRule,
    "A rule of kind bonus": points.BonusRule,
    "when": conditions.When,
    "return": points.ReturnPolicy,
    "Expiry of kind none": points.NoExpiry,
    "Expiry of kind months_end_of_day": points.MonthsEndOfDay,
    "tiers": points.TierPolicy,
    "Window of kind rolling_days": points.RollingDays,
    "Window of kind lifetime": points.Lifetime,
    "A level": points.Level,
}
POLICIES = [
    pytest.param(block.text, id=f"{page.relative_to(DOCS)}:{block.line}")
    for page in sorted(DOCS.rglob("*.md"))
    for block in blocks(page)
    if block.language == "yaml"
]


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, each in inner.items():
        yield from commands(each, f"{name} {word}")


def settings_of(world: type[Any]) -> Iterator[Row]:
    """(setting, value, default) of every setting that a person can change by its name."""
    plain = {bool: "`true`, `false`", int: "whole number", float: "number", str: "text"}
    for name, hint in changeable(world).items():
        default = getattr(world(), name)
        said = str(default).lower() if isinstance(default, bool) else str(default)
        words = ", ".join(f"`{word}`" for word in get_args(hint))
        yield f"`{name}`", words or plain[hint], f"`{said}`" if said else "none"


COMMANDS = dict(commands(get_command(app), "erplink"))


def shell_lines() -> Iterator[tuple[str, list[str]]]:
    """Where on the pages, and the words of each command line that calls erplink."""
    for page in [*sorted(DOCS.rglob("*.md")), *sorted(DOCS.parent.glob("README*.md"))]:
        for block in blocks(page):
            if block.language == "bash" and "erplink " in block.text:
                called = block.text.rpartition("erplink ")[2]
                yield f"{page.name}:{block.line}", ["erplink", *shlex.split(called)]


def option(param: Any) -> Row:
    """The words of an option and its default; a switch that is off by default has none."""
    default = f"`{param.opts[0] if param.default is True else param.default}`"
    unsaid = param.default is None or param.default is False or param.default == ""
    words = ", ".join(f"`{word}`" for word in (*param.opts, *param.secondary_opts))
    return words, "required" if param.required else "" if unsaid else default


def names(aliases: tuple[str, ...]) -> str:
    return ", ".join(f"`{alias}`" for alias in aliases)


@pytest.mark.parametrize(("heading", "part"), PARTS.items(), ids=PARTS)
def test_every_word_of_a_policy_is_listed_with_value_and_default(heading: str, part: type[BaseModel]) -> None:
    assert [row[:3] for row in tables(REFERENCE / "policy.md")[heading]] == words_of(part)


def test_every_part_of_a_policy_is_on_the_page() -> None:
    rooms = (programme, points, conditions)
    kinds = {each for room in rooms for each in vars(room).values() if isinstance(each, type)}
    assert {kind for kind in kinds if issubclass(kind, Part)} == {*PARTS.values(), Part}


@pytest.mark.parametrize("text", POLICIES)
def test_a_policy_on_a_page_can_be_published(text: str) -> None:
    assert load_policy(text, "page").points.rules


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_listed_with_its_default(name: str) -> None:
    listed = tables(REFERENCE / "command-line.md")[name]
    assert [row[:2] for row in listed] == [option(param) for param in COMMANDS[name].params]


@pytest.mark.parametrize(("where", "words"), [*shell_lines()], ids=lambda each: each if isinstance(each, str) else "")
def test_a_command_line_on_a_page_names_a_command_and_its_options(where: str, words: list[str]) -> None:
    name = next(known for known in COMMANDS if words[: len(known.split())] == known.split())
    known = {word for param in COMMANDS[name].params for word in (*param.opts, *param.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word not in known] == [], where


def test_the_exit_codes_are_those_of_the_module() -> None:
    told = [line for line in (exits.__doc__ or "").splitlines() if line.startswith("|")][2:]
    codes = [row[:2] for row in tables(REFERENCE / "command-line.md")["Exit codes"]]
    assert codes == [tuple(cell.strip() for cell in line.strip("|").split("|"))[:2] for line in told]


def test_the_columns_of_an_orders_file_are_those_that_are_read() -> None:
    listed = [row[:3] for row in tables(REFERENCE / "orders-file.md")["Columns"]]
    assert listed == [
        (meaning, names(aliases), "yes" if meaning in orders_columns.REQUIRED else "no")
        for meaning, aliases in orders_columns.ALIASES.items()
    ]


def test_the_rules_of_an_orders_file_are_those_that_are_counted() -> None:
    page = REFERENCE / "orders-file.md"
    assert {row[0].strip("`") for row in tables(page)["Rules"]} == {*orders_file.DISPOSITIONS}
    assert {row[0].strip("`") for row in tables(page)["Traits"]} == {*orders_file.TRAITS}
    text = page.read_text(encoding="utf-8")
    assert [code for code in orders_file.SERVICES if f"`{code}`" not in text] == []


def test_the_columns_of_an_opening_file_are_those_that_are_read() -> None:
    listed = [row[:2] for row in tables(REFERENCE / "opening-file.md")["Columns"]]
    assert listed == [(column, names(aliases)) for column, aliases in opening._ALIASES.items()]


@pytest.mark.parametrize(
    ("kind", "world"),
    [("REST", RestWorld), ("SOAP", SoapWorld), ("Cosmic", CosmicWorld), ("Xingchen", XingchenWorld)],
)
def test_the_settings_of_a_house_are_those_that_can_be_changed(kind: str, world: type[Any]) -> None:
    listed = tables(REFERENCE / "worlds.md")[f"Settings of {kind}"]
    assert [row[:3] for row in listed] == [*settings_of(world)]


def test_the_houses_settings_faults_and_deeds_of_the_shop_are_those_there_are() -> None:
    told = {name: [row[0].strip("`") for row in rows] for name, rows in tables(REFERENCE / "worlds.md").items()}
    assert told["Houses of REST"] == [*rest.HOUSES] == [*RestHouse]
    assert told["Houses of SOAP"] == [*soap.HOUSES] == [*SoapHouse]
    assert told["The books"] == [one.name for one in attrs.fields(Shop)]
    assert set(told["What may go wrong"]) == {
        *rest_faults._KINDS,
        *soap_faults._KINDS,
        *cosmic_faults.KINDS,
        *xingchen_faults.KINDS,
    }
    assert told["Behind the doors"] == [*DEEDS]


def test_the_faults_are_those_that_a_world_knows() -> None:
    listed = [row[0].strip("`") for row in tables(DOCS / "how-to" / "test-your-application.md")["Faults"]]
    assert listed == [*faults.KINDS]
