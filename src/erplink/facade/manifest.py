"""From a manifest file to settings that ``connect`` takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from erplink.errors import ConfigInvalid
from erplink.manifest.head import Source, read_manifest, variable_of
from erplink.wire.adapter import Settings

_LARGEST = 1_000_000


def load_manifest(
    path: str | os.PathLike[str],
    *,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of a system that a manifest describes; TOML, or YAML by the file's ending.

    ``secrets`` are the values the manifest names under ``secrets``; one that is not given is taken from the environment
    variable ``ERPLINK_SECRET_<NAME>``. ``variables`` override its ``vars``.

    Raises:
        ConfigInvalid: the file cannot be read, or something in it is wrong: file, line, key and the allowed words.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigInvalid(f"{file.name} is larger than a manifest can be", next_step="check the name of the file")
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigInvalid(f"{file} cannot be read: {reason}", next_step="give the path of a manifest") from None
    except UnicodeDecodeError:
        raise ConfigInvalid(f"{file.name} is not UTF-8 text", next_step="save it as UTF-8") from None
    text = read_manifest(content, file.name)
    named = text.tree.get("secrets")
    known = {name: os.environ[variable_of(name)] for name in _names(named) if variable_of(name) in os.environ}
    source = Source(text, file.resolve().parent, {**known, **(secrets or {})}, variables or {})
    module = import_module(f"erplink.erp.{source.kind}")
    return cast("Settings", module.from_manifest(source))


def _names(named: object) -> list[str]:
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
