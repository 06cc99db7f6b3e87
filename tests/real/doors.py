"""Tryton's two doors, called with nothing but HTTP: what a manifest has to say is what these functions send."""

# ruff: noqa: ANN401 - requests and replies of any shape

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
from attrs import frozen

from tests.real.tryton import Tryton, encoded

SECONDS = 30


@frozen
class Rest:
    """The REST door, with a key; ``company`` goes into the context."""

    tryton: Tryton
    key: str
    company: int | None = None

    def call(
        self,
        verb: str,
        path: str,
        fields: Iterable[str] = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **given: Any,
    ) -> httpx.Response:
        """One request; ``d`` and ``o`` of ``given`` are encoded, ``s`` and ``p`` are sent as they are."""
        context = {} if self.company is None else {"X-Tryton-Context": encoded({"company": self.company})}
        asked = {name: encoded(value) if name in {"d", "o"} else value for name, value in given.items()}
        return httpx.request(
            verb,
            f"{self.tryton.rest}/{path}",
            params=[*asked.items(), *(("f", name) for name in fields)],
            headers={"Authorization": f"bearer {self.key}"} | context | dict(headers or {}),
            json=body,
            timeout=SECONDS,
        )

    def rows(self, model: str, fields: Iterable[str] = (), **given: Any) -> list[dict[str, Any]]:
        """The records that a search finds."""
        found: list[dict[str, Any]] = self.call("GET", model, fields, **given).raise_for_status().json()
        return found


@frozen
class Rpc:
    """The JSON-RPC door, with or without a session."""

    tryton: Tryton
    session: str = ""

    def call(self, method: str, *params: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """One request."""
        entry = {"Authorization": f"Session {self.session}"} if self.session else {}
        body = {"id": 1, "method": method, "params": list(params)}
        return httpx.post(self.tryton.rpc, json=body, headers=entry | dict(headers or {}), timeout=SECONDS)

    def result(self, method: str, *params: Any) -> Any:
        """What a call answers that must succeed."""
        reply = self.call(method, *params).raise_for_status().json()
        assert "error" not in reply, reply
        return reply["result"]


def logged_in(tryton: Tryton) -> Rpc:
    """A session of the administrator."""
    user, token, _ = Rpc(tryton).result("common.db.login", tryton.user, {"password": tryton.password})
    return Rpc(tryton, base64.b64encode(f"{tryton.user}:{user}:{token}".encode()).decode())
