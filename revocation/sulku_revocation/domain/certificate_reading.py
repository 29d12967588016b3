"""One certificate (RFC 5280, 4.1) from its DER, as the register needs it.

It never asks `cryptography` for the extensions: real certificates of the Finnish health care CA encode the default
`cA FALSE` explicitly, which X.690 11.5 forbids and the library refuses together with all other extensions.
An extension that cannot be read counts as absent; a certificate whose body cannot be read raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain import distinguished_name as names
from sulku_revocation.domain.business_id import is_oid
from sulku_revocation.domain.certificate_der import UnreadableError, Value
from sulku_revocation.domain.folding import fold_text
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.spki import spki_digest

# The largest certificates seen carry some hundred host names in 20 kB.
MAXIMUM_BYTES = 200_000
_MOST_HOST_NAMES = 1_000

_SUBJECT_KEY_IDENTIFIER, _KEY_USAGE, _ALTERNATIVE_NAME, _BASIC_CONSTRAINTS = (
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
)
_CRL_DISTRIBUTION_POINTS, _POLICIES, _AUTHORITY_KEY_IDENTIFIER, _EXTENDED_KEY_USAGE = (
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
)
_AUTHORITY_INFORMATION, _OCSP, _SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.3.1"
_URI, _DNS_NAME = 0x86, 0x82


@dataclass(frozen=True, slots=True)
class TypeRules:
    """How the type of a certificate is told: data, since CAs change their names and policies.

    `test_words` are words of the issuer's name, folded; `all_test` says that every issuer is a test CA, whatever its
    name; `policies` maps a policy OID to the type it stands for and goes before everything but the CA flag.
    """

    test_words: frozenset[str] = frozenset({"test", "testi"})
    all_test: bool = False
    policies: Mapping[str, CertificateType] = field(default_factory=dict)

    def is_test(self, issuer: str) -> bool:
        """Whether the issuer is a test CA."""
        return self.all_test or not self.test_words.isdisjoint(fold_text(issuer).split(" "))

    def tell(self, *, issuer: str, is_ca: bool, serves_hosts: bool, policies: tuple[str, ...] = ()) -> CertificateType:
        """The type of a certificate of which this is known."""
        if is_ca:
            return CertificateType.CA
        for policy in policies:
            if policy in self.policies:
                return self.policies[policy]
        if self.is_test(issuer):
            return CertificateType.TEST_SERVER if serves_hosts else CertificateType.TEST_SYSTEM_SIGNATURE
        return CertificateType.SERVER if serves_hosts else CertificateType.SYSTEM_SIGNATURE


DEFAULT_RULES = TypeRules()


@dataclass(frozen=True, slots=True)
class ReadCertificate:
    """What one certificate says.

    `issuer` and `subject` are RFC 4514, their `_key` twins are for comparing. Key identifiers and digests are
    lower-case hex, empty when absent; `fingerprint` is SHA-256 and `sha1` SHA-1 of the DER; `spki` SHA-256 of the
    normalised SubjectPublicKeyInfo. `organisation_oid` is the subject's serialNumber when that is an OID. `host_names`
    are A-labels: the SAN's and the common name when it is one. Addresses are http(s), the first of each kind.
    """

    issuer: str
    issuer_key: str
    issuer_key_identifier: str
    subject: str
    subject_key: str
    key_identifier: str
    serial: SerialNumber
    common_name: str
    organisation: str
    organisational_units: tuple[str, ...]
    subject_serial_number: str
    organisation_oid: str
    locality: str
    country: str
    host_names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    crl_url: str
    ocsp_url: str
    policies: tuple[str, ...]
    is_ca: bool
    is_test: bool
    certificate_type: CertificateType
    sha1: str
    fingerprint: str
    spki: str


def read_certificate(data: bytes, *, rules: TypeRules = DEFAULT_RULES) -> ReadCertificate:
    """Read one certificate in DER. Raises UnreadableError for anything else, too large ones and huge RSA keys."""
    opened = _open(data)
    issuer, subject, extensions = opened.issuer, opened.subject, opened.extensions
    not_before, not_after = [*map(der.read_time, opened.validity), None, None][:2]
    common_name, identifier = (
        names.first_value(subject, names.COMMON_NAME),
        names.first_value(subject, names.SERIAL_NUMBER),
    )
    host_names = _host_names(extensions, common_name)
    serves_hosts = bool(host_names) or _SERVER_AUTHENTICATION in _purposes(extensions)
    policies = _policies(extensions)
    is_ca = opened.is_ca
    written = names.write_name(issuer)
    return ReadCertificate(
        issuer=written,
        issuer_key=names.name_key(issuer),
        issuer_key_identifier=_authority_key_identifier(extensions),
        subject=names.write_name(subject),
        subject_key=names.name_key(subject),
        key_identifier=_subject_key_identifier(extensions) or _digest_of_key(opened.key),
        serial=opened.serial,
        common_name=common_name,
        organisation=names.first_value(subject, names.ORGANISATION),
        organisational_units=tuple(
            value for relative in subject for oid, value in relative if oid == names.ORGANISATIONAL_UNIT
        ),
        subject_serial_number=identifier,
        organisation_oid=identifier if is_oid(identifier) else "",
        locality=names.first_value(subject, names.LOCALITY),
        country=names.first_value(subject, names.COUNTRY),
        host_names=host_names,
        not_before=not_before,
        not_after=not_after,
        crl_url=_crl_url(extensions),
        ocsp_url=_ocsp_url(extensions),
        policies=policies,
        is_ca=is_ca,
        is_test=rules.is_test(written),
        certificate_type=rules.tell(issuer=written, is_ca=is_ca, serves_hosts=serves_hosts, policies=policies),
        sha1=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        fingerprint=hashlib.sha256(data).hexdigest(),
        spki=opened.spki,
    )


class CertificateIdentity(NamedTuple):
    """Which certificate it is, and nothing else of what it says. `name`: the common name, or else the subject."""

    name: str
    serial: SerialNumber
    fingerprint: str
    spki: str
    is_ca: bool


def identify_certificate(data: bytes) -> CertificateIdentity:
    """The same for who only looks for it, at a third of the cost. Raises UnreadableError as `read_certificate`."""
    opened = _open(data)
    name = names.first_value(opened.subject, names.COMMON_NAME) or names.write_name(opened.subject)
    return CertificateIdentity(name, opened.serial, hashlib.sha256(data).hexdigest(), opened.spki, opened.is_ca)


class _Opened(NamedTuple):
    """A certificate in its parts. Whatever makes one unreadable has shown itself then."""

    parts: dict[str, Value]
    issuer: names.Name
    subject: names.Name
    validity: tuple[Value, ...]
    extensions: dict[str, bytes]
    serial: SerialNumber
    spki: str

    @property
    def key(self) -> Value:
        return self.parts["key"]

    @property
    def is_ca(self) -> bool:
        is_self_signed_v1 = "version" not in self.parts and self.issuer == self.subject
        return _is_ca(self.extensions) or is_self_signed_v1


def _open(data: bytes) -> _Opened:
    if len(data) > MAXIMUM_BYTES:
        raise UnreadableError(f"a certificate of more than {MAXIMUM_BYTES} bytes")
    body, *rest = der.only_value(data, der.SEQUENCE).inside()
    if body.tag != der.SEQUENCE or [part.tag for part in rest] != [der.SEQUENCE, der.BIT_STRING]:
        raise UnreadableError("this is not a certificate")
    parts = _parts_of_body(body)
    return _Opened(
        parts=parts,
        issuer=names.read_name(parts["issuer"].whole),
        subject=names.read_name(parts["subject"].whole),
        validity=tuple(parts["validity"].inside()),
        extensions=_extensions(parts.get("extensions")),
        serial=_serial(parts["serial"]),
        spki=spki_digest(parts["key"].whole),
    )


def _parts_of_body(body: Value) -> dict[str, Value]:
    """TBSCertificate, RFC 5280 4.1."""
    values = list(body.inside())
    parts: dict[str, Value] = {}
    if values and values[0].tag == 0xA0:
        parts["version"] = values.pop(0)
    expected = (
        ("serial", der.INTEGER),
        ("signature", der.SEQUENCE),
        ("issuer", der.SEQUENCE),
        ("validity", der.SEQUENCE),
        ("subject", der.SEQUENCE),
        ("key", der.SEQUENCE),
    )
    if [value.tag for value in values[:6]] != [tag for _, tag in expected]:
        raise UnreadableError("this is not a certificate")
    parts.update(zip((name for name, _ in expected), values, strict=False))
    for value in values[6:]:
        if value.tag == 0xA3:
            parts["extensions"] = value
    return parts


def _serial(value: Value) -> SerialNumber:
    try:
        return SerialNumber(int.from_bytes(value.contents, "big", signed=True))
    except ValueError as error:
        raise UnreadableError(str(error)) from error


def _extensions(wrapped: Value | None) -> dict[str, bytes]:
    """Extension OID → the octets inside; the first of each kind. What cannot be read is left out."""
    found: dict[str, bytes] = {}
    if wrapped is None:
        return found
    for extension in _tolerant(der.only_value(wrapped.contents, der.SEQUENCE).contents):
        parts = _tolerant(extension.contents)
        if len(parts) >= 2 and parts[0].tag == der.OID and parts[-1].tag == der.OCTET_STRING:
            try:
                found.setdefault(der.read_oid(parts[0].contents), parts[-1].contents)
            except UnreadableError:
                continue
    return found


def _tolerant(data: bytes) -> list[Value]:
    """The values in `data` up to the first that cannot be read."""
    found: list[Value] = []
    at = 0
    while at < len(data):
        try:
            value, at = der.read_value(data, at)
        except UnreadableError:
            break
        found.append(value)
    return found


def _sequence(extensions: Mapping[str, bytes], oid: str) -> list[Value]:
    """What the outermost SEQUENCE of an extension holds."""
    outer = _tolerant(extensions.get(oid, b""))
    return _tolerant(outer[0].contents) if outer and outer[0].tag == der.SEQUENCE else []


def _host_names(extensions: Mapping[str, bytes], common_name: str) -> tuple[str, ...]:
    alternatives = _sequence(extensions, _ALTERNATIVE_NAME)[:_MOST_HOST_NAMES]
    texts = [value.contents.decode("latin-1") for value in alternatives if value.tag == _DNS_NAME]
    found = (read_host_name(text) for text in [*texts, common_name])
    return tuple(dict.fromkeys(name for name in found if name))


def _oids(values: list[Value]) -> Iterator[str]:
    for value in values:
        if value.tag == der.OID:
            try:
                yield der.read_oid(value.contents)
            except UnreadableError:
                continue


def _purposes(extensions: Mapping[str, bytes]) -> tuple[str, ...]:
    return tuple(_oids(_sequence(extensions, _EXTENDED_KEY_USAGE)))


def _policies(extensions: Mapping[str, bytes]) -> tuple[str, ...]:
    informations = _sequence(extensions, _POLICIES)
    return tuple(_oids([first for value in informations for first in _tolerant(value.contents)[:1]]))


def _is_ca(extensions: Mapping[str, bytes]) -> bool:
    """`cA TRUE`, or keyCertSign where there are no basic constraints at all (RFC 5280, 4.2.1.9)."""
    if _BASIC_CONSTRAINTS in extensions:
        values = _sequence(extensions, _BASIC_CONSTRAINTS)
        return bool(values) and values[0].tag == der.BOOLEAN and values[0].contents != b"\0"
    usage = _tolerant(extensions.get(_KEY_USAGE, b""))
    return bool(usage) and len(usage[0].contents) > 1 and bool(usage[0].contents[1] & 0x04)


def _authority_key_identifier(extensions: Mapping[str, bytes]) -> str:
    values = _sequence(extensions, _AUTHORITY_KEY_IDENTIFIER)
    return next((value.contents[:64].hex() for value in values if value.tag == 0x80), "")


def _subject_key_identifier(extensions: Mapping[str, bytes]) -> str:
    values = _tolerant(extensions.get(_SUBJECT_KEY_IDENTIFIER, b""))
    return values[0].contents[:64].hex() if values and values[0].tag == der.OCTET_STRING else ""


def _digest_of_key(key: Value) -> str:
    """RFC 5280 4.2.1.2 (1): SHA-1 of the key's bits."""
    bits = list(key.inside())[-1].contents[1:]
    return hashlib.sha1(bits, usedforsecurity=False).hexdigest()


_ADDRESS = re.compile(rb"https?://[!-~]{1,1000}", re.IGNORECASE)


def _address(value: Value) -> str:
    fits = value.tag == _URI and _ADDRESS.fullmatch(value.contents)
    return value.contents.decode("ascii") if fits else ""


def _crl_url(extensions: Mapping[str, bytes]) -> str:
    for point in _sequence(extensions, _CRL_DISTRIBUTION_POINTS):
        for name in (part for part in _tolerant(point.contents) if part.tag == 0xA0):
            for full in (part for part in _tolerant(name.contents) if part.tag == 0xA0):
                addresses = filter(None, map(_address, _tolerant(full.contents)))
                if found := next(addresses, ""):
                    return found
    return ""


def _ocsp_url(extensions: Mapping[str, bytes]) -> str:
    for description in _sequence(extensions, _AUTHORITY_INFORMATION):
        values = _tolerant(description.contents)
        address = _address(values[1]) if len(values) > 1 and list(_oids(values[:1])) == [_OCSP] else ""
        if address:
            return address
    return ""
