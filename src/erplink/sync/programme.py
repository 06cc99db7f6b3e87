"""Which policy is in force: published texts, read once per process and space."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from erplink.errors import ConfigInvalid
from erplink.policy.programme import Policy, load_policy
from erplink.store import documents, policies
from erplink.store.database import Connection
from erplink.store.policies import Published
from erplink.sync.decide import Rules


def publish(
    connection: Connection, space: str, policy: Policy, effective: datetime | None, approved_by: str, now: datetime
) -> Published:
    """Publish a checked policy. The same meaning again changes nothing and gives what was published first."""
    for held in policies.published(connection, space):
        if held.hash == policy.hash:
            return held
    published = Published(policy.id, policy.version, policy.hash, policy.text, effective, approved_by)
    policies.publish(connection, space, published, now)
    return published


def in_force(connection: Connection, space: str, now: datetime) -> Policy:
    """The policy in force at ``now``. Raises ``ConfigInvalid`` when none is published yet."""
    due = [held for held in policies.published(connection, space) if held.effective is None or held.effective <= now]
    if not due:
        raise ConfigInvalid(
            "no policy is in force", where=f"space {space}", next_step="publish one with link.policies.publish(...)"
        )
    return _load(due[-1])


def rules_in_force(connection: Connection, space: str, now: datetime) -> Rules:
    """The policy in force and every other published version: what they awarded stays theirs."""
    policy = in_force(connection, space, now)
    every = policies.published(connection, space)
    effective = {held.hash: held.effective for held in every if held.effective is not None}
    others = tuple(_load(held) for held in every if held.hash != policy.hash)
    asked = any(rule.when.category is not None for each in (policy, *others) for rule in each.points.rules)
    return Rules(policy, others, effective, documents.categories(connection, space) if asked else {})


@lru_cache(maxsize=256)
def _load(held: Published) -> Policy:
    return load_policy(held.text, f"{held.id} version {held.version}")
