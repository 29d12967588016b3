"""`find_claims`: everything in a mail that may prove a compromise, made ready for who verifies it. Runs in the jail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.proofs import json_statements as jws
from sulku_revocation.domain.proofs.attestation import make_attestation, verify_request
from sulku_revocation.domain.proofs.blocks import (
    Block,
    bare_in,
    blocks_in,
    first_value,
    hex_in,
    signatures_in,
    stores_in,
)
from sulku_revocation.domain.proofs.bounds import RefusedError
from sulku_revocation.domain.proofs.claim import LARGEST_DOCUMENT, MOST_CLAIMS, Claim, ProofKind, Refusal
from sulku_revocation.domain.proofs.java_key_store import KEY_STORES, MAGIC
from sulku_revocation.domain.proofs.json_keys import Jwk, is_private, jwks_in, load_jwk, public_key_of_jwk
from sulku_revocation.domain.proofs.pock import MARK
from sulku_revocation.domain.proofs.printed_keys import load_printed, printed_keys_in
from sulku_revocation.domain.proofs.private_keys import (
    PrivateKey,
    load_block,
    load_java_keys,
    load_key,
    load_pkcs12,
    public_key_of,
)
from sulku_revocation.domain.proofs.public_keys import of_certificate, public_keys_in
from sulku_revocation.domain.proofs.putty_keys import load_putty, putty_keys_in
from sulku_revocation.domain.proofs.shapes import Shape, may_be_der, shape_of
from sulku_revocation.domain.proofs.signed_sentence import sentences_in, verify_sentence
from sulku_revocation.domain.proofs.xml_keys import load_xml, xml_keys_in
from sulku_tickets.domain.hex_dump import undump
from sulku_tickets.domain.wrapped_pem import unwrap

MOST_PUBLIC_KEYS = 50
_MOST_CERTIFICATES = 500
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
MOST_UNEXPLAINED = 3  # signatures of a sentence that no key of the mail made
_SMALLEST_SIGNATURE, _LARGEST_SIGNATURE = 60, 1_100


@dataclass(frozen=True, slots=True)
class Tools:
    """What examining needs from outside.

    `challenge`: fresh octets for keys to sign. `seal` seals a private key (PKCS#8); without it none is handed on.
    `is_weak` says of a SubjectPublicKeyInfo whether anybody can compute its key. `may_go_on` is false when the time is
    used up: what was not looked at then is left to a person.
    """

    challenge: bytes
    passwords: tuple[str, ...] = ()
    seal: Callable[[bytes], bytes] | None = None
    is_weak: Callable[[bytes], bool] = lambda spki: False  # noqa: ARG005  the shape of what may be given
    may_go_on: Callable[[], bool] = lambda: True

    @property
    def words(self) -> Iterator[str]:
        """The passwords, while there is time to try them."""
        return (password for password in self.passwords if self.may_go_on())


@dataclass(slots=True)
class _Found:
    """What is gathered before it is put together: statements may need a key that stands elsewhere in the mail."""

    claims: list[Claim] = field(default_factory=list)
    public_keys: dict[bytes, str] = field(default_factory=dict)
    pwned: dict[bytes, str] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    signatures: list[bytes] = field(default_factory=list)

    def add_public(self, spki: bytes, where: str) -> None:
        if len(self.public_keys) < MOST_PUBLIC_KEYS:
            self.public_keys.setdefault(spki, where)


def find_claims(
    texts: Iterable[tuple[str, str]], files: Iterable[tuple[str, bytes]], tools: Tools
) -> tuple[Claim, ...]:
    """The claims of a mail: `texts` and `files` with where each stands. Total, bounded by `tools.may_go_on`."""
    found = _Found()
    for where, text in texts:
        _look_into_text(text, where, found, tools)
    for where, content in files:
        if not tools.may_go_on():
            break
        _look_into_file(content, where, found, tools)
    _put_together(found, tools)
    return tuple(
        {(c.kind, c.document, c.public_key, c.signature, c.refusal): c for c in reversed(found.claims)}.values()
    )[-MOST_CLAIMS:][::-1]


def _look_into_text(text: str, where: str, found: _Found, tools: Tools) -> None:
    text = undump(unwrap(text))
    for block in blocks_in(text):
        _of_block(block, where, found, tools)
    for value in (*bare_in(text), *hex_in(text)):
        _of_der(value, where, found, tools)
    for store in stores_in(text):
        _of_store(store, where, found, tools)
    for jwk in jwks_in(text):
        _of_jwk(jwk, where, found, tools)
    for load in _loaders_in(text, tools):
        _of_written_key(load, where, found, tools)
    for document in _objects_in(text):
        _of_json(document, where, found)
    sentences = list(sentences_in(text))
    found.sentences.update(dict.fromkeys(sentences, where))
    if sentences:
        found.signatures += [s for s in signatures_in(text) if _SMALLEST_SIGNATURE <= len(s) <= _LARGEST_SIGNATURE]


def _look_into_file(content: bytes, where: str, found: _Found, tools: Tools) -> None:
    if may_be_der(content) and (value := first_value(content)):
        _of_der(value, where, found, tools)
    elif content[:4] in KEY_STORES:
        _of_store(content, where, found, tools)
    elif _SMALLEST_SIGNATURE <= len(content) <= _LARGEST_SIGNATURE and b"\0" in content[:64]:
        found.signatures.append(content)
    else:
        _look_into_text(_as_text(content), where, found, tools)
    if _SMALLEST_SIGNATURE <= len(content) <= _LARGEST_SIGNATURE:
        found.signatures.append(content)  # a bare signature may look like anything


def _as_text(content: bytes) -> str:
    is_utf16 = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return content[:2_000_000].decode("utf-16" if is_utf16 else "latin-1", "replace")


def _of_block(block: Block, where: str, found: _Found, tools: Tools) -> None:
    if "PRIVATE KEY" in block.label:

        def load() -> None:
            key = load_block(block.label, block.pem, tools.words, tools.challenge)
            _add_private(key, where, found, tools)

        if tools.may_go_on():
            _try(ProofKind.PRIVATE_KEY, where, found, load)
    elif block.contents:
        _of_der(first_value(block.contents), where, found, tools)


def _of_der(value: bytes, where: str, found: _Found, tools: Tools) -> None:
    if not value or not tools.may_go_on():
        return
    match shape_of(value):
        case Shape.PRIVATE_KEY | Shape.ENCRYPTED_KEY:
            _try(ProofKind.PRIVATE_KEY, where, found, lambda: _of_private(value, where, found, tools))
        case Shape.PKCS12:
            _try(ProofKind.PRIVATE_KEY, where, found, lambda: _of_pkcs12(value, where, found, tools))
        case Shape.REQUEST:
            _of_request(value, where, found, tools)
        case Shape.CERTIFICATE | Shape.CONTENT_INFO:
            _of_certificates(value, where, found)
            if len(value) <= LARGEST_DOCUMENT and SIGNED_DATA in value[:40]:
                found.signatures.append(value)
        case Shape.PUBLIC_KEY:
            _add_public(value, where, found)
        case Shape.OTHER:
            pass


def _try(kind: ProofKind, where: str, found: _Found, what: Callable[[], None]) -> None:
    """Do it; what is refused is noted with its reason, so that people are told why it is no proof."""
    try:
        what()
    except RefusedError as error:
        found.claims.append(Claim(kind, where, refusal=error.refusal))
    except Exception:  # noqa: BLE001  # unreadable to us, or libraries raise anything over a hostile key: a person looks
        found.claims.append(Claim(kind, where, refusal=Refusal.DAMAGED))


def _of_private(value: bytes, where: str, found: _Found, tools: Tools) -> None:
    _add_private(load_key(value, tools.words, tools.challenge), where, found, tools)


def _of_pkcs12(value: bytes, where: str, found: _Found, tools: Tools) -> None:
    _add_private(load_pkcs12(value, tools.words, tools.challenge), where, found, tools)


def _of_store(content: bytes, where: str, found: _Found, tools: Tools) -> None:
    if content[:4] == MAGIC:
        _try(ProofKind.PRIVATE_KEY, where, found, lambda: _of_java(content, where, found, tools))
    else:
        found.claims.append(Claim(ProofKind.PRIVATE_KEY, where, refusal=Refusal.UNSUPPORTED))


def _of_java(content: bytes, where: str, found: _Found, tools: Tools) -> None:
    for key in load_java_keys(content, tools.words, tools.challenge):
        _add_private(key, where, found, tools)


def _of_jwk(jwk: Jwk, where: str, found: _Found, tools: Tools) -> None:
    if is_private(jwk):
        _of_written_key(partial(load_jwk, jwk, tools.challenge), where, found, tools)
    else:
        with suppress(RefusedError):
            found.add_public(public_key_of_jwk(jwk)[1], where)


def _loaders_in(text: str, tools: Tools) -> Iterator[Callable[[], PrivateKey]]:
    """What loads each key that a program has printed or written as XML, or that PuTTY keeps."""
    for printed in printed_keys_in(text):
        yield partial(load_printed, printed, tools.challenge)
    for xml in xml_keys_in(text):
        yield partial(load_xml, xml, tools.challenge)
    for kept in putty_keys_in(text):
        yield partial(load_putty, kept, tools.words, tools.challenge)


def _of_written_key(load: Callable[[], PrivateKey], where: str, found: _Found, tools: Tools) -> None:
    if tools.may_go_on():
        _try(ProofKind.PRIVATE_KEY, where, found, lambda: _add_private(load(), where, found, tools))


def _add_private(key: PrivateKey, where: str, found: _Found, tools: Tools) -> None:
    public = public_key_of(key)
    if any(claim.kind is ProofKind.PRIVATE_KEY and claim.public_key == public for claim in found.claims):
        return  # the same key once more: attached in two forms, or quoted
    sealed = b""
    if tools.seal is not None:
        sealed = tools.seal(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    claim = Claim(ProofKind.PRIVATE_KEY, where, make_attestation(key), public_key=public, sealed=sealed)
    found.claims.append(claim)


def _of_request(value: bytes, where: str, found: _Found, tools: Tools) -> None:
    """A request that states nothing is no claim at all; its key is looked at for weakness."""
    try:
        kind, _ = verify_request(value)
        found.claims.append(Claim(kind, where, value))
    except RefusedError as error:
        if error.refusal in {Refusal.BAD_SIGNATURE, Refusal.WEAK_HASH}:
            found.claims.append(Claim(ProofKind.PROOF_REQUEST, where, value, refusal=error.refusal))
        elif error.refusal is Refusal.NO_STATEMENT and tools.may_go_on():
            _add_public(value, where, found)
    except UnreadableError:
        return


def _add_public(value: bytes, where: str, found: _Found) -> None:
    for spki in public_keys_in(value):
        found.add_public(spki, where)


def _of_certificates(value: bytes, where: str, found: _Found) -> None:
    with suppress(UnreadableError):
        for certificate in find_certificates(value, limit=_MOST_CERTIFICATES):
            if MARK in certificate and len(certificate) <= LARGEST_DOCUMENT:
                found.claims.append(Claim(ProofKind.POCK, where, certificate))
            else:
                for spki in of_certificate(certificate):
                    found.add_public(spki, where)


def _objects_in(text: str) -> Iterator[bytes]:
    """Each JWS that stands in a text."""
    at = text.find('"protected"')
    decoder = json.JSONDecoder()
    for _ in range(10):
        begin = text.rfind("{", max(0, at - LARGEST_DOCUMENT), at)
        if at < 0 or begin < 0:
            return
        with suppress(ValueError, RecursionError):
            end = decoder.raw_decode(text[begin : begin + LARGEST_DOCUMENT])[1]
            yield text[begin : begin + end].encode("utf-8", "replace")
        at = text.find('"protected"', at + 1)


def _of_json(document: bytes, where: str, found: _Found) -> None:
    try:
        statement = jws.read_jws(document)
    except RefusedError:
        return
    if jws.says_pwned(statement):
        found.pwned[document] = where
    elif jws.is_acme_order(statement):
        found.claims.append(Claim(ProofKind.ACME, where, document))


def _put_together(found: _Found, tools: Tools) -> None:
    """Statements with the keys that made them; keys that are weak."""
    for document, where in found.pwned.items():
        spki = next((spki for spki in found.public_keys if _holds(jws.verify_pwnedkeys, document, spki)), b"")
        found.claims.append(Claim(ProofKind.PWNEDKEYS, where, document, public_key=spki))
    for sentence, where in found.sentences.items():
        found.claims += _signed(sentence, where, found)
    for spki, where in found.public_keys.items():
        if not tools.may_go_on():
            return
        if tools.is_weak(spki):
            found.claims.append(Claim(ProofKind.WEAK_KEY, where, public_key=spki))


def _holds(verify: Callable[[bytes, bytes], bytes], document: bytes, spki: bytes) -> bool:
    try:
        return verify(document, spki) == spki
    except (RefusedError, UnreadableError):
        return False


def _signed(sentence: str, where: str, found: _Found) -> Iterator[Claim]:
    """The sentence with the signature and the key that fit it; where none does, what a key on file may have signed."""
    document, refusal = sentence.encode(), Refusal.UNKNOWN_KEY
    if not found.signatures:
        return
    for signature in found.signatures[:20]:
        for spki in found.public_keys:
            try:
                verify_sentence(document, signature, spki)
            except RefusedError as error:
                refusal = error.refusal if refusal is not Refusal.CONTROL_ONLY else refusal
                continue
            except UnreadableError:
                continue
            yield Claim(ProofKind.SIGNED_NONCE, where, document, public_key=spki, signature=signature)
            return
    for signature in list(dict.fromkeys(found.signatures))[:MOST_UNEXPLAINED]:
        yield Claim(ProofKind.SIGNED_NONCE, where, document, signature=signature, refusal=refusal)
