"""What a K/3 Cloud can do through this adapter, as data."""

from __future__ import annotations

from collections.abc import Mapping

from erplink.model.documents import Entity
from erplink.wire.adapter import Capability, Verb

_CHANGES: Mapping[str, str] = {"changes": "modified_at", "grain": "second", "order": "id"}
_CREATE: Mapping[str, str] = {"idempotency": "number"}
_UPDATE: Mapping[str, str] = {"idempotency": "natural"}


def _read(entity: Entity) -> tuple[Capability, ...]:
    return (
        Capability(entity, "get"),
        Capability(entity, "list", _CHANGES),
        Capability(entity, "changes", _CHANGES),
        Capability(entity, "keys", {"order": "id"}),
    )


CAPABILITIES: tuple[Capability, ...] = (
    *_read("orders"),
    Capability("orders", "create", _CREATE),
    Capability("orders", "update", _UPDATE),
    Capability("orders", "act"),
    *_read("shipments"),
    Capability("shipments", "create", _CREATE),
    Capability("shipments", "act"),
    *_read("returns"),
    Capability("returns", "act"),
    *_read("receipts"),
    Capability("receipts", "create", _CREATE),
    Capability("receipts", "act"),
    *_read("refunds"),
    Capability("refunds", "create", _CREATE),
    Capability("refunds", "act"),
    *_read("receivables"),
    Capability("receivables", "act"),
    *_read("customers"),
    Capability("customers", "create", _CREATE),
    Capability("customers", "update", _UPDATE),
    Capability("customers", "act"),
    *_read("products"),
    Capability("products", "update", _UPDATE),
    Capability("products", "act"),
    *_read("prices"),
    Capability("prices", "act"),
    Capability("stock", "get", {"live": "yes", "per": "warehouse"}),
)

OFFERED: frozenset[tuple[Entity, Verb]] = frozenset((one.entity, one.verb) for one in CAPABILITIES)
