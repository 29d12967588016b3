"""Several CAs by name, and which of them serves an issuer. Test issuers and production CAs never meet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from sulku_kernel.errors import ConfigurationError, InputError
from sulku_revocation.ca.authority import CertificateAuthority
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.circuit import Circuit
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.record import IssuerRecord

DEFAULT = "default"
_KEY_IDENTIFIER = re.compile(r"(?:[0-9a-f]{2}:?){8,32}")


@dataclass(frozen=True, slots=True)
class NamedAuthority:
    """A CA of the settings. `issuers` are key identifiers (hex) and names (RFC 4514) of those it serves.

    Without any it is the default, for whatever no other one serves. `is_test` None: it holds test and production
    issuers and keeps them apart itself. `open` makes the adapter.
    """

    name: str
    adapter: str
    url: str
    issuers: tuple[str, ...]
    is_test: bool | None
    open: Callable[[], CertificateAuthority]


class Authorities:
    """Opens each CA when it is first needed: a wrong setting of one stops no order to another."""

    def __init__(self, named: Sequence[NamedAuthority]) -> None:
        """Raises ConfigurationError when two serve the same issuer, or an issuer cannot be read."""
        self._named = {one.name: one for one in named}
        self._by_issuer: dict[str, NamedAuthority] = {}
        self._open: dict[str, CertificateAuthority] = {}
        self._lock = Lock()
        for one in named:
            for issuer in one.issuers:
                self._serve(_issuer_key(issuer, one.name), one)

    def _serve(self, key: str, authority: NamedAuthority) -> None:
        other = self._by_issuer.setdefault(key, authority)
        if other is not authority:
            raise ConfigurationError(
                f"the CAs {other.name!r} and {authority.name!r} both serve the issuer {key}",
                next_step="Name each issuer at one CA only.",
            )

    @property
    def all(self) -> tuple[NamedAuthority, ...]:
        """In the order of the settings."""
        return tuple(self._named.values())

    def get(self, name: str) -> NamedAuthority:
        """By name. Raises InputError."""
        try:
            return self._named[name]
        except KeyError:
            raise InputError(
                f"there is no CA {name!r} in the settings", next_step=f"There are: {', '.join(self._named)}."
            ) from None

    def serving(self, issuer: IssuerRecord) -> NamedAuthority:
        """The CA for this issuer; the key identifier decides before the name. Raises ConfigurationError."""
        found = self._by_issuer.get(issuer.key_identifier) if issuer.key_identifier else None
        found = found or self._by_issuer.get(_name_key(issuer.name)) or self._named.get(DEFAULT)
        if found is None:
            raise ConfigurationError(
                f"no CA of the settings serves the issuer {issuer.name}",
                next_step="Add the issuer to one of [authorities].",
            )
        if found.is_test is not None and found.is_test != issuer.is_test:
            kind, ca_kind = ("a test", "production") if issuer.is_test else ("a production", "test")
            raise ConfigurationError(
                f"{issuer.name} is {kind} issuer, and {found.name!r}, which would serve it, is a {ca_kind} CA",
                next_step="Name the issuer at a CA of its own kind; test and production are never mixed.",
            )
        return found

    def is_served_by(self, name: str, issuer: IssuerRecord) -> bool:
        """Whether it is this CA that serves the issuer."""
        try:
            return self.serving(issuer).name == name
        except ConfigurationError:
            return False

    def open(self, name: str) -> CertificateAuthority:
        """The opened CA of this name. Raises InputError and ConfigurationError."""
        named = self.get(name)
        with self._lock:
            if name not in self._open:
                self._open[name] = named.open()
            return self._open[name]

    def for_issuer(self, issuer: IssuerRecord) -> CertificateAuthority:
        """The opened CA that serves this issuer. Raises ConfigurationError."""
        return self.open(self.serving(issuer).name)

    def circuits(self) -> dict[str, Circuit]:
        """The circuit breakers of the CAs that were opened, by name."""
        with self._lock:
            found = {name: getattr(authority, "circuit", None) for name, authority in self._open.items()}
        return {name: circuit for name, circuit in found.items() if circuit is not None}

    def close(self) -> None:
        """Close what was opened."""
        for authority in self._open.values():
            authority.close()


def _issuer_key(text: str, ca: str) -> str:
    written = text.strip().lower().removeprefix("0x")
    if _KEY_IDENTIFIER.fullmatch(written):
        return written.replace(":", "")
    try:
        return name_key(parse_name(text))
    except UnreadableError as error:
        raise ConfigurationError(
            f"the issuer {text!r} of the CA {ca!r} is neither a key identifier nor a name: {error}",
            next_step="Write the issuer's subject key identifier in hex, or its name as CN=…,O=…,C=….",
        ) from error


def _name_key(name: str) -> str:
    try:
        return name_key(parse_name(name))
    except UnreadableError:
        return ""
