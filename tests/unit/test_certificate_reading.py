"""Certificates are read by what they say, leniently where that harms nobody and never where it would."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, ObjectIdentifier
from tests.certificates import BEGIN, EXPLICIT_FALSE, issue, key, make_ca, name_of

from sulku_revocation.domain import certificate_der as der
from sulku_revocation.domain.certificate_der import UnreadableError, Value
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_list import read_certificate_list
from sulku_revocation.domain.certificate_reading import DEFAULT_RULES, TypeRules, read_certificate
from sulku_revocation.domain.distinguished_name import parse_name, read_name
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.spki import spki_digest

CA = make_ca()


def certificate(*extensions: x509.ExtensionType, subject: x509.Name | None = None) -> bytes:
    """The DER of a certificate of the CA with just these extensions."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or name_of(C="FI", O="Yritys", CN="Palvelu"))
        .issuer_name(CA.name)
        .public_key(key("leaf").public_key())
        .serial_number(77)
        .not_valid_before(BEGIN)
        .not_valid_after(datetime(2055, 1, 1, tzinfo=UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)

    return builder.sign(key("ca"), hashes.SHA256()).public_bytes(Encoding.DER)


def unknown(oid: ObjectIdentifier, contents: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(oid, contents)


SERVES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
POLICY = x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("1.2.246.517.1.10.10.2"), None)])
SIGNS_CERTIFICATES = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ((), CertificateType.SYSTEM_SIGNATURE),
        ((EXPLICIT_FALSE,), CertificateType.SYSTEM_SIGNATURE),
        ((SERVES,), CertificateType.SERVER),
        ((x509.SubjectAlternativeName([x509.DNSName("a.example")]),), CertificateType.SERVER),
        ((x509.BasicConstraints(ca=True, path_length=None),), CertificateType.CA),
        ((SIGNS_CERTIFICATES,), CertificateType.CA),
        ((EXPLICIT_FALSE, SIGNS_CERTIFICATES), CertificateType.SYSTEM_SIGNATURE),
        ((POLICY,), CertificateType.TEST_SERVER),
    ],
)
def test_the_type_is_told_by_what_the_certificate_is_for(extensions, expected: CertificateType) -> None:
    rules = TypeRules(policies={"1.2.246.517.1.10.10.2": CertificateType.TEST_SERVER})
    assert read_certificate(certificate(*extensions), rules=rules).certificate_type is expected


@pytest.mark.parametrize(
    "extension",
    [
        unknown(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x50\x82"),
        unknown(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x04\x01a"),
        unknown(ExtensionOID.CRL_DISTRIBUTION_POINTS, b"\x30\x06\x30\x04\xa0\x02\xa0\x00"),
        unknown(ExtensionOID.CRL_DISTRIBUTION_POINTS, b"\x30\x04\x30\x02\xa1\x00"),
        unknown(ExtensionOID.CRL_DISTRIBUTION_POINTS, b"\x30\x04\x30\x02\xa0\x00"),
        unknown(ExtensionOID.AUTHORITY_INFORMATION_ACCESS, b"\x30\x05\x30\x03\x06\x01\x80"),
        unknown(ExtensionOID.AUTHORITY_KEY_IDENTIFIER, b""),
        unknown(ExtensionOID.SUBJECT_KEY_IDENTIFIER, b"\x30\x00"),
        unknown(ExtensionOID.CERTIFICATE_POLICIES, b"\x30\x05\x30\x03\x06\x01\x80"),
    ],
)
def test_an_extension_that_cannot_be_read_counts_as_absent(extension: x509.UnrecognizedExtension) -> None:
    read = read_certificate(certificate(extension))
    assert (read.serial, read.host_names, read.crl_url, read.ocsp_url, read.policies) == (77, (), "", "", ())


def test_addresses_are_taken_from_the_first_that_is_http_and_hold_nothing_odd() -> None:
    uri = x509.UniformResourceIdentifier
    points = [
        x509.DistributionPoint([uri("ldap://ldap.example/cn=crl")], None, None, None),
        x509.DistributionPoint([uri("http://crl.example/a b")], None, None, None),
        x509.DistributionPoint([uri("HTTP://crl.example/good.crl")], None, None, None),
    ]
    assert read_certificate(certificate(x509.CRLDistributionPoints(points))).crl_url == "HTTP://crl.example/good.crl"


def test_a_host_name_in_the_common_name_counts_and_an_organisations_oid_is_found() -> None:
    subject = name_of(O="Yritys", serialNumber="1.2.246.10.2048198", CN="WWW.Yritys.example")
    read = read_certificate(certificate(subject=subject))
    assert (read.host_names, read.organisation_oid) == (("www.yritys.example",), "1.2.246.10.2048198")
    assert read.not_after == datetime(2055, 1, 1, tzinfo=UTC)


def test_a_self_signed_certificate_of_the_first_version_is_a_cas() -> None:
    body = der.read_value(der.read_value(CA.der)[0].contents)[0]
    parts = list(body.inside())
    assert parts[0].tag == 0xA0
    first_version = der.encode(der.SEQUENCE, *(part.whole for part in parts[1:7]))
    rest = der.read_value(CA.der)[0].contents[len(body.whole) :]
    assert read_certificate(der.encode(der.SEQUENCE, first_version, rest)).certificate_type is CertificateType.CA


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\x17\x0d991231235959Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"\x17\x0b2601011200Z", datetime(2026, 1, 1, 12, 0, tzinfo=UTC)),
        (b"\x17\x11260101120000+0200", datetime(2026, 1, 1, 10, 0, tzinfo=UTC)),
        (b"\x18\x1320260101120000-0130", datetime(2026, 1, 1, 13, 30, tzinfo=UTC)),
        (b"\x18\x0f20261301120000Z", None),
        (b"\x18\x0f99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"\x18\x1399991231235959-0200", None),
        (b"\x0c\x012", None),
        (b"\x17\x00", None),
    ],
)
def test_times_are_read_in_every_form_that_is_in_use(text: bytes, expected: datetime | None) -> None:
    assert der.read_time(der.read_value(text)[0]) == expected


