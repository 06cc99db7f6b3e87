"""Libraries that only some formats need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from erplink.errors import ConfigInvalid


def library(name: str, where: str) -> Any:
    """A library of the extra ``files``. Raises ``ConfigInvalid`` where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        step = "pip install 'erplink[files]', or use CSV"
        raise ConfigInvalid(f"this needs {name.partition('.')[0]}", where=where, next_step=step) from error
