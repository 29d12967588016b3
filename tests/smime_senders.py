"""People who sign and encrypt their mails, with `openssl cms`, so that not our own idea of CMS checks itself."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sulku_revocation.domain.smime_path import SmimeTrust

# openssl stamps its signatures with the machine's time: mails are received an hour later, however long the tests take.
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)  # noqa: TID251  the one clock that openssl has
DAY = timedelta(days=1)


def name(text: str, address: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, text)]
    if address:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, address))
    return x509.Name(attributes)


@dataclass
class Person:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    certificate: x509.Certificate

    def files(self, folder: Path) -> tuple[Path, Path]:
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return key, certificate


def make_key(kind: str = "ec"):
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())


class MailCa:
    """A CA for mail certificates with a list of what it has revoked."""

    def __init__(self, title: str = "Mail CA", issuer: MailCa | None = None) -> None:
        self.key = make_key()
        self.revoked: list[int] = []
        self.issuer = issuer
        builder = self._builder(name(title), self.key.public_key(), issuer or self, subject_of=name(title))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign((issuer or self).key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key, issuer: MailCa, subject_of: x509.Name | None = None, days=(-30, 300)):
        issuing = subject_of if issuer is self and subject_of else issuer.certificate.subject
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuing)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + days[0] * DAY)
            .not_valid_after(NOW + days[1] * DAY)
        )

    def issue(
        self, address: str, *, kind: str = "ec", days=(-30, 300), usage=ExtendedKeyUsageOID.EMAIL_PROTECTION, san=True
    ) -> Person:
        key = make_key(kind)
        builder = self._builder(name("Tuotanto", "" if san else address), key.public_key(), self, days=days)
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return Person(key, builder.sign(self.key, hashes.SHA256()))

    def crl(self, days=(-1, 6)) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(NOW + days[0] * DAY).next_update(NOW + days[1] * DAY)
        for serial in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def trust(self) -> SmimeTrust:
        return SmimeTrust((self.certificate,), (), (self.crl(),))


HEADER = (
    b"From: Tuotanto <tuotanto@hus.example>\r\nTo: desk@sulku.example\r\nSubject: Sulkupyynt=?utf-8?b?w7Y=?=\r\n"
    b"Message-ID: <1@hus.example>\r\n"
)
ENTITY = (
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Avain on paljastunut. Sulkekaa varmenne 0bf4eab0.\r\n"
)


def openssl(folder: Path, *arguments: str, given: bytes) -> bytes:
    done = subprocess.run(["openssl", "cms", *arguments], input=given, capture_output=True, check=True, cwd=folder)
    return done.stdout


def sign(folder: Path, person: Person, *options: str, entity: bytes = ENTITY, with_: tuple = ()) -> bytes:
    """A signed mail: detached, or opaque with `-nodetach`."""
    key, certificate = person.files(folder)
    more = folder / "more.pem"
    more.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in with_))
    arguments = ["-sign", "-signer", str(certificate), "-inkey", str(key), "-binary", "-crlfeol", *options]
    if with_:
        arguments += ["-certfile", str(more)]
    return HEADER + crlf(openssl(folder, *arguments, given=entity))


def encrypt(folder: Path, person: Person, *options: str, entity: bytes = ENTITY) -> bytes:
    _, certificate = person.files(folder)
    return HEADER + crlf(openssl(folder, "-encrypt", "-binary", "-crlfeol", *options, str(certificate), given=entity))


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def oracle_accepts(folder: Path, raw: bytes, ca: MailCa) -> bool:
    """What `openssl cms -verify` says of path, usage and signature (not of address or revocation)."""
    anchor = folder / "anchor.pem"
    anchor.write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-CAfile", str(anchor), "-purpose", "smimesign", "-binary", "-crlfeol"],
        input=raw,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
