"""From a manifest file to settings that ``connect`` takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType
from typing import cast

from erplink.errors import ConfigInvalid
from erplink.manifest.head import Source, read_manifest, variable_of
from erplink.text.source import Text
from erplink.wire.adapter import Settings

_LARGEST = 1_000_000
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


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
    text = _read(file)
    known = {name: os.environ[variable_of(name)] for name in _named(text) if variable_of(name) in os.environ}
    source = Source(text, file.resolve().parent, {**known, **(secrets or {})}, variables or {})
    return cast("Settings", _module(source.kind).from_manifest(source))


def secrets_of(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """The names of the secrets a manifest wants. Raises ``ConfigInvalid`` for one that cannot be read."""
    return _named(_read(Path(path)))


def starter(kind: str) -> str:
    """A commented manifest of a kind to begin with."""
    return (resources.files(_module(kind)) / "starter.toml").read_text(encoding="utf-8")


def schema_of(kind: str) -> str:
    """The JSON Schema (2020-12) of a kind of manifest, as JSON text."""
    schema = _module(kind).Manifest.model_json_schema(by_alias=True, mode="validation")
    return json.dumps(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2, ensure_ascii=False
    )


def _module(kind: str) -> ModuleType:
    return import_module(f"erplink.erp.{kind}")


def _read(file: Path) -> Text:
    try:
        if file.stat().st_size > _LARGEST:
            raise ConfigInvalid(f"{file.name} is larger than a manifest can be", next_step="check the name of the file")
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigInvalid(f"{file} cannot be read: {reason}", next_step="give the path of a manifest") from None
    except UnicodeDecodeError:
        raise ConfigInvalid(f"{file.name} is not UTF-8 text", next_step="save it as UTF-8") from None
    return read_manifest(content.removeprefix("\N{BYTE ORDER MARK}"), file.name)


def _named(text: Text) -> tuple[str, ...]:
    named = text.tree.get("secrets")
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()
