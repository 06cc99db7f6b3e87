"""Which documents a world starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erplink.testing.worlds.kingdee.sample import plant_sample
from erplink.testing.worlds.kingdee.settings import KingdeeWorld
from erplink.testing.worlds.kingdee.store import Table


def plant(world: KingdeeWorld, tables: Mapping[str, Table]) -> Mapping[str, Any]:
    """Plant what the settings ask for; the report of what was planted."""
    if world.sample:
        return plant_sample(tables)
    return {"source": "empty", "documents": {form_id: 0 for form_id in tables}}