@pytest.mark.parametrize(
    ("tag", "contents", "expected"),
    [
        (0x0C, "Väestö".encode(), "Väestö"),
        (0x14, "Väestö".encode("latin-1"), "Väestö"),
        (0x1E, "Väestö".encode("utf-16-be"), "Väestö"),
        (0x13, "Väestö".encode("latin-1"), "Väestö"),
        (0x0C, b"a\xff", "a\ufffd"),
    ],
)
def test_every_string_type_gives_its_letters(tag: int, contents: bytes, expected: str) -> None:
    assert der.read_text(Value(tag, contents, b"")) == expected


@pytest.mark.parametrize("text", ["Väestö", "Väestö=1", "O=a,=b", "x" * 9_000, "", "O=#0405"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse_name(text)


def test_names_with_several_values_in_one_place_and_escapes_are_read() -> None:
    assert parse_name(r"CN=a\, b+OU=x\C3\A4,O=\ c\ ") == (
        (("2.5.4.10", " c "),),
        (("2.5.4.3", "a, b"), ("2.5.4.11", "xä")),
    )


@pytest.mark.parametrize(
    "name",
    [
        der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, b"\x30\x00")),
        der.encode(der.SEQUENCE, der.encode(der.SET, b"\x30\x00")),
        der.encode(der.SEQUENCE, der.encode(der.SET, bytes.fromhex("300806035504030c0161") * 101)),
        der.encode(
            der.SEQUENCE, der.encode(der.SET, der.encode(der.SEQUENCE, b"\x06\x01\x2a", der.encode(12, b"a" * 1_001)))
        ),
    ],
    ids=["no set", "no type", "too many", "too long"],
)
def test_a_name_that_is_none_or_endless_is_refused(name: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_name(name)


WHOLE = certificate()


@pytest.mark.parametrize(
    "data",
    [
        bytes(200_001),
        der.encode(der.SEQUENCE, b"\x02\x01\x01"),
        der.encode(der.SEQUENCE, b"\x30\x00", b"\x30\x00", b"\x03\x01\x00"),
        WHOLE + b"\0\0",
        b"\x1f\x81\x01\x00",
        b"\x30\x85\x01\x00\x00\x00\x00",
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_certificate(data)


def test_files_hold_certificates_in_odd_wrappings() -> None:
    encoded = base64.encodebytes(WHOLE)
    trusted = base64.encodebytes(WHOLE + b"\x30\x00")
    data = (
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        b"-----BEGIN TRUSTED CERTIFICATE-----\n" + trusted + b"-----END TRUSTED CERTIFICATE-----\n"
        b"-----BEGIN X509 CERTIFICATE-----\n" + encoded + b"-----END X509 CERTIFICATE-----\n"
    )
    assert find_certificates(data) == (WHOLE, WHOLE)
    assert find_certificates(WHOLE + WHOLE) == (WHOLE, WHOLE)
    with pytest.raises(UnreadableError, match="more than 1 certificates"):
        find_certificates(WHOLE + WHOLE, limit=1)
    enveloped = der.encode(der.SEQUENCE, bytes.fromhex("06092a864886f70d010703"), b"\xa0\x00")
    with pytest.raises(UnreadableError, match="not SignedData"):
        find_certificates(enveloped)
    with pytest.raises(UnreadableError, match="not base64"):
        find_certificates(b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----")
    with pytest.raises(UnreadableError, match="not a certificate"):
        find_certificates(WHOLE + b"\x04\x00")


@pytest.mark.parametrize(
    "key_info",
    [
        b"\x30\x00",
        bytes.fromhex("3007300030000300"),
        der.encode(der.SEQUENCE, b"\x30\x02\x05\x00", b"\x03\x01\x00"),
        der.encode(
            der.SEQUENCE,
            der.encode(der.SEQUENCE, bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06082a8648ce3d030107")),
            b"\x03\x03\x00\x02\xff",
        ),
    ],
)
def test_what_is_no_key_is_refused(key_info: bytes) -> None:
    with pytest.raises(UnreadableError):
        spki_digest(key_info)


def test_a_compressed_point_on_a_curve_nobody_knows_keeps_its_own_digest() -> None:
    algorithm = der.encode(der.SEQUENCE, bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06022a03"))
    info = der.encode(der.SEQUENCE, algorithm, b"\x03\x03\x00\x02\x05")
    assert len(spki_digest(info)) == 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ÄÄKKÖSET.example", "xn--kkset-fraa0m.example"),
        ("a" * 64 + ".example", None),
        ("1.2.246.10", None),
        ("www.bank.example\0.evil.example", None),
        ("-a.example", None),
        ("xn--\u0378.example", None),
    ],
)
def test_host_names_are_compared_as_a_labels(text: str, expected: str | None) -> None:
    assert read_host_name(text) == expected


def test_a_list_is_read_with_all_its_columns() -> None:
    lines = (
        "issuer,serial_decimal,subject,certificate_type,business_id,not_before,not_after,sha1\n"
        f'"CN=Care CA","504500193","serialNumber=1.2.246.10.2048198,CN=Palvelu,O=Kela",system_signature,,'
        f"2026-01-01,2026-06-01T12:00:00+03:00,{'A1:' * 19}A1\n"
        '"CN=Care TEST CA",7,CN=a.example,,0204819-8,,,\n'
        '"CN=Care CA",8,,,,,,\n'
    )
    first, second, third = read_certificate_list(b"\xef\xbb\xbf" + lines.encode(), DEFAULT_RULES)
    assert (first.serial, first.common_name, first.organisation) == ("1e120fe1", "Palvelu", "Kela")
    assert first.not_after == datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
    assert (first.sha1, first.certificate_type) == ("a1" * 20, CertificateType.SYSTEM_SIGNATURE)
    assert (second.certificate_type, second.organisation_oid) == (CertificateType.TEST_SERVER, "1.2.246.10.2048198")
    assert (third.certificate_type, third.place) == (CertificateType.UNKNOWN, "line 4")


@pytest.mark.parametrize(
    ("columns", "cells", "why"),
    [
        ("host_names", "a.example -", "is no host name"),
        ("organisation_oid", "1.x", "is no OID"),
        ("certificate_type", "client", "server, test_server"),
        ("sha1", "ab", "40 hex digits"),
        ("issuer", "CN=a", "twice"),
    ],
)
def test_a_wrong_cell_is_named(columns: str, cells: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        list(read_certificate_list(f"issuer,serial_hex,{columns}\nCN=a,1,{cells}\n".encode(), DEFAULT_RULES))
    with pytest.raises(UnreadableError, match="split the list"):
        list(read_certificate_list(bytes(100_000_001), DEFAULT_RULES))


def test_an_issued_certificate_of_the_real_kind_is_read_whole() -> None:
    read = read_certificate(issue(CA, 0x1E120FE1, hosts=("*.kanta.example",)))
    assert (read.serial.hex, read.crl_url) == ("1e120fe1", "http://proxy.ca.example/crl/care.crl")
    assert read.ocsp_url == "http://ocsp.ca.example/care"
    assert read.issuer_key_identifier == read_certificate(CA.der).key_identifier
