"""A list of certificates as CSV, for those of which only the CA's list is at hand (docs/register.md shows one)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.business_id import is_oid, oid_of, read_business_id
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_reading import TypeRules
from sulku_revocation.domain.distinguished_name import (
    COMMON_NAME,
    ORGANISATION,
    SERIAL_NUMBER,
    Name,
    first_value,
    name_key,
    parse_name,
    write_name,
)
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.register_entry import IssuerClaim, RegisterEntry

MAXIMUM_BYTES = 100_000_000

# Every column there is, with what it holds. The test of docs/register.md reads this.
COLUMNS: Mapping[str, str] = {
    "issuer": "the issuer's name (RFC 4514); always needed",
    "serial_hex": "serial number in hex; this or serial_decimal is needed",
    "serial_decimal": "serial number in decimal",
    "issuer_key_identifier": "hex; needed when two generations of an issuer have one name",
    "subject": "the subject's name (RFC 4514); fills what the next three leave empty",
    "common_name": "common name",
    "organisation": "organisation",
    "organisation_oid": "OID of the organisation or its unit",
    "business_id": "Y-tunnus of the organisation; stands for its OID when that is not given",
    "host_names": "host names, with blanks between",
    "certificate_type": "server, test_server, system_signature, test_system_signature or ca",
    "not_before": "ISO 8601, UTC: 2026-11-24 or 2026-11-24T12:00:00Z",
    "not_after": "the same",
    "sha1": "fingerprint: SHA-1 of the certificate, hex",
    "fingerprint": "fingerprint: SHA-256 of the certificate, hex",
}
_HEX = re.compile(r"[0-9a-f]*")
_SEPARATORS = re.compile(r"[\s:]+")


class UnreadableLineError(UnreadableError):
    """A line of a list is wrong; `place` says which."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place


def read_certificate_list(data: bytes, rules: TypeRules) -> Iterator[RegisterEntry]:
    """The entries of a list, in its order. Raises UnreadableError, and UnreadableLineError for a line.

    UTF-8, with or without BOM; a header; `;` or `,` between columns, whichever the header has.
    """
    if len(data) > MAXIMUM_BYTES:
        raise UnreadableError(f"more than {MAXIMUM_BYTES // 1_000_000} MB: split the list")
    text = _decode(data)
    header, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in header else ",", strict=True)
    try:
        columns = _read_header(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _read_line(columns, cells, f"line {reader.line_num}", rules)
    except csv.Error as error:
        raise UnreadableLineError(f"not CSV: {error}", f"line {reader.line_num}") from None


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableLineError("not UTF-8: save the list as “CSV UTF-8”", f"line {line}") from None


def _read_header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown:
        raise UnreadableLineError(f"there is no column “{unknown[0][:40]}”; there are {', '.join(COLUMNS)}", "line 1")
    if len(set(columns)) < len(columns):
        raise UnreadableLineError("a column stands there twice", "line 1")
    if "issuer" not in columns or ("serial_hex" in columns) == ("serial_decimal" in columns):
        raise UnreadableLineError("the columns issuer and one of serial_hex and serial_decimal are needed", "line 1")
    return columns


def _read_line(columns: list[str], cells: list[str], place: str, rules: TypeRules) -> RegisterEntry:
    if len(cells) != len(columns):
        raise UnreadableLineError(f"{len(cells)} cells under {len(columns)} columns", place)
    cell = {**dict.fromkeys(COLUMNS, ""), **{name: text.strip() for name, text in zip(columns, cells, strict=True)}}
    try:
        return _read_cells(cell, place, rules)
    except (ValueError, OverflowError, UnreadableError) as error:
        raise UnreadableLineError(str(error), place) from None


def _read_cells(cell: Mapping[str, str], place: str, rules: TypeRules) -> RegisterEntry:
    issuer = parse_name(cell["issuer"])
    subject: Name = parse_name(cell["subject"]) if cell["subject"] else ()
    common_name = cell["common_name"] or first_value(subject, COMMON_NAME)
    hosts = _read_host_names(cell["host_names"], common_name)
    return RegisterEntry(
        place=place,
        issuer=IssuerClaim(
            name=write_name(issuer),
            name_key=name_key(issuer),
            key_identifier=_read_digest(cell, "issuer_key_identifier"),
            is_test=rules.is_test(write_name(issuer)),
        ),
        serial=_read_serial(cell),
        certificate_type=_read_type(cell, hosts, rules),
        common_name=common_name,
        organisation=cell["organisation"] or first_value(subject, ORGANISATION),
        organisation_oid=_read_oid(cell, subject),
        host_names=hosts,
        not_before=_read_time(cell, "not_before"),
        not_after=_read_time(cell, "not_after"),
        sha1=_read_digest(cell, "sha1", 40),
        fingerprint=_read_digest(cell, "fingerprint", 64),
    )


def _read_serial(cell: Mapping[str, str]) -> str:
    column, base = ("serial_hex", 16) if cell["serial_hex"] else ("serial_decimal", 10)
    digits = _SEPARATORS.sub("", cell[column]).lower().removeprefix("0x" if base == 16 else "")
    if not _HEX.fullmatch(digits) or not 1 <= len(digits) <= 50 or (base == 10 and not digits.isdecimal()):
        raise ValueError(f"{column}: “{cell[column][:60]}” is no serial number")
    return SerialNumber(int(digits, base)).hex


def _read_digest(cell: Mapping[str, str], column: str, digits: int | None = None) -> str:
    text = _SEPARATORS.sub("", cell[column]).lower()
    if not _HEX.fullmatch(text) or len(text) > 128 or (text and digits and len(text) != digits):
        raise ValueError(f"{column}: {digits or 'at most 128'} hex digits are expected")
    return text


def _read_type(cell: Mapping[str, str], hosts: tuple[str, ...], rules: TypeRules) -> CertificateType:
    if cell["certificate_type"]:
        try:
            return CertificateType(cell["certificate_type"])
        except ValueError:
            raise ValueError(f"certificate_type: {COLUMNS['certificate_type']}") from None
    if not hosts:
        return CertificateType.UNKNOWN
    return rules.tell(issuer=cell["issuer"], is_ca=False, serves_hosts=True)


def _read_host_names(text: str, common_name: str) -> tuple[str, ...]:
    hosts = []
    for word in text.split():
        host = read_host_name(word)
        if host is None:
            raise ValueError(f"host_names: “{word[:60]}” is no host name")
        hosts.append(host)
    named = read_host_name(common_name)
    return tuple(dict.fromkeys([*hosts, named] if named else hosts))


def _read_oid(cell: Mapping[str, str], subject: Name) -> str:
    """The organisation's OID: as given, in the subject, or made of the Business ID (JHS 159)."""
    given, text = cell["organisation_oid"], cell["business_id"]
    if given and not is_oid(given):
        raise ValueError(f"organisation_oid: “{given[:60]}” is no OID, such as 1.2.246.10.2048198")
    business_id = read_business_id(text) if text else ""
    if business_id is None:
        raise ValueError(f"business_id: “{text[:20]}” is no Y-tunnus (its form or its check digit is wrong)")
    in_subject = first_value(subject, SERIAL_NUMBER)
    return given or (in_subject if is_oid(in_subject) else "") or (oid_of(business_id) if business_id else "")


def _read_time(cell: Mapping[str, str], column: str) -> datetime | None:
    text = cell[column]
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column}: “{text[:40]}” is no time; {COLUMNS['not_before']}") from None
    if at.tzinfo is None and len(text) > 10:
        raise ValueError(f"{column}: a time needs its offset; write {text[:19]}Z for UTC")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
