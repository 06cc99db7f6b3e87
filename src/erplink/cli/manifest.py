"""Manifests at the command line: secrets asked for, a commented one to begin with, the JSON Schema of the notation."""

from __future__ import annotations

from pathlib import Path

from erplink.cli.login import secret
from erplink.errors import ConfigInvalid
from erplink.facade.manifest import load_manifest, schema_of, secrets_of, starter
from erplink.manifest.head import variable_of
from erplink.wire.adapter import Settings


def settings_of(path: Path) -> Settings:
    """The settings of a manifest; its secrets come from the environment or the keyboard."""
    command = f"erplink doctor {path.name}"
    secrets = {name: secret(variable_of(name), f"{name}: ", command) for name in secrets_of(path)}
    return load_manifest(path, secrets=secrets)


def new(path: Path, kind: str) -> None:
    """Write a commented manifest to begin with; never over a file that is there."""
    text = starter(kind)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigInvalid(f"{path} is there already", next_step="give another name, or remove it first") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigInvalid(f"{path} cannot be written: {reason}", next_step="give another path") from None
    print(f"{path} is a {kind} manifest to fill in; then: erplink doctor {path}")


def schema(kind: str) -> None:
    """Print the JSON Schema of a kind of manifest."""
    print(schema_of(kind))
