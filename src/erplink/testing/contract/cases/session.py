"""One login for everybody, renewed when it is lost, and never repeated when it is refused."""

from __future__ import annotations

import pytest

from erplink.errors import ErplinkError, LoginRefused
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab, herd, passing_but
from erplink.testing.contract.hurry import Hurry
from erplink.testing.contract.promise import needing, one, suffering
from erplink.testing.contract.specimens import crowd, numbers, specimen
from erplink.testing.contract.subject import Fault

_BOUND = 60
"""Calls after which nobody may still be trying."""


class TestSession(Case):
    """Logins, sessions that end, credentials that are wrong."""

    @needing("login")
    @one("get")
    def test_the_first_call_logs_in_and_the_session_is_kept(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            assert lab.system.calls() == 0
            for _ in range(5):
                erp.of(entity).get("N0001")
        assert (lab.system.logins(), lab.system.refused_logins()) == (1, 0)

    @needing("login")
    @one("get")
    def test_a_herd_makes_one_login(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            found = herd(lambda _: erp.of(entity).get("N0001").number)
        assert set(found) == {"N0001"}
        assert (lab.system.logins(), lab.system.refused_logins()) == (1, 0)

    @suffering(*passing_but("session_lost"))
    @needing("login")
    @one("get")
    def test_a_login_that_is_disturbed_is_made_again(self, lab: Lab, entity: Entity, fault: Fault) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        lab.system.disturb(fault, times=2)
        with lab.open() as erp:
            assert erp.of(entity).get("N0001").number == "N0001"
        assert (lab.system.suffered(), lab.system.refused_logins()) == (2, 0)

    @needing("login", "server_error")
    @one("get")
    def test_a_herd_whose_login_is_disturbed_makes_one_in_the_end(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        lab.system.disturb("server_error")
        with lab.open() as erp:
            found = herd(lambda _: erp.of(entity).get("N0001").number)
        assert set(found) == {"N0001"}
        assert (lab.system.logins(), lab.system.refused_logins()) == (1, 0)

    @needing("login", "one_renewal")
    @one("get")
    def test_a_herd_that_lost_its_session_makes_one_login_more(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("session_lost")
            found = herd(lambda _: erp.of(entity).get("N0001").number)
        assert set(found) == {"N0001"}
        assert (lab.system.logins(), lab.system.refused_logins()) == (2, 0)

    @needing("login")
    @one("list")
    def test_a_session_that_ends_amid_the_pages_is_renewed(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 12))
        with lab.open(page=3) as erp:
            stream = erp.of(entity).list()
            found = [next(stream)]
            lab.system.disturb("session_lost")
            found += stream
        assert numbers(found) == numbers(crowd(entity, 12))
        assert lab.system.logins() == 2

    @needing("login")
    @one("get")
    def test_a_wrong_secret_is_sent_once_however_many_callers(self, lab: Lab, entity: Entity) -> None:
        with lab.door.open(Hurry(lab.system.impostor(), lab.pauses)) as erp:
            found = herd(lambda _: erp.of(entity).get("N0001"))
            sent = lab.system.calls()
        assert {type(error) for error in found} == {LoginRefused}
        assert (lab.system.logins(), lab.system.refused_logins(), sent) == (0, 1, 1)

    @needing("login")
    @one("get", "list")
    def test_a_wrong_secret_is_not_sent_by_later_calls(self, lab: Lab, entity: Entity) -> None:
        with lab.door.open(Hurry(lab.system.impostor(), lab.pauses)) as erp:
            for _ in range(2):
                with pytest.raises(LoginRefused):
                    erp.of(entity).get("N0001")
                with pytest.raises(LoginRefused):
                    list(erp.of(entity).list())
        assert (lab.system.refused_logins(), lab.system.calls()) == (1, 1)
        assert lab.pauses.made == []

    @needing("tenant")
    @one("list")
    def test_a_place_that_is_not_there_is_an_error_and_not_an_empty_one(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant(crowd(entity, 3))
        with lab.door.open(Hurry(lab.system.astray(), lab.pauses)) as erp, pytest.raises(ErplinkError) as caught:
            list(erp.of(entity).list())
        assert caught.value.next_step

    @needing("login", "password_expired")
    @one("get")
    def test_an_expired_password_is_sent_once(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        lab.system.disturb("password_expired")
        with lab.open() as erp:
            for _ in range(3):
                with pytest.raises(LoginRefused):
                    erp.of(entity).get("N0001")
        assert (lab.system.logins(), lab.system.calls()) == (0, 1)

    @needing("login")
    @one("get")
    def test_a_session_that_is_lost_again_and_again_ends_with_an_error(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            erp.of(entity).get("N0001")
            lab.system.disturb("session_lost", times=10_000)
            with pytest.raises(ErplinkError):
                erp.of(entity).get("N0001")
        assert lab.system.calls() < _BOUND
