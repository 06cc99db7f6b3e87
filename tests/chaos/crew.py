"""Four workers on one database, each a process of its own, killed and started anew."""

from __future__ import annotations

import random
import selectors
import signal
import subprocess
import sys
from collections import Counter
from time import monotonic

from attrs import define, field

from tests.cli.shell import environment

IDLE = "round idle"
SPARED = {"": 0.0, "ready": 0.02, IDLE: 0.05}
"""How likely a worker is killed that begins, has begun or finds nothing to do, each time somebody is to be killed."""

QUIET = 3
"""Rounds in a row without anything to do, after which a worker has nothing to do."""


@define
class Hand:
    """One worker's place: the process in it, what it said last, and how often it was killed."""

    url: str
    world: str
    process: subprocess.Popen[bytes] = field(init=False, repr=False)
    said: str = ""
    idle: int = 0
    kills: int = 0

    def __attrs_post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin to work."""
        self.said, self.idle = "", 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.hand", self.url, self.world],
            env=environment({"PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def hear(self, line: str) -> None:
        """One line that it said."""
        self.said = line
        self.idle = self.idle + 1 if line == IDLE else 0

    def strike(self) -> str:
        """Kill it wherever it is, and start it anew; what it was at."""
        at = "start" if not self.said else "idle" if self.idle else self.said.split()[0]
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.start()
        return at


class Crew:
    """Workers that are listened to: a pipe nobody reads would stop them."""

    def __init__(self, url: str, world: str, size: int = 4) -> None:
        self.hands = [Hand(url, world) for _ in range(size)]
        self.hits: Counter[str] = Counter()
        self._ears = selectors.DefaultSelector()
        for hand in self.hands:
            self._listen(hand)

    def _listen(self, hand: Hand) -> None:
        assert hand.process.stdout is not None
        self._ears.register(hand.process.stdout, selectors.EVENT_READ, hand)

    def hear(self, seconds: float) -> None:
        """Listen to everybody for so long."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            for key, _ in self._ears.select(left):
                hand: Hand = key.data
                assert hand.process.stdout is not None
                line = hand.process.stdout.readline().decode().strip()
                assert line or hand.process.poll() is None, f"a worker ended by itself after {hand.said!r}"
                hand.hear(line)

    def strike(self, hand: Hand) -> None:
        """Kill a worker and start it anew."""
        assert hand.process.stdout is not None
        self._ears.unregister(hand.process.stdout)
        hand.process.stdout.close()
        self.hits[hand.strike()] += 1
        self._listen(hand)

    def suffer(self, kills: int, dice: random.Random, longest: float) -> None:
        """Kill each worker so many times, at random moments, mostly while it is at work."""
        while victims := [hand for hand in self.hands if hand.kills < kills]:
            self.hear(dice.uniform(0.02, longest))
            ready = [hand for hand in victims if dice.random() < SPARED.get(hand.said, 1.0)]
            if ready:
                self.strike(dice.choice(ready))

    def rest(self, limit: float) -> None:
        """Listen until nobody has anything to do any more."""
        begun = monotonic()
        while not all(hand.idle >= QUIET for hand in self.hands):
            assert monotonic() - begun < limit, f"still at work: {[hand.said for hand in self.hands]}"
            self.hear(0.2)

    def dismiss(self) -> None:
        """Ask everybody to stop, and see that they end in order."""
        for hand in self.hands:
            hand.process.send_signal(signal.SIGTERM)
        for hand in self.hands:
            out, _ = hand.process.communicate(timeout=60)
            assert hand.process.returncode == 0, out.decode()

    def end(self) -> None:
        """Whatever happens, nobody is left behind."""
        for hand in self.hands:
            hand.process.kill()
            hand.process.wait()
