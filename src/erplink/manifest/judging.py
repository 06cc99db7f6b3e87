"""What a reply means, by the rules of a manifest first, then by HTTP: errors inside a 200 are normal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Annotated, Any, Literal

from attrs import frozen
from pydantic import BeforeValidator, Field, model_validator

from erplink.errors import (
    Busy,
    ConfigInvalid,
    Conflict,
    ErplinkError,
    LoginRefused,
    NotFound,
    NotPermitted,
    Refused,
    ServerFault,
)
from erplink.manifest.words import Constant, Path, tuple_of_one
from erplink.mapping.paths import MISSING, one
from erplink.text.parts import Part
from erplink.wire.call import Call, Reply
from erplink.wire.http import excerpt, is_html, judge_http, retry_after
from erplink.wire.redact import redact

Meaning = Literal[
    "fine",
    "end",
    "refused",
    "duplicate",
    "not_found",
    "conflict",
    "busy",
    "fault",
    "session_lost",
    "login_refused",
    "not_permitted",
    "config",
]
"""``end``: there are no more pages. ``duplicate``: the number or key is taken. ``config``: the request is wrong."""

Statuses = Annotated[tuple[str | int, ...], BeforeValidator(tuple_of_one)]


class When(Part):
    """A condition on the body: what the value at ``path`` is, is not, contains, or whether there is one."""

    path: Path
    is_: Annotated[tuple[Constant, ...] | None, Field(alias="is"), BeforeValidator(tuple_of_one)] = None
    not_: Annotated[tuple[Constant, ...] | None, Field(alias="not"), BeforeValidator(tuple_of_one)] = None
    contains: Annotated[tuple[str, ...] | None, BeforeValidator(tuple_of_one)] = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> When:
        if sum(each is not None for each in (self.is_, self.not_, self.contains, self.exists)) != 1:
            raise ValueError("write exactly one of is, not, contains and exists")
        return self


class ErrorRule(Part):
    """One rule: a reply with this ``status`` (401, "5xx") and a body like this ``means`` that.

    ``message`` and ``code`` are where its words are. The first rule that fits decides.
    """

    status: Statuses | None = None
    when: When | None = None
    means: Meaning
    message: Annotated[tuple[Path, ...], BeforeValidator(tuple_of_one)] = ()
    code: Path | None = None

    @model_validator(mode="after")
    def _some_test(self) -> ErrorRule:
        if self.status is None and self.when is None:
            raise ValueError("a rule needs status, when, or both")
        return self


class AlreadyThere(Refused):
    """The number or the key is taken: whoever creates looks whether it is by the same document.

    ``tree`` is the reply that says so, which may name the document.
    """

    tree: Any = None


@frozen
class Judgement:
    """What a reply means, with the error to raise unless it is fine."""

    meaning: Meaning
    error: ErplinkError | None = None


@frozen
class _Rule:
    fits_status: Callable[[int], bool]
    fits_body: Callable[[Any], bool] | None
    means: Meaning
    message: tuple[Callable[[Any], Any], ...]
    code: Callable[[Any], Any] | None


_MESSAGES = (
    "Fault.message",
    "message",
    "msg",
    "error_description",
    "error.message",
    "errorMsg",
    "description",
    "detail",
    "title",
    "error",
)
_TAG, _HIDDEN = re.compile(r"<[^>]*>"), re.compile(r"(?is)<(script|style|title)\b.*?</\1>")
_PAGE = 8192
_CODES = ("Fault.code", "code", "errcode", "errorCode", "error.code")


@frozen
class Judge:
    """The rules of a manifest, compiled."""

    rules: tuple[_Rule, ...]

    @classmethod
    def of(cls, rules: Sequence[ErrorRule]) -> Judge:
        """The rules in their order."""
        return cls(tuple(_compiled(rule) for rule in rules))

    @property
    def reads_success(self) -> bool:
        """Whether the body of a reply with a 2xx status has to be looked into."""
        return any(rule.fits_body is not None and rule.fits_status(200) for rule in self.rules)

    def judge(self, call: Call, reply: Reply, tree: Callable[[], Any]) -> Judgement:
        """The meaning of a reply. ``tree`` parses its body, and gives None for one that cannot be parsed."""
        for rule in self.rules:
            if not rule.fits_status(reply.status):
                continue
            if rule.fits_body is None or rule.fits_body(tree()):
                judged = _judged(rule.means, call, reply, _said(rule, tree(), reply))
                break
        else:
            judged = self._by_http(call, reply, tree)
        if isinstance(judged.error, AlreadyThere):
            judged.error.tree = tree()
        return judged

    def _by_http(self, call: Call, reply: Reply, tree: Callable[[], Any]) -> Judgement:
        status = reply.status
        if status == _NO_SUCH_RANGE:
            return Judgement("end")
        by_status = _BY_STATUS.get(status)
        if by_status is not None and (status in _ALWAYS or not is_html(reply)):
            return _judged(by_status, call, reply, _guessed(tree(), reply))
        error = judge_http(call, reply)
        if error is None:
            return Judgement("fine")
        return Judgement("fault", error)


_NO_SUCH_RANGE = 416
_ALWAYS = frozenset({401, 404, 412, 428})
_BY_STATUS: Mapping[int, Meaning] = {
    400: "refused",
    401: "session_lost",
    404: "not_found",
    409: "duplicate",
    412: "conflict",
    422: "refused",
    428: "conflict",
}


def _compiled(rule: ErrorRule) -> _Rule:
    statuses = rule.status
    return _Rule(
        (lambda _: True) if statuses is None else lambda status: any(_fits(each, status) for each in statuses),
        None if rule.when is None else _condition(rule.when),
        rule.means,
        tuple(one(path) for path in rule.message),
        one(rule.code) if rule.code else None,
    )


def _fits(wanted: str | int, status: int) -> bool:
    text = str(wanted)
    return text == str(status) or (text[1:] == "xx" and text[0] == str(status)[0])


def _condition(when: When) -> Callable[[Any], bool]:
    find = one(when.path)
    if when.exists is not None:
        wanted = when.exists
        return lambda body: (_there(find(body))) is wanted
    if when.contains is not None:
        parts = when.contains
        return lambda body: any(part in _plain(find(body)) for part in parts)
    held = when.is_ if when.is_ is not None else when.not_
    texts = frozenset(_plain(each) for each in held or ())
    turned = when.not_ is not None

    def fits(body: Any) -> bool:
        found = find(body)
        return found is not MISSING and (_plain(found) in texts) is not turned

    return fits


def _there(value: Any) -> bool:
    return value is not MISSING and value is not None and value not in ("", [], {})


def _plain(value: Any) -> str:
    if value is MISSING or value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


@frozen
class _Words:
    message: str
    code: str


def _said(rule: _Rule, body: Any, reply: Reply) -> _Words:
    if not rule.message:
        return _guessed(body, reply)
    told = "; ".join(filter(None, (_plain(find(body)) for find in rule.message)))
    code = _plain(rule.code(body)) if rule.code is not None else _common(body)[1]
    return _Words(redact(told)[:500], code)


def _guessed(body: Any, reply: Reply) -> _Words:
    message, code = _common(body)
    return _Words(message or _shown(reply), code)


def _shown(reply: Reply) -> str:
    """The first words of a reply without a message of its own; of a page only what people would read."""
    if not is_html(reply):
        return excerpt(reply)
    text = " ".join(redact(unescape(_TAG.sub(" ", _HIDDEN.sub(" ", reply.text[:_PAGE])))).split())
    return f"a page: {text[:200]}" if text else ""


def _common(body: Any) -> tuple[str, str]:
    """The message and the code in the places where most systems put them."""
    found = next(filter(None, (_single(one(path)(body)) for path in _MESSAGES)), "")
    code = next(filter(None, (_single(one(path)(body)) for path in _CODES)), "")
    return redact(found)[:500], code[:60]


def _single(value: Any) -> str:
    return "" if isinstance(value, dict | list) else _plain(value)


def _judged(meaning: Meaning, call: Call, reply: Reply, words: _Words) -> Judgement:
    if meaning in {"fine", "end"}:
        return Judgement(meaning)
    said = words.message or f"HTTP {reply.status} without a word"
    return Judgement(meaning, _ERRORS[meaning](said, call, reply, words.code))


def _step(error: type[ErplinkError], step: str) -> Callable[[str, Call, Reply, str], ErplinkError]:
    return lambda said, call, _, __: error(said, where=call.where, next_step=step)


def _refused(said: str, call: Call, _: Reply, code: str) -> ErplinkError:
    return Refused(said, where=call.where, next_step="settle it in the system, then run again", code=code)


def _taken(said: str, call: Call, _: Reply, code: str) -> ErplinkError:
    return AlreadyThere(said, where=call.where, next_step="use another number or key", code=code)


def _busy(said: str, call: Call, reply: Reply, _: str) -> ErplinkError:
    step = "call less often or wait as long as it says"
    return Busy(said, where=call.where, next_step=step, retry_after=retry_after(reply), sent="no")


def _fault(said: str, call: Call, reply: Reply, _: str) -> ErplinkError:
    after = retry_after(reply)
    return ServerFault(said, where=call.where, next_step="try again later", retry_after=after, sent="maybe")


_ERRORS: Mapping[Meaning, Callable[[str, Call, Reply, str], ErplinkError]] = {
    "refused": _refused,
    "duplicate": _taken,
    "not_found": _step(NotFound, "check the number and the address; what may not be seen often looks the same"),
    "conflict": _step(Conflict, "somebody changed it meanwhile; read it again"),
    "busy": _busy,
    "fault": _fault,
    "session_lost": _step(LoginRefused, "check the credentials in the manifest and its secrets"),
    "login_refused": _step(LoginRefused, "check the credentials in the manifest and its secrets"),
    "not_permitted": _step(NotPermitted, "give the integration user this permission"),
    "config": _step(ConfigInvalid, "compare the request in the manifest with what the system wants"),
}
