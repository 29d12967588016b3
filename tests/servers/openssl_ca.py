"""A CA made with `openssl ca` in a folder."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.record import IssuerRecord
from tests.servers.programs import require_program

CONFIG = """
[ca]
default_ca = one
[one]
dir = {folder}
database = $dir/index.txt
new_certs_dir = $dir/newcerts
certificate = $dir/ca.pem
private_key = $dir/ca.key
crlnumber = $dir/crlnumber
default_md = sha256
default_days = 90
default_crl_days = 3
policy = any
unique_subject = no
rand_serial = yes
crl_extensions = crl
[any]
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class OpensslFolder:
    """The CA in `folder`."""

    folder: Path
    program: Path
    certificate: x509.Certificate

    @property
    def issuer(self) -> IssuerRecord:
        return IssuerRecord(
            1, self.certificate.subject.rfc4514_string(), key_identifier_of(self.certificate).hex(), False, "", "",
            self.certificate.public_bytes(Encoding.DER),
        )  # fmt: skip

    def issue(self, name: str) -> SerialNumber:
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(named(name)).sign(key, hashes.SHA256())
        (self.folder / "request.csr").write_bytes(request.public_bytes(Encoding.PEM))
        before = self.serials()
        self.run("-notext", "-in", str(self.folder / "request.csr"), "-out", str(self.folder / "issued.pem"))
        (serial,) = self.serials() - before
        return serial

    def serials(self) -> set[SerialNumber]:
        lines = (self.folder / "index.txt").read_text().splitlines()
        return {SerialNumber.from_hex(line.split("\t")[3]) for line in lines}

    def file_of(self, serial: SerialNumber) -> Path:
        return next(file for file in (self.folder / "newcerts").iterdir() if int(file.stem, 16) == serial)

    def run(self, *what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, "ca", "-batch", "-config", self.folder / "openssl.cnf", *what],
            check=True, capture_output=True, text=True,
        )  # fmt: skip


def make_openssl_ca(folder: Path) -> OpensslFolder:
    program = require_program("openssl")
    (folder / "newcerts").mkdir(parents=True)
    (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "index.txt").write_text("")
    (folder / "crlnumber").write_text("01\n")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key, "Folder CA")
    (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    write_key(folder / "ca.key", key)
    return OpensslFolder(folder, program, certificate)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def self_signed(key: ec.EllipticCurvePrivateKey, name: str, *, is_ca: bool = True) -> x509.Certificate:
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
