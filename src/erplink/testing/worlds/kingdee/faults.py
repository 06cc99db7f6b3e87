"""The faults a Kingdee world can commit."""

from __future__ import annotations

from collections.abc import Mapping

from erplink.testing.worlds.web.faults import (
    ANY,
    ANY_FOR_GOOD,
    BATCHES,
    CALLS,
    CALLS_FOR_GOOD,
    LOGINS,
    Trait,
)

KINDS: Mapping[str, Trait] = {
    "drop_before_commit": ANY,
    "drop_after_commit": ANY,
    "bad_gateway": ANY,
    "lose_session": CALLS,
    "lock_conflict": CALLS,
    "call_limit": CALLS,
    "no_permission": CALLS_FOR_GOOD,
    "slow": ANY,
    "short_body": ANY,
    "html_page": ANY,
    "response_error": ANY,
    "waf": CALLS_FOR_GOOD,
    "partial_batch": BATCHES,
    "login_refused": LOGINS,
    "expired_password": LOGINS,
    "retry_after": ANY_FOR_GOOD,
    "retry_after_date": ANY_FOR_GOOD,
    "refused": CALLS_FOR_GOOD,
}
"""Every kind, and what it may hit."""
