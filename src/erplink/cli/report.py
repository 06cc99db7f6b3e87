"""One run as one HTML page: figures, pictures, tables. The page needs no network, no script and no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from attrs import frozen

from erplink.cli import charts
from erplink.cli.sheets import Sheet
from erplink.cli.tables import shown
from erplink.link.values import Overview

_LEADERS = 12


@frozen
class Page:
    """What the report says beside the overview. ``facts`` are (name, value) of the run itself."""

    title: str
    lead: str
    sheets: tuple[Sheet, ...]
    facts: tuple[tuple[str, str], ...]


def render(page: Page, overview: Overview) -> str:
    """The whole page as text. Every text of the data is escaped."""
    head = f"<h1>{escape(page.title)}</h1><p class=lead>{escape(page.lead)}</p>"
    body = "".join((head, _tiles(overview), _pictures(overview), *map(_table, page.sheets), _facts(page.facts)))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _tiles(overview: Overview) -> str:
    tiles = (
        ("members with points", overview.members),
        ("points outstanding", overview.outstanding),
        ("points awarded", sum(month.earned for month in overview.monthly)),
        ("points taken back", -sum(month.taken_back for month in overview.monthly)),
        ("documents read", sum(overview.documents.values())),
        ("writes refused", sum(n for (_, state), n in overview.writes.items() if state == "refused")),
    )
    shown_tiles = "".join(f"<div><b>{value:,}</b><span>{name}</span></div>" for name, value in tiles)
    return f"<section class=tiles>{shown_tiles}</section>"


def _pictures(overview: Overview) -> str:
    pictures: list[tuple[str, str]] = []
    if overview.outstanding_by_day:
        pictures.append(("Points outstanding over time", charts.outstanding(overview.outstanding_by_day)))
    if overview.monthly:
        pictures.append(("Awards and take-backs by month", charts.by_month(overview.monthly)))
    if overview.top:
        pictures.append(("Leading members", charts.leaders(overview.top[:_LEADERS])))
    return "".join(
        f'<figure role="img" aria-label="{escape(title)}"><figcaption>{escape(title)}</figcaption>{svg}</figure>'
        for title, svg in pictures
    )


def _table(sheet: Sheet) -> str:
    numbers = [all(not isinstance(row[place], str) for row in sheet.rows) for place in range(len(sheet.columns))]
    heads = _row("th", sheet.columns, numbers)
    rows = "".join(_row("td", [shown(cell) for cell in row], numbers) for row in sheet.rows)
    below = [f"and {sheet.more:,} more"] if sheet.more else []
    below += [sheet.note] if sheet.note and sheet.rows else []
    note = f"<p class=note>{escape('; '.join(below))}</p>" if below else ""
    return (
        f"<section><h2>{escape(sheet.title)}</h2><div class=wide><table><thead>{heads}</thead>"
        f"<tbody>{rows}</tbody></table></div>{note}</section>"
    )


def _row(tag: str, cells: Sequence[str], numbers: Sequence[bool]) -> str:
    drawn = (
        f"<{tag}{' class=n' if number else ''}>{escape(cell)}</{tag}>"
        for cell, number in zip(cells, numbers, strict=True)
    )
    return f"<tr>{''.join(drawn)}</tr>"


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<section><h2>This run</h2><dl>{items}</dl></section>"


_STYLE = f"""
:root {{ color-scheme: light; }}
body {{ margin: 0; background: #f5f6f8; color: #24292f; font: 15px/1.5 {charts.FONTS}; }}
main {{ max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }}
h1 {{ font-size: 1.7rem; margin: 0; }}
h2 {{ font-size: 1.05rem; margin: 0 0 .6rem; }}
.lead {{ color: #57606a; margin: .3rem 0 1.4rem; }}
section, figure {{ background: #fff; border: 1px solid #e1e4e8; border-radius: 10px; }}
section, figure {{ padding: 1.1rem 1.3rem; margin: 0 0 1rem; }}
figcaption {{ font-weight: 600; margin-bottom: .4rem; }}
figure svg {{ width: 100%; height: auto; display: block; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; }}
.tiles b {{ display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }}
.tiles span, .note, dt {{ color: #57606a; font-size: .86rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .9rem; }}
th {{ text-align: left; color: #57606a; font-weight: 600; border-bottom: 1px solid #d0d7de; }}
th, td {{ padding: .32rem .9rem .32rem 0; vertical-align: top; }}
tbody tr + tr td {{ border-top: 1px solid #f0f2f4; }}
.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.note {{ margin: .6rem 0 0; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
"""
