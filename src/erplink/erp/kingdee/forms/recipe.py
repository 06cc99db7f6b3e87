"""How a document of a form comes into being, as a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from attrs import frozen

from erplink.erp.kingdee.query import FormQuery
from erplink.mapping.fields import Model


@frozen
class Recipe:
    """Of which document type, what its Model is, and what makes two documents of one number the same.

    ``content`` leaves out whatever the ERP adds; ``differs`` says in words what two contents differ in.
    """

    document: type[msgspec.Struct]
    model: Callable[[FormQuery, Any], Awaitable[Model]]
    content: Callable[[Any], object]
    differs: str
