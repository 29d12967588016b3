"""PoCK, the certificate that proves a compromised key: self-signed, and not to be mistaken for anything else.

Serial number 1, valid for one moment in 1950, subject and issuer nothing but the sentence below
(github.com/CBonnell/pock).
"""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.proofs.bounds import RefusedError, require_loadable
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT, Refusal

SENTENCE = f"{'-' * 20}PROOF OF COMPROMISED KEY{'-' * 20}"
MARK = SENTENCE.encode()
_MOMENT = datetime(1950, 1, 1, tzinfo=UTC)
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SENTENCE)])


def verify_pock(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo that is proven to be compromised. Raises RefusedError and UnreadableError."""
    require_loadable(der, largest=LARGEST_DOCUMENT)
    try:
        certificate = x509.load_der_x509_certificate(der)
        if not _says_so(certificate):
            raise RefusedError(Refusal.NO_STATEMENT)
        if isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            raise RefusedError(Refusal.WEAK_HASH)
        certificate.verify_directly_issued_by(certificate)
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except InvalidSignature:
        raise RefusedError(Refusal.BAD_SIGNATURE) from None
    except UnsupportedAlgorithm:
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except (*UNREADABLE, TypeError):
        raise RefusedError(Refusal.DAMAGED) from None


def _says_so(certificate: x509.Certificate) -> bool:
    moments = {certificate.not_valid_before_utc, certificate.not_valid_after_utc}
    return (
        certificate.subject == certificate.issuer == _NAME and certificate.serial_number == 1 and moments == {_MOMENT}
    )
