"""One thing has one name in everything a customer or an operator reads: the glossary's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sulku_console.wording import translate
from sulku_kernel.language import Language
from sulku_templates.examples import COMMON_EXAMPLE, EXAMPLES
from sulku_templates.form_words import form_parts
from sulku_templates.message import Message
from sulku_templates.receipt_words import receipt_texts
from sulku_templates.rendering import Renderer

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
HOST_NAME = {Language.FI: "Palvelinnimi", Language.SV: "Värdnamn", Language.EN: "Host name"}
HOST_NAMES = {Language.FI: "Palvelinnimet", Language.SV: "Värdnamn", Language.EN: "Host names"}


@pytest.mark.parametrize("language", Language)
def test_a_host_name_is_called_the_same_in_mails_receipts_the_form_and_the_console(language: Language) -> None:
    one, several = HOST_NAME[language], HOST_NAMES[language]
    assert f"| {one.lower()} |" in GLOSSARY.read_text(encoding="utf-8")
    assert receipt_texts(language)["host_names"] == several
    assert translate("Host names", language) == several
    labels = {field.name: field.label for part in form_parts(language) for field in part.fields}
    assert labels["host_name"] == f"{one} (FQDN)"
    for name in ("several_candidates", "revoked_holder", "reason_changed_holder"):
        mail = Renderer().render(Message(name, language, EXAMPLES[name]), COMMON_EXAMPLE)
        assert f"\n{several}: " in mail.text
