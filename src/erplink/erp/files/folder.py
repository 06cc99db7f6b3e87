"""The folder of a manifest as ``Io.transact`` takes one: files found by patterns, nothing outside, errors in words."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from attrs import evolve, frozen

from erplink.errors import Busy, ConfigInvalid, FileInvalid, Unreachable

_REPORT = re.compile(r"(-\d)?-errors\.(xlsx|csv)$")
"""How reports end. One that lies where the files are read is read in the place of the file it is about."""

_UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp", "~")
"""How files end that are still being copied."""
_WILD = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@frozen
class Found:
    """One file: its name below the folder, its size, when it was written and when it came (both in nanoseconds).

    ``wild`` is what the wildcards of its pattern stand for, ``below`` the name below the folders the pattern names. A
    copy keeps the time of writing, so ``came`` is the later one of writing and of the last change of its entry.
    """

    name: str
    size: int
    written: int
    came: int
    wild: tuple[str, ...] = ()
    below: str = ""

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others: in the order of writing."""
        return self.written, self.name

    @property
    def mark(self) -> str:
        """What changes when its content does."""
        return f"{self.size}-{self.written}"

    @property
    def arrived(self) -> datetime:
        """The instant it came."""
        seconds, nanos = divmod(self.came, 10**9)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanos // 1000)

    @property
    def is_report(self) -> bool:
        """Whether it is a report that came back."""
        return _REPORT.search(self.name) is not None


@frozen
class Folder:
    """The folder of a manifest, as ``Io.transact`` takes a database. Nothing is begun and nothing ends."""

    root: Path

    @contextmanager
    def begin(self) -> Iterator[Folder]:
        """The folder itself; what the system says of a file in it is said in words of ``erplink.errors``."""
        try:
            yield self
        except OSError as error:
            raise told(error, self.root) from error

    def matching(self, patterns: Sequence[str], besides: Sequence[str] = ()) -> list[Found]:
        """Files of these patterns in the order of writing; none below a folder of ``besides``, none outside."""
        if not self.root.is_dir():
            step = "check where the manifest lies"
            raise ConfigInvalid(f"the folder {self.root.name} is not there", next_step=step)
        found: dict[str, Found] = {}
        for pattern in patterns:
            for one in self._of(pattern):
                if not any(PurePosixPath(one.name).is_relative_to(other) for other in besides):
                    found.setdefault(one.name, one)
        return sorted(found.values(), key=lambda one: one.place)

    def look(self, name: str) -> Found | None:
        """A file as it is now; None when it is not there."""
        try:
            seen = self.path(name).stat()
        except FileNotFoundError:
            return None
        # On Windows ``st_ctime`` is when the file was made here, elsewhere when its entry last changed.
        return Found(name, seen.st_size, seen.st_mtime_ns, max(seen.st_mtime_ns, seen.st_ctime_ns))

    def path(self, name: str) -> Path:
        """Where a name leads. Raises ``ConfigInvalid`` for one that leads outside."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            step = "put the file itself there instead of a link"
            raise ConfigInvalid(f"{name} leads out of the folder of the manifest", next_step=step)
        return path

    def put_away(self, name: str, folder: str) -> str:
        """Move a file to a folder, and say where it is then; one of the same name that is there is not touched.

        Gone already is fine.
        """
        there = self.path(folder)
        there.mkdir(parents=True, exist_ok=True)
        old = PurePosixPath(name)
        for n in range(1, 10_000):
            target = there / (old.name if n == 1 else f"{old.stem} ({n}){old.suffix}")
            try:
                target.open("xb").close()  # reserves the name, so that nothing is written over
            except FileExistsError:
                continue
            try:
                self.path(name).replace(target)
            except FileNotFoundError:
                target.unlink(missing_ok=True)
                return name
            return target.relative_to(self.root.resolve()).as_posix()
        return name

    def _of(self, pattern: str) -> Iterator[Found]:
        matcher = compiled(pattern)
        base = self.path(_fixed(pattern))
        if not base.exists():
            return
        deep = None if "**" in pattern else pattern.count("/")
        for folder, inner, names in os.walk(base, onerror=_raise):
            below = Path(folder).relative_to(self.root.resolve()).as_posix()
            depth = 0 if below == "." else below.count("/") + 1
            if deep is not None and depth >= deep:
                inner.clear()
            inner[:] = [each for each in inner if not each.startswith(".")]
            for name in names:
                whole = name if below == "." else f"{below}/{name}"
                wild = _matched(matcher, whole)
                if wild is not None and not name.startswith(("~$", ".")) and not name.lower().endswith(_UNFINISHED):
                    seen = self._seen(whole)
                    if seen is not None:
                        yield evolve(seen, wild=wild, below=(Path(folder) / name).relative_to(base).as_posix())

    def _seen(self, name: str) -> Found | None:
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = name.encode(errors="surrogateescape").decode(errors="replace")
            raise FileInvalid(f"the name of {shown} is not UTF-8", next_step="rename it") from None
        return self.look(name) if self.path(name).is_file() else None


def like(found: Found, listed: Found) -> Found:
    """A file looked at again, with what its pattern says of it."""
    return evolve(found, wild=listed.wild, below=listed.below)


def _raise(error: OSError) -> None:
    raise error


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that captures what each of its wildcards stands for.

    >>> compiled("in/orders-*.csv").fullmatch("in/orders-2026-11.csv").groups()
    ('2026-11',)
    """
    pieces, end = [], 0
    for wild in _WILD.finditer(pattern):
        pieces += [re.escape(pattern[end : wild.start()]), _regex(wild[0])]
        end = wild.end()
    return re.compile("".join([*pieces, re.escape(pattern[end:])]))


def _regex(wild: str) -> str:
    known = {"**/": "((?:.*/)?)", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}
    return known.get(wild) or "(" + re.sub(r"^\[!", "[^", wild) + ")"


def _matched(matcher: re.Pattern[str], name: str) -> tuple[str, ...] | None:
    """What the wildcards stand for, with the ending that makes it a report; None for another file."""
    found = matcher.fullmatch(name)
    report = _REPORT.search(name)
    if found is not None and report is None:
        return (*found.groups(), "")
    found = matcher.fullmatch(name[: report.start()]) if report is not None else None
    return (*found.groups(), "report") if found is not None else None


def _fixed(pattern: str) -> str:
    """The folders at the beginning of a pattern that have no wildcard.

    >>> _fixed("in/shop/orders*.csv"), _fixed("*.csv")
    ('in/shop', '.')
    """
    parts = pattern.split("/")[:-1]
    wild = next((n for n, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return "/".join(parts[:wild]) or "."


def told(error: OSError, root: Path) -> FileInvalid | Busy | Unreachable:
    """What a system's error about a file means, and what to do."""
    name = _name(error, root)
    if isinstance(error, PermissionError):
        step = "close it in Excel or whatever has it open, or let this account read and write it"
        return FileInvalid(
            "the file cannot be opened: no permission, or another program has it open", where=name, next_step=step
        )
    if isinstance(error, FileNotFoundError):
        return FileInvalid("the file is not there any more", where=name, next_step="run again")
    if error.errno in _FULL:
        return Busy("the disk is full", where=name, next_step="make room, then run again", sent="no")
    reason = error.strerror or type(error).__name__
    step = "check the disk or the network share, then run again"
    return Unreachable(f"the file cannot be read or written: {reason}", where=name, next_step=step, sent="no")


def _name(error: OSError, root: Path) -> str:
    if not isinstance(error.filename, str):
        return root.name
    path = Path(error.filename)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
