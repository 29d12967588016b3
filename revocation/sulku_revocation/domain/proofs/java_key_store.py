"""Private keys in a Java key store (JKS), the format of Java's keytool before version 9.

There is no specification but the code of OpenJDK (`sun.security.provider.JavaKeyStore`, `KeyProtector`). Lengths are
big-endian; a key is XORed with a stream of SHA-1 digests over password and salt, behind a digest that tells whether the
password was right. Nothing is allocated that the file does not hold.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError

MAGIC = b"\xfe\xed\xfe\xed"
# What is left to a person: Java's JCEKS and Microsoft's PVK, whose encryption nobody keeps up any more.
KEY_STORES = frozenset({MAGIC, b"\xce\xce\xce\xce", b"\x1e\xf1\xb5\xb0"})
IN_BASE64 = "/u3+7Q"
MOST_ENTRIES = 50
_KEY_ENTRY, _CERTIFICATE_ENTRY = 1, 2
_DIGEST = 20


def encrypted_keys(data: bytes) -> Iterator[bytes]:
    """The protected part of each private key. Raises UnreadableError."""
    reader = _Octets(data)
    if reader.take(4) != MAGIC or reader.number() not in {1, 2}:
        raise UnreadableError("this is no Java key store")
    for _ in range(min(reader.number(), MOST_ENTRIES)):
        tag = reader.number()
        reader.take(reader.short())  # the alias
        reader.take(8)  # when it was made
        if tag == _KEY_ENTRY:
            yield _protected(reader.take(reader.number()))
            for _ in range(min(reader.number(), MOST_ENTRIES)):
                reader.certificate()
        elif tag == _CERTIFICATE_ENTRY:
            reader.certificate()
        else:
            raise UnreadableError("an entry of a kind that a Java key store does not have")


def decrypt_key(protected: bytes, passwords: Iterable[str]) -> bytes | None:
    """The key as PKCS#8, with the first password that fits; None when none does."""
    salt, hidden, digest = protected[:_DIGEST], protected[_DIGEST:-_DIGEST], protected[-_DIGEST:]
    for password in passwords:
        secret = password.encode("utf-16-be", "replace")
        stream, last = bytearray(), salt
        while len(stream) < len(hidden):
            last = hashlib.sha1(secret + last).digest()  # noqa: S324  the format's own
            stream += last
        plain = bytes(a ^ b for a, b in zip(hidden, stream, strict=False))
        if hashlib.sha1(secret + plain).digest() == digest:  # noqa: S324  the format's own
            return plain
    return None


def _protected(info: bytes) -> bytes:
    """The octets inside an EncryptedPrivateKeyInfo (RFC 5958, 3)."""
    parts = list(der.only_value(info, der.SEQUENCE).inside())
    if len(parts) != 2 or parts[1].tag != der.OCTET_STRING or len(parts[1].contents) < 2 * _DIGEST:
        raise UnreadableError("a protected key that is damaged")
    return parts[1].contents


class _Octets:
    """The file, read from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise UnreadableError("the key store is cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def short(self) -> int:
        return int(struct.unpack(">H", self.take(2))[0])

    def certificate(self) -> None:
        self.take(self.short())
        self.take(self.number())
