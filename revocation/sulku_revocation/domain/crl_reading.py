"""Reads a CRL's entries quickly (RFC 5280, 5.1): the library's look-up walks the list anew for every question.

Only what the library is slow at stands here; signature, names and CRL extensions are read by `cryptography`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_REASON_OID = bytes.fromhex("551d15")
_INVALIDITY_OID = bytes.fromhex("551d18")
_CERTIFICATE_ISSUER_OID = bytes.fromhex("551d1d")
_TIMES = (0x17, 0x18)
_SEQUENCE = 0x30
_PARTS_OF_TIME = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


class CrlFormatError(ValueError):
    """The bytes are not a CRL as DER."""


@dataclass(frozen=True, slots=True)
class CrlEntry:
    """One revoked certificate. `reason` is 0 when there is no extension; times are aware UTC."""

    serial: int
    revoked_at: datetime
    reason: int
    invalidity_at: datetime | None
    names_other_issuer: bool


class CrlEntries:
    """The entries of one CRL by serial number. Built in one pass; each entry is decoded when it is asked for.

    A list may have a million entries, so that no object is kept for any: beside the list itself there is a hash table
    of where each entry starts (0 is a free slot), looked through from the slot of a serial number to the next free one.
    """

    def __init__(self, der: bytes) -> None:
        """Raises CrlFormatError."""
        self._der = der
        starts, hashes = array("I"), array("q")
        for start, serial in _places(der):
            starts.append(start)
            hashes.append(_hash(serial))
        self._count = len(starts)
        self._mask = (1 << (2 * self._count).bit_length()) - 1
        self._slots = array("I", bytes(4 * (self._mask + 1)))
        for start, hashed in zip(starts, hashes, strict=True):
            slot = hashed & self._mask
            while self._slots[slot]:
                slot = (slot + 1) & self._mask
            self._slots[slot] = start

    def __len__(self) -> int:
        return self._count

    def __contains__(self, serial: int) -> bool:
        return self._place(serial) is not None

    @property
    def serials(self) -> frozenset[int]:
        """Every serial number on the list."""
        return frozenset(serial for _, serial in _places(self._der))

    def find(self, serial: int) -> CrlEntry | None:
        """The entry of `serial`, the last one if there are several. Raises CrlFormatError when it cannot be read."""
        place = self._place(serial)
        return None if place is None else _entry(self._der, *place)

    def _place(self, serial: int) -> tuple[int, int] | None:
        """Where the content of its entry starts and ends."""
        place, slot = None, _hash(int(serial)) & self._mask
        while start := self._slots[slot]:
            found, body, stop = _entry_at(self._der, start, len(self._der))
            if found == serial and (place is None or body > place[0]):
                place = body, stop
            slot = (slot + 1) & self._mask
        return place


def serials_on_crl(der: bytes) -> frozenset[int]:
    """Every serial number on the CRL. Raises CrlFormatError. Signature and freshness are not looked at."""
    return CrlEntries(der).serials


def _hash(serial: int) -> int:
    """Of the octets, since that of an integer can be foreseen, and a list be made in which all are alike."""
    return hash(serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True))


def _places(der: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry starts, and its serial number."""
    start, end = _revoked_certificates(der)
    while start < end:
        serial, _, stop = _entry_at(der, start, end)
        yield start, serial
        start = stop


def _entry_at(der: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Serial number of the entry that starts there, and where its content starts and ends."""
    tag, body, stop = read_element(der, start, end)
    if tag != _SEQUENCE:
        raise CrlFormatError("an entry is not a SEQUENCE")
    tag, number, after = read_element(der, body, stop)
    if tag != 0x02 or number == after:
        raise CrlFormatError("an entry does not start with a serial number")
    return int.from_bytes(der[number:after], "big", signed=True), body, stop


def _revoked_certificates(der: bytes) -> tuple[int, int]:
    """Where the content of `revokedCertificates` starts and ends; an empty range when it is absent."""
    tag, body, stop = read_element(der, 0, len(der))
    if tag != _SEQUENCE or stop != len(der):
        raise CrlFormatError("not one SEQUENCE, or bytes follow it")
    tag, at, end = read_element(der, body, stop)
    if tag != _SEQUENCE:
        raise CrlFormatError("no TBSCertList")
    seen_times = 0
    while at < end:
        tag, body, stop = read_element(der, at, end)
        if tag in _TIMES:
            seen_times += 1
        elif tag == _SEQUENCE and seen_times:
            return body, stop
        at = stop
    if not seen_times:
        raise CrlFormatError("no thisUpdate")
    return end, end


def _entry(der: bytes, start: int, end: int) -> CrlEntry:
    _, number, at = read_element(der, start, end)
    serial = int.from_bytes(der[number:at], "big", signed=True)
    tag, body, at = read_element(der, at, end)
    revoked_at = _time(tag, der[body:at])
    reason, invalidity_at, names_other = 0, None, False
    for oid, value in _extensions(der, at, end):
        if oid == _REASON_OID:
            reason = _enumerated(value)
        elif oid == _INVALIDITY_OID:
            tag, body, stop = read_element(value, 0, len(value))
            invalidity_at = _time(tag, value[body:stop])
        elif oid == _CERTIFICATE_ISSUER_OID:
            names_other = True
    return CrlEntry(serial, revoked_at, reason, invalidity_at, names_other)


def _extensions(der: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """(OID content, extension value) of each entry extension."""
    if at == end:
        return
    tag, at, stop = read_element(der, at, end)
    if tag != _SEQUENCE or stop != end:
        raise CrlFormatError("the entry's extensions are not a SEQUENCE")
    while at < stop:
        _, body, after = read_element(der, at, stop)
        _, name, name_end = read_element(der, body, after)
        tag, value, value_end = read_element(der, name_end, after)
        if tag == 0x01:  # critical
            tag, value, value_end = read_element(der, value_end, after)
        if tag != 0x04:
            raise CrlFormatError("an extension has no value")
        yield der[name:name_end], der[value:value_end]
        at = after


def _enumerated(value: bytes) -> int:
    tag, body, stop = read_element(value, 0, len(value))
    if tag != 0x0A or stop - body != 1 or stop != len(value):
        raise CrlFormatError("the reason is not a small ENUMERATED")
    return value[body]


def _time(tag: int, content: bytes) -> datetime:
    """UTCTime (two-digit years from 1950) or GeneralizedTime, both with seconds and Z (RFC 5280, 4.1.2.5)."""
    try:
        text = content.decode("ascii")
        if tag == 0x17 and len(text) == 13:
            text = ("19" if text[:2] >= "50" else "20") + text
        if tag not in _TIMES or len(text) != 15 or not text.endswith("Z") or not text[:14].isdigit():
            raise CrlFormatError("not a time")
        # By hand: strptime would be most of what an entry costs.
        year, month, day, hour, minute, second = (int(text[a:b]) for a, b in _PARTS_OF_TIME)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise CrlFormatError("a time cannot be read") from error


def read_element(der: bytes, at: int, end: int) -> tuple[int, int, int]:
    """(tag, where the content starts, where it ends) of the DER element at `at`, which must lie before `end`.

    Raises CrlFormatError.
    """
    if at + 2 > end:
        raise CrlFormatError("cut short")
    length = der[at + 1]
    body = at + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or body + count > end:
            raise CrlFormatError("a length cannot be read")
        length = int.from_bytes(der[body : body + count], "big")
        body += count
    if body + length > end:
        raise CrlFormatError("cut short")
    return der[at], body, body + length
