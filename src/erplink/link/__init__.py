"""What an application holds in its hand: ``Link`` for scripts and threads, ``AsyncLink`` for tasks; and its workers."""

from erplink.link.alink import AsyncLink
from erplink.link.aworker import AsyncWorker
from erplink.link.link import Link
from erplink.link.worker import Worker

__all__ = ["AsyncLink", "AsyncWorker", "Link", "Worker"]
