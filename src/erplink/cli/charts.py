"""Three pictures of an overview as inline SVG: points outstanding, points by month, leading members.

Text stays text, so that the reader's browser draws it with its own fonts, and Chinese names need no font on the machine
that ran the program. Each function returns one ``<svg>`` element and raises nothing of its own.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal
from unicodedata import east_asian_width

from erplink.link.values import Month, Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONTS = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', system-ui, sans-serif"
"""Fonts a browser may choose from, Chinese ones first."""

_INK, _FAINT, _GRID = "#24292f", "#57606a", "#e6e9ec"
_BLUE, _RED, _AMBER, _GREY = "#2f6fde", "#d1495b", "#e0a030", "#9aa4ae"
_LIGHT, _PALE = "#b9cff5", "#e2ebfb"
_WIDTH = 9.6
_MONTH_LABELS, _DAY_LABELS = 13, 10
_NAME_COLUMNS = 27
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "erplink",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
}


def outstanding(days: Sequence[tuple[date, int]]) -> str:
    """Points that members hold, day by day: a step line, because a balance holds until the next entry."""
    last, points = days[-1]
    when = [day.toordinal() for day, _ in days] + [last.toordinal() + 1]
    held = [value for _, value in days] + [points]
    with _drawing():
        figure, axes = _canvas(3.0)
        axes.fill_between(when, held, step="post", color=_PALE, linewidth=0)
        axes.step(when, held, where="post", color=_BLUE, linewidth=1.8)
        axes.annotate(f"{points:,}", (when[-1], points), (0, 6), textcoords="offset points", color=_INK, ha="right")
        axes.set_xlim(when[0], when[-1])
        axes.set_ylim(min(0, *held), max(1, *held) * 1.18)
        ticks = _ticks(days[0][0], last)
        axes.set_xticks([day.toordinal() for day, _ in ticks], [label for _, label in ticks])
        return _svg(figure, "outstanding")


def by_month(months: Sequence[Month]) -> str:
    """Points awarded (up) and taken back, redeemed or expired (down), month by month."""
    places = range(len(months))
    with _drawing():
        figure, axes = _canvas(3.2)
        _stack(axes, [("awarded", _BLUE, [m.earned for m in months]), ("other", _GREY, [m.other for m in months])])
        down = [
            ("taken back", _RED, [month.taken_back for month in months]),
            ("redeemed", _AMBER, [month.redeemed for month in months]),
            ("expired", _FAINT, [month.expired for month in months]),
        ]
        _stack(axes, down)
        axes.axhline(0, color=_FAINT, linewidth=0.8)
        step = -(-len(months) // _MONTH_LABELS)
        axes.set_xticks(list(places)[::step], [month.month for month in months][::step])
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, frameon=False, borderaxespad=0.2, handlelength=1)
        return _svg(figure, "by-month")


def leaders(members: Sequence[Standing]) -> str:
    """The leading members by points earned and kept, and what each holds now."""
    places = list(range(len(members)))
    kept = [member.earned + member.taken_back for member in members]
    most = max(1, *kept, *(member.points for member in members))
    with _drawing():
        figure, axes = _canvas(0.66 + 0.32 * len(members), left=0.22)
        axes.barh(places, kept, color=_LIGHT, height=0.66, label="earned and kept")
        axes.barh(places, [m.points for m in members], color=_BLUE, height=0.66, label="held now")
        for place, member in zip(places, members, strict=True):
            axes.text(
                max(kept[place], member.points, 0) + most * 0.01, place, f"{member.points:,}", va="center", color=_INK
            )
        axes.set_yticks(places, [_short(member) for member in members])
        axes.invert_yaxis()
        axes.set_xlim(min(0, *(member.points for member in members)), most * 1.14)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=_GRID)
        _thousands(axes, "x")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderaxespad=0.2, handlelength=1)
        return _svg(figure, "leaders")


@contextmanager
def _drawing() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context(_STYLE), warnings.catch_warnings():  # type: ignore[arg-type]
        # The browser draws the text; that this machine has no glyph for it changes nothing.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _canvas(height: float, left: float = 0.085) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    # Margins are fixed, because how wide a text is only turns out where it is drawn.
    axes = figure.add_axes((left, 0.3 / height, 0.96 - left, 1 - 0.66 / height))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GREY)
    axes.tick_params(length=0, colors=_FAINT)
    axes.grid(visible=True, axis="y", color=_GRID)
    axes.set_axisbelow(True)
    _thousands(axes, "y")
    return figure, axes


def _stack(axes: Axes, layers: Sequence[tuple[str, str, list[int]]]) -> None:
    base = [0] * len(layers[0][2])
    for label, colour, values in layers:
        if any(values):
            axes.bar(range(len(values)), values, bottom=base, color=colour, width=0.68, label=label)
            base = [low + value for low, value in zip(base, values, strict=True)]


def _ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Where the time axis has labels: beginnings of months, or single days when there are too few months.

    >>> [label for _, label in _ticks(date(2026, 1, 20), date(2026, 4, 2))]
    ['2026-02', '2026-03', '2026-04']
    """
    months = [date(n // 12, n % 12 + 1, 1) for n in range(_month(first), _month(last) + 1)]
    starts = [day for day in months if first <= day <= last]
    if len(starts) > 1:
        return [(day, f"{day:%Y-%m}") for day in starts[:: -(-len(starts) // _MONTH_LABELS)]]
    step = (last - first).days // _DAY_LABELS + 1
    return [(day, f"{day:%m-%d}") for day in (first + timedelta(n) for n in range(0, (last - first).days + 1, step))]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _thousands(axes: Axes, which: Literal["x", "y"]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _short(member: Standing) -> str:
    """A name that fits the margin, in which a Chinese character takes two columns."""
    name, columns = member.name or member.code, 0
    for place, character in enumerate(name):
        columns += 2 if east_asian_width(character) in "WF" else 1
        if columns > _NAME_COLUMNS:
            return f"{name[: place - 1]}…"
    return name


def _svg(figure: Figure, name: str) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    text = written.getvalue()
    element = text[text.index("<svg") :].strip()
    element = re.sub(r"font-family: [^;\"]+", f"font-family: {FONTS}", element)
    # Several pictures share one page: their ids must not meet, and none may style what is around it.
    for mark in ('id="', "url(#", 'href="#'):
        element = element.replace(mark, f"{mark}{name}-")
    return re.sub(r"\s*<style type=\"text/css\">[^<]*</style>", "", element)
