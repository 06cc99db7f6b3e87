"""What others may see of the work: spans and metrics, log records; any number of observers at once.

An observer is handed to ``connect(..., observe=...)``; what belongs to no system (``decide``, ``round``) is told to the
observer of the one attached first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from erplink.facade.observe import Ending, Event, Observe, Observer

__all__ = ["Event", "Observe", "Observer", "together"]


def together(*observers: Observe) -> Observer:
    """One observer that tells several, each of the same; the first to hear of a begin is the last to hear of the end.

    >>> heard = []
    >>> both = together(heard.append, lambda event: heard.append(event.name))
    >>> both.begin("pull", {"system": "kingdee"})(Event("pull", {}, 0.1))
    >>> heard[0]
    'pull'
    """
    return _Together(observers)


@frozen
class _Together:
    observers: Sequence[Observe]

    def begin(self, name: str, facts: Mapping[str, object]) -> Ending:
        endings = [each.begin(name, facts) if isinstance(each, Observer) else each for each in self.observers]

        def end(event: Event) -> None:
            for each in reversed(endings):
                each(event)

        return end
