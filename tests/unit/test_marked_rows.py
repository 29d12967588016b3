"""What a line through it, or the column beside it, marks as not to be revoked is shown and never chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus.test_corpus import NOW, Envelope, Via
from tests.unit.test_matching import ACCOUNTS, judge, record

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.marked_rows import find_kept, find_struck
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

KEPT, GONE = "0bf4eab0", "0bf50a11"
RECORDS = (record(1, KEPT), record(2, GONE, spki="k" * 64))


def chosen(judged: Judgement) -> list[str]:
    return sorted(match.certificate.serial.hex for match in judged.chosen)


def judge_with(text: str, *attached: str, forwarded: str = "") -> Judgement:
    files = tuple(Attachment(f"{n}.csv", "text/csv", one.encode(), one, str(n)) for n, one in enumerate(attached))
    inner = Mail("", 1, "", "b@c.example", "b@c.example", text=forwarded, new_text=forwarded)
    mail = Mail(
        "",
        1,
        "",
        "a@sender.example",
        "",
        text=text,
        new_text=text,
        attachments=files,
        forwarded=(inner,) if forwarded else (),
    )
    envelope = Envelope("a@sender.example", (), NOW, Via.SMTP)
    return understand(mail, envelope, FakeRegister(RECORDS, ACCOUNTS), own_addresses=frozenset(), now=NOW)


@pytest.mark.parametrize(
    "rows",
    [
        f"sarjanumero;tila\n{KEPT};voimassa\n{GONE};suljettava",
        f"{KEPT}\ti bruk\n{GONE}\tspärras",
        f"serial,status\n{KEPT},keep\n{GONE},revoke",
        f'"{KEPT}";"valid"\n"{GONE}";"to be revoked"',
        f"- {KEPT} - säilyy\n- {GONE} - suljettava",
        f"{KEPT}: jää voimaan\n{GONE}: suljetaan",
        f"* {KEPT} (pidetään)\n* {GONE} (sulje)",
        f"Sarjanumero | Suljetaan?\n{KEPT} | ei\n{GONE} | kyllä",
        f"host;serial;revoke\na.example;{KEPT};no\nb.example;{GONE};yes",
        f"{KEPT};ska inte spärras;a.example\n{GONE};spärras;b.example".replace("ska inte spärras", "spärras inte"),
    ],
)
def test_a_row_that_is_to_stay_is_not_chosen(rows: str) -> None:
    assert chosen(judge(f"Sulkekaa listan mukaan.\n\n{rows}\n", *RECORDS)) == ["bf50a11"]
    assert chosen(judge_with("Sulkekaa liitteen mukaan.", rows)) == ["bf50a11"]
    assert chosen(judge_with("Asiakkaan pyyntö alla, sulkekaa.", forwarded=rows)) == ["bf50a11"]


@pytest.mark.parametrize(
    "rows",
    [
        f"serial;status\n{KEPT};valid\n{GONE};valid",
        f"serial;status\n{KEPT};valid\n{GONE};expired",
        f"{KEPT};suljettava\n{GONE};suljettava",
        f"sarjanumero;palvelin\n{KEPT};a.example\n{GONE};b.example",
    ],
)
def test_a_list_that_only_tells_what_is_in_force_spares_nothing(rows: str) -> None:
    assert chosen(judge_with("Sulkekaa liitteen varmenteet.", rows)) == ["bf4eab0", "bf50a11"]


def test_a_list_too_long_for_sentences_is_still_read_by_its_rows() -> None:
    many = [record(n, f"a{n:07x}") for n in range(1, 201)]
    rows = "\n".join(f"a{n:07x};{'keep' if n % 2 else 'revoke'}" for n in range(1, 201))
    judged = judge(f"Please revoke:\n{rows}\n", *many)
    assert {match.certificate.id % 2 for match in judged.chosen} == {0}
    assert len(judged.chosen) == 100


@pytest.mark.parametrize("text", [f"Sulkekaa ~~{KEPT}~~ {GONE}.", f"~~Sulkekaa varmenne {KEPT}~~\nSulkekaa {GONE}."])
def test_what_is_struck_out_is_not_chosen(text: str) -> None:
    judged = judge(text, *RECORDS)
    assert chosen(judged) == ["bf50a11"]
    assert {match.certificate.id for match in judged.matches} == {1, 2}


def test_one_that_is_struck_out_is_shown_and_asked_about() -> None:
    judged = judge(f"Sulkekaa varmenne ~~{KEPT}~~", *RECORDS)
    assert (chosen(judged), judged.matches[0].why) == ([], ("serial", "spared"))
    assert "certificate" in judged.needs


def test_a_forwarded_mail_names_the_new_one_as_an_own_text_would() -> None:
    judged = judge_with("Asiakas pyytää tätä.", forwarded=f"Sulkekaa {GONE}, uusi varmenne on {KEPT}.")
    assert chosen(judged) == ["bf50a11"]


@given(st.text(max_size=200), st.lists(st.sampled_from([KEPT, "keep", "revoke", ";", "\n", "~~", "x"]), max_size=12))
def test_reading_rows_is_total(text: str, pieces: list[str]) -> None:
    spellings = [frozenset({KEPT}), frozenset({"x"}), frozenset()]
    whole = text + "".join(pieces)
    assert find_kept(whole, spellings) | find_struck(whole, spellings) <= {0, 1}
