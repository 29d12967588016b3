"""Judging: whom the desk may answer, how sure it is of the sender, and what it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.corpus.corpus_register import corpus_register
from tests.corpus.test_corpus import NOW, Envelope, Via

from sulku_kernel.language import Language
from sulku_mailbox.domain.mail import Attachment, Authentication, Automatic, Locked, Mail, Why
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.understanding import understand
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency

OWN = frozenset({"desk@sulku.example"})
REGISTERED, STRANGER = "varmenteet@rantalan-sairaala.example", "someone@elsewhere.example"


def aligned(address: str) -> Authentication:
    return Authentication("pass", "pass", "pass", address.partition("@")[2])


def judge(
    sender: str | None,
    text: str = "Sulkekaa varmenne 0bf4eab0.",
    *,
    mail_from: str | None = None,
    via: Via = Via.SMTP,
    **fields: Any,
) -> Judgement:
    mail = Mail("", len(text), fields.pop("subject", ""), sender, sender or "", text=text, new_text=text, **fields)
    envelope = Envelope((sender or "") if mail_from is None else mail_from, (), NOW, via)
    return understand(mail, envelope, corpus_register(), own_addresses=OWN, now=NOW)


@pytest.mark.parametrize(
    ("why", "acknowledge", "sender", "fields"),
    [
        ("registered", True, REGISTERED, {}),
        ("stranger", False, STRANGER, {}),
        ("stranger, aligned", True, STRANGER, {"authentication": aligned(STRANGER)}),
        ("stranger, aligned for another domain", False, STRANGER, {"authentication": aligned("a@other.example")}),
        ("registered, but DMARC failed", False, REGISTERED, {"authentication": Authentication(dmarc="fail")}),
        ("nobody", False, None, {}),
        ("the null sender", False, REGISTERED, {"mail_from": ""}),
        ("ourselves", False, "desk@sulku.example", {"authentication": aligned("desk@sulku.example")}),
        ("a list", False, REGISTERED, {"automatic": Automatic.LIST}),
        ("an absence notice", False, REGISTERED, {"automatic": Automatic.AUTO_REPLY}),
        ("a receipt", False, REGISTERED, {"automatic": Automatic.RECEIPT}),
        ("a calendar", False, REGISTERED, {"automatic": Automatic.CALENDAR}),
        ("a feedback report", False, REGISTERED, {"automatic": Automatic.FEEDBACK}),
        ("a bounce", False, REGISTERED, {"automatic": Automatic.BOUNCE}),
        ("the null sender of a mail without envelope", False, REGISTERED, {"automatic_because": ("null_return_path",)}),
        ("a file, which has no envelope", True, REGISTERED, {"mail_from": "", "via": Via.INGEST}),
        ("a mailbox, which has none either", True, REGISTERED, {"mail_from": "", "via": Via.IMAP}),
        ("the wish for no answer", False, REGISTERED, {"automatic_because": ("response_suppressed",)}),
    ],
)
def test_only_a_registered_or_aligned_person_is_answered(
    why: str, acknowledge: bool, sender: str | None, fields: dict[str, Any]
) -> None:
    assert judge(sender, **fields).acknowledge is acknowledge, why


@pytest.mark.parametrize(
    ("level", "sender", "fields"),
    [
        (Assurance.L0, None, {}),
        (Assurance.L0, STRANGER, {}),
        (Assurance.L0, STRANGER, {"authentication": aligned(STRANGER)}),
        (Assurance.L1, REGISTERED, {}),
        (Assurance.L1, REGISTERED, {"authentication": Authentication(dmarc="fail")}),
        (Assurance.L1, REGISTERED, {"authentication": Authentication(spf="pass", dkim="pass")}),
        (Assurance.L1, REGISTERED, {"authentication": aligned("a@elsewhere.example")}),
        (Assurance.L2, REGISTERED, {"authentication": aligned(REGISTERED)}),
        *(
            (Assurance.L0, REGISTERED, {"authentication": aligned(REGISTERED), "defects": (defect,)})
            for defect in ("bare_newline", "nul", "from_several", "from_ambiguous", "authentication_conflict")
        ),
    ],
)
def test_the_mail_alone_gives_no_more_than_l2(level: Assurance, sender: str | None, fields: dict[str, Any]) -> None:
    assert judge(sender, **fields).assurance is level


def test_a_compromise_told_by_an_aligned_holder_needs_nothing_more() -> None:
    judged = judge(REGISTERED, "Avain vuoti. Sulkekaa varmenne 0bf4eab0.", authentication=aligned(REGISTERED))
    assert (judged.needs, judged.urgency) == ((), Urgency.P1)


def test_an_ordinary_request_of_an_aligned_holder_needs_a_second_factor() -> None:
    assert judge(REGISTERED, "Sulkekaa varmenne 0bf4eab0, korvattu.", authentication=aligned(REGISTERED)).needs == (
        "second_factor",
    )


def test_the_holders_language_goes_before_the_mails() -> None:
    assert judge("it@strandby-vard.example", "Please revoke the certificate.").language is Language.SV
    assert judge(STRANGER, "Please revoke the certificate.").language is Language.EN
    assert judge(STRANGER, "Bitte sperren Sie das Zertifikat.").language is Language.EN


@pytest.mark.parametrize("automatic", [Automatic.AUTO_REPLY, Automatic.CALENDAR])
def test_a_machine_that_tells_of_a_compromise_by_itself_pages(automatic: Automatic) -> None:
    told = judge(STRANGER, "A private key was leaked.", automatic=automatic)
    assert (told.page_on_call, told.acknowledge) == (True, False)
    answer = judge(STRANGER, "A private key was leaked.", automatic=automatic, in_reply_to=("<a@b.example>",))
    assert (answer.page_on_call, answer.case_class) == (False, CaseClass.AUTOMATIC)


def test_a_private_key_is_a_compromise_and_not_a_word_of_it_is_told() -> None:
    text = "Toimiiko tämä?\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAsecret\n-----END PRIVATE KEY-----\n"
    judged = judge(REGISTERED, text)
    assert (judged.page_on_call, judged.urgency) == (True, Urgency.P1)
    assert "secret" not in repr(judged)
    inner = Mail("", 0, "", STRANGER, STRANGER, text=text, new_text=text)
    assert judge(REGISTERED, "ks. liite", forwarded=(inner,)).page_on_call


@pytest.mark.parametrize(
    ("why", "needs"),
    [
        (Why.PICTURE, {"readable_mail"}),
        (Why.DAMAGED, {"readable_mail"}),
        (Why.LIMIT, {"readable_mail"}),
        (Why.UNKNOWN, {"readable_mail"}),
        (Why.PASSWORD, {"readable_mail", "password"}),
        (None, set()),
    ],
)
def test_what_a_machine_cannot_read_a_person_must(why: Why | None, needs: set[str]) -> None:
    locked = () if why is None else (Locked("pyynto", "2!paketti.zip!pyynto", why),)
    judged = judge(STRANGER, "Hei, ks. liite.", locked=locked)
    assert set(judged.needs) == needs
    assert judged.urgency is (Urgency.P2 if needs else Urgency.P3)


def test_the_logo_of_a_signature_is_nothing_to_read() -> None:
    logo = Attachment("logo.png", "image/png", b"\x89PNG", "", "2", is_inline=True)
    locked = (Locked("logo.png", "2", Why.PICTURE),)
    assert judge(STRANGER, "Hei, milloin laskutatte? " * 20, attachments=(logo,), locked=locked).needs == ()
    assert judge(STRANGER, "Hei", attachments=(logo,), locked=locked).needs == ("readable_mail",)


def test_an_encrypted_mail_waits_for_a_person_tonight() -> None:
    judged = judge(REGISTERED, "", is_encrypted=True)
    assert (judged.urgency, judged.needs) == (Urgency.P2, ("readable_mail",))


def test_what_made_a_rule_hit_is_told_on_one_line() -> None:
    judged = judge(REGISTERED, "Hei,\n\nAvain on\nvuotanut.\n")
    because = dict(judged.because)
    assert because["key_leaked"] == "Avain on vuotanut."
    assert because["address_on_file"] == REGISTERED


@pytest.mark.parametrize(("no", "yes"), [("[ ]", "[x]"), ("( )", "(X)"), ("☐", "☒"), ("☐", "☑")])
def test_a_box_of_a_form_that_is_not_ticked_says_nothing(no: str, yes: str) -> None:
    form = "Sarjanumero: 0bf4eab0\nSulkemisen syy:\n{} avain paljastunut tai epäillään paljastuneen\n{} varmenne tarpeeton\n"
    ordinary, compromise = judge(REGISTERED, form.format(no, yes)), judge(REGISTERED, form.format(yes, no))
    assert (ordinary.page_on_call, ordinary.reason) == (False, ReasonCode.CESSATION_OF_OPERATION)
    assert (compromise.page_on_call, compromise.reason) == (True, ReasonCode.KEY_COMPROMISE)
    assert judge(REGISTERED, form.format(no, no)).page_on_call, "nothing is ticked: doubt pages"


def test_a_broker_writes_for_the_holder_whose_certificate_is_meant() -> None:
    broker = "tuki@lehtisaari-it.example"
    assert judge(broker, "Sulkekaa varmenne 0bf50a11.").account_id == 2
    assert judge(broker, "Sulkekaa varmenne 0bf4eab0.").account_id == 2
    assert "confirmation" in judge(broker, "Sulkekaa varmenne 0bf4eab0.").needs
    assert judge(STRANGER, "Sulkekaa varmenne 0bf4eab0.").account_id is None


def test_an_identity_code_is_masked_in_what_is_told() -> None:
    judged = judge(REGISTERED, "Sulkekaa varmenne 0bf4eab0, hakija 131052-308T")
    assert judged.matches[0].certificate.serial.hex == "bf4eab0"
    assert "308T" not in repr(judged.because)


def test_a_judgement_is_the_same_every_time() -> None:
    mail = judge(REGISTERED, "Avain vuoti, sarjanumero 0bf4eab0")
    assert mail == judge(REGISTERED, "Avain vuoti, sarjanumero 0bf4eab0")
    assert replace(mail) == mail


def test_a_time_in_the_subject_counts_when_no_text_names_one() -> None:
    judged = judge(REGISTERED, subject="Sulku 1.12.2026 klo 10")
    assert judged.wanted_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    judged = judge(REGISTERED, "Sulkekaa varmenne 0bf4eab0 2.12.2026 klo 10.", subject="Sulku 1.12.2026 klo 10")
    assert judged.wanted_at == datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_a_wish_for_no_exact_time_is_asked_about() -> None:
    judged = judge(REGISTERED, "Sulkekaa varmenne 0bf4eab0 viikolla 50.")
    assert (judged.wanted_at, "confirmation" in judged.needs) == (None, True)


@pytest.mark.parametrize(
    "text",
    [
        "0bf4eab0 saa jäädä voimaan.",
        "Jättäkää 0bf4eab0 rauhaan.",
        "SEIS! 0bf4eab0 on tuotantovarmenne.",
        "Det var fel, 0bf4eab0 behövs fortfarande.",
        "Låt 0bf4eab0 vara.",
        "Behåll 0bf4eab0.",
        "Hold off on 0bf4eab0.",
        "Please don't touch 0bf4eab0.",
        "0bf4eab0 must stay valid.",
    ],
)
def test_what_is_said_to_stay_takes_back_what_was_asked_for_before(text: str) -> None:
    judged = judge(REGISTERED, text, subject="Re: Sulkupyyntö", in_reply_to=("<earlier@example>",))
    assert (judged.case_class, judged.is_withdrawal) == (CaseClass.SUPPORT, True)
    assert (judged.urgency, "confirmation" in judged.needs) == (Urgency.P2, True)


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa 0bf4eab0. Uusi varmenne jää voimaan.",
        "Avain on vuotanut, mutta 0bf4eab0 on vielä voimassa ja käytössä. Se on pysynyt voimassa.",
        "Onko 0bf4eab0 jäänyt voimaan?",
        "Kaikki muu jää voimaan.",
    ],
)
def test_what_stays_beside_a_request_takes_nothing_back(text: str) -> None:
    assert not judge(REGISTERED, text).is_withdrawal


@pytest.mark.parametrize(
    "text",
    [
        "FYI: 0bf4eab0 will be replaced next month.",
        "Tiedoksi: 0bf4eab0 korvataan uudella tammikuussa.",
        "0bf4eab0 kommer att ersättas i januari, ni behöver inte göra något.",
        "0bf4eab0 on vaihdettu. Ei vaadi teiltä toimenpiteitä.",
    ],
)
def test_what_is_still_to_come_or_needs_nothing_asks_for_no_revocation(text: str) -> None:
    assert judge(REGISTERED, text).case_class is CaseClass.SUPPORT


@pytest.mark.parametrize(
    "text",
    [
        "0bf4eab0 gäller tills det nya är på plats. Spärra det därefter.",
        "0bf4eab0 is needed for two more days. Please revoke it afterwards.",
        "0bf4eab0 on käytössä siirtoon asti, sulkekaa se silloin.",
        "Pyydämme sulkemaan varmenteen 0bf4eab0, mutta vasta luvan saatuamme.",
    ],
)
def test_what_shall_be_revoked_thereafter_is_asked_about(text: str) -> None:
    assert "confirmation" in judge(REGISTERED, text).needs


@pytest.mark.parametrize(
    "text",
    [
        "Certificate 0bf4eab0 is used on a phishing site.",
        "Certificate 0bf4eab0 was mis-issued: the domain is not the subscriber's.",
        "Certificate 0bf4eab0 violates the Baseline Requirements.",
        "Someone impersonates the hospital with your certificate 0bf4eab0.",
        "Varmenne 0bf4eab0 on käytössä huijaussivustolla.",
        "Certifikatet 0bf4eab0 används på en bluffsida.",
    ],
)
def test_whatever_is_wrong_with_a_certificate_is_a_problem_report_whoever_tells_it(text: str) -> None:
    judged = judge(STRANGER, text)
    assert (judged.case_class, judged.urgency) == (CaseClass.PROBLEM_REPORT, Urgency.P2)
    assert judge(REGISTERED, text).case_class is CaseClass.PROBLEM_REPORT
    assert judge(REGISTERED, f"{text} Sulkekaa se.").case_class is CaseClass.REVOCATION_REQUEST
