"""What a web server shows to people, and bodies that are larger than they look."""

from __future__ import annotations

import zlib
from html import escape

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"
_MEGABYTE = 1 << 20


def page(title: str, text: str) -> str:
    """A page with a heading and a paragraph."""
    return _PAGE.format(escape(title), escape(text))


def swollen(body: bytes, megabytes: int) -> bytes:
    """A body in gzip that unpacks to itself and so many megabytes of white space."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(body)]
    parts += [packer.compress(b" " * _MEGABYTE) for _ in range(megabytes)]
    return b"".join((*parts, packer.flush()))
