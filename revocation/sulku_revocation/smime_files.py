"""The certificates and revocation lists that an administrator trusts for S/MIME, from files.

They are looked at again when they change, as lists are replaced every few days.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.smime_path import SmimeTrust

log = structlog.get_logger()

_LARGEST = 64 * 1024 * 1024
_Stamp = tuple[tuple[str, int, int], ...]


class SmimeTrustFiles:
    """`anchors` is a PEM file with the CAs trusted to name senders; `crls` a folder of lists in DER or PEM.

    Certificates that are no anchors but lie in `crls` as `.pem` or `.crt` serve as links of a path.
    """

    def __init__(self, anchors: Path | None, crls: Path | None) -> None:
        """Raises ConfigurationError when the anchors cannot be read: that is found at start, not at the first mail."""
        self._anchors, self._crls = anchors, crls
        self._stamp = self._now()
        self._trust = self._load()

    def __call__(self) -> SmimeTrust:
        """The trust of the moment; anchors that have become unreadable leave the last good ones in force, logged."""
        stamp = self._now()
        if stamp != self._stamp:
            try:
                self._trust, self._stamp = self._load(), stamp
            except ConfigurationError as error:
                log.warning("smime.trust_unreadable", error=str(error))
        return self._trust

    def _files(self) -> Iterator[Path]:
        if self._anchors is not None:
            yield self._anchors
        if self._crls is not None and self._crls.is_dir():
            yield from sorted(file for file in self._crls.iterdir() if file.is_file())

    def _now(self) -> _Stamp:
        found = []
        for file in self._files():
            try:
                state = file.stat()
            except OSError:
                continue
            found.append((str(file), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def _load(self) -> SmimeTrust:
        if self._anchors is None:
            return SmimeTrust()
        try:
            anchors = tuple(x509.load_pem_x509_certificates(self._anchors.read_bytes()))
        except (OSError, *UNREADABLE) as error:
            raise ConfigurationError(
                f"smime.anchors: {self._anchors} cannot be read ({type(error).__name__})",
                next_step="Make it a PEM file with the CA certificates that may name senders.",
            ) from None
        between: list[x509.Certificate] = []
        crls: list[bytes] = []
        for file in self._files():
            if file != self._anchors and file.stat().st_size <= _LARGEST:
                _sort(file, between, crls)
        return SmimeTrust(anchors, tuple(between), tuple(crls))


def _sort(file: Path, between: list[x509.Certificate], crls: list[bytes]) -> None:
    try:
        content = file.read_bytes()
        if b"-----BEGIN X509 CRL-----" in content:
            crls.append(x509.load_pem_x509_crl(content).public_bytes(Encoding.DER))
        elif b"-----BEGIN CERTIFICATE-----" in content:
            between.extend(x509.load_pem_x509_certificates(content))
        else:
            x509.load_der_x509_crl(content)
            crls.append(content)
    except (OSError, *UNREADABLE) as error:
        log.warning("smime.file_unreadable", file=str(file), error=type(error).__name__)
