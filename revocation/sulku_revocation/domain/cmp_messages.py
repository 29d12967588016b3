"""CMP messages of a revocation as values and as DER: RFC 9810 (the protocol) in the profile of RFC 9483, 4.2.

Only what a revocation needs: `rr` with its answer `rp`, an empty `genm` that any server answers, and `error`. Nothing
is verified here: see `cmp_protection.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.x509 import ObjectIdentifier

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.certificate_der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    UnreadableError,
    Value,
    encode,
    only_value,
    read_oid,
    read_text,
)

RR, RP, GENM, GENP, ERROR = 0xAB, 0xAC, 0xB5, 0xB6, 0xB7  # explicit tags of the bodies (RFC 9810, 5.1.2)

_ENUMERATED, _DIRECTORY_NAME = 0x0A, 0xA4
_TIME, _ALGORITHM, _SENDER_KID, _TRANSACTION, _SENDER_NONCE, _RECIPIENT_NONCE = 0xA0, 0xA1, 0xA2, 0xA4, 0xA5, 0xA6
_PROTECTION, _EXTRA_CERTS = 0xA0, 0xA1
_TEMPLATE_SERIAL, _TEMPLATE_ISSUER = 0x81, 0xA3  # CertTemplate (RFC 4211, 5): issuer is a CHOICE, so explicit
_VERSION_2 = encode(INTEGER, b"\x02")
_REASON_CODE, _INVALIDITY_DATE = "2.5.29.21", "2.5.29.24"

ACCEPTED, GRANTED_WITH_MODS, REJECTION, WAITING, REVOCATION_WARNING, REVOCATION_NOTIFICATION = range(6)
# PKIFailureInfo (RFC 9810, 5.2.3): the bits that mean something to a revocation.
FAILURES = {
    0: "badAlg", 1: "badMessageCheck", 2: "badRequest", 3: "badTime", 4: "badCertId", 5: "badDataFormat",
    6: "wrongAuthority", 7: "incorrectData", 10: "certRevoked", 12: "wrongIntegrity", 13: "badRecipientNonce",
    18: "badSenderNonce", 19: "badCertTemplate", 20: "signerNotTrusted", 21: "transactionIdInUse",
    22: "unsupportedVersion", 23: "notAuthorized", 24: "systemUnavail", 25: "systemFailure",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revoking:
    """One RevDetails: which certificate and why. `issuer_name` is the DER of the issuer's name."""

    issuer_name: bytes
    serial: SerialNumber
    reason: int
    invalidity_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What a message says of itself. Names are DER; `algorithm` is the protection's AlgorithmIdentifier in DER."""

    sender: bytes
    recipient: bytes
    sender_kid: bytes
    transaction_id: bytes
    sender_nonce: bytes
    recipient_nonce: bytes = b""
    sent_at: datetime | None = None
    algorithm: bytes = b""


@dataclass(frozen=True, slots=True)
class Status:
    """PKIStatusInfo: a number, the server's words, and the names of its failure bits."""

    status: int
    text: str = ""
    failures: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was read. `protected` are the octets that `protection` protects (RFC 9810, 5.1.3)."""

    header: Header
    kind: int
    statuses: tuple[Status, ...]
    protected: bytes
    protection: bytes
    extra_certificates: tuple[bytes, ...] = field(default=())


def oid(dotted: str) -> bytes:
    """An object identifier in DER."""
    arcs = [int(arc) for arc in ObjectIdentifier(dotted).dotted_string.split(".")]
    octets = b"".join(_base_128(arc) for arc in (40 * arcs[0] + arcs[1], *arcs[2:]))
    return encode(OID, octets)


def integer(value: int) -> bytes:
    """A number that is not negative, in DER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def write_rr(wanted: Iterable[Revoking]) -> bytes:
    """The body of a revocation request. Reason 0 is written out: the profile wants exactly one reason code."""
    return encode(RR, encode(SEQUENCE, *(_write_details(one) for one in wanted)))


def write_genm() -> bytes:
    """The body of a general message that asks for nothing in particular."""
    return encode(GENM, encode(SEQUENCE))


def write_header(header: Header) -> bytes:
    """The header in DER; what is empty is left out."""
    sent_at = header.sent_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode() if header.sent_at else b""
    optional = (
        (_TIME, encode(GENERALIZED_TIME, sent_at) if sent_at else b""),
        (_ALGORITHM, header.algorithm),
        *(
            (tag, encode(OCTET_STRING, octets) if octets else b"")
            for tag, octets in (
                (_SENDER_KID, header.sender_kid),
                (_TRANSACTION, header.transaction_id),
                (_SENDER_NONCE, header.sender_nonce),
                (_RECIPIENT_NONCE, header.recipient_nonce),
            )
        ),
    )
    names = (encode(_DIRECTORY_NAME, name or encode(SEQUENCE)) for name in (header.sender, header.recipient))
    return encode(SEQUENCE, _VERSION_2, *names, *(encode(tag, der) for tag, der in optional if der))


