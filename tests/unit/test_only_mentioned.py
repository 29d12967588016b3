"""Of several certificates in a mail those are proposed that it asks for, not those that it only mentions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus.test_corpus import NOW, Envelope, Via
from tests.unit.test_matching import ACCOUNTS, judge, record

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.only_mentioned import find_only_mentioned
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.spared import read_wishes
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

FIRST, SECOND, THIRD = "0bf4eab0", "01:00:00:01:68:f0:a8:05", "0x0bf50a11"


def three() -> tuple[CertificateRecord, ...]:
    return record(1, "bf4eab0"), record(2, "100000168f0a805"), record(3, "bf50a11")


def chosen(text: str, *attachments: Attachment) -> list[int]:
    """The numbers of the certificates that are proposed; FIRST, SECOND and THIRD stand for theirs."""
    for name, spelling in (("FIRST", FIRST), ("SECOND", SECOND), ("THIRD", THIRD)):
        text = text.replace(name, spelling)
    mail = Mail("", 1, "Sulku", "a@b.example", "a@b.example", text=text, new_text=text, attachments=attachments)
    register = FakeRegister(three(), ACCOUNTS)
    judged = understand(mail, Envelope("", (), NOW, Via.SMTP), register, own_addresses=frozenset(), now=NOW)
    return sorted(match.certificate.id for match in judged.chosen)


@pytest.mark.parametrize(
    "text",
    [
        "Varmenteemme ovat FIRST, SECOND ja THIRD. Näistä SECOND pitää sulkea.",
        "We hold FIRST, SECOND and THIRD. Only SECOND has to be revoked.",
        "Vi har FIRST, SECOND och THIRD. Spärra bara SECOND.",
        "Olemme aiemmin sulkeneet varmenteen FIRST. Nyt pitäisi sulkea SECOND.",
        "Vuosi sitten suljitte meiltä varmenteen FIRST. Sama vika on varmenteessa SECOND, sulkekaa se.",
        "Sulkekaa SECOND. Vertailun vuoksi toinen varmenteemme on FIRST.",
        "Korjaus edelliseen: ei FIRST vaan SECOND.",
        "Is FIRST still valid? SECOND should be revoked.",
        "Onko FIRST vielä voimassa? Sulkekaa SECOND.",
        "Vahvistattehan, että varmenteen SECOND sulkeminen ei vaikuta varmenteeseen FIRST.",
        "Pyydämme sulkemaan varmenteen SECOND.\n\n-- \nKoivurannan sairaala\nVarmenteemme: FIRST",
    ],
)
def test_what_is_only_mentioned_is_not_proposed(text: str) -> None:
    assert chosen(text) == [2]


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa FIRST. Samoin SECOND ja THIRD.",
        "Sulkekaa FIRST, SECOND ja THIRD.",
        "Suljettavat:\nNro Sarjanumero Nimi\n1 FIRST potilas\n2 SECOND kuva\n3 THIRD arkisto",
        "Suljettavat:\n1. potilas FIRST\n2. kuva SECOND\n3. arkisto THIRD",
        "Sulkupyyntö\nVarmenne: FIRST\nSyy: tarpeeton\n\nVarmenne: SECOND\nSyy: tarpeeton\n\nVarmenne: THIRD\nSyy: -",
        "Sulkekaa FIRST. Myös varmenteen SECOND avain vuoti, kuten THIRD, sekin vuoti.",
        "Avain vuoti. Varmenteet ovat FIRST, SECOND ja THIRD.",
        "FIRST ja SECOND: palvelin purettu. THIRD: samoin. Sulkekaa kaikki.",
        "Revoke FIRST please.\nAlso SECOND.\nAnd THIRD too.",
    ],
)
def test_rows_lists_and_all_that_is_asked_for_are_proposed(text: str) -> None:
    assert chosen(text) == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "Meillä on varmenteet FIRST ja SECOND. Sulkekaa niistä viimeinen.",
        "Pyysimme eilen sulkemaan FIRST, mutta tarkoitimme SECOND.",
        "Yesterday we asked you to revoke FIRST; we meant SECOND.",
        "Vi menade SECOND, inte FIRST, när vi bad er spärra.",
        "Sulkekaa joko FIRST tai SECOND, en muista kumpi.",
    ],
)
def test_what_only_a_person_tells_apart_is_asked_about(text: str) -> None:
    assert chosen(text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Liitteenä lista varmenteistamme. Sulkekaa SECOND.", [2]),
        ("Liitteenä lista varmenteistamme. Sulkekaa niistä arkisto.", []),
        ("Sulkekaa liitteen varmenteet.", [1, 2, 3]),
        ("Sulkekaa SECOND ja muut liitteessä luetellut.", [1, 2, 3]),
        ("Sulkekaa.", [1, 2, 3]),
    ],
)
def test_a_list_that_came_along_is_meant_when_it_is_asked_for(text: str, numbers: list[int]) -> None:
    rows = f"sarjanumero;nimi\n{FIRST};potilas\n{SECOND};kuva\n{THIRD};arkisto\n".encode()
    assert chosen(text, Attachment("lista.csv", "text/csv", rows, "", "2")) == numbers


def test_what_is_proven_is_proposed_wherever_it_stands() -> None:
    same_key = (record(1, "bf4eab0", spki="k" * 64), record(2, "100000168f0a805", spki="k" * 64))
    judged = judge(f"Avain vuoti. Onko {FIRST} voimassa? Sulkekaa {SECOND}.", *same_key)
    assert {match.certificate.id for match in judged.chosen} == {1, 2}


@given(st.text(max_size=200), st.lists(st.sampled_from(["a1", "b2", "\n", " sulkekaa ", ". ", "-"]), max_size=8))
def test_it_is_total_and_never_all(text: str, pieces: list[str]) -> None:
    whole = f"{text} {' '.join(pieces)}"
    spellings = [frozenset({"a1"}), frozenset({"b2"})]
    assert len(find_only_mentioned(whole, read_wishes(whole, spellings))) < len(spellings)
