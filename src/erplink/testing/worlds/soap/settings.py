"""The settings of a SOAP world: one frozen value from which a server can be started."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.shop.settings import Shop

Version = Literal["1.1", "1.2"]
Style = Literal["document", "rpc"]
Auth = Literal["none", "basic", "text", "digest", "cookie"]
Charset = Literal["utf-8", "gbk"]
Empties = Literal["absent", "empty", "nil"]
Times = Literal["offset", "utc", "local"]


@frozen
class Credentials:
    """What a client logs in with. Secrets stay out of ``repr``."""

    username: str = "integration"
    password: str = field(default="erplink-演示-2026", repr=False)


@frozen
class SoapWorld:
    """Settings of a stand-in for a self-built ERP with SOAP; :func:`serve` turns them into a running one.

    - ``version`` of SOAP; ``style``: document/literal wrapped or rpc/encoded, where ``multiref`` writes records beside
      the answer and refers to them
    - ``auth``: ``text`` and ``digest`` are kinds of a WS-Security UsernameToken, at most ``token_window`` seconds old;
      ``cookie`` is a session after the operation Login, also taken from a header ``SessionId``
    - ``charset`` of replies; ``strings``: an answer is one string that is XML itself and declares ``declared``, in an
      element ``string_name`` (none: ``GetOrderResult`` and the like); what is refused by a rule is a code in it
    - ``map_details``: details of a fault are items with key and value; ``foreign_fault``: who is not known gets a fault
      of SOAP 1.2 in an envelope of 1.1, as 401
    - ``wrong_address``: the WSDL names a host that is not there
    - ``prefix`` of the shop's elements (none: the default namespace), ``envelope_prefix``; ``empties``: how a value
      that is empty is written; ``attributes``: ids, versions and places of lines are attributes; ``disordered``:
      elements are not in the order of the schema
    - ``codes``: statuses as codes; ``times``: instants with the offset of the zone, in UTC, or as wall time
    - ``page_limit``: where the asked size of a page is clipped

    Raises ConfigInvalid for settings that do not go together.
    """

    name: str = "document"
    shop: Shop = field(factory=lambda: Shop(grain="millisecond"))
    credentials: Credentials = Credentials()
    version: Version = "1.1"
    style: Style = "document"
    auth: Auth = "text"
    charset: Charset = "utf-8"
    strings: bool = False
    string_name: str = "return"
    declared: str = "gb2312"
    map_details: bool = False
    foreign_fault: bool = False
    wrong_address: bool = False
    prefix: str = ""
    envelope_prefix: str = "soap"
    empties: Empties = "absent"
    attributes: bool = False
    disordered: bool = False
    multiref: bool = False
    codes: bool = False
    times: Times = "offset"
    page_limit: int = 100
    token_window: float = 300.0

    def __attrs_post_init__(self) -> None:
        bad = [
            (self.style == "rpc" and self.version == "1.2", "rpc/encoded belongs to SOAP 1.1", 'version="1.1"'),
            (self.style == "rpc" and self.attributes, "rpc/encoded has no attributes", "attributes=False"),
            (self.style == "document" and self.multiref, "references belong to rpc/encoded", 'style="rpc"'),
            (self.strings and self.multiref, "a string holds no references", "multiref=False"),
            (self.foreign_fault and self.version == "1.2", "a fault of 1.2 is at home in 1.2", "foreign_fault=False"),
        ]
        for is_bad, what, step in bad:
            if is_bad:
                raise ConfigInvalid(what, where="SoapWorld", next_step=f"write {step}")
