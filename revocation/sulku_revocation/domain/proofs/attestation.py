"""Requests that state a compromise: `kca=v1` (draft-mpalmer-key-compromise-attestation), and those that CAs ask for.

A certificate request is signed by its key, so a request whose subject says «this key is compromised» is a statement of
whoever has the key. An ordinary request is none: its owner once sent it (Mozilla's drafting of the rule says so).
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from sulku_revocation.domain.library_errors import UNREADABLE
from sulku_revocation.domain.proofs.bounds import RefusedError, require_loadable
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT, ProofKind, Refusal
from sulku_revocation.domain.proofs.private_keys import PrivateKey

KCA = "kca=v1 "
_STATEMENT = KCA + "This Key Is Compromised"
# RFC 7169 is a joke with a use here: an extension by which a certificate can never be issued by mistake.
_NO_SECURITY_AFFORDED = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.5.5.7.1.23"), b"\x01\x01\xff")
_SAYS_COMPROMISED = re.compile(
    r"proof[ _-]of[ _-](?:key[ _-])?compromis|(?:key[ _-]is|is[ _-]a?)[ _-]?compromised|compromised[ _-]key"
    r"|avain[ _-](?:on[ _-])?paljastunut|nyckeln[ _-](?:har[ _-])?avslöjats",
    re.IGNORECASE,
)
_SAYS_NOT = re.compile(r"\b(?:not|no|isn't|never|without|ei|inte|ej|ingen|aldrig)\b|n't\b", re.IGNORECASE)
_WEAK = (hashes.SHA1, hashes.MD5)


def make_attestation(key: PrivateKey) -> bytes:
    """A statement by the key itself that it is compromised (DER), which stays when the key is sealed away."""
    builder = x509.CertificateSigningRequestBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _STATEMENT)])
    ).add_extension(_NO_SECURITY_AFFORDED, critical=True)
    algorithm = hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None
    return builder.sign(key, algorithm).public_bytes(Encoding.DER)


def verify_request(der: bytes) -> tuple[ProofKind, bytes]:
    """The kind of statement and the SubjectPublicKeyInfo that made it. Raises RefusedError and UnreadableError."""
    require_loadable(der, largest=LARGEST_DOCUMENT)
    try:
        request = x509.load_der_x509_csr(der)
        kind = _statement(request)
        _require_strong(request, kind)
        if not request.is_signature_valid:
            raise RefusedError(Refusal.BAD_SIGNATURE)
        return kind, request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UnsupportedAlgorithm:
        raise RefusedError(Refusal.UNSUPPORTED) from None
    except (*UNREADABLE, InvalidSignature):
        raise RefusedError(Refusal.DAMAGED) from None


def _statement(request: x509.CertificateSigningRequest) -> ProofKind:
    names = [str(one.value) for one in request.subject]
    if any(one.oid == NameOID.COMMON_NAME and str(one.value).startswith(KCA) for one in request.subject):
        return ProofKind.KCA_REQUEST
    if any(_SAYS_COMPROMISED.search(name) and not _SAYS_NOT.search(name) for name in names):
        return ProofKind.PROOF_REQUEST
    raise RefusedError(Refusal.NO_STATEMENT)


def _require_strong(request: x509.CertificateSigningRequest, kind: ProofKind) -> None:
    """With a weak hash, room for a collision makes a statement worthless: other names, attributes, any free text."""
    if not isinstance(request.signature_hash_algorithm, _WEAK):
        return
    is_bare = len(list(request.subject)) == 1 and not len(request.attributes) and kind is ProofKind.KCA_REQUEST
    if not is_bare:
        raise RefusedError(Refusal.WEAK_HASH)
