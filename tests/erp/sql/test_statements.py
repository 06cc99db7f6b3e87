"""Whatever a manifest names, each statement is one SELECT that only reads, in every dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlglot
from sqlalchemy.engine import make_url
from sqlglot import expressions

from erplink import connect
from erplink.erp.sql import statements
from erplink.erp.sql.plan import EntityPlan
from erplink.erp.sql.settings import Sql
from erplink.erp.sql.stamps import stamps_of
from erplink.erp.sql.statements import Cut, Span
from erplink.errors import ConfigInvalid
from erplink.facade.manifest import load_manifest
from tests.erp.sql.conftest import Place
from tests.erp.sql.old_erp import HEAD, ORDERS, old_erp, shop
from tests.erp.sql.test_reading import FLAT, STOCK

DIALECTS = {"mssql": "tsql", "oracle": "oracle", "mysql": "mysql", "postgresql": "postgres", "sqlite": "sqlite"}
"""What SQLAlchemy calls each, and what sqlglot does."""
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
NASTY = [
    "x'; DROP TABLE SEOrder; --",
    "x`; DROP TABLE SEOrder; --",
    "x']; DROP TABLE SEOrder; --",
    "select",
    "单据 编号",
    "a%sb",
]


def plan_of(folder: Path, text: str) -> EntityPlan:
    return settings_of(folder, text).plans.read["orders"]


def settings_of(folder: Path, text: str) -> Sql:
    (folder / "erp.db").touch()
    (folder / "erp.toml").write_text(HEAD.replace("{url}", "sqlite:///erp.db").replace("{page}", "9") + text, "utf-8")
    settings = load_manifest(folder / "erp.toml")
    assert isinstance(settings, Sql)
    return settings


def all_of(plan: EntityPlan) -> list[sa.Executable]:
    """Every statement there is for an entity."""
    stamps = stamps_of(datetime(2026, 3, 1), "local", plan.zone)  # noqa: DTZ001 - wall time
    cut = Cut(WHEN, WHEN, stamps, stamps if plan.created else None)
    whole = Cut(None, WHEN, stamps, stamps if plan.created else None)
    spans = [Span(), Span(cut, 5, 9), Span(whole, "a", "b"), Span(number="S1")]
    found = [statements.page(plan, span) for span in spans]
    found += [piece for span in spans for piece in statements.pieces(plan, span)]
    found += [statements.ids(plan, span, 8) for span in spans]
    found += [statements.keys(plan, None, 9), statements.keys(plan, 5, 9), statements.edge(plan, cut, 9)]
    return [*found, statements.sample(plan, plan.modified, 9), statements.sample(plan, "", 9)]


def sql_of(statement: sa.Executable, name: str) -> str:
    kind: Any = make_url(f"{name}://").get_dialect()
    assert isinstance(statement, sa.ClauseElement)
    return str(statement.compile(dialect=kind(paramstyle="named"), compile_kwargs={"render_postcompile": True}))


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("manifest", ["apart", "flat", "created"])
def test_each_statement_is_one_that_only_reads(tmp_path: Path, name: str, manifest: str) -> None:
    created = ORDERS.replace("[entities.orders.fields]", 'created = "FDate"\n[entities.orders.fields]', 1)
    plan = plan_of(tmp_path, {"apart": ORDERS, "flat": FLAT, "created": created}[manifest])
    for statement in all_of(plan):
        _is_one_query(sql_of(statement, name), name)


@pytest.mark.parametrize("name", DIALECTS)
def test_the_statement_for_stock_only_reads(tmp_path: Path, name: str) -> None:
    plan = settings_of(tmp_path, STOCK).plans.stock
    assert plan is not None
    _is_one_query(sql_of(statements.stock(plan, ["M1", "'; DROP TABLE x --"]), name), name)


def _is_one_query(sql: str, name: str) -> None:
    (parsed,) = sqlglot.parse(sql, read=DIALECTS[name])
    assert isinstance(parsed, expressions.Query), sql
    writes = (expressions.Insert, expressions.Update, expressions.Delete, expressions.Drop, expressions.Command)
    assert not list(parsed.find_all(*writes, expressions.Into)), sql


def test_sql_server_of_2005_is_spoken_to_in_its_words(tmp_path: Path) -> None:
    for statement in all_of(plan_of(tmp_path, ORDERS)):
        assert "OFFSET" not in sql_of(statement, "mssql")
        assert "FETCH" not in sql_of(statement, "mssql")
    assert "SELECT TOP 9 " in sql_of(statements.ids(plan_of(tmp_path, ORDERS), Span(), 9), "mssql")


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("nasty", NASTY)
def test_a_name_never_becomes_sql(tmp_path: Path, name: str, nasty: str) -> None:
    text = ORDERS.replace('"FBillNo"', _toml(nasty)).replace('table = "SEOrderEntry"', f"table = {_toml(nasty)}")
    plan = plan_of(tmp_path, text)
    for statement in all_of(plan):
        _is_one_query(sql_of(statement, name), name)


def _toml(name: str) -> str:
    """A name as a manifest has it: in quotes of its own, for the dots and brackets in it."""
    return f'"\\"{name}\\""'


def test_a_name_with_a_quote_in_it_is_no_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="is no name"):
        plan_of(tmp_path, ORDERS.replace('table = "SEOrder"', "table = 'x\"; DROP TABLE SEOrder; --'"))


def test_a_table_whose_name_is_a_statement_is_only_not_there(place: Place) -> None:
    with shop(place, 2) as old:
        for nasty in NASTY[:3]:
            text = ORDERS.replace('table = "SEOrder"\n', f"table = {_toml(nasty)}\n")
            with old.open(text) as erp, pytest.raises(ConfigInvalid, match="there is no table or view"):
                list(erp.orders.list())
        assert len(old.all(old.quoted('SELECT * FROM "SEOrder"'))) == 2


def test_names_of_any_kind_are_found(place: Place) -> None:
    with old_erp(place) as old:
        heads = sa.Table(
            "订单 表",
            old.metadata,
            sa.Column("select", sa.Integer, primary_key=True),
            sa.Column("单据.编号", sa.String(30)),
            sa.Column("a%sb", sa.String(30)),
        )
        lines = sa.Table("order", old.metadata, sa.Column("From", sa.Integer), sa.Column("行", sa.Integer))
        old.make()
        old.put(heads, [{"select": 1, "单据.编号": "S1", "a%sb": "C1"}])
        old.put(lines, [{"From": 1, "行": 1}])
        text = """
[entities.orders]
table = "订单 表"
where = { "a%sb" = "C1" }
[entities.orders.fields]
id = "select"
number = '"单据.编号"'
customer = "a%sb"
status = { value = "approved" }
[entities.orders.lines]
table = "order"
parent = "From"
fields = { line = "行", sku = "行", qty = "行", amount = "行" }
"""
        with old.open(text) as erp:
            (found,) = erp.orders.list()
            assert (found.number, found.customer, found.lines[0].sku) == ("S1", "C1", "1")
            assert erp.orders.get("S1") == found


def test_a_schema_may_be_named_once_or_with_each_table(place: Place) -> None:
    if place.kind == "sqlite":
        pytest.skip("SQLite's only schemas are attached files")
    with shop(place, 2) as old:
        schema = "public" if place.kind == "postgresql" else old.engine.url.database
        named = ORDERS.replace('"SEOrder', f'"{schema}.SEOrder')
        with old.open(named) as erp:
            assert len(list(erp.orders.list())) == 2
        file = old.manifest(ORDERS)
        file.write_text(file.read_text("utf-8").replace("page = 50", f'page = 50\nschema = "{schema}"'), "utf-8")
        with connect(load_manifest(file)) as erp:
            assert len(list(erp.orders.list())) == 2
