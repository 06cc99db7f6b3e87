"""The table of contents: connect, Link, the nouns, the errors. Everything loads when it is first used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from erplink.errors import (
        Busy as Busy,
    )
    from erplink.errors import (
        ConfigInvalid as ConfigInvalid,
    )
    from erplink.errors import (
        Conflict as Conflict,
    )
    from erplink.errors import (
        ErplinkError as ErplinkError,
    )
    from erplink.errors import (
        FileInvalid as FileInvalid,
    )
    from erplink.errors import (
        FixError as FixError,
    )
    from erplink.errors import (
        InsufficientBalance as InsufficientBalance,
    )
    from erplink.errors import (
        LoginRefused as LoginRefused,
    )
    from erplink.errors import (
        NotFound as NotFound,
    )
    from erplink.errors import (
        NotKnownYet as NotKnownYet,
    )
    from erplink.errors import (
        NotPermitted as NotPermitted,
    )
    from erplink.errors import (
        Paused as Paused,
    )
    from erplink.errors import (
        PolicyInvalid as PolicyInvalid,
    )
    from erplink.errors import (
        ProtocolBroken as ProtocolBroken,
    )
    from erplink.errors import (
        Refused as Refused,
    )
    from erplink.errors import (
        RetryError as RetryError,
    )
    from erplink.errors import (
        ServerFault as ServerFault,
    )
    from erplink.errors import (
        ShapeChanged as ShapeChanged,
    )
    from erplink.errors import (
        SkipError as SkipError,
    )
    from erplink.errors import (
        StopError as StopError,
    )
    from erplink.errors import (
        StoreMismatch as StoreMismatch,
    )
    from erplink.errors import (
        StoreUnavailable as StoreUnavailable,
    )
    from erplink.errors import (
        Unreachable as Unreachable,
    )
    from erplink.errors import (
        Unsupported as Unsupported,
    )
    from erplink.errors import (
        WriteNotAllowed as WriteNotAllowed,
    )
    from erplink.facade.aerp import AsyncErp as AsyncErp
    from erplink.facade.connect import connect as connect
    from erplink.facade.connect import connect_async as connect_async
    from erplink.facade.erp import Erp as Erp
    from erplink.facade.inbox import AsyncInbox as AsyncInbox
    from erplink.facade.inbox import Inbox as Inbox
    from erplink.facade.manifest import load_manifest as load_manifest
    from erplink.facade.messages import Message as Message
    from erplink.facade.outbox import AsyncOutbox as AsyncOutbox
    from erplink.facade.outbox import Outbox as Outbox
    from erplink.link import AsyncLink as AsyncLink
    from erplink.link import AsyncWorker as AsyncWorker
    from erplink.link import Link as Link
    from erplink.link import Worker as Worker
    from erplink.model.documents import (
        Customer as Customer,
    )
    from erplink.model.documents import (
        Order as Order,
    )
    from erplink.model.documents import (
        OrderLine as OrderLine,
    )
    from erplink.model.documents import (
        PriceLine as PriceLine,
    )
    from erplink.model.documents import (
        PriceList as PriceList,
    )
    from erplink.model.documents import (
        Product as Product,
    )
    from erplink.model.documents import (
        Receipt as Receipt,
    )
    from erplink.model.documents import (
        Receivable as Receivable,
    )
    from erplink.model.documents import (
        Refund as Refund,
    )
    from erplink.model.documents import (
        Return as Return,
    )
    from erplink.model.documents import (
        ReturnLine as ReturnLine,
    )
    from erplink.model.documents import (
        Shipment as Shipment,
    )
    from erplink.model.documents import (
        ShipmentLine as ShipmentLine,
    )
    from erplink.model.documents import (
        Stock as Stock,
    )
    from erplink.model.money import Money as Money
    from erplink.store.database import Store as Store
    from erplink.sync.deliver import Patience as Patience
    from erplink.wire.breaker import Breaker as Breaker
    from erplink.wire.budget import Budget as Budget
    from erplink.wire.rate import Rate as Rate
    from erplink.wire.retry import Calling as Calling

    __version__: str

_ROOMS = {
    "errors": "Busy ConfigInvalid Conflict ErplinkError FileInvalid FixError InsufficientBalance LoginRefused NotFound "
    "NotKnownYet NotPermitted Paused PolicyInvalid ProtocolBroken Refused RetryError ServerFault ShapeChanged "
    "SkipError StopError StoreMismatch StoreUnavailable Unreachable Unsupported WriteNotAllowed",
    "facade.aerp": "AsyncErp",
    "facade.connect": "connect connect_async",
    "facade.manifest": "load_manifest",
    "facade.erp": "Erp",
    "facade.inbox": "AsyncInbox Inbox",
    "facade.messages": "Message",
    "facade.outbox": "AsyncOutbox Outbox",
    "link": "AsyncLink AsyncWorker Link Worker",
    "model.documents": "Customer Order OrderLine PriceLine PriceList Product Receipt Receivable Refund Return "
    "ReturnLine Shipment ShipmentLine Stock",
    "model.money": "Money",
    "wire.breaker": "Breaker",
    "wire.budget": "Budget",
    "wire.rate": "Rate",
    "wire.retry": "Calling",
    "store.database": "Store",
    "sync.deliver": "Patience",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = [
    "AsyncErp",
    "AsyncInbox",
    "AsyncLink",
    "AsyncOutbox",
    "AsyncWorker",
    "Breaker",
    "Budget",
    "Busy",
    "Calling",
    "ConfigInvalid",
    "Conflict",
    "Customer",
    "Erp",
    "ErplinkError",
    "FileInvalid",
    "FixError",
    "Inbox",
    "InsufficientBalance",
    "Link",
    "LoginRefused",
    "Message",
    "Money",
    "NotFound",
    "NotKnownYet",
    "NotPermitted",
    "Order",
    "OrderLine",
    "Outbox",
    "Patience",
    "Paused",
    "PolicyInvalid",
    "PriceLine",
    "PriceList",
    "Product",
    "ProtocolBroken",
    "Rate",
    "Receipt",
    "Receivable",
    "Refund",
    "Refused",
    "RetryError",
    "Return",
    "ReturnLine",
    "ServerFault",
    "ShapeChanged",
    "Shipment",
    "ShipmentLine",
    "SkipError",
    "Stock",
    "StopError",
    "Store",
    "StoreMismatch",
    "StoreUnavailable",
    "Unreachable",
    "Unsupported",
    "Worker",
    "WriteNotAllowed",
    "__version__",
    "connect",
    "connect_async",
    "load_manifest",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("erplink")
    if name not in _HOMES:
        raise AttributeError(f"module 'erplink' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"erplink.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
