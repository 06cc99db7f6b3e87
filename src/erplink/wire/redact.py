"""Secrets and personal data leave no trace: masks for messages, recordings and spans.

Masked by name: passwords, secrets, signatures, tokens, session ids, cookies, phones, unionids, openids, id numbers.
Masked by shape, wherever they stand: Chinese mobile numbers, resident id numbers, WeChat ids, bearer tokens, digests.
Masking may hide too much (a document number that looks like a phone); it must not hide too little.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, overload
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

MASK = "***"

_NAMES = (
    r"pass(?:word|wd|code)?|pwd|密码|app_?sec(?:u?ret)?|secret|client_secret|"
    r"(?:app_)?sign(?:ature|eddata)?|x-(?:kd|api|kem)-signature|x-acgw-identity|"
    r"(?:access_?|refresh_?|id_?|app[_-]?)?token|authorization|(?:set-)?cookie|kdservice-sessionid|asp\.net_sessionid|"
    r"kdsvcsessionid|session_?(?:id|key)?|api_?key|ticket|x-kd-appdata|"
    r"f?phone|f?mobile(?:_?phone)?|f?tel(?:ephone)?|手机号?|电话|union_?id|open_?id|external_?userid|id_?card(?:_?no)?|"
    r"f?idnumber|身份证号?|f_[a-z0-9_]*?(?:unionid|openid|phone|mobile)"
)
_KEY = re.compile(rf"(?:{_NAMES})", re.IGNORECASE)
_PAIR = re.compile(
    rf"""(?P<key>(?<![A-Za-z0-9_.-])\\?["']?(?:{_NAMES})\\?["']?\s*[:=：]\s*)"""
    r"""(?P<value>\\"(?:[^"\\]|\\[^"])*\\"|"(?:[^"\\]|\\.)*"|'[^']*'|(?:Bearer|Basic)\s+\S+|[^\s,;&}\])"']+)""",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z_-])o[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-])"
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{32,}(?![0-9A-Za-z])"
    r"|(?i:\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,})"
)


@overload
def redact(value: str, secrets: Iterable[str] = ()) -> str: ...
@overload
def redact(value: object, secrets: Iterable[str] = ()) -> Any: ...
def redact(value: object, secrets: Iterable[str] = ()) -> object:
    """The same text or JSON value with secrets and personal data masked.

    ``secrets`` are literal values to mask too, in plain, quoted, URL and base64 form.

    >>> redact("password=hunter2, call 13900001111")
    'password=***, call ***'
    >>> redact({"AppSecret": "s3cret", "rows": [["C1", "13900001111", 5]]})
    {'AppSecret': '***', 'rows': [['C1', '***', 5]]}
    """
    return _walk(value, _literals(secrets))


def redact_url(url: str, secrets: Iterable[str] = ()) -> str:
    """The URL without user info and with masked secrets in its query.

    >>> redact_url("https://me:pw@erp.example.com/k3cloud/?access_token=abc&n=1")
    'https://erp.example.com/k3cloud/?access_token=***&n=1'
    """
    try:
        parts = urlsplit(url)
        plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        plain = re.sub(r"//[^/@\s]*@", "//", url)
    return redact(plain, secrets)


def _walk(value: object, literals: re.Pattern[str] | None) -> object:
    if isinstance(value, str):
        return _text(value, literals)
    if isinstance(value, Mapping):
        return {
            _walk(key, literals): MASK if _is_secret(key, item) else _walk(item, literals)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_walk(item, literals) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and _SHAPES.fullmatch(str(value)):
        return MASK
    return value


def _text(text: str, literals: re.Pattern[str] | None) -> str:
    if literals is not None:
        text = literals.sub(MASK, text)
    return _SHAPES.sub(MASK, _PAIR.sub(_hide, text))


def _hide(found: re.Match[str]) -> str:
    value = found["value"]
    if value.startswith('\\"'):
        return f'{found["key"]}\\"{MASK}\\"'
    mark = value[0] if value[0] in "\"'" else ""
    return f"{found['key']}{mark}{MASK}{mark}"


def _is_secret(key: object, item: object) -> bool:
    return isinstance(key, str) and item not in ("", None) and _KEY.fullmatch(key) is not None


def _literals(secrets: Iterable[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))) if forms else None


def _forms(secret: str) -> Iterable[str]:
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    unicode_escaped = "".join(char if char.isascii() else f"\\u{ord(char):04x}" for char in escaped)
    encoded = b64encode(secret.encode()).decode()
    return secret, escaped, unicode_escaped, quote(secret, safe=""), quote_plus(secret), encoded
