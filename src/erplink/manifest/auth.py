"""How to log in, as words: a few well-known kinds, a login call of one's own, and a signature on every call."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from erplink.manifest.words import Path
from erplink.text.parts import Part

Texts = dict[str, str]


class Sign(Part):
    """What is put on every call. ``let`` names parts, such as the text to sign.

    Known besides: ``method``, ``path``, ``query`` (sorted, encoded), ``body``, ``now``, ``nonce``, ``ticket.…``.
    """

    let: Texts = Field(default_factory=dict)
    headers: Texts = Field(default_factory=dict)
    query: Texts = Field(default_factory=dict)


class NoAuth(Part):
    """Nothing is asked for."""

    kind: Literal["none"] = "none"


class Basic(Part):
    """HTTP Basic (RFC 7617)."""

    kind: Literal["basic"]
    username: str
    password: str


class Bearer(Part):
    """A token that does not change (RFC 6750)."""

    kind: Literal["bearer"]
    token: str


class ApiKey(Part):
    """A key in a header or in the query."""

    kind: Literal["api_key"]
    value: str
    header: str | None = None
    query: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ApiKey:
        if (self.header is None) == (self.query is None):
            raise ValueError("an API key goes into a header or into the query; write one of them")
        return self


class OAuth2(Part):
    """Client credentials or password grant (RFC 6749). ``send``: the client's secret goes into body or Basic."""

    kind: Literal["oauth2"]
    grant: Literal["client_credentials", "password"] = "client_credentials"
    token_url: str
    client_id: str
    client_secret: str
    username: str | None = None
    password: str | None = None
    scope: str | None = None
    send: Literal["body", "basic"] = "body"

    @model_validator(mode="after")
    def _who(self) -> OAuth2:
        if (self.grant == "password") != (self.username is not None and self.password is not None):
            raise ValueError('username and password go with grant = "password", both of them, and only with it')
        return self


class Signed(Part):
    """Every call is signed by itself; nobody logs in."""

    kind: Literal["signed"]
    sign: Sign


class Login(Part):
    """A call that logs in. ``ticket`` says where in its reply the session is; ``cookies``: its cookies are the session.

    ``sign`` is what the session puts on every call, such as ``headers = { Authorization = "Bearer {ticket.token}" }``.
    """

    kind: Literal["login"]
    request: dict[str, Any]
    ticket: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], Path] = Field(default_factory=dict)
    cookies: bool = False
    sign: Sign = Field(default_factory=Sign)

    @model_validator(mode="after")
    def _some_session(self) -> Login:
        if not self.ticket and not self.cookies:
            raise ValueError('a login leaves a session: write ticket = { token = "where it is" } or cookies = true')
        return self


Auth = Annotated[NoAuth | Basic | Bearer | ApiKey | OAuth2 | Signed | Login, Field(discriminator="kind")]
"""One way to log in, told apart by ``kind``."""


def signing(auth: Auth) -> Sign:
    """What a way to log in puts on every call."""
    match auth:
        case Basic():
            pair = f"{auth.username}:{auth.password}"
            return Sign(let={"basic": pair}, headers={"authorization": "Basic {basic|base64}"})
        case Bearer():
            return Sign(headers={"authorization": f"Bearer {auth.token}"})
        case ApiKey(header=str(name)):
            return Sign(headers={name: auth.value})
        case ApiKey():
            return Sign(query={str(auth.query): auth.value})
        case OAuth2():
            return Sign(headers={"authorization": "Bearer {ticket.access_token}"})
        case Signed() | Login():
            return auth.sign
        case _:
            return Sign()


def login_request(auth: Auth) -> dict[str, Any] | None:
    """The request that logs in, in the words of a request; None when nobody logs in."""
    match auth:
        case OAuth2():
            return _oauth2(auth)
        case Login():
            return auth.request
        case _:
            return None


def ticket_paths(auth: Auth) -> dict[str, str]:
    """Where in the reply to a login the parts of the session are."""
    match auth:
        case OAuth2():
            return {"access_token": "access_token"}
        case Login():
            return dict(auth.ticket)
        case _:
            return {}


def _oauth2(auth: OAuth2) -> dict[str, Any]:
    form: Texts = {"grant_type": auth.grant}
    request: dict[str, Any] = {"method": "POST", "path": auth.token_url, "form": form}
    if auth.send == "body":
        form |= {"client_id": auth.client_id, "client_secret": auth.client_secret}
    else:
        request["let"] = {"basic": f"{auth.client_id}:{auth.client_secret}"}
        request["headers"] = {"authorization": "Basic {basic|base64}"}
    optional = {"username": auth.username, "password": auth.password, "scope": auth.scope}
    form |= {name: value for name, value in optional.items() if value is not None}
    return request
