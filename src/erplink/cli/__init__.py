"""The command line: ``erplink demo``, ``worker``, ``health``, ``dead``, ``doctor``, ``mock``, ``export``, ``db``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper

from erplink.cli.exits import INTERRUPTED, exit_code
from erplink.cli.extras import known, missing
from erplink.errors import ErplinkError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with a code of ``erplink.cli.exits``.

    An ``ErplinkError`` becomes one sentence on stderr. Anything else is a defect and keeps its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no Chinese shows marks instead; it is no reason to stop half-way.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _app(arguments)
    except ErplinkError as error:
        print(f"erplink: {error}", file=sys.stderr)
        raise SystemExit(exit_code(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _app(arguments: Sequence[str] | None) -> None:
    try:
        from erplink.cli.app import app

        app(args=None if arguments is None else list(arguments))
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if not known(library):
            raise
        raise missing("the erplink command", library) from None
