"""How our CMP messages are protected and whose protection of an answer is believed: a shared secret, or keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.serialization import Encoding

from sulku_revocation.ca.adapter_settings import AdapterSettings, read_credential
from sulku_revocation.ca.certificate_pem import read_certificates
from sulku_revocation.ca.embedded.key_files import CaKey, algorithm_of, load_key, sign_bytes
from sulku_revocation.domain import cmp_protection
from sulku_revocation.domain.cmp_messages import Message
from sulku_revocation.domain.crl_writing import key_identifier_of

_ITERATIONS = 1_000  # the secret must be long and random; counting higher only slows a mass revocation


class Protection(Protocol):
    """Who we are to the CA. `sender` is the DER of our name, `extra` our certificates in DER."""

    @property
    def sender(self) -> bytes: ...

    @property
    def sender_kid(self) -> bytes: ...

    @property
    def extra(self) -> tuple[bytes, ...]: ...

    def new_algorithm(self) -> bytes:
        """The AlgorithmIdentifier for the next message."""
        ...

    def protect(self, algorithm: bytes, protected: bytes) -> bytes:
        """The protection of these octets."""
        ...

    def holds(self, message: Message) -> bool:
        """Whether an answer is protected by the CA's side. Raises UnreadableError."""
        ...


@dataclass(frozen=True)
class SharedSecret:
    """Protection by the secret in `token_file`, read for each message."""

    settings: AdapterSettings
    reference: str
    scheme: str

    @property
    def sender(self) -> bytes:
        """Nobody by name: the reference says who it is (RFC 9483, 3.1)."""
        return b""

    @property
    def extra(self) -> tuple[bytes, ...]:
        """A secret has no certificate."""
        return ()

    @property
    def sender_kid(self) -> bytes:
        return self.reference.encode()

    def new_algorithm(self) -> bytes:
        write = cmp_protection.pbmac1_algorithm if self.scheme == "pbmac1" else cmp_protection.password_based_algorithm
        return write(secrets.token_bytes(16), _ITERATIONS)

    def protect(self, algorithm: bytes, protected: bytes) -> bytes:
        return cmp_protection.mac(self._secret(), algorithm, protected)

    def holds(self, message: Message) -> bool:
        return cmp_protection.has_mac(self._secret(), message.header.algorithm, message.protected, message.protection)

    def _secret(self) -> bytes:
        return read_credential(self.settings.token_file, self.settings).encode()


@dataclass(frozen=True)
class OwnKey:
    """Protection by our key; the answer must be signed by one of the server's certificates on file."""

    key: CaKey
    sender: bytes
    sender_kid: bytes
    extra: tuple[bytes, ...]
    server_keys: tuple[object, ...]

    @classmethod
    def load(cls, certificate: Path, key: Path, servers: Path) -> OwnKey:
        own, *chain = read_certificates(certificate)
        return cls(
            key=load_key(key),
            sender=own.subject.public_bytes(),
            sender_kid=key_identifier_of(own),
            extra=tuple(one.public_bytes(Encoding.DER) for one in (own, *chain)),
            server_keys=tuple(one.public_key() for one in read_certificates(servers)),
        )

    def new_algorithm(self) -> bytes:
        return algorithm_of(self.key)

    def protect(self, algorithm: bytes, protected: bytes) -> bytes:  # noqa: ARG002  the key knows its own algorithm
        return sign_bytes(self.key, protected)

    def holds(self, message: Message) -> bool:
        return cmp_protection.is_signed(
            self.server_keys, message.header.algorithm, message.protected, message.protection
        )
