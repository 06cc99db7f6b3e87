"""Sheets as tables on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from erplink.cli.sheets import Cell, Sheet


def show(console: Console, sheet: Sheet) -> None:
    """Print a sheet, with a blank line before it."""
    console.print()
    console.print(drawn(sheet))


def drawn(sheet: Sheet) -> RenderableType:
    """A sheet as something rich prints; texts are taken literally, never as markup."""
    table = Table(
        title=Text(sheet.title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for place, head in enumerate(sheet.columns):
        numbers = all(not isinstance(row[place], str) for row in sheet.rows)
        table.add_column(Text(head), justify="right" if numbers and sheet.rows else "left", overflow="fold")
    for row in sheet.rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    below = [f"and {sheet.more:,} more"] if sheet.more else []
    below += [sheet.note] if sheet.note and sheet.rows else []
    return Group(table, Text("; ".join(below), style="dim")) if below else table


def shown(cell: Cell) -> str:
    """A cell as text: numbers with thousands apart.

    >>> shown(1234567), shown("00123")
    ('1,234,567', '00123')
    """
    return cell if isinstance(cell, str) else f"{cell:,}"
