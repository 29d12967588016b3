"""How urgent a case is, and what class it belongs to."""

from __future__ import annotations

from enum import StrEnum


class Urgency(StrEnum):
    """P0 proven key compromise, P1 suspected, P2 ordinary revocation request, P3 everything else."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class CaseClass(StrEnum):
    """What a mail is (see `docs/explain.md`)."""

    REVOCATION_REQUEST = "revocation_request"
    PROBLEM_REPORT = "problem_report"
    APPLICATION = "application"
    SUPPORT = "support"
    MISDIRECTED = "misdirected"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"


class Assurance(StrEnum):
    """How sure we are of the requester.

    L0 unknown, L1 address on file, L2 and DMARC-aligned, L3 and a second factor, L4 signature or e-service.
    """

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"
