"""What an import says of one certificate: the certificate itself, or a line of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sulku_revocation.domain.certificate_reading import ReadCertificate, TypeRules, read_certificate
from sulku_revocation.domain.record import CertificateType


@dataclass(frozen=True, slots=True)
class IssuerClaim:
    """An issuer as an input names it: `key_identifier` is empty and `certificate_der` None when it does not say."""

    name: str
    name_key: str
    key_identifier: str
    is_test: bool
    crl_url: str = ""
    ocsp_url: str = ""
    certificate_der: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One certificate. `place` says where it stood in its file; unknown texts are empty.

    `der` is the certificate itself when it was read (`is_whole`): what it says goes before what any list says.
    `authority` is the issuer that a CA certificate makes known.
    """

    place: str
    issuer: IssuerClaim
    serial: str
    certificate_type: CertificateType
    common_name: str = ""
    organisation: str = ""
    organisation_oid: str = ""
    host_names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    sha1: str = ""
    fingerprint: str = ""
    spki: str = ""
    der: bytes = field(default=b"", repr=False)
    authority: IssuerClaim | None = None

    @property
    def is_whole(self) -> bool:
        return bool(self.der)


def read_entry(der: bytes, place: str, rules: TypeRules) -> RegisterEntry:
    """The entry for a certificate. Raises UnreadableError.

    The addresses in it are its issuer's: where *this* certificate's revocation shows.
    """
    read = read_certificate(der, rules=rules)
    return RegisterEntry(
        place=place,
        issuer=IssuerClaim(
            name=read.issuer,
            name_key=read.issuer_key,
            key_identifier=read.issuer_key_identifier,
            is_test=read.is_test,
            crl_url=read.crl_url,
            ocsp_url=read.ocsp_url,
        ),
        serial=read.serial.hex,
        certificate_type=read.certificate_type,
        common_name=read.common_name,
        organisation=read.organisation,
        organisation_oid=read.organisation_oid,
        host_names=read.host_names,
        not_before=read.not_before,
        not_after=read.not_after,
        sha1=read.sha1,
        fingerprint=read.fingerprint,
        spki=read.spki,
        der=der,
        authority=_authority(read, der, rules) if read.is_ca else None,
    )


def _authority(read: ReadCertificate, der: bytes, rules: TypeRules) -> IssuerClaim:
    return IssuerClaim(
        name=read.subject,
        name_key=read.subject_key,
        key_identifier=read.key_identifier,
        is_test=rules.is_test(read.subject),
        certificate_der=der,
    )
