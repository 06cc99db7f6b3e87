"""Files beside a manifest, and none elsewhere, whatever a name or a link in the folder says."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from erplink.errors import ConfigInvalid

ELSEWHERE = "a manifest reaches the files beside it and the hosts it names, nothing else"
_LARGEST = 20_000_000


@frozen
class Beside:
    """The folder of a manifest. Names are relative to it."""

    folder: Path

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._file(name).is_file()

    def read(self, name: str) -> bytes:
        """The content of a file. Raises ``ConfigInvalid``."""
        file = self._file(name)
        try:
            if file.stat().st_size > _LARGEST:
                raise ConfigInvalid(f"{name} is larger than a WSDL can be", where="wsdl", next_step="check its name")
            return file.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            step = "put it beside the manifest, or name its address"
            raise ConfigInvalid(f"{name} cannot be read: {reason}", where="wsdl", next_step=step) from None

    def write(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all. Raises ``ConfigInvalid``."""
        file = self._file(name)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            part.write_bytes(content)
            part.replace(file)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            step = "name a folder that can be written under cache"
            raise ConfigInvalid(f"{name} cannot be kept: {reason}", where="cache", next_step=step) from None

    def _file(self, name: str) -> Path:
        file = (self.folder / name).resolve()
        if not file.is_relative_to(self.folder):
            raise ConfigInvalid(f"{name} lies outside the manifest's folder", where="wsdl", next_step=ELSEWHERE)
        return file
