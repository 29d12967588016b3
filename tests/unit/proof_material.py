"""Keys of every kind, in every container people send, and forged ones: for the tests of proofs. Made when they run."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from sulku_revocation.domain.certificate_der import INTEGER, NULL, OCTET_STRING, SEQUENCE, encode
from sulku_revocation.domain.proofs.attestation import make_attestation
from sulku_revocation.domain.proofs.pock import SENTENCE
from sulku_revocation.domain.spki import spki_of

KINDS = ("rsa", "ec", "ed25519")
PASSWORD = "Koivu-42"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
POCK_DAY = datetime(1950, 1, 1, tzinfo=UTC)


@cache
def key(kind: str, name: str = "victim") -> Key:
    if kind == "rsa":
        return rsa.generate_private_key(65_537, 2_048)
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def kind_of(private: Key) -> str:
    names = {rsa.RSAPrivateKey: "rsa", ec.EllipticCurvePrivateKey: "ec"}
    return next((name for kind, name in names.items() if isinstance(private, kind)), "ed25519")


def spki(private: Key) -> str:
    return spki_of(private.public_key())


def public_der(private: Key) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bytes(encoding: Encoding, form: PrivateFormat, password: str = "") -> Callable[[Key], bytes]:
    secret = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return lambda private: private.private_bytes(encoding, form, secret)


def _pkcs12(password: str) -> Callable[[Key], bytes]:
    secret = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return lambda private: pkcs12.serialize_key_and_certificates(b"a", private, None, None, secret)


def java_key_store(private: Key, password: str = PASSWORD) -> bytes:
    """What keytool wrote before Java 9."""
    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    secret, salt = password.encode("utf-16-be"), bytes(range(20))
    stream, last = b"", salt
    while len(stream) < len(plain):
        last = hashlib.sha1(secret + last).digest()
        stream += last
    hidden = bytes(a ^ b for a, b in zip(plain, stream, strict=False))
    oid = bytes.fromhex("060a2b060104012a02110101")
    info = encode(
        SEQUENCE,
        encode(SEQUENCE, oid, encode(NULL)),
        encode(OCTET_STRING, salt, hidden, hashlib.sha1(secret + plain).digest()),
    )
    entry = struct.pack(">IH", 1, 5) + b"alias" + bytes(8) + struct.pack(">I", len(info)) + info + struct.pack(">I", 0)
    body = b"\xfe\xed\xfe\xed" + struct.pack(">II", 2, 1) + entry
    return body + hashlib.sha1(secret + b"Mighty Aphrodite" + body).digest()


# Every container of a private key; `needs` a password where its name says so.
CONTAINERS: dict[str, Callable[[Key], bytes]] = {
    "pkcs8 pem": _bytes(Encoding.PEM, PrivateFormat.PKCS8),
    "pkcs8 der": _bytes(Encoding.DER, PrivateFormat.PKCS8),
    "pkcs8 pem, password": _bytes(Encoding.PEM, PrivateFormat.PKCS8, PASSWORD),
    "pkcs8 der, password": _bytes(Encoding.DER, PrivateFormat.PKCS8, PASSWORD),
    "traditional pem": _bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
    "traditional der": _bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL),
    "traditional pem, password": _bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, PASSWORD),
    "openssh": _bytes(Encoding.PEM, PrivateFormat.OpenSSH),
    "openssh, password": _bytes(Encoding.PEM, PrivateFormat.OpenSSH, PASSWORD),
    "pkcs12": _pkcs12(""),
    "pkcs12, password": _pkcs12(PASSWORD),
    "java, password": java_key_store,
}


def exists(container: str, kind: str) -> bool:
    return not (container.startswith("traditional") and kind == "ed25519")


def in_text(octets: bytes) -> str:
    """Pasted into a mail: PEM as it is, DER as base64 without armour."""
    if b"-----BEGIN" in octets:
        return octets.decode()
    encoded = base64.b64encode(octets).decode()
    return "\n".join(encoded[at : at + 64] for at in range(0, len(encoded), 64)) + "\n"


def forged_rsa(victim: rsa.RSAPrivateKey) -> bytes:
    """PKCS#1 with the victim's modulus and another key's secrets: `openssl rsa -modulus` says OK."""
    other = key("rsa", "forger").private_numbers()
    numbers = victim.public_key().public_numbers()
    values = (0, numbers.n, numbers.e, other.d, other.p, other.q, other.dmp1, other.dmq1, other.iqmp)
    return encode(SEQUENCE, *(encode(INTEGER, _integer(value)) for value in values))


