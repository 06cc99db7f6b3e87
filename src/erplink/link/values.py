"""What a ``Link`` answers with: frozen values, ready to print, to render or to hand to a program."""

from __future__ import annotations

from erplink.store.dead import DeadLetter
from erplink.store.outbox import Write
from erplink.store.overview import Month, Overview
from erplink.store.people import Person
from erplink.store.policies import Published
from erplink.store.views import Balance, Entry, Left, Standing
from erplink.sync.deliver import Delivered
from erplink.sync.engine import SyncReport
from erplink.sync.events import HostEvent
from erplink.sync.health import FeedHealth, Health, QueueHealth, Rest, Tolerance, WorkerHealth
from erplink.sync.opening import Opened
from erplink.sync.progress import Listener, Progress
from erplink.sync.pull import Pulled
from erplink.sync.redeem import Redemption
from erplink.sync.rounds import Problem, Round

__all__ = [
    "Balance",
    "DeadLetter",
    "Delivered",
    "Entry",
    "FeedHealth",
    "Health",
    "HostEvent",
    "Left",
    "Listener",
    "Member",
    "Month",
    "Opened",
    "Overview",
    "Problem",
    "Progress",
    "Published",
    "Pulled",
    "QueueHealth",
    "Redemption",
    "Rest",
    "Round",
    "Standing",
    "SyncReport",
    "Tolerance",
    "WorkerHealth",
    "Write",
]

Member = Person
"""A person as the application sees them: ``id``, ``name`` and every customer ``(system, code)``."""
