"""Certificates for tests, like the real ones: issuers with long names, `cA FALSE` spelt out, addresses of CRL and OCSP."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
# Not DER (X.690, 11.5), as the Finnish health care CA writes it; cryptography refuses all extensions over it.
EXPLICIT_FALSE = x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, b"\x30\x03\x01\x01\x00")

_TYPES = {
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "CN": NameOID.COMMON_NAME,
}


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    """A key for this name, the same one each time in one run."""
    return ec.generate_private_key(ec.SECP256R1())


def name_of(**parts: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(_TYPES[kind], text) for kind, text in parts.items()])


@dataclass(frozen=True)
class Ca:
    """An issuer with a self-signed certificate."""

    name: x509.Name
    key_name: str
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def rfc4514(self) -> str:
        return self.certificate.subject.rfc4514_string()


@cache
def make_ca(common_name: str = "Care CA for Service Providers", key_name: str = "ca") -> Ca:
    name = name_of(C="FI", O="Vaestorekisterikeskus CA", CN=common_name)
    signer = key(key_name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    certificate = (
        _builder(name, name, signer.public_key(), 7)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return Ca(name, key_name, certificate)


def issue(
    ca: Ca,
    serial: int,
    *,
    subject: x509.Name | None = None,
    hosts: tuple[str, ...] = (),
    key_name: str = "leaf",
    crl_url: str = "http://proxy.ca.example/crl/care.crl",
    with_key_identifier: bool = True,
    days: int = 365,
) -> bytes:
    """The DER of an end-entity certificate."""
    subject = subject or name_of(C="FI", O="Kansanelakelaitos", serialNumber="1.2.246.10.2048198", CN="Palvelu_testi")
    builder = _builder(subject, ca.name, key(key_name).public_key(), serial, days).add_extension(
        EXPLICIT_FALSE, critical=True
    )
    if hosts:
        names = [x509.DNSName(host) for host in hosts] + [x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if with_key_identifier:
        identifier = ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.ca.example/care")
    )
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    builder = builder.add_extension(x509.AuthorityInformationAccess([ocsp]), critical=False)
    return builder.sign(key(ca.key_name), hashes.SHA256()).public_bytes(Encoding.DER)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, serial: int, days: int = 3650
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + timedelta(days=days))
    )


def pem(*ders: bytes) -> bytes:
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders)


def p7b(*ders: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    return pkcs7.serialize_certificates([x509.load_der_x509_certificate(der) for der in ders], encoding)
