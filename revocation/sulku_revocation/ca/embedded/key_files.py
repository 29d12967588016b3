"""Private keys and secrets in files that only their owner can read (mode 0600)."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.secret_file import write_secret
from sulku_revocation.domain.crl_writing import ECDSA_SHA256, ECDSA_SHA384, RSA_SHA256

CaKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def generate_key(kind: str) -> CaKey:
    """A new key of the kind that `issuers.toml` names."""
    match kind:
        case "ec-p384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ec-p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "rsa-3072":
            return rsa.generate_private_key(65537, 3072)
        case "rsa-4096":
            return rsa.generate_private_key(65537, 4096)
        case _:
            raise ConfigurationError(
                f"{kind!r} is no kind of key", next_step="Use ec-p384, ec-p256, rsa-3072 or rsa-4096."
            )


def load_or_make_key(file: Path, kind: str) -> CaKey:
    """The key in `file`; made and stored there when there is none. Raises ConfigurationError."""
    if not file.exists():
        key = generate_key(kind)
        write_secret(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return key
    return load_key(file)


def load_key(file: Path) -> CaKey:
    """The key in `file`. Raises ConfigurationError."""
    try:
        loaded = load_pem_private_key(read_secret(file), None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{file} holds no private key that can be read",
            next_step="Restore it from the backup; do not make a new one.",
        ) from error
    if not isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigurationError(f"{file} holds a kind of key that a CA here cannot use", next_step="Use EC or RSA.")
    return loaded


def load_or_make_token(file: Path) -> str:
    """The bearer token in `file`; made and stored there when there is none. Raises ConfigurationError."""
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(32).encode() + b"\n")
    return read_token(file)


def read_token(file: Path) -> str:
    """The bearer token in `file`. Raises ConfigurationError."""
    token = read_secret(file).decode("ascii", "replace").strip()
    if len(token) < 32 or not token.isprintable() or " " in token:
        raise ConfigurationError(
            f"{file} holds no token (32 printable characters or more)",
            next_step="Remove the file and start the embedded CA: it makes a new one.",
        )
    return token


def read_secret(file: Path) -> bytes:
    """The content. Raises ConfigurationError when it is missing or when others may read it."""
    try:
        mode = file.stat().st_mode & 0o777
        if mode & 0o077:
            raise ConfigurationError(f"{file} can be read by others (mode {mode:o})", next_step=f"chmod 600 {file}")
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{file}: {error.strerror}",
            next_step="Put it there (the embedded CA makes its own when it starts), or correct its owner.",
        ) from error


def sign_bytes(key: CaKey, to_sign: bytes) -> bytes:
    """The signature that belongs to `algorithm_of(key)`."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(to_sign, ec.ECDSA(hash_of(key)))


def hash_of(key: CaKey) -> hashes.SHA256 | hashes.SHA384:
    """SHA-384 for P-384, else SHA-256."""
    is_p384 = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1)
    return hashes.SHA384() if is_p384 else hashes.SHA256()


def algorithm_of(key: CaKey) -> bytes:
    """The AlgorithmIdentifier of what `sign_bytes` makes, as DER."""
    if isinstance(key, rsa.RSAPrivateKey):
        return RSA_SHA256
    return ECDSA_SHA384 if isinstance(hash_of(key), hashes.SHA384) else ECDSA_SHA256
