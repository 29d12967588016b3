"""How sure the desk is of who wrote, from the mail alone: L0 to L2, or L4 by a signature. Operators record the rest.

L3 is a second factor, which no mail is. L4 by mail rests on S/MIME: a registered person's valid signature, or one made
with the key of the holder's own certificate. Both cover the text only, so what stands in the subject alone counts for
nothing then, and a signature of last week may be an old mail that somebody sends again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.evidence import SmimeEvidence, SmimeVerdict
from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
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

# What never picks out a certificate by itself may stand anywhere.
_NEVER_CHOOSING = frozenset({ReferenceKind.ORGANISATION, ReferenceKind.BUSINESS_ID})

Grounds = tuple[tuple[str, str], ...]


def assure(
    mail: Mail,
    found: Found,
    references: Sequence[Reference] = (),
    chosen: Sequence[CertificateRecord] = (),
    received_at: datetime | None = None,
) -> tuple[Assurance, Grounds]:
    """The level and what it rests on, evidence that did not count among it.

    A registered address is L1, aligned by DMARC as well L2, anything else L0; a signature as above L4. `references`
    and `chosen` are what the mail names and means: a signature counts for no certificate that it does not cover.
    """
    level, grounds = _by_address(mail, found)
    evidence = _evidence_grounds(mail)
    smime = mail.authentication.evidence.smime if mail.authentication.evidence else None
    if smime is None or mail.header_from is None or DEFECTS_OF_IDENTITY.intersection(mail.defects):
        return level, (*grounds, *evidence)
    objection = _objection(smime, mail, references)
    by_person = smime.verdict is SmimeVerdict.VALID and bool(found.accounts)
    by_certificate = smime.is_intact and _is_holders_own_key(found.signers, chosen, received_at)
    if not (by_person or by_certificate):
        return level, (*grounds, *evidence)
    if objection:
        return level, (*grounds, *evidence, (objection, ""))
    ground = ("smime_valid", mail.header_from) if by_person else ("certificate_key_signed", smime.subject)
    return Assurance.L4, (*grounds, *evidence, ground)


def is_aligned(mail: Mail) -> bool:
    """Whether DMARC passed for the very domain of the From address (RFC 7489, 3.1)."""
    authentication = mail.authentication
    if authentication.dmarc != "pass" or not authentication.aligned_domain or mail.header_from is None:
        return False
    if DEFECTS_OF_IDENTITY.intersection(mail.defects):
        return False
    return authentication.aligned_domain.lower() == domain_of(mail.header_from)


def _by_address(mail: Mail, found: Found) -> tuple[Assurance, Grounds]:
    if mail.header_from is None:
        return Assurance.L0, (("no_identity", ""),)
    doubts = DEFECTS_OF_IDENTITY.intersection(mail.defects)
    if doubts:
        return Assurance.L0, (("identity_doubtful", ", ".join(sorted(doubts))),)
    if not found.accounts:
        domain = tuple(("domain_on_file", account.organisation) for account in found.of_domain[:3])
        return Assurance.L0, (("address_not_on_file", ""), *domain)
    on_file = ("address_on_file", mail.header_from)
    if mail.authentication.dmarc == "fail":
        return Assurance.L1, (on_file, ("dmarc_failed", domain_of(mail.header_from)))
    if is_aligned(mail):
        return Assurance.L2, (on_file, ("dmarc_aligned", mail.authentication.aligned_domain or ""))
    return Assurance.L1, (on_file,)


def _evidence_grounds(mail: Mail) -> Grounds:
    """What was found of signatures and servers, whether or not it raises the level."""
    evidence = mail.authentication.evidence
    if evidence is None:
        return ()
    grounds = [("dkim_result", f"{one.result} {one.domain} {one.why}".strip()) for one in evidence.dkim]
    if evidence.spf is not None and evidence.spf.result != "none":
        grounds.append(("spf_result", f"{evidence.spf.result} {evidence.spf.domain}"))
    if evidence.arc is not None and evidence.arc.result != "none":
        grounds.append(("arc_result", f"{evidence.arc.result} {' '.join(evidence.arc.sealers)}".strip()))
    if evidence.smime is not None:
        grounds.append(("smime_result", f"{evidence.smime.verdict} {' '.join(evidence.smime.addresses)}".strip()))
    if evidence.was_encrypted:
        grounds.append(("was_encrypted", ""))
    return tuple(grounds)


def _objection(smime: SmimeEvidence, mail: Mail, references: Sequence[Reference]) -> str:
    if smime.is_old:
        return "signature_old"
    if mail.defects and Defect.REPEATED_HEADER.value in mail.defects:
        return "identity_doubtful"
    text = f"{mail.text}\n{mail.html or ''}"
    only_in_subject = [
        one
        for one in references
        if one.where == "subject" and one.kind not in _NEVER_CHOOSING and (one.shown or one.value) not in text
    ]
    return "subject_not_signed" if only_in_subject else ""


def _is_holders_own_key(
    signers: Sequence[CertificateRecord], chosen: Sequence[CertificateRecord], received_at: datetime | None
) -> bool:
    """Whether a live certificate on file has the signer's key, and every certificate meant is of the same holder."""
    holders = {one.account_id for one in signers if _is_live(one, received_at)} - {None}
    return bool(holders) and bool(chosen) and all(one.account_id in holders for one in chosen)


def _is_live(certificate: CertificateRecord, at: datetime | None) -> bool:
    """Neither a CA's nor revoked, and valid at that moment."""
    if certificate.certificate_type is CertificateType.CA or certificate.revoked_at is not None or at is None:
        return False
    begins, ends = certificate.not_before, certificate.not_after
    return begins is not None and ends is not None and begins <= at <= ends
