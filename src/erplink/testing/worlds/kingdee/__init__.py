"""A stand-in for Kingdee K/3 Cloud (金蝶云·星空): its WebAPI over real HTTP, with its quirks and its faults."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.serve import Running, announcement, run, serve
from erplink.testing.worlds.kingdee.settings import Credentials, KingdeeWorld, User

__all__ = ["Credentials", "KingdeeWorld", "Running", "User", "announcement", "run", "serve"]
