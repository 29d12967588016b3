"""Times, serial numbers and strangers' text as people see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_console.shown_text import shown_address, shown_line, shown_serial, shown_size, shown_text
from sulku_console.times import absolute, distance, due, relative, typed_time
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language

AT = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.FI, "24.11.2026 klo 14.05 (UTC+2)"),
        (Language.SV, "24.11.2026 kl. 14.05 (UTC+2)"),
        (Language.EN, "24 Nov 2026, 14:05 (UTC+2)"),
    ],
)
def test_a_moment_is_written_as_the_language_does_and_with_its_offset(language: Language, expected: str) -> None:
    assert absolute(AT, language) == expected


def test_the_hour_that_comes_twice_in_autumn_is_told_apart_by_its_offset() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert absolute(first, Language.EN) == "25 Oct 2026, 03:30 (UTC+3)"
    assert absolute(second, Language.EN) == "25 Oct 2026, 03:30 (UTC+2)"


def test_distances_name_two_units_and_say_which_way() -> None:
    assert [distance(timedelta(seconds=s)).replace("\N{NO-BREAK SPACE}", " ") for s in (5, 60, 3660, 7200, 90_000, 20 * 86_400)] == [
        "5 s", "1 min", "1 h 1 min", "2 h", "1 d 1 h", "20 d"
    ]  # fmt: skip
    assert relative(AT + timedelta(minutes=12), AT, Language.FI) == "12\N{NO-BREAK SPACE}min kuluttua"
    assert relative(AT - timedelta(minutes=12), AT, Language.SV) == "för 12\N{NO-BREAK SPACE}min sedan"
    assert due(AT - timedelta(minutes=12), AT, Language.EN) == "12\N{NO-BREAK SPACE}min late"


@pytest.mark.parametrize(
    ("octets", "finnish", "swedish", "english"),
    [
        (0, "0 tavua", "0 byte", "0 bytes"),
        (1, "1 tavu", "1 byte", "1 byte"),
        (999, "999 tavua", "999 byte", "999 bytes"),
        (1_400, "1,4 kt", "1,4 kB", "1.4 kB"),
        (9_960, "10 kt", "10 kB", "10 kB"),
        (999_400, "999 kt", "999 kB", "999 kB"),
        (999_600, "1,0 Mt", "1,0 MB", "1.0 MB"),
        (24_000_000, "24 Mt", "24 MB", "24 MB"),
        (5_000_000_000_000, "5000 Gt", "5000 GB", "5000 GB"),
    ],
)
def test_a_size_is_written_as_the_language_does(octets: int, finnish: str, swedish: str, english: str) -> None:
    for language, expected in ((Language.FI, finnish), (Language.SV, swedish), (Language.EN, english)):
        assert shown_size(octets, language).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_a_typed_time_is_helsinki_time() -> None:
    assert typed_time("2026-07-01T12:00") == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
    assert typed_time(" ") is None
    with pytest.raises(InputError):
        typed_time("yesterday")


@pytest.mark.parametrize(
    ("serial", "shown"),
    [
        ("100000168f0a805c366b43b5de968c691fb", "0100 0001 68f0 a805 c366 b43b 5de9 <b>68c6 91fb</b>"),
        ("1e120f01", " <b>1e12 0f01</b>"),
        ("bf4eab0", " <b>0bf4 eab0</b>"),
    ],
)
def test_the_end_of_a_serial_number_that_is_typed_again_stands_out(serial: str, shown: str) -> None:
    assert shown_serial(serial) == f'<span class="serial">{shown}</span>'


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_whatever_a_stranger_writes_has_no_hidden_character_when_shown(text: str) -> None:
    import unicodedata

    for shown in (shown_text(text), shown_line(text)):
        assert not [c for c in shown if unicodedata.category(c) in {"Cf", "Cs", "Cc"} and c not in "\n\t"]
    assert "\n" not in shown_line(text)


def test_a_key_without_its_end_is_left_out_to_the_end() -> None:
    assert shown_text("a\n-----BEGIN PRIVATE KEY-----\nMIIE") == "a\n[private key: sealed in the original]"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("tietohallinto@holder.example", "tietohallinto@<wbr>holder.example"),
        ("holder.it@post.example", "holder<wbr>.it@<wbr>post.example"),
        ("<b>@x.example", "&lt;b&gt;@<wbr>x.example"),
        ("", ""),
    ],
)
def test_an_address_breaks_between_its_words(address: str, shown: str) -> None:
    assert shown_address(address) == shown
