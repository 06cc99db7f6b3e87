"""What a ``Link`` answers with: frozen values, ready to print, to render or to hand to a program."""

from __future__ import annotations

from erplink.store.agreed import Difference
from erplink.store.dead import DeadLetter
from erplink.store.findings import Count, Finding
from erplink.store.outbox import Write
from erplink.store.overview import Month, Overview
from erplink.store.people import Person
from erplink.store.policies import Published
from erplink.store.views import Balance, Entry, Left, Standing
from erplink.sync.deliver import Delivered
from erplink.sync.engine import Booked, SyncReport
from erplink.sync.events import HostEvent
from erplink.sync.health import FeedHealth, Health, QueueHealth, Rest, Tolerance, WorkerHealth
from erplink.sync.intake import Taken
from erplink.sync.mirror import Mirrored
from erplink.sync.opening import Opened
from erplink.sync.progress import Listener, Progress
from erplink.sync.pull import Pulled
from erplink.sync.reconcile import Plan
from erplink.sync.redeem import Redemption
from erplink.sync.repair import Repaired
from erplink.sync.rounds import Problem, Round

__all__ = [
    "Balance",
    "Booked",
    "Count",
    "DeadLetter",
    "Delivered",
    "Difference",
    "Entry",
    "FeedHealth",
    "Finding",
    "Health",
    "HostEvent",
    "Left",
    "Listener",
    "Member",
    "Mirrored",
    "Month",
    "Opened",
    "Overview",
    "Plan",
    "Problem",
    "Progress",
    "Published",
    "Pulled",
    "QueueHealth",
    "Redemption",
    "Repaired",
    "Rest",
    "Round",
    "Standing",
    "SyncReport",
    "Taken",
    "Tolerance",
    "WorkerHealth",
    "Write",
]

Member = Person
"""A person as the application sees them: ``id``, ``name`` and every customer ``(system, code)``."""