def unsigned(value: int) -> bytes:
    """A number as JSON and XML have it: without a sign."""
    return _integer(value).lstrip(b"\0")


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def forged_ec(victim: ec.EllipticCurvePrivateKey) -> bytes:
    """SEC 1 with the victim's point beside another secret."""
    own = key("ec", "forger").private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    mine, theirs = (k.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) for k in (key("ec", "forger"), victim))  # fmt: skip
    assert own.endswith(mine)
    return own.removesuffix(mine) + theirs


def hash_for(private: Key) -> hashes.HashAlgorithm | None:
    return None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def request(private: Key, common_name: str) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(name(common_name))
    return builder.sign(private, hash_for(private)).public_bytes(Encoding.DER)


def certificate(private: Key, signer: Key | None = None, *, subject: str = "host.example") -> bytes:
    signer = signer or private
    builder = x509.CertificateBuilder(
        name(subject), name(subject), private.public_key(), 77, datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return builder.sign(signer, hash_for(signer)).public_bytes(Encoding.DER)


def pock(private: Key, signer: Key | None = None, *, day: datetime = POCK_DAY, serial: int = 1) -> bytes:
    signer = signer or private
    builder = x509.CertificateBuilder(name(SENTENCE), name(SENTENCE), private.public_key(), serial, day, day)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(signer, hash_for(signer)).public_bytes(Encoding.DER)


def b64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def algorithm_of(private: Key) -> str:
    return {"rsa": "RS256", "ec": "ES256", "ed25519": "EdDSA"}[kind_of(private)]


def sign(private: Key, message: bytes) -> bytes:
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(hashes.SHA256()))
    return private.sign(message)


def jws(private: Key, header: dict, payload: bytes) -> str:
    protected, body = b64url(json.dumps({"alg": algorithm_of(private), **header}).encode()), b64url(payload)
    signature = sign(private, f"{protected}.{body}".encode())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        signature = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(signature))
    return json.dumps({"payload": body, "protected": protected, "signature": b64url(signature)}, indent=2)


def pwnedkeys(private: Key) -> str:
    return jws(private, {"kid": spki(private)}, b"This key is pwned! See https://pwnedkeys.com for more info.")


def jwk(private: Key) -> dict[str, str]:
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {
            "kty": "RSA",
            "n": b64url(unsigned(numbers.n)),
            "e": b64url(unsigned(numbers.e)),
        }
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": b64url(numbers.x.to_bytes(32, "big")),
            "y": b64url(numbers.y.to_bytes(32, "big")),
        }
    return {"kty": "OKP", "crv": "Ed25519", "x": b64url(public.public_bytes_raw())}


