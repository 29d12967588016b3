"""What the register knows, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber


class CertificateType(StrEnum):
    """The four service certificates of health care (two of them test twins), a CA's own, or not known."""

    SERVER = "server"
    TEST_SERVER = "test_server"
    SYSTEM_SIGNATURE = "system_signature"
    TEST_SYSTEM_SIGNATURE = "test_system_signature"
    CA = "ca"
    UNKNOWN = "unknown"


class ContactRole(StrEnum):
    """What a contact of a holder may be told and asked."""

    REVOCATION = "revocation"
    TECHNICAL = "technical"
    BILLING = "billing"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or role mailbox on file. Call-backs go to `phone` from here, never to a number in a mail."""

    name: str
    email: str
    phone: str
    roles: frozenset[ContactRole]


@dataclass(frozen=True, slots=True)
class Account:
    """A certificate holder (varmenteen haltija) on file. `business_id` is a Y-tunnus with hyphen; `oid` its arc."""

    id: int
    organisation: str
    business_id: str
    oid: str
    language: Language
    domains: tuple[str, ...]
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class IssuerRecord:
    """An issuing CA on file. `crl_url` and `ocsp_url` come from settings or from the certificates themselves.

    `crl_url` holds several addresses with blanks between them when the issuer's CRL is partitioned: each certificate
    then stands on the one that it names.
    """

    id: int
    name: str
    key_identifier: str
    is_test: bool
    crl_url: str
    ocsp_url: str
    certificate_der: bytes | None

    @property
    def crl_urls(self) -> tuple[str, ...]:
        """Where its CRLs are."""
        return tuple(self.crl_url.split())


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate on file.

    `issuer` is the issuer's name (RFC 4514); `fingerprint` SHA-256 of the DER; `spki` SHA-256 of the normalised
    SubjectPublicKeyInfo, both lower-case hex (empty when only a list entry is known).
    """

    id: int
    issuer_id: int
    issuer: str
    serial: SerialNumber
    certificate_type: CertificateType
    common_name: str
    organisation: str
    organisation_oid: str
    host_names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None
    fingerprint: str
    spki: str
    account_id: int | None
    revoked_at: datetime | None
    reason: int | None
