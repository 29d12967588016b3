"""What a piece of evidence that an operator recorded does to the requester's assurance: a pure rule.

Evidence of a second factor lifts a *known* requester: whoever writes from an address on file (L1, L2) and is reached
at the number on file, or knows the passphrase, is at L3. It lifts nobody unknown (L0), since a passphrase or a voice
proves nothing about an address we have never seen; it is kept all the same, and the policy counts it as the holder's
own word (`confirmed_by_holder`).
Nothing lowers assurance, and a failed attempt raises none.
"""

from __future__ import annotations

from enum import StrEnum

from sulku_tickets.domain.urgency import Assurance


class EvidenceKind(StrEnum):
    """How somebody was confirmed. CALLBACK: to the number in the register, never to one from the mail."""

    CALLBACK = "callback"
    PASSPHRASE = "passphrase"  # noqa: S105  a kind of evidence, not one
    OTHER = "other"


SECOND_FACTORS = frozenset({EvidenceKind.CALLBACK, EvidenceKind.PASSPHRASE})
_KNOWN = frozenset({Assurance.L1, Assurance.L2})


def raised_assurance(present: Assurance, kind: EvidenceKind, *, confirmed: bool) -> Assurance:
    """The assurance after this evidence."""
    if confirmed and kind in SECOND_FACTORS and present in _KNOWN:
        return Assurance.L3
    return present
