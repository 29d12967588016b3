"""What a list for a campaign names, line by line: serial numbers, CSV, JSON or certificates. Nothing is guessed.

A line that cannot be read stays a line, with why: whoever made the list must see that it names nothing.

* **serial numbers**, one to a line, in any notation, or SHA-1 or SHA-256 fingerprints; `#` begins a remark;
* **CSV** with a header: `serial` (or `serial_hex`, `serial_decimal`) or `fingerprint`; `issuer` and `deadline` too;
* **JSON**: a list of strings, or of objects with the same names as CSV's columns;
* **certificates**: PEM, DER or PKCS#7.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sulku_kernel.errors import InputError
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.serials import read_serial

LARGEST_LIST = 100_000_000
MOST_LINES = 1_000_000
_COLUMNS = frozenset({"serial", "serial_hex", "serial_decimal", "fingerprint", "issuer", "deadline"})
_NAMING = ("serial", "serial_hex", "serial_decimal", "fingerprint")
_SHOWN = 200
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One line. It names a certificate by `readings` of a serial, by `fingerprint`, or has a `problem`.

    `issuer`: normalised name (`name_key`), empty when the line does not say. `due_at`: by when its holder must have
    replaced it, when the list says so.
    """

    place: str
    text: str
    readings: tuple[str, ...] = ()
    fingerprint: str = ""
    issuer: str = ""
    due_at: datetime | None = None
    problem: str = ""


def read_list(data: bytes) -> Iterator[GivenLine]:
    """The lines of a list, in order. Raises InputError when it is as a whole not one of the four."""
    if len(data) > LARGEST_LIST:
        raise InputError(f"more than {LARGEST_LIST // 1_000_000} MB", next_step="Split the list.")
    # A certificate in DER is longer than 127 octets; a list of text may begin with the same octet, "0".
    if (data[:1] == b"\x30" and data[1:2] > b"\x80") or b"-----BEGIN " in data:
        return _certificates(data)
    text = _decoded(data)
    if text.lstrip()[:1] in {"[", "{"}:
        return _json_lines(text)
    header = text.partition("\n")[0]
    if _looks_like_csv(header):
        return _csv_lines(text, ";" if ";" in header else ",")
    return _plain_lines(text)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the list is not UTF-8", next_step="Save it as UTF-8 text or as “CSV UTF-8”.") from None


def _looks_like_csv(header: str) -> bool:
    return any(cell.strip().strip('"').lower() in _COLUMNS for cell in re.split("[;,]", header))


def _certificates(data: bytes) -> Iterator[GivenLine]:
    try:
        found = find_certificates(data)
    except UnreadableError as error:
        raise InputError(f"no certificates can be read: {error}", next_step="Give PEM, DER or PKCS#7.") from None
    for number, der in enumerate(found, 1):
        digest = hashlib.sha256(der).hexdigest()
        yield GivenLine(f"certificate {number}", f"SHA-256 {digest}", fingerprint=digest)


def _plain_lines(text: str) -> Iterator[GivenLine]:
    for number, written in enumerate(text.splitlines(), 1):
        line = written.partition("#")[0].strip()
        if line:
            yield _named_by(f"line {number}", line)


def _csv_lines(text: str, delimiter: str) -> Iterator[GivenLine]:
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = {name: (name or "").strip().lower() for name in reader.fieldnames or ()}
    if not set(columns.values()) & set(_NAMING):
        raise InputError(
            "the list has no column that names certificates", next_step=f"Name one of them {' or '.join(_NAMING)}."
        )
    try:
        for cells in reader:
            # Cells beyond the header stand under None.
            cell = {columns[name]: value.strip() for name, value in cells.items() if name and isinstance(value, str)}
            if any(cell.values()):
                yield _from_fields(f"line {reader.line_num}", cell)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is not CSV: {error}", next_step="Correct the list.") from None


def _json_lines(text: str) -> Iterator[GivenLine]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("the list is not JSON", next_step="Give a JSON list of serial numbers or objects.") from None
    if not isinstance(given, list):
        raise InputError("the JSON is no list", next_step="Give a JSON list of serial numbers or objects.")
    for number, entry in enumerate(given, 1):
        yield _from_json(f"entry {number}", entry)


def _from_json(place: str, entry: Any) -> GivenLine:
    if isinstance(entry, str):
        return _named_by(place, entry.strip())
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        # A number is refused too: JavaScript's numbers lose the digits of a long serial.
        return GivenLine(place, json.dumps(entry)[:_SHOWN], problem="neither text nor an object of texts")
    return _from_fields(place, {str(name).lower(): value.strip() for name, value in entry.items()})


def _from_fields(place: str, cell: Mapping[str, str]) -> GivenLine:
    text = " ".join(cell[name] for name in _NAMING if cell.get(name))[:_SHOWN]
    try:
        issuer = name_key(parse_name(cell["issuer"])) if cell.get("issuer") else ""
        due_at = _read_time(cell["deadline"]) if cell.get("deadline") else None
    except (UnreadableError, ValueError) as error:
        return GivenLine(place, text, problem=str(error)[:_SHOWN])
    readings, fingerprint = _readings(cell), _digest(cell.get("fingerprint", ""))
    problem = "" if readings or fingerprint else "no serial number and no fingerprint"
    return GivenLine(place, text, readings, fingerprint, issuer, due_at, problem)


def _readings(cell: Mapping[str, str]) -> tuple[str, ...]:
    if cell.get("serial_decimal"):
        digits = cell["serial_decimal"]
        return (format(int(digits), "x"),) if digits.isdecimal() and digits.isascii() and len(digits) < 50 else ()
    if cell.get("serial_hex"):
        return read_serial("0x" + cell["serial_hex"].removeprefix("0x"))
    return read_serial(cell.get("serial", ""))


def _named_by(place: str, line: str) -> GivenLine:
    fingerprint, readings = _digest(line), read_serial(line)
    problem = "" if readings or fingerprint else "no serial number and no fingerprint"
    return GivenLine(place, line[:_SHOWN], readings, fingerprint, problem=problem)


def _digest(text: str) -> str:
    """A fingerprint in lower-case hex; empty when it is none. 40 digits can be a serial too: both are looked up."""
    digits = re.sub(r"[\s:]", "", text[:_SHOWN]).lower()
    return digits if _DIGEST.fullmatch(digits) else ""


def _read_time(text: str) -> datetime:
    """ISO 8601; a day alone begins at midnight UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
