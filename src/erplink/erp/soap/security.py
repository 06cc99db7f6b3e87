"""WS-Security UsernameToken (OASIS UsernameToken Profile 1.0), put into an envelope that is about to be sent."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from attrs import field, frozen
from lxml import etree

from erplink.erp.soap.xml import name_of, parser

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSSE = f"{_OASIS}wssecurity-secext-1.0.xsd"
_WSU = f"{_OASIS}wssecurity-utility-1.0.xsd"
_TEXT = f"{_OASIS}username-token-profile-1.0#PasswordText"
_DIGEST = f"{_OASIS}username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_OASIS}soap-message-security-1.0#Base64Binary"


@frozen
class UsernameToken:
    """Who calls. With ``digest`` the password itself does not travel."""

    username: str
    password: str = field(repr=False)
    digest: bool = False

    def sealed(self, envelope: bytes, nonce: str, now: datetime) -> bytes:
        """The envelope with the token in its header. ``nonce`` has to be another one for every call."""
        root = etree.fromstring(envelope, parser("utf-8"))
        namespace = etree.QName(root).namespace
        header = next((child for child in root if name_of(child) == "Header"), None)
        if header is None:
            header = etree.Element(f"{{{namespace}}}Header")
            root.insert(0, header)
        security = etree.SubElement(header, f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE, "wsu": _WSU})
        security.set(f"{{{namespace}}}mustUnderstand", "1")
        token = etree.SubElement(security, f"{{{_WSSE}}}UsernameToken")
        etree.SubElement(token, f"{{{_WSSE}}}Username").text = self.username
        password = etree.SubElement(token, f"{{{_WSSE}}}Password")
        if self.digest:
            raw = hashlib.sha256(nonce.encode()).digest()[:16]
            created = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
            password.set("Type", _DIGEST)
            password.text = digest_of(raw, created, self.password)
            sent = etree.SubElement(token, f"{{{_WSSE}}}Nonce")
            sent.set("EncodingType", _BASE64)
            sent.text = base64.b64encode(raw).decode()
            etree.SubElement(token, f"{{{_WSU}}}Created").text = created
        else:
            password.set("Type", _TEXT)
            password.text = self.password
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def digest_of(nonce: bytes, created: str, password: str) -> str:
    """Base64 of SHA-1 over nonce, instant and password, as the profile wants it."""
    return base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()  # noqa: S324
