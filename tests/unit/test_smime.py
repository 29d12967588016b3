"""S/MIME signatures: whose, over what, trusted by whom; `openssl cms` signs and gives its own opinion."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.servers.programs import require_program
from tests.smime_senders import DAY, ENTITY, NOW, MailCa, oracle_accepts, sign

from sulku_mailbox.domain.evidence import SmimeEvidence
from sulku_mailbox.domain.smime_layers import Layer, LayerKind, opened, outermost_layer
from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.smime import content_of, verify_smime
from sulku_revocation.domain.smime_path import SmimeTrust

HOLDER = "tuotanto@hus.example"


@pytest.fixture(scope="module", autouse=True)
def _openssl() -> None:
    require_program("openssl")


@pytest.fixture(scope="module")
def ca() -> MailCa:
    return MailCa()


def verify(raw: bytes, trust: SmimeTrust, *, address: str = HOLDER, at=NOW) -> SmimeEvidence:
    layer = outermost_layer(raw)
    assert layer is not None
    return verify_smime(layer, address, trust, at)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rsa", ()),
        ("rsa", ("-keyopt", "rsa_padding_mode:pss")),
        ("rsa", ("-md", "sha512")),
        ("ec", ()),
        ("ec", ("-md", "sha384")),
        ("ec", ("-nodetach",)),
        ("rsa", ("-noattr",)),
    ],
)
def test_a_signature_of_a_trusted_person_is_valid(ca: MailCa, tmp_path: Path, kind: str, options) -> None:
    person = ca.issue(HOLDER, kind=kind)
    raw = sign(tmp_path, person, *options)
    found = verify(raw, ca.trust())
    assert (found.verdict, found.why, found.is_intact) == ("valid", "", True)
    assert found.addresses == (HOLDER,)
    assert found.is_old == ("-noattr" in options), "without attributes nobody knows when it was signed"
    assert oracle_accepts(tmp_path, raw, ca)


def test_what_was_signed_is_what_is_read(ca: MailCa, tmp_path: Path) -> None:
    layer = outermost_layer(sign(tmp_path, ca.issue(HOLDER), "-nodetach"))
    assert content_of(layer) == ENTITY
    whole = opened(sign(tmp_path, ca.issue(HOLDER), "-nodetach"), ENTITY)
    assert whole.startswith(b"From: Tuotanto")
    assert whole.endswith(ENTITY)
    assert b"pkcs7" not in whole


CHANGES = {
    "a word": lambda raw: raw.replace(b"0bf4eab0", b"0bf4eab1"),
    "a list's footer in the text": lambda raw: raw.replace(b"0bf4eab0.\r\n", b"0bf4eab0.\r\n-- \r\nlist\r\n"),
    "the type of the text": lambda raw: raw.replace(b"charset=utf-8", b"charset=utf-7"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_on_the_way_is_broken(ca: MailCa, tmp_path: Path, what: str) -> None:
    raw = CHANGES[what](sign(tmp_path, ca.issue(HOLDER)))
    found = verify(raw, ca.trust())
    assert (found.verdict, found.is_intact) == ("broken", False)
    assert not oracle_accepts(tmp_path, raw, ca)


def test_a_signature_on_a_part_says_nothing_about_the_mail(ca: MailCa, tmp_path: Path) -> None:
    """A list wraps the mail to add its footer; so would somebody who wants his own words beside signed ones."""
    raw = sign(tmp_path, ca.issue(HOLDER))
    head, _, body = raw.partition(b"MIME-Version: 1.0\r\n")
    wrapped = (
        head + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\n" + body
        + b"\r\n--list\r\nContent-Type: text/plain\r\n\r\nSulkekaa 01.\r\n--list--\r\n"
    )  # fmt: skip
    found = verify(wrapped, ca.trust())
    assert (found.verdict, found.why) == ("broken", "part_only")
    third = raw.rstrip().removesuffix(b"--")
    boundary = third.rpartition(b"\r\n--")[2]
    added = third + b"\r\nContent-Type: text/plain\r\n\r\nSulkekaa 01.\r\n--" + boundary + b"--\r\n"
    assert verify(added, ca.trust()).verdict == "broken"


def test_only_the_address_in_from_counts(ca: MailCa, tmp_path: Path) -> None:
    raw = sign(tmp_path, ca.issue("toinen@hus.example"))
    assert verify(raw, ca.trust()).verdict == "other_address"
    assert verify(raw, ca.trust(), address="toinen@hus.example").verdict == "valid"
    assert verify_smime(outermost_layer(raw), None, ca.trust(), NOW).verdict == "other_address"
    assert verify(sign(tmp_path, ca.issue(HOLDER, san=False)), ca.trust()).verdict == "valid"


def test_an_expired_certificate_and_one_of_tomorrow_are_expired(ca: MailCa, tmp_path: Path) -> None:
    for days in ((-30, -1), (1, 30)):
        assert verify(sign(tmp_path, ca.issue(HOLDER, days=days)), ca.trust()).verdict == "expired"


def test_who_is_not_trusted_is_untrusted(ca: MailCa, tmp_path: Path) -> None:
    stranger = MailCa("Mail CA")  # the same name, another key
    for person in (stranger.issue(HOLDER), ca.issue(HOLDER, usage=ExtendedKeyUsageOID.SERVER_AUTH)):
        raw = sign(tmp_path, person)
        found = verify(raw, ca.trust())
        assert (found.verdict, found.is_intact) == ("untrusted", True)
        assert not oracle_accepts(tmp_path, raw, ca)
    assert verify(sign(tmp_path, ca.issue(HOLDER)), SmimeTrust()).verdict == "untrusted"


def test_no_person_signs_for_another_as_a_ca(ca: MailCa, tmp_path: Path) -> None:
    """A certificate that is no CA's leads nowhere, whoever stands under it."""
    middle = ca.issue("keskimies@hus.example")
    forger = MailCa("Forger", ca)
    forger.key, forger.certificate = middle.key, middle.certificate
    raw = sign(tmp_path, forger.issue(HOLDER), with_=(middle.certificate,))
    assert verify(raw, ca.trust()).verdict == "untrusted"
    assert not oracle_accepts(tmp_path, raw, ca)


