"""A stand-in for Kingdee 云星辰 (精斗云): its authorisation, signatures, lists and details, over a small shop."""

from __future__ import annotations

from erplink.testing.worlds.xingchen.serve import Running, run, serve
from erplink.testing.worlds.xingchen.settings import Credentials, XingchenWorld

__all__ = ["Credentials", "Running", "XingchenWorld", "run", "serve"]
