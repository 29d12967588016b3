"""A certificate is found however its serial number, fingerprint, key or names are written; and nothing makes a reader fall."""

from __future__ import annotations

import hashlib
import io
import string
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.certificates import issue, make_ca, p7b, pem

from sulku_kernel.serial_number import MAXIMUM, SerialNumber
from sulku_revocation.certificate_sources import Source, unpack
from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.business_id import business_id_of, oid_of, read_business_id
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_list import read_certificate_list
from sulku_revocation.domain.certificate_reading import DEFAULT_RULES, read_certificate
from sulku_revocation.domain.distinguished_name import name_key, parse_name, read_name, write_name
from sulku_revocation.domain.folding import fold_compact, fold_organisation, fold_text, similarity
from sulku_revocation.domain.grams import choose_grams, grams_of
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.serials import near_readings, read_serial
from sulku_revocation.domain.spki import spki_digest
from sulku_revocation.searching import search
from sulku_revocation.testing import FakeRegister

serials = st.one_of(st.integers(1, 2**32), st.integers(2**136, 2**144), st.integers(1, MAXIMUM)).map(SerialNumber)
CERTIFICATE = issue(make_ca(), 0x0BF4EAB0, hosts=("www.apteekki.example",))
RECORD = CertificateRecord(
    id=1,
    issuer_id=1,
    issuer="CN=Care CA",
    serial=SerialNumber(1),
    certificate_type=CertificateType.SERVER,
    common_name="",
    organisation="",
    organisation_oid="",
    host_names=(),
    not_before=None,
    not_after=None,
    fingerprint=hashlib.sha256(CERTIFICATE).hexdigest(),
    spki=read_certificate(CERTIFICATE).spki,
    account_id=None,
    revoked_at=None,
    reason=None,
)


@st.composite
def spellings(draw: st.DrawFn, digits: str) -> str:
    """Hex as people and programs write it."""
    if draw(st.booleans()):
        digits = digits.rjust(len(digits) + len(digits) % 2, "0")
    width = draw(st.sampled_from([2, 4, 8, len(digits)]))
    separator = draw(st.sampled_from([":", " ", "-", "\u00a0", ".", ""]))
    text = separator.join(digits[at : at + width] for at in range(0, len(digits), width))
    text = draw(st.sampled_from(["", "0x", "00", "  "])) + text
    return text.upper() if draw(st.booleans()) else text


@given(data=st.data(), serial=serials)
def test_a_serial_survives_any_spelling(data: st.DataObject, serial: SerialNumber) -> None:
    assert serial.hex in read_serial(data.draw(spellings(serial.hex)))
    assert serial.hex in read_serial(str(int(serial)))


@given(data=st.data(), serial=serials)
def test_a_certificate_is_found_by_any_spelling_of_its_serial(data: st.DataObject, serial: SerialNumber) -> None:
    register = FakeRegister([replace(RECORD, serial=serial)])
    found, is_exact = search(register, data.draw(spellings(serial.hex)))
    assert (len(found), is_exact) == (1, True)


@given(data=st.data(), digest=st.sampled_from([RECORD.fingerprint, RECORD.spki]))
def test_a_certificate_is_found_by_any_spelling_of_its_fingerprint_or_key(data: st.DataObject, digest: str) -> None:
    separator = data.draw(st.sampled_from([":", " ", ""]))
    text = separator.join(digest[at : at + 2] for at in range(0, 64, 2))
    assert search(FakeRegister([RECORD]), text.upper() if data.draw(st.booleans()) else text) == ((RECORD,), True)


@given(text=st.text(max_size=150))
@example("0x")
@example("-5")
@example("٣٤")
def test_a_reading_of_a_serial_is_always_a_serial(text: str) -> None:
    for reading in read_serial(text):
        assert SerialNumber.from_hex(reading).hex == reading


