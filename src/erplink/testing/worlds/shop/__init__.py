"""The books of a small self-built ERP, in memory: what the REST and the SOAP world are doors to."""

from __future__ import annotations

from erplink.testing.worlds.shop.settings import Shop

__all__ = ["Shop"]
