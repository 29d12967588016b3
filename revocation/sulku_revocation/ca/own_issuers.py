"""Which issuers a CA has itself, by the name under which its API knows each.

An order names its issuer by key identifier; a serial number alone may be another generation's or another CA's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from sulku_revocation.ca.authority import Refused, TryLater
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import ReadCertificate, read_certificate
from sulku_revocation.domain.distinguished_name import name_key, parse_name

NamedIssuers = Iterable[tuple[str, bytes]]  # the API's name of an issuer, its certificate (DER)


class OwnIssuers:
    """The issuers that `fetch` lists; asked for at first, and again when one is not among them."""

    def __init__(self, fetch: Callable[[], NamedIssuers]) -> None:
        self._fetch = fetch
        self._known: tuple[tuple[str, ReadCertificate], ...] = ()

    def refresh(self) -> None:
        """Ask the CA. Raises what `fetch` raises."""
        self._known = tuple(_read(self._fetch()))

    def handles(self) -> list[str]:
        """What the API calls each of those known now."""
        return [handle for handle, _ in self._known]

    def find(self, name: str, key_identifier: str) -> str:
        """What the API calls the issuer; the key identifier decides when there is one.

        Raises Refused, and what `fetch` raises.
        """
        found = self._search(name, key_identifier)
        if found is None:
            self.refresh()
            found = self._search(name, key_identifier)
        if found is None:
            raise Refused(
                "wrong_issuer",
                f"{name} is no issuer of this CA",
                next_step="Correct which issuers this CA serves, or its url.",
            )
        return found

    def _search(self, name: str, key_identifier: str) -> str | None:
        for handle, certificate in self._known:
            if key_identifier == certificate.key_identifier or (
                not key_identifier and _key_of(name) == certificate.subject_key
            ):
                return handle
        return None


def first_certificate(text: object) -> bytes:
    """The DER of the first certificate in an API's PEM. Raises TryLater."""
    try:
        return find_certificates(text if isinstance(text, bytes) else str(text).encode())[0]
    except UnreadableError as error:
        raise TryLater(f"the CA's certificate cannot be read: {error}") from error


@lru_cache(maxsize=1_000)  # an order looks at its certificate up to three times
def read_issued(pem: str) -> ReadCertificate:
    """A certificate that the CA shows. Raises TryLater."""
    try:
        return read_certificate(first_certificate(pem))
    except UnreadableError as error:
        raise TryLater(f"the CA's certificate cannot be read: {error}") from error


def is_issued_by(certificate: ReadCertificate, name: str, key_identifier: str) -> bool:
    """Whether a certificate names this issuer: by key where both say one, else by name."""
    if key_identifier and certificate.issuer_key_identifier:
        return certificate.issuer_key_identifier == key_identifier
    return certificate.issuer_key == _key_of(name)


def _key_of(name: str) -> str | None:
    try:
        return name_key(parse_name(name))
    except UnreadableError:
        return None


def _read(issuers: NamedIssuers) -> Iterable[tuple[str, ReadCertificate]]:
    for handle, der in issuers:
        try:
            yield handle, read_certificate(der)
        except UnreadableError:
            continue  # an issuer that cannot be read serves nobody here
