"""Starting a Cosmic world: inside a test in a thread, or as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from attrs import asdict, frozen

from erplink.testing.worlds.cosmic.app import ROOT, build_app
from erplink.testing.worlds.cosmic.faults import KINDS
from erplink.testing.worlds.cosmic.settings import CosmicWorld, Credentials
from erplink.testing.worlds.shop.serving import Door, ran, served
from erplink.testing.worlds.shop.site import Site


@frozen
class Running:
    """A world that answers: the address of its platform, that of its control door, and what to log in with."""

    url: str
    door: str
    credentials: Credentials
    world: CosmicWorld
    site: Site


@contextmanager
def serve(world: CosmicWorld, *, port: int = 0) -> Iterator[Running]:
    """Run a world on a loopback port (0: any free one) in a thread, and stop it at the end of the block.

    Raises FixError when the orders file, state file, zone, faults or port cannot be used.

    >>> with serve(CosmicWorld()) as running:
    ...     running.url.endswith("/ierp/")
    True
    """
    with served(_door(world), world.shop, port) as (site, origin):
        yield Running(origin + ROOT, f"{origin}/_world/", world.credentials, world, site)


def run(world: CosmicWorld, *, port: int = 0, announce: Callable[[str], None] = print) -> int:
    """Run a world in this process until it is told to stop; the exit code, which is 2 for input of no use."""
    return ran(_door(world), world.shop, port, announce)


def _door(world: CosmicWorld) -> Door:
    return Door("cosmic", ROOT, KINDS, partial(build_app, world), asdict(world.credentials))
