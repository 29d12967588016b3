"""What the desk wrote into the history is read in the reader's language, and a person's words stay as they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from sulku_console.own_findings import common_name, own_headline
from sulku_console.times import absolute
from sulku_console.wording.desk_sentences import SENTENCES, desk_sentences
from sulku_kernel.language import Language
from sulku_revocation.legal_holds import sentence_of

UNTIL = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
HOLD = {"until": UNTIL, "authority": "Helsingin käräjäoikeus", "reference": "L 26/1234 (v. 2)"}


def said(text: str, language: Language) -> str | None:
    return desk_sentences(text, language, lambda at: absolute(at, language))


def test_a_hold_and_the_date_it_puts_off_are_told_in_helsinki_time() -> None:
    text = f"{sentence_of(HOLD)} The revocation promised for 2026-11-26 01:00 UTC is put off by a legal hold."
    finnish, swedish = said(text, Language.FI), said(text, Language.SV)
    assert finnish is not None
    assert finnish.startswith("Sulkemiskielto 28.11.2026 klo 3.00 (UTC+2) asti: Helsingin käräjäoikeus, L 26/1234")
    assert "ajankohdaksi 26.11.2026 klo 3.00 (UTC+2) luvattua" in finnish
    assert swedish is not None
    assert "UTC is put off" not in swedish


@pytest.mark.parametrize(
    ("count", "finnish"),
    [
        (1, "Sulkulistalla on 1 varmenne, jota täältä ei ole määrätty suljettavaksi: 0a01."),
        (2, "Sulkulistalla on 2 varmennetta, joita täältä ei ole määrätty suljettaviksi: 0a01, 0b02."),
        (130, "Sulkulistalla on 130 varmennetta, joita täältä ei ole määrätty suljettaviksi: 0a01, 0b02 ja 128 muuta."),
    ],
)
def test_one_certificate_is_not_said_as_several_are(count: int, finnish: str) -> None:
    named = "0a01" if count == 1 else "0a01, 0b02" + (f" and {count - 2} more" if count > 2 else "")
    text = f"{count} certificates stand on the CRL, and no order of ours is about them: {named}."
    assert said(text, Language.FI) == finnish


@pytest.mark.parametrize("text", ["", "The court rang.", f"So: {sentence_of(HOLD)}", "Legal hold until soon."])
def test_what_a_person_wrote_is_left_alone(text: str) -> None:
    assert said(text, Language.SV) is None


@pytest.mark.parametrize("language", list(Language))
def test_every_sentence_names_the_same_in_each_language(language: Language) -> None:
    for pattern, *several in SENTENCES:
        names = set(re.findall(r"\(\?P<(\w+)>", pattern))
        assert {*re.findall(r"{(\w+)}", several[list(Language).index(language)])} == names


def test_an_issuer_is_called_by_its_common_name_and_anything_else_by_what_it_is() -> None:
    name = 'CN=Care\\, Health\\; and \\"Welfare\\" CA,O=Vaestorekisterikeskus CA,C=FI'
    assert own_headline(f"crl_entry_gone: {name}") == ("crl_entry_gone", 'Care, Health; and "Welfare" CA')
    assert common_name("no name at all") == "no name at all"
    assert own_headline("certificate_on_blocked_key: a.example, b.example")[1] == "a.example, b.example"
