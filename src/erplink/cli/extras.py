"""Optional libraries: which extra of the package brings each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from erplink.errors import ConfigInvalid

_EXTRA_OF: Mapping[str, str] = {
    "typer": "cli",
    "rich": "cli",
    "matplotlib": "report",
    "starlette": "testing",
    "uvicorn": "testing",
    "httptools": "testing",
    "orjson": "testing",
    "pyarrow": "files",
    "openpyxl": "files",
    "psycopg": "postgres",
}

WORLD = ("starlette", "uvicorn", "httptools", "orjson")
"""What a world needs."""

REPORT = ("matplotlib",)
"""What the pictures need."""


def require(command: str, libraries: tuple[str, ...], extra: str = "") -> None:
    """Raise ``ConfigInvalid``, naming the extra to install, unless these libraries are here."""
    for library in libraries:
        if find_spec(library) is None:
            raise missing(command, library, extra)


def missing(command: str, library: str, extra: str = "") -> ConfigInvalid:
    """The error for a library that is not installed; ``extra`` overrules the one that brings just this library."""
    wanted = extra or _EXTRA_OF[library]
    return ConfigInvalid(
        f"{command} needs {library}, which is not installed",
        next_step=f"install the extra {wanted!r}: pip install 'erplink[{wanted}]'",
    )


def known(library: str) -> bool:
    """Whether an extra brings this library."""
    return library in _EXTRA_OF
