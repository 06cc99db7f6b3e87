"""The settings of a Xingchen world: one frozen value from which a server can be started."""

from __future__ import annotations

from attrs import field, frozen

from erplink.testing.worlds.shop.settings import Shop

_DAY = 86_400.0


@frozen
class Credentials:
    """Everything a client may need to log in. Secrets stay out of ``repr``."""

    client_id: str = "205022"
    client_secret: str = field(default="c1ient-5f0c2a7be31d4c", repr=False)
    outer_instance_id: str = "1580192039"
    app_key: str = field(default="aKey0001", repr=False)
    app_secret: str = field(default="aSecret-9b1d4a56c0ffee", repr=False)
    domain: str = "https://tf.jdy.com"


@frozen
class XingchenWorld:
    """Settings of a stand-in for 云星辰; :func:`serve` turns them into a running one.

    - ``rotated_every``: seconds after which the secret of the authorisation is another one; tokens live as long as
      the shop's sessions
    - ``calls_per_minute``: what one company may call before HTTP 429; ``tokens_per_minute`` how often it may ask for a
      token
    - ``window``: how many seconds a timestamp may be off
    - ``windows``: whether lists look at the window of modification they are asked for
    """

    shop: Shop = field(factory=lambda: Shop(session_seconds=_DAY))
    credentials: Credentials = Credentials()
    rotated_every: float = _DAY
    calls_per_minute: int = 500
    tokens_per_minute: int = 30
    window: float = 300.0
    windows: bool = True
