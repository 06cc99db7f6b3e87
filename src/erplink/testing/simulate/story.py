"""A failing run as a story that a person can read: when, who, what, and what went wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from erplink.testing.simulate.trial import Line, Trial


def tell(trial: Trial) -> str:
    """The story of a run: what people did, what struck, and in between what each worker came through.

    A worker's steps between two events are one line: the first of them, the last, and how many there were.
    """
    head = f"seed {trial.script.seed}: {trial.broken or 'everything holds'} ({trial.steps} steps)"
    skews = [f"the clock of {name} is off by {micros / 1e6:+.0f} s" for name, micros in _skews(trial)]
    return "\n".join([head, *(f"  {line}" for line in [*skews, *_lines(trial.story)])])


def _skews(trial: Trial) -> list[tuple[str, int]]:
    return [(name, micros) for name, micros in sorted(trial.script.scenario.skews.items()) if micros]


def _lines(story: Sequence[Line]) -> Iterator[str]:
    quiet: dict[str, list[Line]] = {}
    for line in story:
        if line.told:
            yield from _meanwhile(quiet)
            yield f"{_clock(line.at)}  {_who(line.actor)}  {line.point}{': ' + line.said if line.said else ''}"
        else:
            quiet.setdefault(line.actor, []).append(line)
    yield from _meanwhile(quiet)


def _meanwhile(quiet: dict[str, list[Line]]) -> Iterator[str]:
    for actor, lines in sorted(quiet.items(), key=lambda each: each[1][0].at):
        first, last = lines[0], lines[-1]
        if len(lines) == 1:
            yield f"{_clock(first.at)}  {_who(actor)}  {first.point}"
        else:
            yield f"{_clock(first.at)}  {_who(actor)}  {first.point} … {last.point} ({len(lines)} steps)"
    quiet.clear()


def _who(actor: str) -> str:
    return f"{actor.partition(' ')[0]:6}"


def _clock(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest // 1000:03}"