def test_a_ca_between_comes_along_or_is_on_file(ca: MailCa, tmp_path: Path) -> None:
    between = MailCa("Mail CA 2", ca)
    crls = (ca.crl(), between.crl())
    person = between.issue(HOLDER)
    came = sign(tmp_path, person, with_=(between.certificate,))
    assert verify(came, SmimeTrust((ca.certificate,), (), crls)).verdict == "valid"
    assert oracle_accepts(tmp_path, came, ca)
    bare = sign(tmp_path, person)
    assert verify(bare, SmimeTrust((ca.certificate,), (), crls)).verdict == "untrusted"
    assert verify(bare, SmimeTrust((ca.certificate,), (between.certificate,), crls)).verdict == "valid"


def test_a_revoked_certificate_is_revoked_and_without_a_list_nobody_knows(tmp_path: Path) -> None:
    ca = MailCa("Revoking CA")
    person = ca.issue(HOLDER)
    raw = sign(tmp_path, person)
    ca.revoked.append(person.certificate.serial_number)
    assert verify(raw, ca.trust()).verdict == "revoked"
    for crls in ((), (ca.crl(days=(-9, -2)),), (MailCa("Revoking CA").crl(),), (b"junk",)):
        assert verify(raw, SmimeTrust((ca.certificate,), (), crls)).verdict == "revocation_unknown"


def test_an_old_signature_is_old(ca: MailCa, tmp_path: Path) -> None:
    raw = sign(tmp_path, ca.issue(HOLDER))
    trust = SmimeTrust((ca.certificate,), (), (ca.crl(days=(-1, 30)),))
    assert not verify(raw, trust, at=NOW + 6 * DAY).is_old
    assert verify(raw, trust, at=NOW + 8 * DAY).is_old
    assert verify(raw, trust, at=NOW - timedelta(hours=3)).is_old


def test_weak_hashes_and_several_signers_are_not_supported(ca: MailCa, tmp_path: Path) -> None:
    person = ca.issue(HOLDER, kind="rsa")
    assert verify(sign(tmp_path, person, "-md", "sha1"), ca.trust()).verdict == "unsupported"
    assert verify(sign(tmp_path, person, "-nocerts"), ca.trust()).why == "no_certificate"
    other = tmp_path / "other"
    other.mkdir()
    key, certificate = ca.issue("toinen@hus.example").files(other)
    two = sign(tmp_path, person, "-signer", str(certificate), "-inkey", str(key))
    assert verify(two, ca.trust()).why == "several_signers"