def protected_part(header: bytes, body: bytes) -> bytes:
    """What is protected of a message (RFC 9810, 5.1.3): header and body, in a SEQUENCE of their own."""
    return encode(SEQUENCE, header, body)


def write_message(header: bytes, body: bytes, protection: bytes, extra_certificates: Iterable[bytes] = ()) -> bytes:
    """The whole message of what was protected, its protection and the sender's certificates."""
    extra = b"".join(extra_certificates)
    return encode(
        SEQUENCE,
        header,
        body,
        encode(_PROTECTION, encode(BIT_STRING, b"\x00", protection)) if protection else b"",
        encode(_EXTRA_CERTS, encode(SEQUENCE, extra)) if extra else b"",
    )


def read_message(der: bytes) -> Message:
    """A message of a server. Raises UnreadableError; the protection is empty when there is none."""
    parts = list(only_value(der, SEQUENCE).inside())
    if len(parts) < 2:
        raise UnreadableError("a CMP message without header or body")
    header, body, *rest = parts
    optional = {part.tag: part for part in rest}
    return Message(
        header=_read_header(header),
        kind=body.tag,
        statuses=_read_statuses(body),
        protected=protected_part(header.whole, body.whole),
        protection=_read_bits(optional[_PROTECTION]) if _PROTECTION in optional else b"",
        extra_certificates=tuple(one.whole for one in (only_value(optional[_EXTRA_CERTS].contents, SEQUENCE).inside()))
        if _EXTRA_CERTS in optional
        else (),
    )


def _write_details(one: Revoking) -> bytes:
    serial = only_value(integer(one.serial), INTEGER).contents
    template = encode(SEQUENCE, encode(_TEMPLATE_SERIAL, serial), encode(_TEMPLATE_ISSUER, one.issuer_name))
    extensions = [_extension(_REASON_CODE, encode(_ENUMERATED, bytes((one.reason,))))]
    if one.invalidity_at is not None:
        at = one.invalidity_at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
        extensions.append(_extension(_INVALIDITY_DATE, encode(GENERALIZED_TIME, at)))
    return encode(SEQUENCE, template, encode(SEQUENCE, *extensions))


def _extension(name: str, value: bytes) -> bytes:
    return encode(SEQUENCE, oid(name), encode(OCTET_STRING, value))


def _read_header(header: Value) -> Header:
    parts = list(header.inside())
    if header.tag != SEQUENCE or len(parts) < 3 or parts[0].contents not in {b"\x02", b"\x03"}:
        raise UnreadableError("this is no header of CMP version 2 or 3")
    optional = {part.tag: part for part in parts[3:]}

    def octets(tag: int) -> bytes:
        return only_value(optional[tag].contents, OCTET_STRING).contents if tag in optional else b""

    return Header(
        sender=parts[1].contents,
        recipient=parts[2].contents,
        sender_kid=octets(_SENDER_KID),
        transaction_id=octets(_TRANSACTION),
        sender_nonce=octets(_SENDER_NONCE),
        recipient_nonce=octets(_RECIPIENT_NONCE),
        algorithm=optional[_ALGORITHM].contents if _ALGORITHM in optional else b"",
    )


def _read_statuses(body: Value) -> tuple[Status, ...]:
    """Of `rp` one for each certificate, of `error` the one; of anything else none."""
    if body.tag not in {RP, ERROR}:
        return ()
    first = next(only_value(body.contents, SEQUENCE).inside(), None)
    if first is None or first.tag != SEQUENCE:
        raise UnreadableError("an answer without a status")
    return tuple(map(_read_status, first.inside())) if body.tag == RP else (_read_status(first),)


def _read_status(value: Value) -> Status:
    parts = list(value.inside())
    if value.tag != SEQUENCE or not parts or parts[0].tag != INTEGER or len(parts[0].contents) != 1:
        raise UnreadableError("this is no status")
    text, failures = "", frozenset[str]()
    for part in parts[1:]:
        if part.tag == SEQUENCE:
            text = " / ".join(read_text(one) for one in part.inside())
        elif part.tag == BIT_STRING:
            failures = _failures(part)
    return Status(parts[0].contents[0], text, failures)


def _failures(bits: Value) -> frozenset[str]:
    octets = bits.contents[1:]
    set_bits = [8 * at + bit for at, octet in enumerate(octets[:8]) for bit in range(8) if octet & (0x80 >> bit)]
    return frozenset(FAILURES.get(bit, f"bit {bit}") for bit in set_bits)


def _read_bits(value: Value) -> bytes:
    bits = only_value(value.contents, BIT_STRING).contents
    if not bits or bits[0]:
        raise UnreadableError("a protection that ends within an octet")
    return bits[1:]


def _base_128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))


def read_algorithm(algorithm: bytes) -> tuple[str, Value | None]:
    """The OID of an AlgorithmIdentifier and its parameters. Raises UnreadableError."""
    parts = list(only_value(algorithm, SEQUENCE).inside())
    if not parts or parts[0].tag != OID:
        raise UnreadableError("this is no algorithm")
    return read_oid(parts[0].contents), parts[1] if len(parts) > 1 else None
