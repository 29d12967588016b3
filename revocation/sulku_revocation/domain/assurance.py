"""How sure the desk is of who wrote, from the mail alone: L0 to L2. Operators record what goes beyond ."""

from __future__ import annotations

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.found import Found
from sulku_tickets.domain.urgency import Assurance

# Defects that leave it open who wrote: smuggled line ends, several or doubtful From headers.
DEFECTS_OF_IDENTITY = frozenset(
    {
        Defect.BARE_NEWLINE.value,
        Defect.NUL.value,
        Defect.FROM_MISSING.value,
        Defect.FROM_SEVERAL.value,
        Defect.FROM_AMBIGUOUS.value,
        Defect.UNREADABLE.value,
        Defect.AUTHENTICATION_CONFLICT.value,
    }
)


def assure(mail: Mail, found: Found) -> tuple[Assurance, tuple[tuple[str, str], ...]]:
    """The level and what it rests on. A registered address is L1, aligned by DMARC as well L2, anything else L0."""
    if mail.header_from is None:
        return Assurance.L0, (("no_identity", ""),)
    doubts = DEFECTS_OF_IDENTITY.intersection(mail.defects)
    if doubts:
        return Assurance.L0, (("identity_doubtful", ", ".join(sorted(doubts))),)
    if not found.accounts:
        return Assurance.L0, (("address_not_on_file", ""),)
    on_file = ("address_on_file", mail.header_from)
    if mail.authentication.dmarc == "fail":
        return Assurance.L1, (on_file, ("dmarc_failed", domain_of(mail.header_from)))
    if is_aligned(mail):
        return Assurance.L2, (on_file, ("dmarc_aligned", mail.authentication.aligned_domain or ""))
    return Assurance.L1, (on_file,)


def is_aligned(mail: Mail) -> bool:
    """Whether DMARC passed for the very domain of the From address (RFC 7489, 3.1)."""
    authentication = mail.authentication
    if authentication.dmarc != "pass" or not authentication.aligned_domain or mail.header_from is None:
        return False
    if DEFECTS_OF_IDENTITY.intersection(mail.defects):
        return False
    return authentication.aligned_domain.lower() == domain_of(mail.header_from)
