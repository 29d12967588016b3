"""Signed or encrypted? Only seen here, by S/MIME (RFC 8551) and OpenPGP (RFC 3156); verifying is done elsewhere."""

from __future__ import annotations

from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.entities import Entity

_PKCS7_MIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
# 1.2.840.113549.1.7.2 signedData, .3 envelopedData; 1.2.840.113549.1.9.16.1.23 authEnvelopedData (DER)
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))


def is_signed(root: Entity, text: str) -> bool:
    """Whether the message as a whole carries a signature."""
    if "multipart/signed" in _types(root):
        return True
    return _kind_of(root) == "signed" or "-----BEGIN PGP SIGNED MESSAGE-----" in text


def is_encrypted(root: Entity, text: str) -> bool:
    """Whether the message as a whole is hidden from us."""
    if "multipart/encrypted" in _types(root):
        return True
    return _kind_of(root) == "enveloped" or "-----BEGIN PGP MESSAGE-----" in text


def _types(root: Entity) -> list[str]:
    return [root.type, *[part.type for part in root.parts]]


def is_named_p7m(entity: Entity) -> bool:
    """Some programs know the type by the file's name only (RFC 8551, 3.2.1)."""
    if entity.type != "application/octet-stream":
        return False
    names = (entity.disposition.parameters.get("filename", ""), entity.content.parameters.get("name", ""))
    return any(name.lower().endswith(".p7m") for name in names)


def _kind_of(root: Entity) -> str:
    """`signed`, `enveloped` or nothing. A p7m file beside text may be a mere certificate, so only the root counts."""
    if root.type not in _PKCS7_MIME and not is_named_p7m(root):
        return ""
    head = root.body(Findings())[:64]
    if any(mark in head for mark in _ENVELOPED):
        return "enveloped"
    if _SIGNED_DATA in head:
        return "signed"
    declared = root.content.parameters.get("smime-type", "").lower()
    if "enveloped" in declared:
        return "enveloped"
    return "signed" if declared == "signed-data" else ""
