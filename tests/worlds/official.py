"""The vendor's own SDK, unmodified, set up for a world."""

# ruff: noqa: ANN401 - an SDK without types

from __future__ import annotations

from typing import Any

import pytest

from erplink.testing.worlds.kingdee import Running


def official(running: Running, **changed: str) -> Any:
    """A client with the world's credentials, or with some of them ``changed``."""
    main = pytest.importorskip("k3cloud_webapi_sdk.main", reason="the official SDK is not installed")
    sdk = main.K3CloudApiSdk(running.url, timeout=10)
    given = {
        "acct_id": running.credentials.acct_id,
        "user_name": running.credentials.username,
        "app_id": running.credentials.app_id,
        "app_secret": running.credentials.app_secret,
    }
    sdk.InitConfig(**(given | changed), server_url=running.url, lcid=2052, org_num=100)
    return sdk
