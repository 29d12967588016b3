"""The outermost layer of S/MIME on a mail (RFC 8551, 3): what was signed, byte for byte, or what is hidden.

Only the message as a whole counts. A signature on one part of a mail says nothing about the parts around it, so a mail
that a list has wrapped to add its footer is broken, however intact the part inside may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.entities import Entity, read_entities
from sulku_mailbox.domain.header_fields import whole_fields
from sulku_mailbox.domain.protection import is_named_p7m

_PKCS7_MIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PKCS7_SIGNATURE = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
# 1.2.840.113549.1.7.2 and .3, 1.2.840.113549.1.9.16.1.23: signedData, envelopedData, authEnvelopedData
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_HIDDEN = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))


class LayerKind(StrEnum):
    """DETACHED: the signature lies beside what it signs. OPAQUE: around it. PART: only on a part of the mail."""

    DETACHED = "detached"
    OPAQUE = "opaque"
    ENCRYPTED = "encrypted"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Layer:
    """`cms` is the ContentInfo (RFC 5652, 3); `signed` the octets beside it, with CRLF, for DETACHED only."""

    kind: LayerKind
    cms: bytes = b""
    signed: bytes = b""


def outermost_layer(raw: bytes) -> Layer | None:
    """The layer, or None for a mail without S/MIME. Never raises."""
    if b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
    root = read_entities(raw, Findings())
    if root.type == "multipart/signed":
        return _detached(raw, root)
    if root.type in _PKCS7_MIME or is_named_p7m(root):
        cms = root.body(Findings())
        if any(mark in cms[:64] for mark in _HIDDEN):
            return Layer(LayerKind.ENCRYPTED, cms)
        return Layer(LayerKind.OPAQUE, cms) if _SIGNED_DATA in cms[:64] else None
    is_signed_inside = any(_is_signature(part) for part in root.walk())
    return Layer(LayerKind.PART) if is_signed_inside else None


def _is_signature(entity: Entity) -> bool:
    return entity.type in _PKCS7_SIGNATURE


def _detached(raw: bytes, root: Entity) -> Layer | None:
    if not any(_is_signature(part) for part in root.parts):
        return None  # OpenPGP, which is no concern of ours here
    if len(root.parts) != 2 or not _is_signature(root.parts[1]):
        return Layer(LayerKind.PART)
    first, second = root.parts
    boundary = re.escape(root.content.raw.get("boundary", b"").rstrip())
    opening = re.compile(rb"(?:\A|\n)--" + boundary + rb"[ \t]*\r?\n").search(raw, max(root.fields.body_start - 1, 0))
    if opening is None:
        return Layer(LayerKind.PART)
    return Layer(LayerKind.DETACHED, second.body(Findings()), raw[opening.end() : first.end])


def opened(raw: bytes, inner: bytes) -> bytes:
    """The mail with `inner` (a MIME entity) in the place of its hidden or enclosing body: to be read like any other.

    Sender, subject and date stay those of the outer header; what tells about the outer body goes.
    """
    if b"\r\n" not in raw:
        raw = raw.replace(b"\n", b"\r\n")
    fields, _ = whole_fields(raw, Findings())
    kept = [whole for name, whole in fields if not name.startswith("content-")]
    if b"\r\n" not in inner:
        inner = inner.replace(b"\n", b"\r\n")
    return b"\r\n".join([*kept, inner])
