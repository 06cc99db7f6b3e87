"""Passwords, keys and tokens show nowhere: not in logs, errors, reprs, events or recordings."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from erplink.errors import ErplinkError
from erplink.facade.observe import Event
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.doors import Opened
from erplink.testing.contract.hurry import Hurry
from erplink.testing.contract.promise import needing, one, suffering
from erplink.testing.contract.specimens import specimen
from erplink.testing.contract.subject import Fault

_TELLING: tuple[Fault, ...] = (
    "session_lost",
    "dropped",
    "html_page",
    "server_error",
    "error_in_200",
    "busy",
    "busy_for_seconds",
    "no_permission",
    "refused",
)


class TestSecrets(Case):
    """What is told of a connection, whatever becomes of it."""

    @needing("login")
    @one("get")
    def test_no_secret_is_logged_at_any_level(self, lab: Lab, entity: Entity, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            _live(lab, entity)
        _assert_clean(lab, [f"{record.getMessage()} {record.__dict__}" for record in caplog.records])

    @needing("login")
    @one("get")
    def test_no_secret_shows_in_a_repr(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        shown = [repr(lab.system.settings(page=50)), repr(lab.system.impostor())]
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            shown += [repr(erp.erp), repr(erp.adapter), str(erp.adapter), repr(vars(erp.erp))]
        _assert_clean(lab, shown)

    @needing("login")
    @one("get")
    def test_no_secret_shows_in_a_refused_login(self, lab: Lab, entity: Entity) -> None:
        with lab.door.open(Hurry(lab.system.impostor(), lab.pauses)) as erp:
            _assert_clean(lab, _told(lambda: erp.of(entity).get("N0001")))

    @suffering(*_TELLING)
    @needing("login")
    @one("get")
    def test_no_secret_shows_in_an_error_or_its_causes(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb(fault, times=10_000)
            _assert_clean(lab, _told(lambda: erp.of(entity).get("N0001")))

    @needing("login")
    @one("get")
    def test_no_secret_is_told_to_who_observes(self, lab: Lab, entity: Entity) -> None:
        seen: list[Event] = []
        lab.system.plant([specimen(entity, "N0001")])
        with lab.door.open(Hurry(lab.system.settings(page=50), lab.pauses), observe=seen.append) as erp:
            _with_faults(lab, erp, entity)
        assert seen
        _assert_clean(lab, [f"{event!r} {event.error!r}" for event in seen])

    @needing("login", "recorded")
    @one("get")
    def test_no_secret_is_recorded(self, lab: Lab, entity: Entity, tmp_path: Path) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.door.open(lab.system.settings(page=50), record=tmp_path / "right") as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("dropped")
            erp.of(entity).get("N0001")
        with lab.door.open(lab.system.impostor(), record=tmp_path / "wrong") as erp:
            assert _told(lambda: erp.of(entity).get("N0001"))
        files = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json")]
        assert len(files) > 2
        _assert_clean(lab, files)


def _live(lab: Lab, entity: Entity) -> None:
    """A little of everything."""
    lab.system.plant([specimen(entity, "N0001")])
    with lab.open() as erp:
        _with_faults(lab, erp, entity)
    with lab.door.open(Hurry(lab.system.impostor(), lab.pauses)) as erp:
        assert _told(lambda: erp.of(entity).get("N0001"))


def _with_faults(lab: Lab, erp: Opened, entity: Entity) -> None:
    erp.of(entity).get("N0001")
    for fault in _TELLING:
        if fault not in lab.subject.without:
            lab.system.disturb(fault)
            _told(lambda: erp.of(entity).get("N0001"))
    lab.system.disturb("server_error", times=10_000)
    assert _told(lambda: erp.of(entity).get("N0001"))
    lab.system.calm()


def _told(story: Callable[[], object]) -> list[str]:
    """Everything that an error tells, with what led to it; nothing when there was none."""
    try:
        story()
    except ErplinkError as error:
        shown = [f"{one!s} {one!r} {one.__dict__} {one.args}" for one in _chain(error)]
        return [*shown, "".join(traceback.format_exception(error))]
    return []


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if error.__cause__ is not None and error.__context__ is not error.__cause__:
            yield from _chain(error.__context__)
        error = error.__cause__ or error.__context__


def _assert_clean(lab: Lab, shown: list[str]) -> None:
    secrets = lab.system.secrets()
    assert secrets
    for text in shown:
        for secret in secrets:
            # The secret itself stays out of what the test prints.
            is_clean = not any(form in text for form in _forms(secret))
            assert is_clean, f"a secret shows: {text.replace(secret, '<<SECRET>>')[:500]}"


def _forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote_plus(secret), b64encode(secret.encode()).decode()}
