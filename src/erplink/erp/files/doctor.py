"""What is wrong between a manifest and the files it describes, step by step, by looking at them. Nothing is written."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path

from erplink.erp.files.folder import Folder
from erplink.erp.files.opened import Opened, open_pair
from erplink.erp.files.plan import FilePlan, Pair
from erplink.erp.files.reading import Outcome
from erplink.erp.files.settings import Files
from erplink.erp.files.table import Damaged
from erplink.errors import ErplinkError, FileInvalid
from erplink.model.documents import Document
from erplink.wire.check import Check, failed
from erplink.wire.io import Io

_SAMPLE = 1000
"""Documents that are looked at."""


async def examine(io: Io, files: Files) -> list[Check]:
    """Look at the folder, then at the newest file of every entity: headings, cells, words of a status, out folders.

    Shows no cell that may be somebody's name or phone. Raises nothing of ``erplink.errors``.
    """
    checks: list[Check] = []
    for plan in files.plans.values():
        try:
            checks += await io.transact(files.folder, _examined, plan)
        except ErplinkError as error:
            checks.append(failed(f"{plan.entity} files", error))
        checks += await io.transact(files.folder, _out, plan)
    if files.stock is not None:
        try:
            await io.transact(files.folder, files.stock.on_hand, frozenset({"ERPLINK-DOCTOR"}))
            checks.append(Check("stock", ok=True, words="the newest file can be read"))
        except ErplinkError as error:
            checks.append(failed("stock", error))
    return checks


def _examined(folder: Folder, plan: FilePlan) -> list[Check]:
    name, patterns = f"{plan.entity} files", " or ".join(plan.words.files)
    pairs, waiting = plan.pairs(folder), plan.waiting(folder)
    checks: list[Check] = []
    if waiting:
        words = f"{len(waiting)} wait for the file with their lines, {waiting[0]} for example"
        checks.append(Check(f"{plan.entity} lines", ok=False, words=words))
    if not pairs:
        words = (
            f"no file is called {patterns} below {folder.root}; check the pattern, and whether anything was exported"
        )
        return [*checks, Check(name, ok=False, words=words)]
    newest = pairs[-1]
    words = f"{len(pairs)} called {patterns}; the newest is {newest.name}, {newest.head.size:,} bytes"
    checks.append(Check(name, ok=True, words=words))
    try:
        with closing(open_pair(folder, plan, newest)) as opened:
            return [*checks, *_inside(folder, plan, newest, opened)]
    except Damaged as damaged:
        return [*checks, failed(f"{plan.entity} file", damaged.error)]
    except FileInvalid as error:
        return [*checks, failed(f"{plan.entity} headings", error)]


def _inside(folder: Folder, plan: FilePlan, pair: Pair, opened: Opened) -> list[Check]:
    found = ", ".join(f"{what} {said!r}" for what, said in opened.heads.facts.items())
    columns = (*plan.mapped.needed, *plan.mapped.needed_of_lines)
    missing = [column.key for column in columns if not column.needed and not _is_there(opened, column.key)]
    words = f"all {len(columns) - len(missing)} headings are in {pair.name}" + (f" ({found})" if found else "")
    words += f"; optional and missing: {', '.join(missing)}" if missing else ""
    checks = [Check(f"{plan.entity} headings", ok=True, words=words)]
    chunk = opened.take(folder, _SAMPLE, lambda _: False)
    documents = [one.document for one in chunk.outcomes if one.document is not None]
    checks.append(_cells(plan, opened, chunk.outcomes, documents))
    checks += _statuses(plan, documents)
    checks += _zeros(plan, opened, chunk.outcomes)
    if chunk.damaged is not None:
        checks.append(failed(f"{plan.entity} file", chunk.damaged))
    return checks


def _cells(plan: FilePlan, opened: Opened, outcomes: list[Outcome], documents: list[Document]) -> Check:
    name, bad = f"{plan.entity} rows", [one for one in outcomes if one.document is None]
    left_out = f"; {opened.tally.totals} rows of totals left out" if opened.tally.totals else ""
    if bad:
        first = opened.broken(bad[0]).error
        words = f"{len(bad)} of the first {len(outcomes)} documents cannot be read: {first}"
        return Check(name, ok=False, words=words)
    if not documents:
        return Check(name, ok=False, words="the file has headings and no rows")
    return Check(name, ok=True, words=f"the first {len(documents)} documents fit; {_sample(documents[0])}{left_out}")


def _sample(document: Document) -> str:
    """A document as far as it is nobody's name or phone."""
    parts = [f"{document.number} is {document.status}"]
    lines: tuple[object, ...] = getattr(document, "lines", ())
    if lines:
        first = lines[0]
        parts.append(f"{len(lines)} lines, the first {getattr(first, 'qty', '')} × {getattr(first, 'sku', '')}")
    for name in ("created_at", "shipped_at", "returned_at", "received_at", "amount"):
        value = getattr(document, name, None)
        if value is not None:
            parts.append(f"{name} {value}")
    return "the first: " + ", ".join(parts)


def _statuses(plan: FilePlan, documents: list[Document]) -> list[Check]:
    unknown = Counter(one.raw_status for one in documents if one.status == "unknown")
    if not unknown:
        return []
    listed = ", ".join(f"{word!r} ({times})" for word, times in unknown.most_common(5))
    words = f"the map does not know {listed}; add them under {plan.entity}.fields.status"
    return [Check(f"{plan.entity} status", ok=False, words=words)]


def _zeros(plan: FilePlan, opened: Opened, outcomes: list[Outcome]) -> list[Check]:
    """Codes that a workbook keeps as numbers, which have no zeros in front."""
    codes = {column.key for column in plan.mapped.out if column.kind == "code"}
    counts: Counter[str] = Counter()
    for key, at in opened.binding.at.items():
        if key in codes:
            cells = (row[at] for one in outcomes for _, row in one.group.rows if at < len(row))
            counts[key] += sum(1 for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool))
    listed = ", ".join(f"{key} ({times})" for key, times in counts.items() if times)
    if not listed:
        return []
    words = (
        f"kept as numbers: {listed}. Zeros in front of them are lost; format these columns as text if there were any"
    )
    return [Check(f"{plan.entity} codes", ok=True, words=words)]


def _is_there(opened: Opened, key: str) -> bool:
    of_lines = opened.lines_binding.at if opened.lines_binding is not None else {}
    return key in opened.binding.at or key in of_lines


def _out(folder: Folder, plan: FilePlan) -> list[Check]:
    """Whether something can be put into the folders that are written to. Nothing is."""
    words = plan.words
    named = {
        "create": words.create.folder if words.create is not None else None,
        "update": words.update.folder if words.update is not None else None,
        "done": words.done,
    }
    return [_writable(f"{plan.entity} {what}", shown, folder.path(shown)) for what, shown in named.items() if shown]


def _writable(name: str, shown: str, path: Path) -> Check:
    existing = next(each for each in (path, *path.parents) if each.exists())
    fine = existing.is_dir() and os.access(existing, os.W_OK)
    words = f"{shown} can be written to" if fine else f"{shown} cannot be written to: check who owns {existing.name}"
    return Check(name, ok=fine, words=words)
