"""Of several certificates in a mail only those are proposed that it wants revoked. The sentences are `spared.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus.corpus_register import pem
from tests.corpus.test_corpus import NOW, Envelope, Via
from tests.unit.test_matching import ACCOUNTS, CERTIFICATES, judge, record, serials

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.judgement import Outcome
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.spared import find_spared
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand
from sulku_tickets.domain.urgency import Urgency

SENTENCES = tomllib.loads(Path(__file__).with_name("spared.toml").read_text(encoding="utf-8"))
SPELLINGS = (("0bf4eab0", "01:00:00:01:68:f0:a8:05"), ("0x0BF4EAB0", "0100 0001 68F0 A805"))


def two(**fields: str) -> tuple[CertificateRecord, CertificateRecord]:
    """The older and the newer one."""
    older = record(1, "bf4eab0", **fields)
    assert older.not_before is not None
    return older, record(2, "100000168f0a805", **fields, not_before=older.not_before + timedelta(days=300))


def chosen(text: str, old: str, new: str, **fields: str) -> list[str]:
    judged = judge(text.replace("OLD", old).replace("NEW", new), *two(**fields))
    return sorted(match.certificate.serial.hex for match in judged.chosen)


@pytest.mark.parametrize(("old", "new"), SPELLINGS)
@pytest.mark.parametrize("text", SENTENCES["spared"])
def test_what_a_mail_wants_left_alone_is_not_proposed(text: str, old: str, new: str) -> None:
    assert chosen(text, old, new) == ["bf4eab0"]
    assert chosen(text, old, new, common_name="one.example") == ["bf4eab0"]


@pytest.mark.parametrize("text", SENTENCES["both"])
def test_what_a_mail_asks_for_is_proposed_new_or_not(text: str) -> None:
    assert chosen(text, *SPELLINGS[0]) == ["100000168f0a805", "bf4eab0"]
    assert chosen(text, *SPELLINGS[0], common_name="one.example") == ["100000168f0a805", "bf4eab0"]


@pytest.mark.parametrize(("old", "new"), SPELLINGS)
@pytest.mark.parametrize("text", SENTENCES["open"])
def test_where_it_is_open_which_of_two_is_meant_neither_is_proposed(text: str, old: str, new: str) -> None:
    assert chosen(text, old, new, common_name="one.example") == []


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa kaikki varmenteemme paitsi 0bf4eab0.",
        "Spärra alla våra certifikat utom 0bf4eab0.",
        "Please revoke all of our certificates except 0bf4eab0.",
        "Revoke everything but 0bf4eab0.",
        "Sulkekaa kaikki muut kuin 0bf4eab0.",
        "Sulkekaa kaikki varmennetta 0bf4eab0 lukuun ottamatta.",
        "Spärra alla förutom 0bf4eab0.",
    ],
)
def test_the_exception_alone_is_shown_and_asked_about(text: str) -> None:
    judged = judge(text, record(1, "bf4eab0"))
    assert (judged.outcome, judged.chosen, serials(judged)) == (Outcome.AMBIGUOUS, (), ["bf4eab0"])
    assert "spared" in judged.matches[0].why
    assert "certificate" in judged.needs


def test_a_key_in_other_hands_spares_nothing_of_it() -> None:
    old, new = record(1, "bf4eab0", spki="k" * 64), record(2, "bf50a11", spki="k" * 64)
    judged = judge("Avain on vuotanut. Sulkekaa 0bf4eab0, uusi varmenne on 0bf50a11.", old, new)
    assert {match.certificate.id for match in judged.chosen} == {1, 2}


def test_a_longer_common_name_does_not_name_the_shorter() -> None:
    both = (
        record(1, "a1b2c3d4", common_name="Todistuspalvelu"),
        record(2, "a1b2c3d5", common_name="Todistuspalvelu TESTI"),
    )
    judged = judge("Pyydämme sulkemaan varmenteen Todistuspalvelu TESTI (OID 1.2.246.10.29114036).", *both)
    assert [match.certificate.id for match in judged.chosen] == [2]


@given(st.text(max_size=300), st.lists(st.sampled_from(["0bf4eab0", "a b", "-", "x"]), max_size=4))
def test_sparing_is_total_and_leaves_something(text: str, names: list[str]) -> None:
    spared = find_spared(f"paitsi {text} {' uusi '.join(names)}", [frozenset({name}) for name in names])
    assert len(spared) < max(len(names), 2)


@pytest.mark.parametrize(("text", "left"), [("Liitteenä vanha ja uusi. Sulkekaa vanha.", 1), ("Sulkekaa molemmat.", 2)])
def test_of_two_that_came_along_the_old_one_is_the_older(text: str, left: int) -> None:
    names = ("lims.pem", "qa.pem")
    files = [x509.load_pem_x509_certificate(pem(name)) for name in names]
    records = [
        replace(one, common_name="one.example", spki="", not_before=file.not_valid_before_utc + timedelta(days=at))
        for at, file in enumerate(files)
        for one in CERTIFICATES
        if one.serial.hex == f"{file.serial_number:x}"
    ]
    attached = tuple(Attachment(name, "application/octet-stream", pem(name), name, "1") for name in names)
    mail = Mail("", 1, "", "a@b.example", "a@b.example", text=text, new_text=text, attachments=attached)
    envelope = Envelope("a@b.example", (), NOW, Via.SMTP)
    register = FakeRegister(records, ACCOUNTS)
    judged = understand(mail, envelope, register, own_addresses=frozenset(), now=NOW)
    oldest = min(records, key=lambda one: one.not_before or NOW)
    assert len(judged.chosen) == left
    assert oldest.id in {match.certificate.id for match in judged.chosen}


def test_the_host_that_is_asked_for_is_shown_beside_a_serial_of_another() -> None:
    first = record(1, "bf4eab0")
    other = record(2, "bf50a11", common_name="x.example.org", host_names=("x.example.org",))
    judged = judge("Sulkekaa x.example.org. Sarjanumero 0bf4eab0", first, other)
    assert judged.outcome is Outcome.AMBIGUOUS
    assert {match.certificate.id for match in judged.matches} == {1, 2}


def test_the_subject_is_no_part_of_the_first_sentence() -> None:
    text = "Uusi varmenne 01:00:00:01:68:f0:a8:05 toimii. Sulkekaa 0bf4eab0."
    mail = Mail("", 1, "Sulku", "a@b.example", "a@b.example", text=text, new_text=text)
    register = FakeRegister(two(), ACCOUNTS)
    judged = understand(mail, Envelope("", (), NOW, Via.SMTP), register, own_addresses=frozenset(), now=NOW)
    assert [match.certificate.id for match in judged.chosen] == [1]


def test_what_a_contact_on_file_names_and_leaves_open_does_not_lie_till_morning() -> None:
    text = "Kumpi meillä on käytössä, 0bf4eab0 vai 01:00:00:01:68:f0:a8:05?"
    sender = ACCOUNTS[0].contacts[0].email
    mail = Mail("", 1, "", sender, sender, text=text, new_text=text)
    register = FakeRegister(two(common_name="one.example"), ACCOUNTS)
    judged = understand(mail, Envelope("", (), NOW, Via.SMTP), register, own_addresses=frozenset(), now=NOW)
    assert (judged.chosen, judged.urgency) == ((), Urgency.P2)
