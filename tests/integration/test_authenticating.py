"""Between reading and judging: signed and encrypted mails through the reader, the register and the judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.senders import authentic_zone, envelope, plain_mail, signed_mail
from tests.servers.programs import require_program
from tests.smime_senders import DAY, ENTITY, HEADER, NOW, MailCa, Person, encrypt, sign

from sulku_desk.authenticating import Arrived, Authenticator
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.sender_checks import SenderCheck
from sulku_mailbox.reader import Reader
from sulku_mailbox.smime_opening import load_mail_key
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.record import Account, CertificateRecord, CertificateType, Contact, ContactRole
from sulku_revocation.domain.spki import spki_of
from sulku_revocation.smime_files import SmimeTrustFiles
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

HOLDER, STRANGER = "tuotanto@hus.example", "joku@muu.example"


@pytest.fixture(scope="module", autouse=True)
def _openssl() -> None:
    require_program("openssl")


@pytest.fixture(scope="module")
def ca() -> MailCa:
    return MailCa()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.fixture
def authenticator(ca: MailCa, reader: Reader, tmp_path: Path) -> Authenticator:
    anchors, crls = tmp_path / "anchors.pem", tmp_path / "crls"
    crls.mkdir()
    anchors.write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    (crls / "mail-ca.crl").write_bytes(ca.crl())
    return Authenticator(reader, SetClock(NOW), SenderCheck(lambda name: name), SmimeTrustFiles(anchors, crls))


@pytest.fixture
def desk_person(ca: MailCa) -> Person:
    return ca.issue("desk@sulku.example", kind="rsa")


def with_key(authenticator: Authenticator, person: Person, folder: Path) -> Authenticator:
    folder.mkdir()
    key, certificate = person.files(folder)
    key.chmod(0o600)
    return replace(authenticator, mail_key=load_mail_key(certificate, key))


def authenticated(authenticator: Authenticator, raw: bytes, **delivery: object) -> Mail:
    arrived = Arrived(raw, authenticator.reader.read(raw), envelope(received_at=NOW, **delivery))
    (mail,) = authenticator.authenticate([arrived])
    return mail


def register(*more: CertificateRecord) -> FakeRegister:
    contact = Contact("Tuotanto", HOLDER, "+358 1", frozenset({ContactRole.REVOCATION}))
    holder = Account(1, "HUS", "2911403-6", "1.2.246.10.29114036", Language.FI, ("hus.example",), (contact,))
    return FakeRegister([record(1, 0x0BF4EAB0), *more], [holder])


def record(number: int, serial: int, *, spki: str = "", account: int | None = 1, **more: object) -> CertificateRecord:
    given = {"not_before": NOW - 30 * DAY, "not_after": NOW + 300 * DAY, "revoked_at": None, **more}
    return CertificateRecord(
        id=number, issuer_id=1, issuer="CN=CA", serial=SerialNumber(serial), certificate_type=CertificateType.SERVER,
        common_name="x.hus.example", organisation="HUS", organisation_oid="", host_names=(), fingerprint="",
        spki=spki, account_id=account, reason=None, **given,
    )  # fmt: skip


def judged(mail: Mail, *more: CertificateRecord) -> Judgement:
    delivery = envelope(received_at=NOW)
    return understand(mail, delivery, register(*more), own_addresses=frozenset(), now=NOW)


def words(judgement: Judgement) -> set[str]:
    return {word for word, _ in judgement.because}


@pytest.mark.parametrize("options", [(), ("-nodetach",)], ids=["beside", "around"])
def test_a_registered_persons_signature_is_the_highest_level(
    authenticator: Authenticator, ca: MailCa, tmp_path: Path, options
) -> None:
    mail = authenticated(authenticator, sign(tmp_path, ca.issue(HOLDER), *options))
    assert "Sulkekaa varmenne 0bf4eab0" in mail.new_text
    found = judged(mail)
    assert (found.assurance, found.outcome) == ("L4", "matched")
    assert {"smime_valid", "smime_result", "address_on_file"} <= words(found)


def test_the_same_signature_of_a_stranger_is_nothing_on_file(
    authenticator: Authenticator, ca: MailCa, tmp_path: Path
) -> None:
    raw = sign(tmp_path, ca.issue(STRANGER)).replace(HOLDER.encode(), STRANGER.encode())
    mail = authenticated(authenticator, raw)
    assert mail.authentication.evidence.smime.verdict == "valid"
    assert judged(mail).assurance == "L0"


def spoiled(authenticator: Authenticator, ca: MailCa, tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    good = sign(tmp_path, ca.issue(HOLDER))
    yield "footer", good.replace(b"0bf4eab0.\r\n", b"0bf4eab0.\r\n--\r\nlist\r\n")
    yield "other address", sign(tmp_path, ca.issue("toinen@hus.example"))
    yield "expired", sign(tmp_path, ca.issue(HOLDER, days=(-30, -1)))
    yield "untrusted", sign(tmp_path, MailCa("Mail CA").issue(HOLDER))
    yield "two authors", b"From: eve@evil.example\r\n" + good
    yield "second subject", b"Subject: Sulkekaa 01\r\n" + good


def test_a_signature_that_is_not_wholly_right_raises_nothing_and_loses_nothing(
    authenticator: Authenticator, ca: MailCa, tmp_path: Path
) -> None:
    for what, raw in spoiled(authenticator, ca, tmp_path):
        mail = authenticated(authenticator, raw)
        found = judged(mail)
        assert found.assurance in {"L0", "L1"}, what
        assert mail.authentication.evidence.smime is not None, what
        assert [one.certificate.serial.hex for one in found.matches] == ["bf4eab0"], what


def test_what_stands_in_the_subject_alone_is_signed_by_nobody(
    authenticator: Authenticator, ca: MailCa, tmp_path: Path
) -> None:
    """The subject of a signed mail can be exchanged on the way."""
    entity = ENTITY.replace(b" 0bf4eab0", b"")
    raw = sign(tmp_path, ca.issue(HOLDER), entity=entity).replace(b"Subject: ", b"Subject: 0bf4eab0 ")
    found = judged(authenticated(authenticator, raw))
    assert (found.assurance, found.outcome) == ("L1", "matched")
    assert "subject_not_signed" in words(found)


def test_an_old_signed_request_sent_again_is_not_the_holders(
    authenticator: Authenticator, ca: MailCa, tmp_path: Path
) -> None:
    raw = sign(tmp_path, ca.issue(HOLDER))
    later = NOW + timedelta(days=8)
    (tmp_path / "crls" / "mail-ca.crl").write_bytes(ca.crl(days=(-1, 30)))
    arrived = Arrived(raw, authenticator.reader.read(raw), envelope(received_at=later))
    found = judged(authenticator.authenticate([arrived])[0])
    assert found.assurance == "L1"
    assert "signature_old" in words(found)


def test_the_key_of_the_holders_own_certificate_speaks_for_its_holder_alone(
    authenticator: Authenticator, tmp_path: Path
) -> None:
    """A system signature certificate names no address and no mail: that it is on file is what counts."""
    system = MailCa("Service CA").issue("x@y.example")
    spki = spki_of(system.key.public_key())
    mail = authenticated(authenticator, sign(tmp_path, system))
    assert mail.authentication.evidence.smime.verdict == "untrusted"
    own = judged(mail, record(2, 0x1E120FE1, spki=spki))
    assert own.assurance == "L4"
    assert "certificate_key_signed" in words(own)
    for other in (
        record(2, 0x1E120FE1, spki=spki, account=7),
        record(2, 0x1E120FE1, spki=spki, revoked_at=NOW - DAY),
        record(2, 0x1E120FE1, spki=spki, not_after=NOW - DAY),
        replace(record(2, 0x1E120FE1, spki=spki), certificate_type=CertificateType.CA),
    ):
        assert judged(mail, other).assurance == "L1"
    broken = authenticated(authenticator, sign(tmp_path, system).replace(b"0bf4eab0.", b"0bf4eab0!"))
    assert judged(broken, record(2, 0x1E120FE1, spki=spki)).assurance == "L1"


@pytest.mark.parametrize(
    "options", [("-aes256",), ("-aes-256-gcm",), ("-des3",)], ids=["cbc", "gcm", "triple DES"]
)  # fmt: skip
def test_what_is_encrypted_to_the_desk_is_opened_and_read_like_any_mail(
    authenticator: Authenticator, desk_person: Person, tmp_path: Path, options
) -> None:
    raw = encrypt(tmp_path, desk_person, *options)
    closed = authenticated(authenticator, raw)
    assert closed.is_encrypted
    assert "readable_mail" in judged(closed).needs
    mail = authenticated(with_key(authenticator, desk_person, tmp_path / "keys"), raw)
    assert mail.new_text.startswith("Avain on paljastunut. Sulkekaa varmenne 0bf4eab0.")
    assert not mail.is_encrypted
    assert (mail.sha256, mail.size, mail.header_from) == (closed.sha256, closed.size, HOLDER)
    assert mail.authentication.evidence.was_encrypted
    found = judged(mail)
    assert (found.outcome, found.assurance) == ("matched", "L1"), "everybody can encrypt to the desk"
    assert "was_encrypted" in words(found)


def test_a_signature_inside_the_encryption_counts(
    authenticator: Authenticator, ca: MailCa, desk_person: Person, tmp_path: Path
) -> None:
    for options in ((), ("-nodetach",)):
        signed = sign(tmp_path, ca.issue(HOLDER), *options).removeprefix(HEADER)
        raw = encrypt(tmp_path, desk_person, "-aes256", entity=signed)
        folder = tmp_path / f"keys{len(options)}"
        mail = authenticated(with_key(authenticator, desk_person, folder), raw)
        assert judged(mail).assurance == "L4"


def test_what_is_encrypted_to_somebody_else_stays_for_a_person(
    authenticator: Authenticator, ca: MailCa, desk_person: Person, tmp_path: Path
) -> None:
    raw = encrypt(tmp_path, ca.issue("x@y.example", kind="rsa"), "-aes256")
    mail = authenticated(with_key(authenticator, desk_person, tmp_path / "keys"), raw)
    assert mail.is_encrypted
    assert not mail.authentication.evidence.was_encrypted


def test_a_key_that_others_can_read_is_refused_at_start(desk_person: Person, tmp_path: Path) -> None:
    key, certificate = desk_person.files(tmp_path)
    key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="open to other users"):
        load_mail_key(certificate, key)
    with pytest.raises(ConfigurationError, match="missing"):
        load_mail_key(certificate, tmp_path / "nothing.pem")


def test_a_fresh_list_counts_without_a_restart_and_broken_anchors_leave_the_last_good_ones(
    ca: MailCa, tmp_path: Path
) -> None:
    anchors, crls = tmp_path / "anchors.pem", tmp_path / "crls"
    crls.mkdir()
    with pytest.raises(ConfigurationError, match="anchors"):
        SmimeTrustFiles(anchors, crls)
    anchors.write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    trust = SmimeTrustFiles(anchors, crls)
    assert trust().crls == ()
    (crls / "a.crl").write_bytes(ca.crl())
    assert len(trust().crls) == 1
    anchors.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert trust().anchors == (ca.certificate,)


def test_with_a_resolver_the_senders_servers_are_checked(authenticator: Authenticator) -> None:
    asking = replace(authenticator, resolver=authentic_zone())
    raw = plain_mail(HOLDER)
    found = judged(authenticated(asking, raw))
    assert found.assurance == "L2"
    assert {"dmarc_aligned", "spf_result"} <= words(found)
    assert judged(authenticated(asking, signed_mail(raw), peer="198.51.100.1")).assurance in {"L1", "L2"}
    assert judged(authenticated(authenticator, raw)).assurance == "L1"
