"""Which waiting mail is read first: seen through every encoding, and kept in its turn when nothing is urgent."""

from __future__ import annotations

import base64
import quopri
from pathlib import Path
from tomllib import loads

import pytest
from tests.unit.hostile_mails import HOSTILE

from sulku_mailbox.domain.glance import BEGINNING, glance
from sulku_revocation.domain.reading_order import seems_urgent

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
CASES = sorted(folder for folder in CORPUS.iterdir() if (folder / "mail.eml").exists())
LONG_FOOTER = "\n".join(f"Rivi {number} allekirjoituksesta." for number in range(2_000))


def mail(
    text: str, *, subject: str = "Hei", charset: str = "utf-8", encoding: str = "8bit", kind: str = "plain"
) -> bytes:
    raw = text.encode(charset)
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(raw)
    head = (
        f"Subject: {subject}\r\nContent-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}"
    )
    return head.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
@pytest.mark.parametrize(
    "text",
    [
        "Palvelimemme yksityinen avain on vuotanut, sulkekaa varmenne.",
        "Vår privata nyckel har röjts och måste spärras.",
        "Our private key was leaked last night.",
        "Järjestelmäämme on murtauduttu.",
    ],
)
def test_words_of_compromise_come_first_in_every_language_and_encoding(text: str, charset: str, encoding: str) -> None:
    assert seems_urgent(mail(text, charset=charset, encoding=encoding))
    long_mail = mail(text + "\n" + LONG_FOOTER, charset=charset, encoding=encoding)[:BEGINNING]
    assert seems_urgent(long_mail)


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?B?" + base64.b64encode(b"KIIREELLINEN: avain vuotanut").decode() + "?=",
        "=?iso-8859-1?Q?Nyckeln_har_r=F6jts?=",
        "Private key\r\n compromised",
    ],
)
def test_an_encoded_or_folded_subject_is_read(subject: str) -> None:
    assert seems_urgent(mail("Hei", subject=subject))


def test_words_in_html_are_read() -> None:
    assert seems_urgent(mail("<p>Yksityinen <b>avain</b> on p&auml;&auml;tynyt vuotaneisiin.</p>", kind="html"))


def test_a_file_without_a_word_beside_it_may_be_anything_and_comes_first() -> None:
    head = b"Subject: Lomake\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
    file = (
        b"\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=lomake.pdf\r\n\r\n%PDF"
    )
    assert seems_urgent(head + file)
    assert not seems_urgent(head + b"Ohessa kuitti." + file)


@pytest.mark.parametrize("text", ["Missä vaiheessa hakemuksemme on?", "Tack för hjälpen.", "Please renew it.", ""])
def test_everything_else_waits_for_its_turn(text: str) -> None:
    assert not seems_urgent(mail(text))


def is_told_as_compromise(folder: Path) -> bool:
    explained = loads((folder / "expected.toml").read_text(encoding="utf-8"))["explain"]
    return explained["urgency"] in {"P0", "P1"} and explained["reason"] == "keyCompromise"


COMPROMISES = [folder for folder in CASES if is_told_as_compromise(folder)]


@pytest.mark.parametrize("folder", COMPROMISES, ids=lambda folder: folder.name)
def test_every_compromise_of_the_corpus_comes_first(folder: Path) -> None:
    assert seems_urgent((folder / "mail.eml").read_bytes()[:BEGINNING])


def test_hardly_any_other_mail_of_the_corpus_pushes_forward() -> None:
    ordinary = [folder for folder in CASES if not is_told_as_compromise(folder)]
    pushing = [f for f in ordinary if seems_urgent((f / "mail.eml").read_bytes()[:BEGINNING])]
    assert len(pushing) * 5 < len(ordinary), [folder.name for folder in pushing]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_glance_at_hostile_bytes_ends_quietly(name: str) -> None:
    glance(HOSTILE[name]()[:BEGINNING])
