"""What an application holds in its hand: ``Link`` for scripts and threads, ``AsyncLink`` for tasks."""

from erplink.link.alink import AsyncLink
from erplink.link.link import Link

__all__ = ["AsyncLink", "Link"]
