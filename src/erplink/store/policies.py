"""Published policies: immutable texts with the instant from which they are in force."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from attrs import frozen

from erplink.errors import Conflict
from erplink.store import tables as t
from erplink.store.locks import hold
from erplink.store.upsert import insert_new


@frozen
class Published:
    """One published policy. ``effective`` None means from the beginning."""

    id: str
    version: int
    hash: str
    text: str
    effective: datetime | None
    approved_by: str


def publish(connection: sa.Connection, space: str, policy: Published, now: datetime) -> None:
    """Keep a policy for good. The same text again changes nothing.

    Raises ``Conflict`` when this id and version is already published with another meaning.
    """
    hold(connection, "policies", space)
    p = t.policies.c
    others = connection.execute(
        sa.select(p.hash).where(p.space == space, p.id == policy.id, p.version == policy.version, p.hash != policy.hash)
    ).all()
    if others:
        raise Conflict(
            f"version {policy.version} of {policy.id} is already published with another text",
            where="policies.publish",
            next_step="give the changed text a higher version",
        )
    row = {
        "space": space,
        "hash": policy.hash,
        "id": policy.id,
        "version": policy.version,
        "text": policy.text,
        "effective": policy.effective,
        "approved_by": policy.approved_by,
        "published_at": now,
    }
    insert_new(connection, t.policies, [row])


def published(connection: sa.Connection, space: str) -> list[Published]:
    """Every published policy, the one in force longest first."""
    p = t.policies.c
    rows = connection.execute(sa.select(t.policies).where(p.space == space)).all()
    found = [Published(row.id, row.version, row.hash, row.text, row.effective, row.approved_by) for row in rows]
    return sorted(found, key=lambda policy: (policy.effective is not None, policy.effective or 0, policy.version))
