"""A programme's policy: loaded from text, checked as a whole, identified by the hash of what it means."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from erplink.errors import PolicyInvalid
from erplink.policy.points import MultiplierRule, PointsPolicy, TierPolicy, Trigger
from erplink.policy.words import Instant, Whole
from erplink.text.names import CurrencyCode, ZoneName
from erplink.text.parts import Part, read_part
from erplink.text.source import Genre
from erplink.text.yaml import read_yaml

GENRE = Genre("policy", PolicyInvalid, "id: loyalty")

CompletedBy = Literal["approved", "closed", "shipped", "shipped_and_paid"]
"""Which state of the documents makes an order completed."""


class Assembly(Part):
    """How facts are made of documents: what makes an order ``completed``, and which customer codes are nobody.

    ``anonymous`` names walk-in customers (散客): their orders earn nothing and their returns are listed. ``services``
    names skus that are no goods (freight, fees, discounts booked as lines) whatever a document says of them; a final
    ``*`` stands for any ending.
    """

    completed: CompletedBy = "shipped"
    anonymous: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def is_service(self, sku: str) -> bool:
        """Whether a sku is declared to be no goods.

        >>> Assembly(services=("POST", "gift_*")).is_service("gift_0001_20")
        True
        """
        starts = tuple(name[:-1] for name in self.services if name.endswith("*"))
        return sku in self.services or (bool(starts) and sku.startswith(starts))


class Policy(Part):
    """One version of a programme. Frozen; ``hash`` identifies its meaning and ``text`` keeps what was written.

    ``starts_at``: documents earlier by the clock count for tiers and first purchase, and award nothing.
    """

    programme: Annotated[str, Field(min_length=1)]
    id: Annotated[str, Field(min_length=1)]
    version: Annotated[Whole, Field(ge=1)] = 1
    zone: ZoneName
    currency: CurrencyCode = "CNY"
    starts_at: Instant | None = None
    assembly: Assembly = Assembly()
    points: PointsPolicy
    tiers: TierPolicy | None = None
    _text: str = PrivateAttr(default="")
    _hash: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _tier_rules(self) -> Policy:
        wanted = [r.id for r in self.points.rules if isinstance(r, MultiplierRule) and r.role == "tier"]
        if wanted and self.tiers is None:
            raise ValueError(f"rule {wanted[0]} multiplies by the tier, but the policy has no tiers")
        if len(wanted) > 1:
            raise ValueError(f"rules {wanted[0]} and {wanted[1]} both multiply by the tier; keep one")
        if wanted and self.tiers is not None and any(level.factor is None for level in self.tiers.levels):
            raise ValueError(f"rule {wanted[0]} multiplies by the tier, so every level needs a factor")
        return self

    @property
    def text(self) -> str:
        """The text the policy was loaded from."""
        return self._text

    @property
    def hash(self) -> str:
        """sha256 (hex) of the canonical JSON: the same meaning has the same hash, however it was laid out."""
        return self._hash

    @property
    def zoneinfo(self) -> ZoneInfo:
        """The zone of days, windows and expiry."""
        return ZoneInfo(self.zone)

    @property
    def trigger(self) -> Trigger:
        """What releases an award."""
        return self.points.trigger


def load_policy(text: str, name: str = "policy") -> Policy:
    """Read a policy from YAML or JSON text; ``name`` is the file's name for messages.

    Numbers are read exactly from their digits. Raises ``PolicyInvalid`` naming file, line, word and allowed words.

    >>> policy = load_policy(
    ...     '''
    ... programme: Points
    ... id: loyalty
    ... zone: Asia/Shanghai
    ... points: {rules: [{id: base, kind: rate, per_yuan: "1"}]}
    ... ''',
    ...     "loyalty.yaml",
    ... )
    >>> policy.points.rounding, len(policy.hash)
    ('floor', 64)
    """
    policy = read_part(Policy, read_yaml(text, name, GENRE))
    meaning = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    canonical = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    object.__setattr__(policy, "_text", text)
    object.__setattr__(policy, "_hash", hashlib.sha256(canonical.encode()).hexdigest())
    return policy
