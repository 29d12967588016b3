"""Drills, conditions and what is taken back again: a person asks before anything is chosen."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509
from tests.corpus.corpus_register import pem
from tests.corpus.test_corpus import NOW, Envelope, Via
from tests.unit.test_judging import REGISTERED, aligned
from tests.unit.test_judging import judge as judge_mail
from tests.unit.test_matching import ACCOUNTS, record

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.judgement import Judgement, Proof
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand
from sulku_tickets.domain.urgency import CaseClass, Urgency

ASKED = "Sulkekaa varmenne 0bf4eab0."
FORWARD = """---------- Välitetty viesti ----------
Lähettäjä: A <a@b.example>
Lähetetty: maanantai 23. marraskuuta 2026 16.12
Vastaanottaja: c@d.example
Aihe: Varmenne"""


def judge(text: str, **fields: Any) -> Judgement:
    return judge_mail(REGISTERED, text, authentication=aligned(REGISTERED), **fields)


def forwarded(text: str) -> tuple[Mail, ...]:
    return (Mail("", 1, "Pyyntö", "b@c.example", "b@c.example", text=text, new_text=text),)


@pytest.mark.parametrize(
    "text",
    [
        "Tämä on harjoitus. Sulkekaa varmenne 0bf4eab0.",
        "Det här är en övning. Spärra certifikatet 0bf4eab0.",
        "This is a drill. Please revoke certificate 0bf4eab0.",
        "Jos emme ilmoita perjantaihin mennessä, sulkekaa 0bf4eab0.",
        "Ellemme ilmoita muuta, sulkekaa 0bf4eab0 perjantaina.",
        "Om ni inte hör av oss före fredag, spärra 0bf4eab0.",
        "If you do not hear from us by Friday, revoke 0bf4eab0.",
        "Jos emme ole ilmoittaneet muuta perjantaihin mennessä, voitte sulkea 0bf4eab0.",
        "Unless you hear otherwise, revoke 0bf4eab0.",
        "This is only an exercise. Revoke 0bf4eab0.",
        "Tämä on testi: sulkekaa 0bf4eab0.",
        "Detta är bara ett test. Spärra 0bf4eab0.",
        "This is only a test. Please revoke 0bf4eab0.",
        "Valmistautukaa sulkemaan 0bf4eab0, vahvistamme huomenna.",
        "Please be ready to revoke 0bf4eab0; we will confirm.",
    ],
)
def test_a_drill_or_a_condition_chooses_nothing(text: str) -> None:
    judged = judge(text)
    assert (judged.chosen, judged.matches[0].why[-1]) == ((), "held")
    assert judged.urgency is Urgency.P2
    assert "confirmation" in judged.needs
    assert "certificate" not in judged.needs, "which one is meant is plain"


def test_a_drill_about_a_leaked_key_still_pages() -> None:
    judged = judge("Harjoitus: avain on vuotanut, sulkekaa 0bf4eab0.")
    assert (judged.page_on_call, judged.chosen, "confirmation" in judged.needs) == (True, (), True)


@pytest.mark.parametrize(
    "text",
    [
        "Tämä ei ole harjoitus. Sulkekaa varmenne 0bf4eab0.",
        "This is not an exercise. Revoke 0bf4eab0.",
        "Serial no: 0bf4eab0 please revoke",
        "Please revoke 0bf4eab0. We have not done anything else.",
        "Sulkekaa 0bf4eab0. Muuta teidän ei tarvitse tehdä.",
        "Spärra 0bf4eab0. Vi har inte hunnit göra det själva.",
        "Sulkekaa 0bf4eab0. Edit: puhelinnumeromme on 09 5550 1000.",
        "This is not a drill, revoke certificate 0bf4eab0 now.",
        "This is not a test, revoke certificate 0bf4eab0 now.",
        "Tämä on testivarmenne. Sulkekaa 0bf4eab0.",
        "This is a test certificate, revoke 0bf4eab0.",
        "The replacement is ready, please revoke 0bf4eab0.",
        "Detta är ingen övning, spärra certifikatet 0bf4eab0.",
        "Sulkekaa harjoituspalvelimen varmenne 0bf4eab0.",
        "Sulkekaa varmenne 0bf4eab0. Jos se ei onnistu, soittakaa.",
    ],
)
def test_what_is_no_drill_is_carried_on(text: str) -> None:
    assert [match.certificate.serial.hex for match in judge(text).chosen] == ["bf4eab0"]


@pytest.mark.parametrize(
    "text",
    [
        f"{ASKED} EDIT: väärä hälytys",
        f"{ASKED}\n\nEDIT: älkää sulkeko, numero oli väärä.",
        "Spärra 0bf4eab0.\n\nRättelse: spärra inte ändå.",
        f"{ASKED}\n\nPS. Väärä hälytys, ei tarvitse sulkea.",
        "Kirjoititte: 'sulkekaa 0bf4eab0'. Emme ole pyytäneet tätä!",
        "Ni skrev 'spärra 0bf4eab0'. Vi har inte bett om detta.",
        "You wrote 'revoke 0bf4eab0'. We did not ask for this!",
        f"Saimme tämän asiakkaalta, mutta älkää sulkeko vielä.\n\n{FORWARD}\n\n{ASKED}",
    ],
)
def test_a_request_that_its_own_mail_takes_back_is_none(text: str) -> None:
    judged = judge(text)
    assert (judged.case_class, judged.urgency, judged.is_withdrawal) == (CaseClass.SUPPORT, Urgency.P2, True)
    assert judged.needs == ("confirmation",)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("Saimme tämän asiakkaalta, mutta älkää sulkeko vielä.", ASKED),
        ("Spärra inte ännu.", "Spärra certifikatet 0bf4eab0."),
        ("Please do not revoke it yet, we are checking.", "Please revoke certificate 0bf4eab0."),
    ],
)
def test_a_dont_above_a_forwarded_request_takes_it_back(above: str, below: str) -> None:
    judged = judge(above, forwarded=forwarded(below))
    assert (judged.case_class, judged.is_withdrawal) == (CaseClass.SUPPORT, True)
    assert judge("Asiakkaan pyyntö alla.", forwarded=forwarded(below)).case_class is CaseClass.REVOCATION_REQUEST


def test_a_compromise_that_is_taken_back_pages_and_chooses_nothing() -> None:
    judged = judge("Avain vuoti, sulkekaa varmenne 0bf4eab0. EDIT: väärä hälytys.")
    assert (judged.page_on_call, judged.chosen, "confirmation" in judged.needs) == (True, (), True)


def test_nothing_is_done_that_a_forwarder_wants_left_for_now() -> None:
    judged = judge("FYI, do not act on this yet.", forwarded=forwarded("Please revoke certificate 0bf4eab0."))
    assert (judged.chosen, "confirmation" in judged.needs) == ((), True)


@pytest.mark.parametrize(
    "text",
    [
        "Varmenne 0bf4eab0 uusittu, kiitos.",
        "Certificate 0bf4eab0 renewed.",
        "Certificate 0bf4eab0 expires soon and should be replaced. What do we need to send?",
        "Varmenne 0bf4eab0 ei toimi, selain sanoo ettei se ole käytössä enää.",
        "Certifikatet 0bf4eab0 fungerar inte, det är inte längre i bruk enligt webbläsaren.",
    ],
)
def test_a_renewal_or_a_fault_is_no_request(text: str) -> None:
    assert judge(text).case_class is CaseClass.SUPPORT


def test_the_new_certificate_that_comes_along_is_not_the_one_to_revoke() -> None:
    names = ("lims.pem",)
    file = x509.load_pem_x509_certificate(pem(names[0]))
    new = record(1, f"{file.serial_number:x}", common_name="one.example", host_names=("one.example",))
    old = record(2, "bf50a11", common_name="one.example", host_names=("one.example",))
    attached = (Attachment("uusi.pem", "application/octet-stream", pem(names[0]), "uusi.pem", "1"),)
    text = "Liitteenä uusi varmenne. Sulkekaa vanha one.example."
    mail = Mail("", 1, "", "a@b.example", "", text=text, new_text=text, attachments=attached)
    envelope = Envelope("a@b.example", (), NOW, Via.SMTP)
    register = FakeRegister((new, old), ACCOUNTS)
    judged = understand(mail, envelope, register, own_addresses=frozenset(), now=NOW)
    assert judged.chosen == ()
    assert {match.certificate.id for match in judged.matches} == {1, 2}
    assert "certificate" in judged.needs


def test_the_proof_of_another_key_chooses_only_what_has_that_key() -> None:
    named, of_key = record(1, "bf4eab0", spki="a" * 64), record(2, "bf50a11", spki="b" * 64)
    proof = Proof("private_key", is_verified=True, spki="b" * 64, where="text")

    def prove(*registered: Any) -> Judgement:
        text = "The private key of certificate 0bf4eab0 is leaked."
        mail = Mail("", 1, "", "x@stranger.example", "", text=text, new_text=text, examination="{}")
        envelope = Envelope("x@stranger.example", (), NOW, Via.SMTP)
        register = FakeRegister(registered, ACCOUNTS)
        return understand(mail, envelope, register, own_addresses=frozenset(), now=NOW, prove=lambda *_: (proof,))

    alone = prove(named)
    assert (alone.chosen, alone.urgency, "proof" in alone.needs) == ((), Urgency.P1, True)
    assert "not_proven" in alone.matches[0].why
    both = prove(named, of_key)
    assert [match.certificate.id for match in both.chosen] == [2]
    assert (both.urgency, both.reason) == (Urgency.P0, ReasonCode.KEY_COMPROMISE)


def test_the_word_for_number_takes_nothing_back() -> None:
    assert not judge("Serial no: 0bf4eab0 please revoke").is_withdrawal


def test_what_was_taken_out_of_use_with_its_server_is_a_request() -> None:
    judged = judge("Varmenne 0bf4eab0 poistettu käytöstä, palvelin ei toimi enää.")
    assert judged.case_class is CaseClass.REVOCATION_REQUEST
