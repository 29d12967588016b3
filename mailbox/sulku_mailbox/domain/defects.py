"""The closed list of what can be odd about a mail. A defect is data: it lowers trust, it never loses a mail."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Defect(StrEnum):
    """The words that may stand in `Mail.defects`; `MEANINGS` says each in one line."""

    # The whole mail
    UNREADABLE = "unreadable"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    SIZE_LIMIT = "size_limit"
    READER_LOST = "reader_lost"
    READER_FAULT = "reader_fault"
    # Bytes
    NUL = "nul"
    BARE_NEWLINE = "bare_newline"
    # Header
    NO_HEADER = "no_header"
    HEADER_LIMIT = "header_limit"
    HEADER_BROKEN = "header_broken"
    REPEATED_HEADER = "repeated_header"
    ENCODED_WORDS_LIMIT = "encoded_words_limit"
    PARAMETER_LIMIT = "parameter_limit"
    DATE_BROKEN = "date_broken"
    # Addresses
    FROM_MISSING = "from_missing"
    FROM_SEVERAL = "from_several"
    FROM_AMBIGUOUS = "from_ambiguous"
    ADDRESS_BROKEN = "address_broken"
    ADDRESS_LIMIT = "address_limit"
    # Structure
    NESTING = "nesting"
    PARTS_LIMIT = "parts_limit"
    BOUNDARY_MISSING = "boundary_missing"
    BOUNDARY_NOT_CLOSED = "boundary_not_closed"
    TRANSFER_ENCODING = "transfer_encoding"
    # Text
    CHARSET_UNKNOWN = "charset_unknown"
    CHARSET_WRONG = "charset_wrong"
    TEXT_LIMIT = "text_limit"
    DIRECTION_OVERRIDE = "direction_override"
    ALTERNATIVES_DIFFER = "alternatives_differ"
    # Authenticity
    AUTHENTICATION_CONFLICT = "authentication_conflict"


MEANINGS: Mapping[Defect, str] = MappingProxyType(
    {
        Defect.UNREADABLE: "The mail could not be read; only a few header fields were picked out of the raw bytes.",
        Defect.TIME_LIMIT: "Reading it took longer than the limit.",
        Defect.MEMORY_LIMIT: "Reading it needed more memory than the limit.",
        Defect.SIZE_LIMIT: "It is larger than the reader accepts.",
        Defect.READER_LOST: "The jailed reader ended while it read this mail.",
        Defect.READER_FAULT: "The reader itself failed on this mail.",
        Defect.NUL: "It contains NUL octets (RFC 5322, 2.2 forbids them).",
        Defect.BARE_NEWLINE: "It mixes CRLF with bare CR or LF (RFC 5321, 2.3.8), as smuggled mails do.",
        Defect.NO_HEADER: "It has no header field at all.",
        Defect.HEADER_LIMIT: "A header is larger than the limit; the rest of it was left out.",
        Defect.HEADER_BROKEN: "A header ends with a line that is neither a field nor empty.",
        Defect.REPEATED_HEADER: "A field that may stand once (RFC 5322, 3.6) stands several times.",
        Defect.ENCODED_WORDS_LIMIT: "A field has more encoded words (RFC 2047) than the limit.",
        Defect.PARAMETER_LIMIT: "A field has more parameters (RFC 2045, 5.1) than the limit.",
        Defect.DATE_BROKEN: "The Date field is no date.",
        Defect.FROM_MISSING: "There is no From field, or none with an address.",
        Defect.FROM_SEVERAL: "There are several From fields, or several addresses in it.",
        Defect.FROM_AMBIGUOUS: "The From field could be read in two ways, so the mail has no identity.",
        Defect.ADDRESS_BROKEN: "Something in an address field is no address.",
        Defect.ADDRESS_LIMIT: "A field has more addresses than the limit; the rest was left out.",
        Defect.NESTING: "Its parts are nested deeper than the limit; the innermost are kept as files.",
        Defect.PARTS_LIMIT: "It has more parts than the limit; the rest was left out.",
        Defect.BOUNDARY_MISSING: "A multipart has no usable boundary; it was read as text.",
        Defect.BOUNDARY_NOT_CLOSED: "The last part is not closed: the mail may be cut off.",
        Defect.TRANSFER_ENCODING: "A part's transfer encoding is broken or unknown.",
        Defect.CHARSET_UNKNOWN: "A character set is not on the list of those that are read; another was guessed.",
        Defect.CHARSET_WRONG: "Text does not fit its declared character set; another was guessed.",
        Defect.TEXT_LIMIT: "A text is longer than the limit; the rest was left out of it.",
        Defect.DIRECTION_OVERRIDE: "The text had characters that reverse the reading direction; they were taken out.",
        Defect.ALTERNATIVES_DIFFER: "The plain and the HTML version say different things; both are shown.",
        Defect.AUTHENTICATION_CONFLICT: "Trusted Authentication-Results fields contradict each other; none is used.",
    }
)


class Findings:
    """Collects defects while a mail is read: each once, in the order met."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Defect, None] = {}

    def add(self, defect: Defect) -> None:
        self._found[defect] = None

    def add_all(self, others: Findings) -> None:
        self._found.update(others._found)

    def __contains__(self, defect: Defect) -> bool:
        return defect in self._found

    def words(self) -> tuple[str, ...]:
        """The collected defects as plain words."""
        return tuple(defect.value for defect in self._found)
