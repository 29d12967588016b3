"""A certificate's serial number in the one form used inside (RFC 5280, 4.1.2.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sulku_kernel.serial_number import MAXIMUM, SerialNumber, whole_octets


@given(st.integers(1, MAXIMUM))
def test_a_serial_survives_its_one_spelling(value):
    serial = SerialNumber(value)
    assert SerialNumber.from_hex(serial.hex) == serial == value
    assert serial.hex == serial.hex.lower().lstrip("0")


def test_people_see_whole_octets_as_other_programs_print_them():
    assert str(SerialNumber.from_hex("bf4eab0")) == whole_octets("bf4eab0") == "0bf4eab0"
    assert str(SerialNumber.from_hex("1e120fe1")) == whole_octets("1e120fe1") == "1e120fe1"


@pytest.mark.parametrize("value", [0, -1, MAXIMUM + 1])
def test_what_lies_outside_the_rfc_is_no_serial(value):
    with pytest.raises(ValueError, match="between 1 and"):
        SerialNumber(value)


@pytest.mark.parametrize("text", ["", "xyz", "0", "00", "-1", "f" * 41])
def test_what_is_not_hex_or_not_a_serial_is_refused(text):
    with pytest.raises(ValueError):
        SerialNumber.from_hex(text)


def test_people_compare_the_last_eight_digits_in_two_groups():
    assert SerialNumber.from_hex("0100000168f0a805c366b43b5de968c691fb").tail == "68c6 91fb"
    assert SerialNumber.from_hex("0bf4eab0").tail == "0bf4 eab0"
    assert repr(SerialNumber(200600240)) == "SerialNumber(0xbf4eab0)"
