"""What a few words must come to. The table is `wording.toml`."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sulku_mailbox.domain.mail import Envelope, Mail, Via
from sulku_revocation.domain.explanation import explain_json
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TABLES = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))["table"]
LANGUAGES = ("fi", "sv", "en")


def rows() -> list[Any]:
    return [
        pytest.param(
            sentence,
            {key: table[key] for key in table.keys() - {"meaning", *LANGUAGES}},
            id=f"{language}: {sentence}",
        )
        for table in TABLES
        for language in LANGUAGES
        for sentence in table.get(language, ())
    ]


def explain(text: str, subject: str = "") -> dict[str, Any]:
    mail = Mail("", len(text), subject, "someone@sender.example", "someone@sender.example", text=text, new_text=text)
    envelope = Envelope("someone@sender.example", ("desk@sulku.example",), NOW, Via.SMTP)
    return explain_json(understand(mail, envelope, FakeRegister(), own_addresses=frozenset(), now=NOW))


@pytest.mark.parametrize(("sentence", "expected"), rows())
def test_a_sentence_means_what_a_person_would_read(sentence: str, expected: dict[str, Any]) -> None:
    explained = explain(sentence)
    assert {key: explained[key] for key in expected} == expected
