"""Certificate signing requests for CAs in tests; one key for all, since making keys takes the time."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.record import IssuerRecord
from tests.certificates import key

HOLDER_KEY: ec.EllipticCurvePrivateKey = key("holder of a certificate at a real CA")


def request_to_sign(
    host: str, encoding: Encoding = Encoding.PEM, *, with_key: ec.EllipticCurvePrivateKey = HOLDER_KEY
) -> bytes:
    """A CSR for one host."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(with_key, hashes.SHA256())
        .public_bytes(encoding)
    )


def serial_of_pem(pem: str | bytes) -> SerialNumber:
    data = pem.encode() if isinstance(pem, str) else pem
    return SerialNumber(x509.load_pem_x509_certificate(data).serial_number)


def issuer_of_pem(pem: str | bytes, *, crl_url: str = "", ocsp_url: str = "") -> IssuerRecord:
    """The issuer as the register would know it."""
    data = pem.encode() if isinstance(pem, str) else pem
    der = x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    read = read_certificate(der)
    return IssuerRecord(1, read.subject, read.key_identifier, True, crl_url, ocsp_url, der)
