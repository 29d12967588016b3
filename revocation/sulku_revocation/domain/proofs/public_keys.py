"""Public keys out of requests, certificates and by themselves, their sizes bounded before they are loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.proofs.bounds import RefusedError, require_loadable
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT
from sulku_revocation.domain.proofs.shapes import Shape, shape_of
from sulku_revocation.domain.proofs.signature import load_public_key

_MOST_CERTIFICATES = 500


def public_keys_in(value: bytes) -> Iterator[bytes]:
    """SubjectPublicKeyInfo of a request, of the certificates in DER or PKCS#7, or of a public key itself. Total."""
    match shape_of(value):
        case Shape.REQUEST:
            yield from _key_of(lambda: x509.load_der_x509_csr(value))
        case Shape.CERTIFICATE | Shape.CONTENT_INFO:
            with suppress(UnreadableError):
                for certificate in find_certificates(value, limit=_MOST_CERTIFICATES):
                    yield from of_certificate(certificate)
        case Shape.PUBLIC_KEY:
            with suppress(RefusedError, UnreadableError):
                load_public_key(value)
                yield value
        case _:
            return


def of_certificate(certificate: bytes) -> Iterator[bytes]:
    """The key of one certificate, when it can be read."""
    if len(certificate) <= LARGEST_DOCUMENT:
        yield from _key_of(lambda: x509.load_der_x509_certificate(certificate))


def _key_of(load: Callable[[], x509.Certificate | x509.CertificateSigningRequest]) -> Iterator[bytes]:
    with suppress(*UNREADABLE, TypeError, RefusedError, UnreadableError):
        spki = load().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        require_loadable(spki)
        yield spki
