"""Lists for campaigns in every form they come in; what names nothing stays a line with its reason."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.certificates import make_ca

from sulku_kernel.errors import InputError
from sulku_revocation.domain import campaign_file
from sulku_revocation.domain.campaign_file import GivenLine, read_list
from sulku_revocation.domain.distinguished_name import name_key, parse_name

ISSUER = "CN=Care CA,O=Vaestorekisterikeskus CA,C=FI"


def lines(text: str) -> list[GivenLine]:
    return list(read_list(text.encode()))


def test_serial_numbers_stand_one_to_a_line_in_any_notation() -> None:
    found = lines("0x1e120fe1\n1E:12:0F:E1  # the pharmacy's\n\n# nothing\n504500193\n")
    assert [line.place for line in found] == ["line 1", "line 2", "line 5"]
    assert all("1e120fe1" in line.readings for line in found)


def test_a_decimal_line_keeps_both_of_its_readings() -> None:
    (line,) = lines("10")
    assert line.readings == ("10", "a")


def test_a_fingerprint_of_forty_digits_may_be_a_serial_number_too() -> None:
    (line,) = lines("f" + "0" * 38 + "1")
    assert line.fingerprint
    assert not line.problem


def test_csv_names_columns_and_deadlines() -> None:
    found = lines(f'serial_hex;issuer;deadline\n1e120fe1;"{ISSUER}";2026-11-26\nff;;2026-11-26T12:00+02:00\n')
    assert found[0].issuer == name_key(parse_name(ISSUER))
    assert found[0].due_at == datetime(2026, 11, 26, tzinfo=UTC)
    assert found[1].due_at == datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert [line.readings for line in found] == [("1e120fe1",), ("ff",)]


def test_csv_in_decimal_has_one_reading() -> None:
    assert [line.readings for line in lines("serial_decimal,x\n10,\n1x,\n")] == [("a",), ()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("serial,issuer\nff,not a name\n", "name"),
        ("serial,deadline\nff,tomorrow\n", "isoformat"),
        ("serial,fingerprint\nxyz,xyz\n", "no serial number"),
        ("hello\n", "no serial number"),
        ("[17]", "neither text"),
        ('[{"serial": 17}]', "neither text"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(text: str, problem: str) -> None:
    (line,) = lines(text)
    assert problem in line.problem


def test_json_is_a_list_of_texts_or_objects() -> None:
    found = lines(json.dumps(["0x1e120fe1", {"Serial": "0xff", "issuer": ISSUER}, {"fingerprint": "a" * 64}]))
    assert [line.readings for line in found] == [("1e120fe1",), ("ff",), ()]
    assert found[2].fingerprint == "a" * 64
    assert found[1].place == "entry 2"


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_certificates_are_named_by_their_fingerprint(encoding: Encoding) -> None:
    certificate = make_ca().certificate
    (line,) = read_list(certificate.public_bytes(encoding))
    assert len(line.fingerprint) == 64
    assert not line.readings


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b'{"serial": "ff"}',
        b"[",
        b"issuer;deadline\nx;y\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA",
        b"serial,issuer\n" + b"f" * 140_000,
    ],
)
def test_what_is_no_list_at_all_is_refused_with_the_next_step(data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        list(read_list(data))
    assert refused.value.next_step


def test_a_list_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_file, "LARGEST_LIST", 10)
    with pytest.raises(InputError, match="more than"):
        read_list(b"0x1\n" * 10)


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_lines_or_refused(data: bytes) -> None:
    with suppress(InputError):
        found = list(read_list(data))
        assert all(line.problem or line.readings or line.fingerprint for line in found)
