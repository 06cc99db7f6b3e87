"""Starting a Xingchen world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from attrs import asdict, frozen

from erplink.testing.worlds.shop.serving import Door, ran, served
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.xingchen.app import ROOT, build_app
from erplink.testing.worlds.xingchen.faults import KINDS
from erplink.testing.worlds.xingchen.settings import Credentials, XingchenWorld


@frozen
class Running:
    """A world that answers: the address of its platform, that of its control door, and what to log in with."""

    url: str
    door: str
    credentials: Credentials
    world: XingchenWorld
    site: Site


@contextmanager
def serve(world: XingchenWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(XingchenWorld()) as running:
    ...     running.credentials.domain
    'https://tf.jdy.com'
    """
    with served(_door(world), world.shop, port) as (site, origin):
        yield Running(origin + ROOT, f"{origin}/_world/", world.credentials, world, site)


def run(world: XingchenWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
    """Run a world in this process until it is told to stop; the exit code, which is 2 for input of no use."""
    return ran(_door(world), world.shop, port, announce)


def _door(world: XingchenWorld) -> Door:
    return Door("xingchen", ROOT, KINDS, partial(build_app, world), asdict(world.credentials))
