"""Any certificate is found from whatever is left of it: a damaged block, a digest, a request, a file in a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.packed_files import attached, raw_mail, seven_zipped, tarred, word, zipped

from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.opening.attachments import open_attachments
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.reference import ReferenceKind


def mail(text: str) -> Mail:
    return Mail("", len(text), "", "a@sender.example", "a@sender.example", text=text, new_text=text)


def _damaged(pem: str, width: int, newline: str, indent: str, *, ends: bool) -> str:
    """A PEM block as mail programs, consoles and chats hand it on: other line lengths, ends, indents and blanks."""
    head, *middle, tail = pem.strip().split("\n")
    base64_text = "".join(middle)
    lines = [base64_text[at : at + width] for at in range(0, len(base64_text), width)]
    return newline.join(indent + line for line in (head, *lines, *([tail] if ends else ())))


def _colons(digest: str) -> str:
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


@given(
    st.integers(20, 90),
    st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"]),
    st.sampled_from(["", "  ", "\u00a0", "\t"]),
    st.booleans(),
    st.sampled_from(["certificate", "request", "public key"]),
)
@settings(max_examples=60, deadline=None)
def test_a_certificate_is_found_from_a_damaged_block(
    width: int, newline: str, indent: str, ends: bool, what: str
) -> None:
    certificate, request, public_key = _material()
    block = _damaged(
        {"certificate": certificate, "request": request, "public key": public_key}[what],
        width,
        newline,
        indent,
        ends=ends,
    )
    found = {(r.kind, r.value) for r in find_references(mail(f"Sulkekaa:\n\n{block}\n"))}
    kind = ReferenceKind.CERTIFICATE if what == "certificate" else ReferenceKind.SPKI
    read = read_certificate(load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER))
    assert (kind, read.fingerprint if what == "certificate" else read.spki) in found, block


@given(
    st.sampled_from(["sha1", "sha256", "spki"]), st.sampled_from(["plain", "colons", "upper", "blanks"]), st.booleans()
)
@settings(max_examples=24, deadline=None)
def test_a_certificate_is_found_from_any_spelling_of_its_digests(which: str, style: str, labelled: bool) -> None:
    certificate = _material()[0]
    read = read_certificate(load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER))
    digest: str = getattr(read, {"sha1": "sha1", "sha256": "fingerprint", "spki": "spki"}[which])
    written = {
        "plain": digest,
        "colons": _colons(digest),
        "upper": _colons(digest).upper(),
        "blanks": _colons(digest).replace(":", " "),
    }[style]
    label = {"sha1": "SHA-1 fingerprint: ", "sha256": "Sormenjälki (SHA-256) ", "spki": "SPKI SHA-256: "}[which]
    found = {r.value for r in find_references(mail(f"Varmenne {label if labelled else ''}{written}"))}
    assert digest in found, written


@given(st.integers(0x01000000, 0x7FFFFFFF), st.sampled_from(["Varmenteet", "Certifikaten", "Certificates", "Sulkekaa"]))
@settings(max_examples=60, deadline=None)
@example(0x02341783, "Varmenteet")
@example(0x0DDEEBAF, "Varmenteet")
def test_a_short_serial_needs_no_label_behind_the_word_certificate(serial: int, word: str) -> None:
    digits = format(serial, "x")
    found = find_references(mail(f"{word} {digits} och {digits}."))
    assert digits in {one.value for one in found if one.kind is ReferenceKind.SERIAL}


@given(
    st.sampled_from(["zip", "7z", "tar.xz", "docx", "zip in zip", "eml"]),
    st.sampled_from(["PEM", "DER", "without its first and last line"]),
)
@settings(max_examples=18, deadline=None)
def test_a_certificate_is_found_however_it_is_packed(packing: str, form: str) -> None:
    certificate = _material()[0]
    parsed = load_pem_x509_certificate(certificate.encode())
    content = {
        "PEM": certificate.encode(),
        "DER": parsed.public_bytes(Encoding.DER),
        "without its first and last line": b"".join(certificate.encode().splitlines()[1:-1]),
    }[form]
    files = {"cert.crt": content}
    packed = {
        "zip": lambda: zipped(files),
        "7z": lambda: seven_zipped(files),
        "tar.xz": lambda: tarred(files, "xz"),
        "docx": lambda: word("Ks. liite, kiitos paljon.", **{"word/embeddings/cert.crt": content}),
        "zip in zip": lambda: zipped({"inner.zip": zipped(files)}),
        "eml": lambda: raw_mail("cert.crt", content),
    }[packing]()
    name = {"zip in zip": "a.zip"}.get(packing, f"a.{packing}")
    opened = open_attachments(replace(mail("Sulkekaa liitteen varmenne."), attachments=(attached(name, packed),)))
    fingerprint = parsed.fingerprint(hashes.SHA256()).hex()
    assert fingerprint in {r.value for r in find_references(opened)}


@cache
def _material() -> tuple[str, str, str]:
    """A certificate, a request and the public key, all of one key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "palvelin.example")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")]))
        .public_key(key.public_key())
        .serial_number(0x0BF4EAB0)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return (
        certificate.public_bytes(Encoding.PEM).decode(),
        request.public_bytes(Encoding.PEM).decode(),
        public.decode(),
    )
