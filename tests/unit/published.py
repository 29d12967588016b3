"""Makes what a CA publishes, right or wrong in exactly one way: CRLs and OCSP answers for the evidence tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.ocsp_evidence import issuer_key_hash, issuer_name_hash

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERIAL = SerialNumber(0x1E120FE1)


def key(which: str = "issuer"):
    return _key(which)


@cache
def _key(which: str):
    if which == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if which == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def signed(builder, by: str, algorithm: hashes.HashAlgorithm | None = None):
    return builder.sign(key(by), None if by == "ed25519" else algorithm or hashes.SHA256())


@cache
def certificate(
    common_name: str = "CA",
    of: str = "issuer",
    *,
    issued_by: tuple[str, str] | None = None,  # (name, key)
    usages: tuple[x509.ObjectIdentifier, ...] = (),
    begins: datetime = NOW - 1000 * HOUR,
    ends: datetime = NOW + 1000 * HOUR,
    has_key_identifier: bool = True,
    is_exempt: bool = False,
) -> x509.Certificate:
    issuer_name, issuer_key = issued_by or (common_name, of)
    public = key(of).public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(name(issuer_name))
        .public_key(public)
        .serial_number(77)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if has_key_identifier:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if is_exempt:  # from the question whether it is revoked itself
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return signed(builder, issuer_key)


def responder(**given) -> x509.Certificate:
    """A delegated responder's certificate."""
    values = {"issued_by": ("CA", "issuer"), "usages": (ExtendedKeyUsageOID.OCSP_SIGNING,)}
    return certificate("Responder", "responder", **{**values, **given})


def entry(
    serial: int = SERIAL,
    reason: x509.ReasonFlags | None = x509.ReasonFlags.superseded,
    at: datetime = NOW - HOUR,
    *extensions: x509.ExtensionType,
) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    if reason is not None:
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.build()


def crl(
    *entries: x509.RevokedCertificate,
    by: str = "issuer",
    issuer_name: str = "CA",
    number: int | None = 5,
    made: datetime = NOW - HOUR,
    until: datetime = NOW + HOUR,
    key_identifier: bytes | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder().issuer_name(name(issuer_name)).last_update(made).next_update(until)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    authority = x509.AuthorityKeyIdentifier(key_identifier or key_identifier_of(certificate()), None, None)
    builder = builder.add_extension(authority, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    for one in entries:
        builder = builder.add_revoked_certificate(one)
    return signed(builder, by, algorithm).public_bytes(Encoding.DER)


def ocsp_answer(
    *,
    serial: int = SERIAL,
    issuer: x509.Certificate | None = None,
    by: str = "issuer",
    signer: x509.Certificate | None = None,
    attached: tuple[x509.Certificate, ...] = (),
    state: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.REVOKED,
    reason: x509.ReasonFlags | None = x509.ReasonFlags.superseded,
    at: datetime = NOW - HOUR,
    made: datetime = NOW - HOUR,
    until: datetime | None = NOW + HOUR,
    nonce: bytes | None = None,
    name_algorithm: hashes.HashAlgorithm | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
    encoding: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.HASH,
) -> bytes:
    issuer = issuer or certificate()
    name_algorithm = name_algorithm or hashes.SHA1()
    is_revoked = state is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash(issuer, name_algorithm), issuer_key_hash(issuer, name_algorithm), int(serial), name_algorithm,
        state, made, until, at if is_revoked else None, reason if is_revoked else None,
    ).responder_id(encoding, signer or issuer)  # fmt: skip
    if attached:
        builder = builder.certificates(attached)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return signed(builder, by, algorithm).public_bytes(Encoding.DER)
