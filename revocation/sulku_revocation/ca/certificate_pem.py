"""Certificates in PEM files that the settings name: a CA's own issuers, a server's, ours."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.own_issuers import OwnIssuers
from sulku_revocation.domain.library_errors import UNREADABLE


def read_certificates(file: Path) -> list[x509.Certificate]:
    """Those in a PEM file, in order; at least one. Raises ConfigurationError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, *UNREADABLE) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no certificate in PEM"
        raise ConfigurationError(f"{file}: {why}", next_step="Give a PEM file that this user may read.") from error


class OwnCertificates:
    """The issuers of a CA that has no way to tell them, from a file."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigurationError."""
        self._certificates = {str(at): one for at, one in enumerate(read_certificates(file))}
        ders = [(handle, one.public_bytes(Encoding.DER)) for handle, one in self._certificates.items()]
        self._issuers = OwnIssuers(lambda: ders)

    def first(self) -> x509.Certificate:
        """The first of the file."""
        return self._certificates["0"]

    def find(self, name: str, key_identifier: str) -> x509.Certificate:
        """The issuer's certificate. Raises Refused (`wrong_issuer`)."""
        return self._certificates[self._issuers.find(name, key_identifier)]
