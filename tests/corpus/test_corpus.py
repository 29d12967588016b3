"""The corpus is the specification: raw bytes in, what `sulku explain --json` prints out.

A case is a folder with `mail.eml` (line ends as LF; they are tried as CRLF too) and `expected.toml`: `title` says the
promise, `[envelope]` may set `mail_from`, and `[explain]` holds what is expected. Lists of tables are compared row by
row by the keys given; `references` need only be among those found, and nothing of `not_references` may be.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sulku_desk.authenticating import Arrived, Authenticator
from sulku_kernel.clock import SetClock
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Envelope, Mail, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.sender_checks import SenderCheck
from sulku_mailbox.opening.attachments import open_attachments
from sulku_revocation.domain import explain_words as closed
from sulku_revocation.domain.explanation import KEYS, explain_json
from sulku_revocation.examination import examine
from sulku_revocation.smime_files import SmimeTrustFiles
from sulku_revocation.understanding import understand
from tests.corpus.corpus_register import corpus_register

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OWN = frozenset({"vptuotanto@vrk.fi", "desk@sulku.example"})
TRUSTED = frozenset({"mx.sulku.example"})
FOLDER = Path(__file__).parent
CASES = sorted(path.parent.name for path in FOLDER.glob("*/mail.eml"))


class ReadHere:
    """The reader of the authenticator: without a jail."""

    @staticmethod
    def read(raw: bytes, anomalies: Sequence[Anomaly] = ()) -> Mail:
        return read(raw)


SMIME = FOLDER / "register" / "smime"
AUTHENTICATOR = Authenticator(
    ReadHere(), SetClock(NOW), SenderCheck(str), SmimeTrustFiles(SMIME / "anchor.pem", SMIME)
)  # fmt: skip


def explain(raw: bytes, mail_from: str | None = None) -> dict[str, Any]:
    mail = read(raw)
    (mail,) = AUTHENTICATOR.authenticate([Arrived(raw, mail, envelope_of(mail, mail_from))])
    return explain_mail(mail, mail_from)


def envelope_of(mail: Mail, mail_from: str | None) -> Envelope:
    sender = mail.header_from or "" if mail_from is None else mail_from
    return Envelope(sender, ("vptuotanto@vrk.fi",), NOW, Via.SMTP)


def read(raw: bytes) -> Mail:
    """The mail as the reader and its jailed child read it, all in this process."""
    mail = open_attachments(parse_mail(raw, trusted_authserv_ids=TRUSTED))
    return replace(mail, examination=examine(mail))


def explain_mail(mail: Mail, mail_from: str | None = None) -> dict[str, Any]:
    envelope = envelope_of(mail, mail_from)
    return explain_json(understand(mail, envelope, corpus_register(), own_addresses=OWN, now=NOW))


@cache
def read_case(name: str) -> tuple[bytes, dict[str, Any]]:
    raw = (FOLDER / name / "mail.eml").read_bytes()
    return raw, tomllib.loads((FOLDER / name / "expected.toml").read_text(encoding="utf-8"))


def differences(explained: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    wrong = []
    for key, wanted in expected.items():
        got = explained[key.removeprefix("not_")]
        if key == "not_references":
            wrong += [f"unwanted reference {value}" for value in wanted if any(r["value"] == value for r in got)]
        elif key in {"references", "because"}:
            wrong += [
                f"nothing in {key} like {row}" for row in wanted if not any(row.items() <= r.items() for r in got)
            ]
        elif key == "matches":
            if len(got) != len(wanted) or not all(w.items() <= g.items() for w, g in zip(wanted, got, strict=False)):
                wrong.append(f"matches {got} instead of {wanted}")
        elif ("" if got is None else got) != wanted:
            wrong.append(f"{key} {got!r} instead of {wanted!r}")
    return wrong


@pytest.mark.parametrize("name", CASES)
def test_a_mail_is_understood(name: str) -> None:
    raw, expected = read_case(name)
    explained = explain(raw.replace(b"\n", b"\r\n"), expected.get("envelope", {}).get("mail_from"))
    assert differences(explained, expected["explain"]) == [], expected["title"]


@pytest.mark.parametrize("name", CASES)
def test_line_ends_never_change_what_a_mail_says(name: str) -> None:
    raw, expected = read_case(name)
    mail_from = expected.get("envelope", {}).get("mail_from")
    assert explain(raw, mail_from) == explain(raw.replace(b"\n", b"\r\n"), mail_from)


@pytest.mark.parametrize("name", CASES)
def test_every_word_of_an_explanation_comes_from_the_closed_lists(name: str) -> None:
    raw, expected = read_case(name)
    explained = explain(raw, expected.get("envelope", {}).get("mail_from"))
    assert tuple(explained) == KEYS
    assert explained["class"] in closed.CLASSES
    assert explained["language"] in closed.LANGUAGES
    assert explained["reason"] in {None, *closed.REASONS}
    assert explained["urgency"] in closed.URGENCIES
    assert explained["outcome"] in closed.OUTCOMES
    assert explained["assurance"] in closed.ASSURANCES
    assert set(explained["needs"]) <= set(closed.NEEDS)
    assert {r["kind"] for r in explained["references"]} <= set(closed.REFERENCE_KINDS)
    assert {r["where"] for r in explained["references"]} <= set(closed.REFERENCE_PLACES)
    for match in explained["matches"]:
        assert set(match["why"]) <= set(closed.WHY)
        assert 0 <= match["score"] <= 1
        assert match["serial"] == match["serial"].lower().lstrip("0")
    for proof in explained["proofs"]:
        assert proof["kind"] in closed.PROOFS
        assert proof["refusal"] in {"", *closed.REFUSALS}
        assert proof["verified"] == bool(proof["spki"]) == (not proof["refusal"])
