"""What must hold for every mail, not only for the corpus."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus.corpus_register import corpus_records, corpus_register
from tests.corpus.test_corpus import (
    CASES,
    NOW,
    OWN,
    TRUSTED,
    Envelope,
    Via,
    explain,
    explain_json,
    explain_mail,
    read_case,
)

from sulku_kernel.serial_number import MAXIMUM, SerialNumber
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.reference import ReferenceKind
from sulku_revocation.domain.wanted_time import find_wanted_time
from sulku_revocation.domain.words import read_words
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand
from sulku_tickets.domain.masking import mask

SERIAL = "0100000168f0a805c366b43b5de968c691fb"
COMPROMISES = [
    sentence
    for table in tomllib.loads((Path(__file__).parents[1] / "unit/wording.toml").read_text(encoding="utf-8"))["table"]
    if table.get("page_on_call")
    for language in ("fi", "sv", "en")
    for sentence in table[language]
]
FILLERS = [
    "Hei!",
    "Hej,",
    "Dear all,",
    "Sulkekaa varmenne.",
    "Kiitos viimeisestä.",
    "Puhelin 09 5550 1000, klo 9.30 alkaen.",
    "Vänligen spärra certifikatet.",
    "The new server is in use.",
    "Onko hakemuksemme käsitelty?",
    "Mvh",
    "-- ",
    "Liite: raportti.pdf",
    "Certificates are fun; aren't they?",
]


def mail(text: str, subject: str = "") -> Mail:
    return Mail("", len(text), subject, "a@sender.example", "a@sender.example", text=text, new_text=text)


def spell(number: int, style: str, *, upper: bool, zeros: int) -> str:
    if style == "decimal":
        return str(number)
    digits = "0" * zeros + format(number, "x")
    digits = digits.rjust(len(digits) + len(digits) % 2, "0")
    digits = digits.upper() if upper else digits
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    return {
        "plain": digits,
        "0x": f"0x{digits}",
        "colons": ":".join(pairs),
        "blanks": " ".join(pairs),
        "no-break": "\u00a0".join(pairs),
        "hyphens": "-".join(pairs),
        "cut": digits[: len(digits) // 2] + "\n" + digits[len(digits) // 2 :] if len(digits) >= 20 else digits,
    }[style]


@given(
    st.integers(min_value=0x10000000, max_value=MAXIMUM),
    st.sampled_from(["decimal", "plain", "0x", "colons", "blanks", "no-break", "hyphens", "cut"]),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from(
        ["Sarjanumero {}", "Serienummer: {}.", "please revoke serial number {}, thanks", "sarjanro\n{}\nKiitos"]
    ),
)
@settings(max_examples=100, deadline=None)
def test_any_serial_survives_any_spelling(number: int, style: str, upper: bool, zeros: int, sentence: str) -> None:
    text = sentence.format(spell(number, style, upper=upper, zeros=zeros))
    found = {reading for r in find_references(mail(text)) for reading in r.readings}
    assert format(number, "x") in found, text


@given(
    st.sampled_from(CASES),
    st.lists(st.integers(min_value=1 << 100, max_value=MAXIMUM), min_size=1, max_size=20, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_unrelated_certificates_never_change_a_decision(case: str, serials: list[int]) -> None:
    certificates, accounts = corpus_records()
    unrelated = [
        replace(
            certificates[0],
            id=1000 + at,
            serial=SerialNumber(serial),
            common_name=f"other{at}.unrelated.example",
            host_names=(f"other{at}.unrelated.example",),
            organisation=f"Xyzzy {at}",
            organisation_oid="",
            account_id=None,
        )
        for at, serial in enumerate(serials)
    ]
    raw, expected = read_case(case)
    read = parse_mail(raw, trusted_authserv_ids=TRUSTED)
    sender = expected.get("envelope", {}).get("mail_from", read.header_from or "")
    envelope = Envelope(sender, (), NOW, Via.SMTP)
    crowded = FakeRegister([*certificates, *unrelated], accounts, sha1=corpus_register()._sha1)
    judged = understand(read, envelope, crowded, own_addresses=OWN, now=NOW)
    assert explain_json(judged) == explain_mail(read, sender)


@given(
    st.lists(
        st.sampled_from(
            [
                "resepti.ulappalan-apteekki.example",
                "api.rantalan-sairaala.example",
                "Organisaatio: Rantalan keskussairaala\n",
                "OID 1.2.246.10.29114036",
                "Y-tunnus 2911403-6",
                "CN: Todistuspalvelu\n",
                "Sulkekaa varmenne.",
                "puh. 040 123 4567",
                "24.11.2026",
                "varmenteen sarjanumero ei ole tiedossa",
                "0bf4ea",
                "1234 5678 9012",
            ]
        ),
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_mail_without_an_exact_reference_is_matched(pieces: list[str]) -> None:
    explained = explain_mail(mail(" ".join(pieces)))
    assert explained["outcome"] != "matched"
    assert all(match["score"] < 0.9 for match in explained["matches"])


@given(
    st.sampled_from(COMPROMISES),
    st.lists(st.sampled_from(FILLERS), max_size=6),
    st.lists(st.sampled_from(FILLERS), max_size=6),
    st.sampled_from(["\n\n", "\n\n\n"]),
)
@settings(max_examples=120, deadline=None)
def test_suspected_compromise_always_pages(sentence: str, before: list[str], behind: list[str], between: str) -> None:
    explained = explain_mail(mail(between.join([*before, sentence, *behind])))
    assert explained["page_on_call"], sentence
    assert explained["urgency"] == "P1"
    assert explained["reason"] == "keyCompromise"


REQUEST = "Hei,\n\npyydämme sulkemaan varmenteen {}. Se on korvattu uudella.\n\nYstävällisin terveisin\nYlläpito\n"
HISTORY = {
    "none": "",
    "fi": "\n\nma 23. marrask. 2026 klo 9.12 Varmennetuki <desk@sulku.example> kirjoitti:\n> Sarjanumero 0bf4eab0\n> avain paljastunut\n",
    "sv": "\n\nDen 23 nov. 2026 skrev Stöd <desk@sulku.example>:\n> serienummer 0bf4eab0, nyckeln har läckt\n",
    "en": "\n\nOn Mon, 23 Nov 2026 at 09:12, Desk <desk@sulku.example> wrote:\n> serial number 0bf4eab0, key compromise\n",
}


@given(
    st.sampled_from(["", "Re: ", "Vs: ", "VS: ", "SV: ", "Fwd: ", "RE: Vs: "]),
    st.sampled_from(["utf-8", "iso-8859-1", "windows-1252", "iso-8859-15"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(sorted(HISTORY)),
)
@settings(max_examples=50, deadline=None)
def test_dress_never_changes_what_is_requested(prefix: str, charset: str, newline: str, history: str) -> None:
    header = (
        "From: varmenteet@rantalan-sairaala.example\nTo: desk@sulku.example\n"
        f"Subject: {prefix}Varmenteen sulkeminen\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    )
    text = (header + REQUEST.format(SERIAL) + HISTORY[history]).replace("\n", newline)
    explained = explain(text.encode(charset))
    assert (explained["class"], explained["reason"], explained["urgency"], explained["outcome"]) == (
        "revocation_request",
        "superseded",
        "P2",
        "matched",
    )
    assert [match["serial"] for match in explained["matches"]] == [SERIAL.lstrip("0")]


@given(
    number=st.integers(1 << 32, MAXIMUM),
    style=st.sampled_from(["decimal", "plain", "0x", "colons", "blanks", "hyphens"]),
    upper=st.booleans(),
    zeros=st.integers(0, 2),
    sentence=st.sampled_from(["Sarjanumero {}", "Serienummer: {}.", "please revoke serial number {}, thanks"]),
)
@settings(max_examples=150, deadline=None)
def test_masking_never_alters_a_reference(number: int, style: str, upper: bool, zeros: int, sentence: str) -> None:
    text = sentence.format(spell(number, style, upper=upper, zeros=zeros)) + "\nHenkilötunnus 131052-308T."
    before = {r.value for r in find_references(mail(text)) if r.kind is ReferenceKind.SERIAL}
    masked = mask(text)
    assert "308T" not in masked
    assert before <= {r.value for r in find_references(mail(masked)) if r.kind is ReferenceKind.SERIAL}


@given(st.integers(1, 700), st.integers(0, 23), st.sampled_from(("Sulkekaa varmenne {}.", "Spärra certifikatet {}.")))
@settings(max_examples=80, deadline=None)
def test_a_wished_day_is_the_same_moment_however_it_is_dressed(days: int, hour: int, sentence: str) -> None:
    day = NOW + timedelta(days=days)
    moments = {
        found.at
        for written in (f"{day.day}.{day.month}.{day.year} klo {hour}.00", f"{day:%Y-%m-%d} kl. {hour}:00")
        for dressed in (sentence.format(written), f"Hei,\r\n\r\n{sentence.format(written)}\r\n\r\nTerveisin")
        if (found := find_wanted_time([read_words(dressed)], NOW)) is not None
    }
    assert len(moments) == 1
    assert None not in moments


@given(st.text(max_size=400), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_understanding_is_total(text: str, subject: str) -> None:
    explained = explain_mail(mail(text, subject))
    assert all(reference["kind"] in set(ReferenceKind) for reference in explained["references"])


@given(st.binary(max_size=600))
@settings(max_examples=50, deadline=None)
def test_any_attached_bytes_are_understood(content: bytes) -> None:
    from sulku_mailbox.domain.mail import Attachment

    for start in (b"", b"\x30\x82", b"-----BEGIN CERTIFICATE-----\n"):
        attached = Attachment("x.pem", "application/octet-stream", start + content, "", "2")
        assert explain_mail(replace(mail(""), attachments=(attached,)))["outcome"] != "matched"