@st.composite
def slips(draw: st.DrawFn, text: str, alphabet: str) -> str:
    """One digit wrong, missing, doubled or added, or two neighbours swapped."""
    at = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(alphabet))
    slipped = [
        text[:at] + letter + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at:][:1] + text[at:],
    ]
    if len(text) > 1:
        slipped.append(text[:at] + text[at + 1 :])
        slipped.append(text[: max(at - 1, 0)] + text[max(at - 1, 0) : at + 1][::-1] + text[at + 1 :])
    return draw(st.sampled_from(slipped))


@given(data=st.data(), serial=serials)
def test_a_slip_leads_back_to_the_serial(data: st.DataObject, serial: SerialNumber) -> None:
    slipped = data.draw(slips(serial.hex, string.hexdigits[:16]))
    assume(slipped not in {"", serial.hex} and not slipped.startswith("0") and len(slipped) <= 40)
    assert serial.hex in near_readings(slipped)
    assert slipped not in near_readings(slipped)


EC_KEY = ec.derive_private_key(12_345, ec.SECP384R1()).public_key()
RSA_KEY = rsa.RSAPublicNumbers(65_537, 2**2_047 + 1).public_key()


def test_one_key_has_one_digest_however_it_is_written() -> None:
    whole = EC_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    algorithm = der.read_value(der.read_value(whole)[0].contents)[0].whole
    point = EC_KEY.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = der.encode(der.SEQUENCE, algorithm, der.encode(der.BIT_STRING, b"\0", point))
    assert compressed != whole
    assert spki_digest(compressed) == spki_digest(whole)

    plain = RSA_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = list(der.read_value(plain)[0].inside())[1].whole
    for oid in ("06092a864886f70d010101", "06092a864886f70d01010a"):  # rsaEncryption without NULL, RSASSA-PSS
        other = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, bytes.fromhex(oid)), bits)
        assert spki_digest(other) == spki_digest(plain)


