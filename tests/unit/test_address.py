"""Email addresses in the one form in which they are compared, and as they stand in a log."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_kernel.address import domain_of, normalise_address, redact_address


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Tuotanto@Holder.Example", "tuotanto@holder.example"),
        ("  a@b.example ", "a@b.example"),
        ("pääte@bücher.example", "pääte@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
        ("o'brien+tag@mail.example", "o'brien+tag@mail.example"),
    ],
)
def test_spellings_of_one_address_compare_equal(written, compared):
    assert normalise_address(written) == compared


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a", "a@", "@b.example", "a b@c.example", "a@b@c.example", "a@b.example\r\nBcc: x@y.example",
        "<a@b.example>", "Anna <a@b.example>", "a@b.example,c@d.example", "a\0@b.example", "a" * 400 + "@b.example",
        "a@-b.example", "a@b..example",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_none(text):
    assert normalise_address(text) is None


@settings(max_examples=200)
@given(st.text("aZ09.-_@lL", max_size=24).map(lambda text: text.replace("l", "local")))
def test_the_short_way_for_ordinary_addresses_says_what_the_long_way_says(text):
    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=True, test_environment=True, allow_quoted_local=True
        )
        expected = f"{found.local_part.lower()}@{found.ascii_domain.lower()}"
    except EmailNotValidError:
        expected = None
    assert normalise_address(text) == expected


def test_a_look_alike_of_another_script_is_another_address():
    latin, cyrillic = normalise_address("a@apteekki.example"), normalise_address("a@аpteekki.example")
    assert latin != cyrillic
    assert cyrillic is None or "xn--" in cyrillic


def test_a_log_shows_whose_system_and_not_who():
    assert redact_address("anna.malli@holder.example") == "a…@holder.example"
    assert redact_address("nothing") == "…"


def test_the_domain_stands_behind_the_last_at():
    assert domain_of("a@b@c.example") == "c.example"
    assert domain_of("nothing") == ""
