"""OpenSSL's own CMP server, a mock without a register: it takes revocations of the one certificate it is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.servers.closed_network import INSIDE_PORT, in_closed_network
from tests.servers.openssl_ca import make_openssl_ca, named, write_key
from tests.servers.programs import require_program

SECRET = "s3cr3t-shared-with-the-desk"
CMC_RA = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28")


@dataclass(frozen=True)
class CmpPki:
    """A CA with certificates of a holder, of the desk as registration authority, and of the CMP server."""

    folder: Path
    issuer: IssuerRecord
    serial: SerialNumber
    other_serial: SerialNumber

    @contextmanager
    def serve(self, *options: str, secret: str | None = SECRET) -> Iterator[str]:
        """The server's address; by a shared secret, or by certificates when `secret` is None."""
        by = ("-srv_ref", "desk", "-srv_secret", f"pass:{secret}") if secret else (
            "-srv_cert", "server.pem", "-srv_key", "server.key", "-srv_trusted", "ca.pem",
        )  # fmt: skip
        command = [
            require_program("openssl"), "cmp", "-config", "", "-port", str(INSIDE_PORT), "-rsp_cert", "holder.pem",
            *by, *options,
        ]  # fmt: skip
        with in_closed_network(command, self.folder) as port:
            yield f"http://127.0.0.1:{port}/pkix/"


def make_pki(folder: Path) -> CmpPki:
    ca = make_openssl_ca(folder)
    ca_key = _load(folder / "ca.key")
    for name in ("holder", "server", "desk"):
        key = ec.generate_private_key(ec.SECP256R1())
        write_key(folder / f"{name}.key", key)
        issued = _issue(ca.certificate, ca_key, key, name)
        (folder / f"{name}.pem").write_bytes(issued.public_bytes(Encoding.PEM))
    holder = x509.load_pem_x509_certificate((folder / "holder.pem").read_bytes())
    secret = folder / "cmp.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    return CmpPki(folder, ca.issuer, SerialNumber(holder.serial_number), SerialNumber(0x1234567890))


def _issue(ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, key, name: str) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ca.not_valid_before_utc)
        .not_valid_after(ca.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([CMC_RA]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _load(file: Path):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(file.read_bytes(), None)
