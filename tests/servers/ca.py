"""An embedded CA in a folder, on a loopback port, with certificates to revoke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sulku_desk.ca_server import CaServer
from sulku_kernel.clock import Clock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.embedded.authority import CertificateToIssue, EmbeddedCa
from sulku_revocation.ca.embedded.hierarchy import name_from_parts
from sulku_revocation.ca.embedded.key_files import load_or_make_token
from sulku_revocation.ca.local import LocalAuthority
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.record import CertificateType, IssuerRecord

# Keys that are made in no time; the issuers that come with the program are tried in test_embedded_ca.py.
ISSUERS = """
[[issuer]]
slug = "root"
name = ["C=FI", "O=Vaestorekisterikeskus CA", "CN=Root"]
key = "ec-p256"
years = 20

[[issuer]]
slug = "care"
name = ["C=FI", "O=Vaestorekisterikeskus CA", "OU=Palveluvarmenteet", "CN=Care, Health; and \\"Welfare\\" CA"]
parent = "root"
key = "ec-p256"
serials = "short"

[[issuer]]
slug = "test"
name = ["C=FI", "O=Vaestorekisterikeskus TEST", "CN=Test CA"]
parent = "root"
key = "ec-p384"
serials = "long"
test = true
"""


def open_ca(folder: Path, clock: Clock, base_url: str = "http://127.0.0.1:1", **given) -> EmbeddedCa:
    """A CA with the issuers above."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "issuers.toml").write_text(ISSUERS, encoding="utf-8")
    return EmbeddedCa(folder, base_url, clock, **given)


@cache
def holder_key() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def to_issue(clock: Clock, host: str = "www.apteekki.example", **given) -> CertificateToIssue:
    """A server's certificate, valid from a year ago to a year from now."""
    year = timedelta(days=365)
    values = {
        "subject": name_from_parts(
            ("C=FI", "O=Helsingin VI apteekki", "serialNumber=1.2.246.10.2048198", f"CN={host}")
        ),
        "public_key": holder_key(),
        "host_names": (host,),
        "kind": CertificateType.SERVER,
        "not_before": clock.now() - year,
        "not_after": clock.now() + year,
    }
    return CertificateToIssue(**{**values, **given})


def serial_of(der: bytes) -> SerialNumber:
    return SerialNumber(x509.load_der_x509_certificate(der).serial_number)


def issuer_record(ca: EmbeddedCa, slug: str, id_: int = 1, url: str | None = None) -> IssuerRecord:
    """The issuer as the register knows it; CRL and OCSP under `url` when given."""
    settings = next(one for one in ca.issuers if one.slug == slug)
    der = ca.issuer_certificate(slug)
    certificate = x509.load_der_x509_certificate(der)
    return IssuerRecord(
        id=id_,
        name=certificate.subject.rfc4514_string(),
        key_identifier=key_identifier_of(certificate).hex(),
        is_test=settings.is_test,
        crl_url=settings.crl_url if url is None else f"{url}/crl/{slug}.crl",
        ocsp_url=settings.ocsp_url if url is None else f"{url}/ocsp/{slug}",
        certificate_der=der,
    )


@dataclass(frozen=True)
class RunningCa:
    ca: EmbeddedCa
    server: CaServer
    authority: LocalAuthority
    token: str

    @property
    def url(self) -> str:
        return self.server.url


@contextmanager
def serve_ca(ca: EmbeddedCa, folder: Path, port: int = 0) -> Iterator[RunningCa]:
    """`ca` on a loopback port, and the adapter that speaks to it."""
    token_file = folder / "admin.token"
    token = load_or_make_token(token_file)
    server = CaServer(ca, token, "127.0.0.1", port)
    server.start()
    authority = LocalAuthority(server.url, token_file)
    try:
        yield RunningCa(ca, server, authority, token)
    finally:
        authority.close()
        server.stop()
