"""What every manifest begins with, and what is handed in beside its text: secrets, variables, the folder it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen
from pydantic import Field

from erplink.errors import ConfigInvalid
from erplink.manifest.compile import House
from erplink.manifest.words import TimeForm
from erplink.text.names import CurrencyCode, ZoneName
from erplink.text.parts import Part, read_part
from erplink.text.source import Genre, Text
from erplink.text.toml import read_toml
from erplink.text.yaml import read_yaml

GENRE = Genre("manifest", ConfigInvalid, 'kind = "rest"')
KINDS = ("rest", "soap", "sql", "files")

_NAME = r"[a-z][a-z0-9-]{0,30}"


class Head(Part):
    """The words of every manifest.

    ``erplink`` is the version of the notation. ``name`` is the system's short name. ``zone`` is its wall clock,
    ``currency`` what documents that name none are in, ``times`` how it writes instants. ``secrets`` are names whose
    values are handed in, ``vars`` plain values that may be overridden.
    """

    erplink: Literal[1]
    kind: str
    name: Annotated[str, Field(pattern=f"^{_NAME}$")]
    zone: ZoneName = "Asia/Shanghai"
    currency: CurrencyCode = "CNY"
    times: TimeForm = "iso"
    secrets: tuple[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], ...] = ()
    vars: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], str | int] = Field(default_factory=dict)


H = TypeVar("H", bound=Head)


@frozen
class Source:
    """A manifest's text with what was handed in. ``folder`` is where files beside it may be."""

    text: Text
    folder: Path
    secrets: Mapping[str, str] = field(factory=dict, repr=False)
    variables: Mapping[str, str] = field(factory=dict)

    @property
    def kind(self) -> str:
        """Which kind of system it describes. Raises ``ConfigInvalid`` for none or an unknown one."""
        kind = self.text.tree.get("kind")
        if kind not in KINDS:
            what = "kind is missing" if kind is None else f"kind is {kind!r}"
            raise self.text.invalid(what, ("kind",), f"write one of {', '.join(KINDS)}")
        return str(kind)

    def words(self, kind: type[H]) -> H:
        """Its words. Raises ``ConfigInvalid``: file, line, word and the allowed ones."""
        words = read_part(kind, self.text)
        for name in self.variables:
            if name not in words.vars:
                known = ", ".join(words.vars) or "none"
                raise ConfigInvalid(
                    f"{name!r} is no variable of the manifest", where=self.text.name, next_step=f"known are: {known}"
                )
        missing = [name for name in words.secrets if name not in self.secrets]
        if missing:
            step = f"hand it in as secrets={{{missing[0]!r}: …}} or in the environment as {variable_of(missing[0])}"
            raise ConfigInvalid(f"the secret {missing[0]} is missing", where=self.text.name, next_step=step)
        return words

    def house(self, words: Head) -> House:
        """What holds for all its entities."""
        return House(self.text, words.name, ZoneInfo(words.zone), words.currency, words.times)

    def context(self, words: Head) -> dict[str, object]:
        """What every template may name: variables by their names, secrets as ``secret.name``."""
        known: dict[str, object] = {**words.vars, **self.variables}
        known |= {f"secret.{name}": self.secrets[name] for name in words.secrets}
        return known


def variable_of(secret: str) -> str:
    """The environment variable that may hold a secret.

    >>> variable_of("app_secret")
    'ERPLINK_SECRET_APP_SECRET'
    """
    return f"ERPLINK_SECRET_{secret.upper()}"


def read_manifest(text: str, name: str) -> Text:
    """A manifest's text with its lines; TOML, or YAML by the name of the file. Raises ``ConfigInvalid``."""
    read = read_yaml if name.endswith((".yaml", ".yml", ".json")) else read_toml
    return read(text, name, GENRE)