def private_jwk(private: Key, *, primes: bool = True) -> dict[str, str]:
    """RFC 7518, 6.2.2 and 6.3.2; RFC 8037, 2."""
    found = jwk(private)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return {**found, "d": b64url(private.private_bytes_raw())}
    numbers = private.private_numbers()
    if isinstance(numbers, ec.EllipticCurvePrivateNumbers):
        return {**found, "d": b64url(numbers.private_value.to_bytes(32, "big"))}
    members = {"d": numbers.d}
    if primes:
        members |= {"p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    return {**found, **{name: b64url(unsigned(value)) for name, value in members.items()}}


def acme(private: Key, of: bytes, url: str = "https://ca.example/acme/revoke-cert") -> str:
    payload = json.dumps({"certificate": b64url(of), "reason": 1}).encode()
    return jws(private, {"jwk": jwk(private), "nonce": "abc", "url": url}, payload)


def statements(private: Key) -> dict[str, str]:
    """Every statement that a key can make of its own accord, as it is pasted into a mail."""
    return {
        "kca_request": in_text(make_attestation(private)),
        "proof_request": in_text(request(private, "Proof of Key Compromise for Example CA")),
        "pock": pem("CERTIFICATE", pock(private)),
        "pwnedkeys": pwnedkeys(private) + "\n" + pem("PUBLIC KEY", public_der(private)),
        "acme": acme(private, certificate(private)),
    }


def pem(label: str, octets: bytes) -> str:
    return f"-----BEGIN {label}-----\n{in_text(octets)}-----END {label}-----\n"


def _next_prime(number: int) -> int:
    number |= 1
    while pow(2, number - 1, number) != 1 or pow(3, number - 1, number) != 1:
        number += 2
    return number


def _rsa_of(p: int, q: int) -> rsa.RSAPrivateKey:
    d = pow(65_537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65_537, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


@cache
def close_primes_key() -> rsa.RSAPrivateKey:
    """Two primes beside each other: factored by Fermat's method at once."""
    p = _next_prime(int.from_bytes(hashlib.shake_256(b"close").digest(64), "big") | 1 << 511 | 1 << 510)
    return _rsa_of(p, _next_prime(p + 2))


@cache
def composite_free_rsa(bits: int) -> rsa.RSAPrivateKey:
    """A real key above the size up to which primes are tested."""
    return rsa.generate_private_key(65_537, bits)


def huge_rsa(bits: int) -> bytes:
    """PKCS#1 of a size that takes tens of seconds to validate."""
    values = (0, (1 << bits) - 1, 65_537, (1 << bits) - 3, *(5 * [(1 << bits // 2) - 1]))
    return encode(SEQUENCE, *(encode(INTEGER, _integer(value)) for value in values))


def many_rounds(rounds: int) -> bytes:
    """An encrypted PKCS#8 whose PBKDF2 goes on for ever (RFC 8018, A.4)."""
    plain = key("ec").private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"a"))
    at = plain.index(bytes.fromhex("06092a864886f70d01050c"))  # id-PBKDF2, then a SEQUENCE of salt, rounds, …
    salt_at = at + 11 + 2
    after_salt = salt_at + 2 + plain[salt_at + 1]
    length = plain[after_salt + 1]
    assert plain[after_salt] == INTEGER
    old = plain[after_salt : after_salt + 2 + length]
    return _grown(plain, old, encode(INTEGER, _integer(rounds)))


def _grown(der: bytes, old: bytes, new: bytes) -> bytes:
    """`der` with one value exchanged and every length around it mended."""
    from sulku_revocation.domain.certificate_der import read_value

    value, _ = read_value(der)
    if value.whole == old:
        return new
    if not value.tag & 0x20 or old not in value.contents:
        return value.whole
    return encode(value.tag, *(_grown(inner.whole, old, new) for inner in value.inside()))


def compressed_openssh_key() -> str:
    """OpenSSH's container with a compressed point, which the library knows and does not take."""
    octets = key("ec").private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    contents = base64.b64decode(b"".join(octets.splitlines()[1:-1]))
    return pem("OPENSSH PRIVATE KEY", contents.replace(b"\0\0\0\x41\4", b"\0\0\0\x41\2", 1))


def explicit_curve_key() -> bytes:
    """SEC 1 with the parameters of the curve spelt out in place of its name (RFC 5480 forbids it)."""
    secret = encode(OCTET_STRING, b"\1" * 32)
    return encode(SEQUENCE, encode(INTEGER, b"\1"), secret, encode(0xA0, encode(SEQUENCE, encode(INTEGER, b"\1"))))


def deep_asn1(levels: int) -> bytes:
    """A key whose algorithm is nested beyond all reason."""
    value = encode(NULL)
    for _ in range(levels):
        value = encode(SEQUENCE, value)
    return encode(SEQUENCE, encode(INTEGER, b"\0"), value, encode(OCTET_STRING, b"a"))


@cache
def largest_tested_rsa() -> bytes:
    """A real key of 4,096 bits: the largest whose primes are tested, which takes a quarter of a second."""
    private = rsa.generate_private_key(65_537, 4_096)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def claim(kind: str, document: bytes, public_key: bytes = b"") -> str:
    """What a jail would say that lies."""
    from sulku_revocation.domain.proofs.claim import Claim, ProofKind, write_claims

    return write_claims((Claim(ProofKind(kind), "1", document, public_key),))
