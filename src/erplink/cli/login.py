"""A Kingdee as the command line is told of it: options for what may be seen, the environment for what may not."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence

from attrs import frozen

from erplink.erp.kingdee import Kingdee
from erplink.errors import ConfigInvalid


@frozen
class Login:
    """Where a Kingdee is and how to log in, but for the secret; ``fields`` as ``customers.points=F_ERPL_Points``."""

    url: str
    acct_id: str
    username: str
    app_id: str
    zone: str
    fields: Sequence[str] = ()


def settings(login: Login, command: str) -> Kingdee:
    """Settings; the secret comes from environment or keyboard, never from the arguments, which others can list.

    Raises ``ConfigInvalid`` when a setting cannot be right or the secret is missing.
    """
    app_secret = secret("ERPLINK_APP_SECRET", "application secret: ", command) if login.app_id else ""
    return Kingdee(
        url=login.url,
        acct_id=login.acct_id,
        username=login.username,
        app_id=login.app_id,
        app_secret=app_secret,
        password="" if login.app_id else secret("ERPLINK_PASSWORD", "password: ", command),
        zone=login.zone,
        custom=_custom(login.fields),
    )


def secret(variable: str, prompt: str, command: str) -> str:
    """A secret from the environment, else typed without being shown. Raises ``ConfigInvalid`` where nobody can type."""
    given = os.environ.get(variable)
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigInvalid(f"{variable} is not set", where=command, next_step="set it to the secret")
    return getpass.getpass(prompt, stream=sys.stderr)


def _custom(fields: Sequence[str]) -> dict[str, dict[str, str]]:
    custom: dict[str, dict[str, str]] = {}
    for said in fields:
        name, _, key = said.partition("=")
        entity, _, field = name.partition(".")
        if not (entity and field and key):
            raise ConfigInvalid(
                f"the field {said!r} cannot be read", next_step="write it like customers.points=F_ERPL_Points"
            )
        custom.setdefault(entity, {})[field] = key
    return custom