def test_a_key_made_to_burn_a_processor_is_refused() -> None:
    modulus = der.encode(der.INTEGER, b"\x01" + bytes(16_384 // 8))
    key = der.encode(der.SEQUENCE, modulus, der.encode(der.INTEGER, b"\x03"))
    algorithm = der.encode(der.SEQUENCE, bytes.fromhex("06092a864886f70d010101"), b"\x05\x00")
    with pytest.raises(UnreadableError, match="16384 bits"):
        spki_digest(der.encode(der.SEQUENCE, algorithm, der.encode(der.BIT_STRING, b"\0", key)))


def test_a_negative_serial_number_is_refused() -> None:
    at = CERTIFICATE.index(bytes.fromhex("02040bf4eab0")) + 2
    with pytest.raises(UnreadableError, match="serial number lies between"):
        read_certificate(CERTIFICATE[:at] + b"\x8b" + CERTIFICATE[at + 1 :])


letters = st.text(st.sampled_from("abcåäöéüABCÅÄÖ -_.&'"), min_size=1, max_size=30)


@given(name=letters)
def test_a_name_folds_to_the_same_in_capitals_without_dots_and_twice(name: str) -> None:
    folded = fold_text(name)
    assert fold_text(name.upper()) == folded == fold_text(folded)
    assert fold_text(name.translate(str.maketrans("åäöéüÅÄÖ", "aaoeuAAO"))) == folded
    assert fold_compact(name.replace(" ", "")) == fold_compact(name)


@given(
    name=letters.filter(lambda name: fold_text(name) not in {"", "ab"}), form=st.sampled_from(["Oy", "Ab", "Oyj", "Ky"])
)
def test_a_company_form_carries_no_identity(name: str, form: str) -> None:
    assert fold_organisation(f"{name} {form}") == fold_organisation(f"{form} {name}") == fold_organisation(name)


@given(one=letters, other=letters)
def test_likeness_is_mutual_and_whole_only_for_equals(one: str, other: str) -> None:
    one, other = fold_organisation(one), fold_organisation(other)
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert 0 <= similarity(one, other) <= 1
    assert (similarity(one, other) == 1) == (one == other)


@given(data=st.data(), name=st.text("abcdefgh ", min_size=12, max_size=40).map(fold_text).filter(lambda n: len(n) > 9))
def test_a_slip_in_a_name_keeps_grams_enough_to_find_it(data: st.DataObject, name: str) -> None:
    slipped = fold_text(data.draw(slips(name, "abcdefgh")))
    shared = grams_of(name) & grams_of(slipped)
    assert shared & set(choose_grams(dict.fromkeys(grams_of(slipped) & grams_of(name), 1)))


attributes = st.lists(
    st.tuples(st.sampled_from(["CN", "O", "OU", "C", "2.5.4.5"]), st.text(min_size=1, max_size=20)),
    min_size=1,
    max_size=5,
)


@given(pairs=attributes)
def test_a_written_name_reads_back_as_the_same_name(pairs: list[tuple[str, str]]) -> None:
    oids = {"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6"}
    name = tuple(((oids.get(kind, kind), value),) for kind, value in pairs)
    assert name_key(parse_name(write_name(name))) == name_key(name)
    assert name_key(tuple(reversed(name))) == name_key(name)


def test_an_attribute_is_the_same_by_oid_or_name_in_any_string_type_and_order() -> None:
    key = name_key(parse_name("CN=Care CA,O=Vaestorekisterikeskus CA,C=FI"))
    assert name_key(parse_name("/C=FI/O=Vaestorekisterikeskus CA/CN=Care CA")) == key
    assert name_key(parse_name("2.5.4.6=fi; o = VAESTOREKISTERIKESKUS  CA ;cn=Care CA")) == key
    assert name_key(parse_name('CN=#0c0743617265204341,O="Vaestorekisterikeskus CA",C=FI')) == key
    for string_type in (0x0C, 0x13, 0x14):
        common_name = der.encode(der.SEQUENCE, bytes.fromhex("0603550403"), der.encode(string_type, b"Care CA"))
        assert read_name(der.encode(der.SEQUENCE, der.encode(der.SET, common_name))) == ((("2.5.4.3", "Care CA"),),)


@given(number=st.integers(100_000, 9_999_999))
def test_a_business_id_and_its_oid_lead_to_each_other(number: int) -> None:
    valid = [found for digit in range(10) if (found := read_business_id(f"{number}-{digit}"))]
    assert len(valid) <= 1
    for business_id in valid:
        assert business_id_of(oid_of(business_id)) == business_id
        assert business_id_of(oid_of(business_id) + ".10.1") == business_id


@given(text=st.text(max_size=300))
def test_a_host_name_reads_as_itself(text: str) -> None:
    found = read_host_name(text)
    assert found is None or read_host_name(found) == found


# --- readers fall over nothing -----------------------------------------------------------------------------------------


@st.composite
def broken(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with some octets changed, cut out or put in."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


@settings(max_examples=300)
@given(data=st.one_of(broken(CERTIFICATE), st.binary(max_size=200)))
def test_a_broken_certificate_is_read_or_refused(data: bytes) -> None:
    with suppress(UnreadableError):
        read_certificate(data)


@settings(max_examples=200)
@given(data=st.one_of(broken(pem(CERTIFICATE)), broken(p7b(CERTIFICATE)), st.binary(max_size=200)))
def test_a_broken_file_of_certificates_is_read_or_refused(data: bytes) -> None:
    with suppress(UnreadableError):
        assert find_certificates(data)


@settings(max_examples=200)
@given(data=st.one_of(broken(b'issuer;serial_hex;not_after\n"CN=a,C=FI";0a;2026-11-24\n'), st.binary(max_size=100)))
def test_a_broken_list_is_read_or_refused(data: bytes) -> None:
    with suppress(UnreadableError):
        list(read_certificate_list(data, DEFAULT_RULES))


def _archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.pem", pem(CERTIFICATE))
        archive.writestr("two.crt", CERTIFICATE)
    return data.getvalue()


@settings(max_examples=300)
@given(data=broken(_archive()))
def test_a_broken_archive_gives_files_or_faults(data: bytes) -> None:
    for found in unpack("a.zip", data):
        assert not isinstance(found, Source) or len(found.data) <= 10_000_000
