"""A bare client of the REST world: it proves itself in every way there is, and walks lists by every kind of paging."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import attrs
import httpx

from erplink.testing.worlds.rest import RestWorld, Running, serve

_NONCES = count(1)


class Signature(httpx.Auth):
    """The signature of a signed house, written from its description."""

    requires_request_body = True

    def __init__(self, key: str, secret: str, now: float, nonce: str = "") -> None:
        self.key, self.secret, self.now, self.nonce = key, secret, now, nonce

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        url = urlsplit(str(request.url))
        pairs = sorted(parse_qsl(url.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
        nonce, timestamp = self.nonce or str(next(_NONCES)), str(int(self.now * 1000))
        digest = hashlib.sha256(request.content).hexdigest()
        text = f"{request.method}\n{url.path}\n{query}\n{timestamp}\n{nonce}\n{digest}"
        request.headers["x-app-key"] = self.key
        request.headers["x-timestamp"] = timestamp
        request.headers["x-nonce"] = nonce
        request.headers["x-signature"] = hmac.new(self.secret.encode(), text.encode(), "sha256").hexdigest()
        yield request


class Client:
    """One HTTP client of a world, and its control door."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.world = running.world
        self.http = httpx.Client(base_url=running.url, timeout=10, trust_env=False)
        self.door = httpx.Client(base_url=running.door, timeout=10, trust_env=False)

    def enter(self, **wrong: str) -> httpx.Response | None:
        """Log in, or make every call prove itself; the reply of a login call. ``wrong`` replaces credentials."""
        known = self.world.credentials
        told = attrs.asdict(known) | wrong
        if self.world.company:
            self.http.headers["x-company"] = told["company"]
        match self.world.auth:
            case "basic":
                self.http.auth = httpx.BasicAuth(told["username"], told["password"])
            case "bearer":
                self.http.headers["authorization"] = f"Bearer {told['token']}"
            case "api_key_header":
                self.http.headers["x-api-key"] = told["api_key"]
            case "api_key_query":
                self.http.params = httpx.QueryParams(api_key=told["api_key"])
            case "hmac":
                self.http.auth = Signature(told["app_key"], told["app_secret"], self.now().timestamp())
            case "oauth2_client" | "oauth2_password":
                return self._token(told)
            case "login" | "cookie":
                return self._login(told)
            case "none":
                pass
        return None

    def _token(self, told: Mapping[str, str]) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        if self.world.auth == "oauth2_password":
            form = {"grant_type": "password", "username": told["username"], "password": told["password"]}
        client = {"client_id": told["client_id"], "client_secret": told["client_secret"]}
        reply = self.http.post("oauth/token", data={**form, **client})
        if reply.is_success:
            self.http.headers["authorization"] = f"Bearer {reply.json()['access_token']}"
        return reply

    def _login(self, told: Mapping[str, str]) -> httpx.Response:
        reply = self.http.post("login", json={"username": told["username"], "password": told["password"]})
        data = self.data(reply)
        if self.world.auth == "login" and isinstance(data, dict) and "token" in data:
            self.http.headers["authorization"] = f"Bearer {data['token']}"
        return reply

    def data(self, reply: httpx.Response) -> Any:
        """What is inside the envelope."""
        body = json.loads(reply.content)
        return body[{"coded": "data", "wrapped": "result"}[self.world.envelope]] if self._is_wrapped(body) else body

    def _is_wrapped(self, body: Any) -> bool:
        return self.world.envelope in {"coded", "wrapped"} and isinstance(body, dict) and not body.get("error")

    def records(self, reply: httpx.Response) -> list[Any]:
        """The records of a page."""
        data = self.data(reply.raise_for_status())
        if self.world.envelope == "bare":
            return list(data)
        return list(data[{"plain": "items", "coded": "list", "wrapped": "rows"}[self.world.envelope]])

    def pages(self, entity: str, size: int, **query: Any) -> Iterator[list[Any]]:
        """Page after page, as the world says that they follow each other."""
        seen, number, link, cursor = 0, 1, f"{entity}", ""
        while True:
            asked: dict[str, Any] = dict(query)
            headers = {}
            match self.world.paging:
                case "page":
                    asked |= {"page": number, "size": size}
                case "offset":
                    asked |= {"offset": seen, "limit": size}
                case "range":
                    headers = {"range": f"records={seen}-{seen + size}"}
                case _:
                    asked |= {"size": size} | ({"cursor": cursor} if cursor else {})
            if link != entity:
                asked = {}
            reply = self.http.get(urljoin(self.running.url, link), params=asked or None, headers=headers)
            if reply.status_code == 416:
                return
            found = self.records(reply)
            if found:
                yield found
            seen, number = seen + len(found), number + 1
            link, cursor = self._next(reply, entity)
            if not found or (self.world.paging in {"cursor", "next_link", "link_header"} and link == entity + cursor):
                return
            link = entity if cursor else link

    def _next(self, reply: httpx.Response, entity: str) -> tuple[str, str]:
        if self.world.paging == "link_header":
            return reply.links.get("next", {}).get("url", entity), ""
        if self.world.paging == "next_link":
            return str(self.data(reply).get("next") or entity), ""
        if self.world.paging == "cursor":
            data = self.data(reply)
            return entity, data.get("next_cursor") or data.get("nextCursor") or ""
        return entity, ""

    def numbers(self, entity: str, size: int, **query: Any) -> list[str]:
        """The numbers of a whole list."""
        key = "单据编号" if self.world.names == "chinese" else "number"
        return [record[key] for page in self.pages(entity, size, **query) for record in page]

    def now(self) -> datetime:
        return datetime.fromisoformat(self.ask("clock")["now"])

    def ask(self, what: str) -> Any:
        return self.door.get(what).raise_for_status().json()

    def do(self, what: str, asked: Any = None) -> Any:
        reply = self.door.post(what, content=json.dumps(asked, default=str))
        assert reply.is_success, reply.text
        return reply.json()

    def plant(self, *numbers: str, entity: str = "orders", **head: Any) -> list[int]:
        """Plant documents for the customer C-1; orders have one line of P-1."""
        found: list[int] = self.do("plant", [document(number, entity, **head) for number in numbers])
        return found


def document(number: str, entity: str = "orders", **head: Any) -> dict[str, Any]:
    masters = {"customers", "products"}
    who = {} if entity in masters else {"customer_code": "C-1"}
    line = {"sku": "P-1", "quantity": 2}
    lines = {"orders": [line | {"unit_price": "9.95", "amount": "19.90"}], "shipments": [line], "returns": [line]}
    return {"entity": entity, "head": {"number": number, **who, **head}, "lines": lines.get(entity, [])}


@contextmanager
def calling(world: RestWorld, *, entered: bool = True) -> Iterator[Client]:
    """A served world with a customer and a product, and a client of it."""
    with serve(world) as running:
        client = Client(running)
        with client.http, client.door:
            client.plant("C-1", entity="customers")
            client.plant("P-1", entity="products")
            if entered:
                client.enter()
            yield client
