"""CMP messages: what is written is read back, and no octets of a server's make reading do anything but refuse."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_kernel.serial_number import MAXIMUM, SerialNumber
from sulku_revocation.ca.embedded.key_files import algorithm_of, sign_bytes
from sulku_revocation.domain import cmp_messages as cmp
from sulku_revocation.domain import cmp_protection
from sulku_revocation.domain.certificate_der import NULL, SEQUENCE, UnreadableError, encode, only_value

SECRET = b"shared"
HEADER = cmp.Header(b"", b"", b"desk", b"t" * 16, b"n" * 16, b"r" * 16)
ALGORITHMS = (
    cmp_protection.password_based_algorithm(b"0123456789abcdef", 10),
    cmp_protection.pbmac1_algorithm(b"0123456789abcdef", 10),
)


def answer(algorithm: bytes = ALGORITHMS[0]) -> bytes:
    statuses = encode(SEQUENCE, encode(SEQUENCE, cmp.integer(cmp.ACCEPTED)))
    body = encode(cmp.RP, encode(SEQUENCE, statuses))
    header = cmp.write_header(replace(HEADER, algorithm=algorithm))
    made = cmp_protection.mac(SECRET, algorithm, cmp.protected_part(header, body))
    return cmp.write_message(header, body, made, [encode(SEQUENCE, b"\x05\x00")])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_message_is_read_back_with_its_protection(algorithm: bytes) -> None:
    read = cmp.read_message(answer(algorithm))
    assert read.header == replace(HEADER, algorithm=algorithm, sender=b"\x30\x00", recipient=b"\x30\x00")
    assert read.statuses == (cmp.Status(cmp.ACCEPTED),)
    assert cmp_protection.has_mac(SECRET, read.header.algorithm, read.protected, read.protection)
    assert not cmp_protection.has_mac(b"other", read.header.algorithm, read.protected, read.protection)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(min_value=0), flipped=st.integers(1, 255), algorithm=st.sampled_from(ALGORITHMS))
def test_an_answer_with_any_octet_changed_is_refused_or_not_protected(at: int, flipped: int, algorithm: bytes) -> None:
    octets = bytearray(answer(algorithm))
    octets[at % len(octets)] ^= flipped
    with contextlib.suppress(UnreadableError):
        read = cmp.read_message(bytes(octets))
        is_ours = bool(read.protection) and cmp_protection.has_mac(
            SECRET, read.header.algorithm, read.protected, read.protection
        )
        # What lies outside header and body (the sender's certificates) is protected by nothing and believed in nothing.
        assert not is_ours or read.protected == cmp.read_message(answer(algorithm)).protected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60))
def test_reading_is_total(octets: bytes, begin: int) -> None:
    for data in (octets, answer()[:begin] + octets, encode(SEQUENCE, octets)):
        with contextlib.suppress(UnreadableError):
            cmp.read_message(data)
        with contextlib.suppress(UnreadableError):
            cmp_protection.mac(SECRET, data, b"")
        with contextlib.suppress(UnreadableError):
            cmp_protection.is_signed([], data, b"", b"")


@pytest.mark.parametrize("parts", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("name", [cmp_protection.PASSWORD_BASED_MAC, cmp_protection.PBMAC1])
def test_a_mac_with_too_few_or_too_many_parameters_is_refused(name: str, parts: int) -> None:
    parameters = encode(SEQUENCE, *[cmp.integer(1)] * parts)
    with pytest.raises(UnreadableError):
        cmp_protection.mac(SECRET, encode(SEQUENCE, cmp.oid(name), parameters), b"")


@given(serial=st.integers(1, MAXIMUM), reason=st.sampled_from([0, 1, 3, 4, 5, 9]))
@settings(max_examples=100, deadline=None)
def test_a_serial_number_is_sent_as_it_is_whatever_its_size(serial: int, reason: int) -> None:
    body = cmp.write_rr([cmp.Revoking(encode(SEQUENCE), SerialNumber(serial), reason)])
    (details,) = only_value(only_value(body, cmp.RR).contents, SEQUENCE).inside()
    template, extensions = details.inside()
    fields = {field.tag: field.contents for field in template.inside()}
    assert int.from_bytes(fields[0x81], "big", signed=True) == serial
    assert fields[0xA3] == encode(SEQUENCE)
    assert extensions.contents.endswith(bytes((0x0A, 1, reason)))


@pytest.mark.parametrize("name", ["1.3.6.1.5.5.7.3.28", "2.5.29.21", "1.2.840.113533.7.66.13", "2.999.1234567890"])
def test_object_identifiers_are_written_as_they_are_read(name: str) -> None:
    assert cmp.read_algorithm(encode(SEQUENCE, cmp.oid(name), encode(NULL)))[0] == name


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())])
def test_a_signature_counts_by_a_key_on_file_alone(key: ec.EllipticCurvePrivateKey) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    made = sign_bytes(key, b"protected")
    assert cmp_protection.is_signed([other, key.public_key()], algorithm_of(key), b"protected", made)
    assert not cmp_protection.is_signed([other], algorithm_of(key), b"protected", made)
    assert not cmp_protection.is_signed([key.public_key()], algorithm_of(key), b"changed", made)


def test_a_signature_over_sha_1_counts_nowhere() -> None:
    key = rsa.generate_private_key(65537, 2048)
    made = key.sign(b"protected", PKCS1v15(), hashes.SHA1())
    sha1_with_rsa = encode(SEQUENCE, cmp.oid("1.2.840.113549.1.1.5"), encode(NULL))
    with pytest.raises(UnreadableError, match="not known"):
        cmp_protection.is_signed([key.public_key()], sha1_with_rsa, b"protected", made)