def test_ed25519_holds(ca: MailCa) -> None:
    """RFC 8419; the oracle's own version cannot sign with it, so the structure is written by hand."""
    person = ca.issue(HOLDER, kind="ed25519")

    def oid(hex_: str) -> bytes:
        return der.encode(der.OID, bytes.fromhex(hex_))

    def attribute(kind: str, value: bytes) -> bytes:
        return der.encode(der.SEQUENCE, oid(kind), der.encode(der.SET, value))

    data, number = "2a864886f70d010701", der.encode(der.INTEGER, b"\x01")
    sha512 = der.encode(der.SEQUENCE, oid("608648016503040203"))
    digest = der.encode(der.OCTET_STRING, hashlib.sha512(ENTITY).digest())
    attributes = attribute("2a864886f70d010903", oid(data)) + attribute("2a864886f70d010904", digest)
    signature = person.key.sign(der.encode(der.SET, attributes))
    certificate = person.certificate
    serial = certificate.serial_number.to_bytes(20, "big").lstrip(b"\0")
    serial = b"\0" + serial if serial[0] & 0x80 else serial
    name = der.encode(der.SEQUENCE, certificate.issuer.public_bytes(), der.encode(der.INTEGER, serial))
    signer = der.encode(
        der.SEQUENCE, number, name, sha512, der.encode(0xA0, attributes), der.encode(der.SEQUENCE, oid("2b6570")),
        der.encode(der.OCTET_STRING, signature),
    )  # fmt: skip
    signed = der.encode(
        der.SEQUENCE, number, der.encode(der.SET, sha512), der.encode(der.SEQUENCE, oid(data)),
        der.encode(0xA0, certificate.public_bytes(Encoding.DER)), der.encode(der.SET, signer),
    )  # fmt: skip
    cms = der.encode(der.SEQUENCE, oid("2a864886f70d010702"), der.encode(0xA0, signed))
    assert verify_smime(Layer(LayerKind.DETACHED, cms, ENTITY), HOLDER, ca.trust(), NOW).verdict == "valid"
    assert verify_smime(Layer(LayerKind.DETACHED, cms, ENTITY + b"x"), HOLDER, ca.trust(), NOW).verdict == "broken"


def test_a_signature_known_by_its_files_name_only_is_one(ca: MailCa, tmp_path: Path) -> None:
    """RFC 8551, 3.2.1."""
    raw = sign(tmp_path, ca.issue(HOLDER), "-nodetach")
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = head.partition(b"MIME-Version")[0]
    renamed = kept + (
        b'MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body
    )
    assert verify(renamed, ca.trust()).verdict == "valid"


def test_a_mail_without_signature_has_no_layer() -> None:
    assert outermost_layer(b"From: a@b.example\r\n\r\nhei\r\n") is None
    pgp = b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--\r\n'
    assert outermost_layer(pgp) is None


@pytest.fixture(scope="module")
def good_cms(ca: MailCa, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    layer = outermost_layer(sign(tmp_path_factory.mktemp("cms"), ca.issue(HOLDER)))
    assert layer is not None
    return layer.cms


def test_damaged_signatures_are_only_broken(ca: MailCa, good_cms: bytes) -> None:
    trust = ca.trust()

    @given(at=st.integers(0, len(good_cms) - 1), octet=st.integers(0, 255), cut=st.integers(0, len(good_cms)))
    @settings(max_examples=300, deadline=None, database=None)
    def damage(at: int, octet: int, cut: int) -> None:
        changed = good_cms[:at] + bytes([octet]) + good_cms[at + 1 :]
        for cms in (changed, good_cms[:cut]):
            found = verify_smime(Layer(LayerKind.DETACHED, cms, ENTITY.removesuffix(b"\r\n")), HOLDER, trust, NOW)
            assert cms == good_cms or found.verdict != "valid" or found.is_intact

    damage()


@pytest.mark.parametrize(
    "cms",
    [b"", b"\x30", b"\x30\x80" * 5_000, b"\x30\x84\xff\xff\xff\xff", b"\x24\x80" * 100, b"\x30\x80" + b"\x05\x00" * 200_000],
    ids=["empty", "cut", "deep", "huge", "pieces", "many"],
)  # fmt: skip
def test_hostile_structures_end_at_once(ca: MailCa, cms: bytes) -> None:
    assert verify_smime(Layer(LayerKind.OPAQUE, cms), HOLDER, ca.trust(), NOW).verdict in {"broken", "unsupported"}
    head = b"From: a@b.example\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    outermost_layer(head + base64.encodebytes(cms))
