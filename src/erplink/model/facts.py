"""Facts: what the calculators see. Assembled from documents by declared rules; each names its sources.

All figures are whole minor units (fen); quantities are exact; times are aware. A fact belongs to one subject (a
person).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from erplink.model.documents import LineKind


class Source(msgspec.Struct, frozen=True, order=True, gc=False):
    """The document a fact came from: system (as attached), entity and the document's number."""

    system: str
    entity: str
    number: str

    def __str__(self) -> str:
        return f"{self.system}:{self.entity}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> Source:
        """The source written by ``str``.

        >>> Source.parse("kingdee:orders:SO:1").number
        'SO:1'
        """
        system, entity, number = text.split(":", 2)
        return cls(system, entity, number)


class SaleFactLine(msgspec.Struct, frozen=True, gc=False):
    """One sold line. ``net`` is minor units paid for all ``qty`` units; ``ref`` is the order line's id in the ERP."""

    line: int
    sku: str
    qty: Decimal
    net: int
    kind: LineKind = "goods"
    ref: str = ""
    category: str = ""


class SaleFact(msgspec.Struct, frozen=True, gc=False):
    """An order of one subject, with the instants the policy may choose from (None = has not happened yet)."""

    source: Source
    version: str
    lines: tuple[SaleFactLine, ...]
    created_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    completed_at: datetime | None = None
    party: str = ""
    evidence: tuple[Source, ...] = ()


class ReturnFactLine(msgspec.Struct, frozen=True, gc=False):
    """One line of goods that came back; ``order``/``order_line`` empty when the return names none.

    ``amount`` is the refund the document states, in minor units.
    """

    line: int
    sku: str
    qty: Decimal
    amount: int
    order: str = ""
    order_line: str = ""
    kind: LineKind = "goods"


class ReturnFact(msgspec.Struct, frozen=True, gc=False):
    """A return document of one subject."""

    source: Source
    version: str
    lines: tuple[ReturnFactLine, ...]
    returned_at: datetime
    party: str = ""
