"""`index.txt`, the register of `openssl ca`: one line for each certificate, fields parted by tabs.

    R	281124010000Z	261124010000Z,keyCompromise	1000	unknown	/C=FI/CN=www.holder.example

State, end of validity, revocation (date, reason, and for some the time of compromise), serial in hex, file, subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sulku_revocation.domain.certificate_der import UnreadableError

# As openssl writes them; the names of its own for the two with a time of compromise included.
REASONS = {
    "unspecified": 0, "keyCompromise": 1, "keyTime": 1, "CACompromise": 2, "CAkeyTime": 2, "affiliationChanged": 3,
    "superseded": 4, "cessationOfOperation": 5, "certificateHold": 6, "holdInstruction": 6, "removeFromCRL": 8,
    "privilegeWithdrawn": 9, "AACompromise": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One certificate. `revoked_at` is None unless it is revoked; `reason` 0 when none is written."""

    serial: int
    revoked_at: datetime | None
    reason: int | None


def read_index(text: str) -> dict[int, IndexLine]:
    """Every certificate by serial number. Raises UnreadableError: half a register must not be believed."""
    lines = (_read_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line)
    return {line.serial: line for line in lines}


def _read_line(number: int, line: str) -> IndexLine:
    fields = line.split("\t")
    try:
        state, _, revocation, serial, *_ = fields
        if state != "R":
            return IndexLine(int(serial, 16), None, None)
        date, reason, *_ = [*revocation.split(","), ""]
        return IndexLine(int(serial, 16), _time(date), REASONS[reason] if reason else 0)
    except (ValueError, KeyError) as error:
        raise UnreadableError(f"line {number} of the register of openssl ca cannot be read") from error


def _time(text: str) -> datetime:
    """`YYMMDDHHMMSSZ`, or with four digits of the year."""
    full = text if len(text) == 15 else ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(full, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
