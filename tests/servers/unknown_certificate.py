"""A certificate that its issuer's key may have signed and that the CA knows nothing of."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.certificates import key, name_of
from tests.servers.requests_to_sign import HOLDER_KEY


def unknown_certificate(
    issuer: IssuerRecord, serial: SerialNumber, signer: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None
) -> bytes:
    """As PEM, in the name of `issuer`; without its key (`signer`) the signature is somebody's."""
    assert issuer.certificate_der is not None
    certificate = x509.load_der_x509_certificate(issuer.certificate_der)
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder(
            certificate.subject, name_of(CN="never.holder.example"), HOLDER_KEY.public_key(), serial
        )
        .not_valid_before(certificate.not_valid_before_utc)
        .not_valid_after(certificate.not_valid_after_utc)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(signer or key("somebody"), hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
