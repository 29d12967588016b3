"""References: what in a mail points at a certificate, an organisation or a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReferenceKind(StrEnum):
    """Kinds of reference. The first four are exact; a common name is exact only together with the OID."""

    SERIAL = "serial"
    FINGERPRINT = "fingerprint"
    CERTIFICATE = "certificate"
    SPKI = "spki"
    COMMON_NAME = "common_name"
    OID = "oid"
    HOST_NAME = "host_name"
    BUSINESS_ID = "business_id"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as found.

    `value` is its canonical form: a serial without separators in lower case; SHA-1 or SHA-256 in lower-case hex for a
    fingerprint; SHA-256 of the DER for a certificate; SHA-256 of the normalised SubjectPublicKeyInfo for a key; a host
    name as A-labels; a Business ID as `0204819-8`. `readings` are the serial numbers (lower-case hex, no leading
    zeros) that the spelling can mean: a row of decimal digits is also valid hex. `where` says where it stood:
    `subject`, `text`, `html`, `attachment`, `forwarded`. `shown` is the spelling in the mail. `is_labelled` is false
    for what only looks like a reference (a bare number, a host name in a signature): it counts when the register knows
    it, and otherwise it was never one. `is_misread` is true for what is one only after a guess («Obf4eabO»): it never
    chooses.
    """

    kind: ReferenceKind
    value: str
    where: str
    readings: tuple[str, ...] = ()
    shown: str = ""
    is_labelled: bool = True
    is_misread: bool = False

    def __hash__(self) -> int:
        """References are keys wherever they are looked up: what nearly always differs is enough, and is quick."""
        return hash(self.value)
