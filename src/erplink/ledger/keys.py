"""Keys that derive from what they name, never from chance: the same effect always has the same key."""

from __future__ import annotations

import hashlib
import json

from erplink.model.facts import Source

Part = str | int | Source
"""What a key may be derived from."""

KEY_LENGTH = 32
"""Characters of a key: 128 bits in hexadecimal."""


def derive_key(space: str, *parts: Part) -> str:
    """A stable key of ``KEY_LENGTH`` hexadecimal characters from the space and the parts that name an effect.

    The usual parts are the document, the policy's effect and the revision: ``derive_key(space, document, "earn", 1)``.
    Parts cannot run into each other: ``("a", "bc")`` and ``("ab", "c")`` differ, and so do ``1`` and ``"1"``.

    >>> derive_key("acme", Source("kingdee", "orders", "SO1"), "earn", 1)
    'cdfd3e9aec9d2f77580eba0fb45c08bb'
    """
    named = [[part.system, part.entity, part.number] if isinstance(part, Source) else part for part in parts]
    canonical = json.dumps([space, named], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:KEY_LENGTH]
