"""Makes certificates that look like the real ones: the CA's own and those of holders.

System signature certificates carry no host name and no extended key usage, server certificates carry both. Issuers
with short serial numbers stand for the oldest generation, which wrote `cA FALSE` out although DER forbids it (X.690,
11.5): readers that only know clean certificates are found out here.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID, NameOID

from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.embedded.hierarchy import IssuerSettings
from sulku_revocation.ca.embedded.key_files import CaKey, hash_of
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateType

# A CA's certificates begin so long before it is made, so that certificates of earlier years lie within them.
BACKDATED = timedelta(days=3 * 365)

_SERVERS = (CertificateType.SERVER, CertificateType.TEST_SERVER)
_SIGNERS = (CertificateType.SYSTEM_SIGNATURE, CertificateType.TEST_SYSTEM_SIGNATURE)
_TESTS = (CertificateType.TEST_SERVER, CertificateType.TEST_SYSTEM_SIGNATURE)
_EXPLICIT_NOT_CA = x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, bytes.fromhex("3003010100"))
_POLICIES = x509.CertificatePolicies(
    [
        x509.PolicyInformation(x509.ObjectIdentifier("0.4.0.2042.1.7"), None),  # OVCP of ETSI EN 319 411-1
        x509.PolicyInformation(x509.ObjectIdentifier("1.2.246.517.1.10.10.2"), ["http://www.fineid.fi/cps9/"]),
    ]
)


@dataclass(frozen=True, slots=True)
class CertificateToIssue:
    """What a certificate is asked for. Servers have host names, system signatures none; times are aware."""

    subject: x509.Name
    public_key: CertificatePublicKeyTypes
    host_names: tuple[str, ...]
    kind: CertificateType
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuing certificate of this CA with its key."""

    settings: IssuerSettings
    certificate: x509.Certificate
    key: CaKey
    der: bytes
    key_identifier: bytes

    @classmethod
    def of(cls, settings: IssuerSettings, certificate: x509.Certificate, key: CaKey) -> Issuer:
        """Put together."""
        return cls(settings, certificate, key, certificate.public_bytes(Encoding.DER), key_identifier_of(certificate))


def new_serial(style: str, now: datetime) -> SerialNumber:
    """`short`: 4 octets. `long`: 18 octets that begin with 0x01, hold the milliseconds and then 9 random octets."""
    if style == "short":
        return SerialNumber(secrets.randbelow(0x7F000000) + 0x01000000)
    milliseconds = int(now.timestamp() * 1000)
    return SerialNumber.from_hex("010000" + milliseconds.to_bytes(6, "big").hex() + secrets.token_hex(9))


def make_own_certificate(settings: IssuerSettings, key: CaKey, parent: Issuer | None, now: datetime) -> bytes:
    """The CA's own certificate of an issuer: signed by `parent`, or by itself when it is a root. DER."""
    begins = (now - BACKDATED).replace(microsecond=0)
    if parent is not None:
        begins = max(begins, parent.certificate.not_valid_before_utc)
    ends = begins + BACKDATED + timedelta(days=365 * settings.years)
    if parent is not None:
        ends = min(ends, parent.certificate.not_valid_after_utc)
    builder = _builder(settings.subject, key.public_key(), new_serial("long", now), begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    if parent is None:
        return _sign(builder, settings.subject, key)
    return _sign(_with_issuer(builder, parent), parent.certificate.subject, parent.key)


def make_certificate(issuer: Issuer, request: CertificateToIssue, serial: SerialNumber) -> bytes:
    """A holder's certificate as DER. Raises InputError when it is not one that this issuer issues."""
    _check(issuer, request)
    builder = _builder(request.subject, request.public_key, serial, request.not_before, request.not_after)
    if issuer.settings.serials == "short":
        builder = builder.add_extension(_EXPLICIT_NOT_CA, critical=False)
    else:
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
    builder = _with_issuer(builder, issuer).add_extension(_POLICIES, critical=False)
    if request.kind in _SERVERS:
        is_rsa = isinstance(request.public_key, rsa.RSAPublicKey)
        usage = _key_usage(digital_signature=True, key_encipherment=is_rsa)
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in request.host_names])
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(names, critical=False).add_extension(purposes, critical=False)
    else:
        usage = _key_usage(digital_signature=True, content_commitment=True)
    return _sign(builder.add_extension(usage, critical=True), issuer.certificate.subject, issuer.key)


def make_responder_certificate(issuer: Issuer, key: CaKey, now: datetime, lasts: timedelta) -> x509.Certificate:
    """A certificate to answer OCSP for the issuer (RFC 6960, 4.2.2.2): trusted for its life without a question."""
    subject = x509.Name(
        [
            *(one for one in issuer.certificate.subject if one.oid != NameOID.COMMON_NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, f"OCSP {issuer.settings.slug}"[:64]),
        ]
    )
    begins = max((now - timedelta(hours=1)).replace(microsecond=0), issuer.certificate.not_valid_before_utc)
    ends = min(begins + lasts, issuer.certificate.not_valid_after_utc)
    key_identifier = x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)
    builder = (
        _builder(subject, key.public_key(), new_serial("long", now), begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(key_identifier, critical=False)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    return builder.issuer_name(issuer.certificate.subject).sign(issuer.key, hash_of(issuer.key))


def _check(issuer: Issuer, request: CertificateToIssue) -> None:
    is_server = request.kind in _SERVERS
    own = issuer.certificate
    problems = (
        (issuer.settings.parent is None, "a root issues no certificates to holders"),
        (request.kind not in _SERVERS + _SIGNERS, f"a {request.kind} certificate is not issued to holders"),
        (
            (request.kind in _TESTS) != issuer.settings.is_test,
            "test certificates come from test issuers, and no others",
        ),
        (is_server != bool(request.host_names), "server certificates have host names, system signatures have none"),
        (any(read_host_name(name) != name for name in request.host_names), "a name that is no plain host name"),
        (not list(request.subject), "the subject is empty"),
        (request.not_before >= request.not_after, "it would end before it begins"),
        (
            request.not_before < own.not_valid_before_utc or request.not_after > own.not_valid_after_utc,
            "it would be valid when its issuer is not",
        ),
    )
    for is_wrong, why in problems:
        if is_wrong:
            raise InputError(
                f"{issuer.settings.slug} does not issue this certificate: {why}",
                next_step="Correct the request or choose another issuer.",
            )


def _builder(
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    serial: SerialNumber,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(int(serial))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _with_issuer(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    """Who signs it and where its status is found."""
    settings = issuer.settings
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(settings.crl_url)], None, None, None)
    access = [
        x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(settings.ocsp_url)),
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(settings.ca_url)
        ),
    ]
    key_identifier = x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)
    return (
        builder.add_extension(key_identifier, critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
    )


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, issuer_name: x509.Name, key: CaKey) -> bytes:
    return builder.issuer_name(issuer_name).sign(key, hash_of(key)).public_bytes(Encoding.DER)
