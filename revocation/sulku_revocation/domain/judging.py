"""`judge`: what a mail is, how urgent, what is missing, whom to tell at once, and why.

Nothing here authorises anything. A forged mail is judged like any other: its words decide how soon a person looks, its
sender decides only how much that person must still find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sulku_kernel.language import Language
from sulku_mailbox.domain.files import all_files, all_locked
from sulku_mailbox.domain.mail import Automatic, Envelope, Locked, Mail, Via, Why
from sulku_revocation.domain.assurance import assure, is_aligned
from sulku_revocation.domain.circumstances import read_circumstances
from sulku_revocation.domain.classifying import Signs, classify
from sulku_revocation.domain.explain_words import NEEDS
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.judgement import Judgement, Outcome, Proof
from sulku_revocation.domain.matching import Matching, match
from sulku_revocation.domain.proven import (
    class_with_proofs,
    facts_of_proofs,
    has_private_key,
    hits_register,
    needs_with_proofs,
    proven_keys,
)
from sulku_revocation.domain.reason_code import ReasonCode, strongest
from sulku_revocation.domain.record import Account
from sulku_revocation.domain.reference import Reference
from sulku_revocation.domain.said import Said
from sulku_revocation.domain.taken_back import says_it_stays, takes_back_its_own
from sulku_revocation.domain.wording import Wording, may_say_compromise, read_wording
from sulku_revocation.domain.wording_rules import REASONS, Meaning
from sulku_tickets.domain.masking import mask_all
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency

_PRIVATE_KEY = "PRIVATE KEY-----"
# A text of so many words says itself what it wants; the pictures that stand in it are a signature's.
_MANY_WORDS = 40
_REVOKING = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})
_SILENT = frozenset({CaseClass.AUTOMATIC, CaseClass.BOUNCE})
# What the sender's own header says against an automatic answer.
_NO_ANSWER = frozenset({"response_suppressed", "null_return_path"})
_DEEPEST = 4


def judge(
    mail: Mail,
    said: Said,
    envelope: Envelope,
    references: Sequence[Reference],
    found: Found,
    *,
    own_addresses: frozenset[str],
    now: datetime,
    proofs: tuple[Proof, ...] = (),
) -> Judgement:
    """Judge one mail, of which `said` are the words. Pure and total.

    `found` is the register's answer to `references` (see `looking_up`).
    `proofs` are what came of verifying the mail's (`domain/proofs/verifying.py`).
    """
    keys = proven_keys(proofs)
    texts = said.texts
    wording = read_wording(said.subject, texts)
    has_key = _has_private_key(mail) or has_private_key(proofs)
    compromise = has_key or bool(proofs) or wording.says_compromise()
    is_taken_back = takes_back_its_own(mail, wording)
    is_held = wording.weight(Meaning.HOLD) > 0 or (is_taken_back and compromise)
    matching = match(
        references,
        found,
        text=f"{mail.subject}\n\n{mail.own_words}",
        is_compromise=compromise,
        now=now,
        proven=keys,
        others=[words.text for words in texts[1:]],
        is_held=is_held,
    )
    signs = Signs(mail, wording, matching, found, compromise, is_taken_back)
    case_class = class_with_proofs(classify(signs), keys)
    if case_class in _SILENT:
        compromise = False
    opaque = _opaque_parts(mail)
    chosen = [one.certificate for one in matching.matches if one.is_chosen]
    assurance, grounds = assure(mail, found, matching.references, chosen, envelope.received_at)
    acknowledge = _may_acknowledge(mail, envelope, found, case_class, own_addresses)
    around = read_circumstances(
        wording, texts, matching, case_class, subject=said.subject, is_compromise=compromise, now=now
    )
    stays = case_class is CaseClass.SUPPORT and says_it_stays(wording, matching)
    is_withdrawal = wording.weight(Meaning.WITHDRAW) > 0 or stays
    # A lost card whose owner the desk may not answer by itself: a person does.
    is_card_unanswered = case_class is CaseClass.MISDIRECTED and not acknowledge
    # Somebody on file names a certificate and says of it what no rule knows: that may be a request.
    may_be_request = case_class is CaseClass.SUPPORT and bool(found.accounts) and bool(chosen or matching.is_named)
    is_unsure = is_withdrawal or is_held or bool(opaque) or around.is_pressing or is_card_unanswered or may_be_request
    urgency = _urgency(case_class, mail, is_compromise=compromise, is_unsure=is_unsure)
    if hits_register(matching.matches, keys):
        urgency = Urgency.P0
    reason = _reason(case_class, wording, is_compromise=compromise)
    is_other_holder = _is_other_holder(matching, found)
    account = _account(mail, matching, found)
    needs = _needs(
        case_class,
        matching,
        reason,
        assurance,
        is_compromise=compromise,
        is_doubtful=is_withdrawal or is_held or is_other_holder or bool(matching.elsewhere),
        opaque=opaque,
        besides=around.needs,
    )
    facts = _facts(mail, matching, has_key=has_key, is_other_holder=is_other_holder, opaque=opaque)
    return Judgement(
        case_class=case_class,
        language=account.language if account else wording.language or mail.language or Language.EN,
        reason=reason,
        urgency=urgency,
        references=matching.references,
        matches=matching.matches,
        outcome=matching.outcome,
        proofs=proofs,
        assurance=assurance,
        needs=needs_with_proofs(needs, matching.matches, proofs),
        acknowledge=acknowledge,
        page_on_call=urgency in {Urgency.P0, Urgency.P1},
        because=_masked((*facts_of_proofs(proofs), *_hits(wording), *around.facts, *facts, *grounds)),
        account_id=account.id if account else None,
        wanted_at=around.wanted_at,
        is_withdrawal=is_withdrawal and case_class not in _SILENT,
    )


def may_be_compromise(mail: Mail, said: Said) -> bool:
    """Whether the mail has any word of compromise, or a key: then certificates with the same key are of interest."""
    return any(may_say_compromise(words.all_bits) for words in (said.subject, *said.texts)) or _has_private_key(mail)


def _has_private_key(mail: Mail, depth: int = 0) -> bool:
    if _PRIVATE_KEY in mail.new_text or any(
        _PRIVATE_KEY.encode() in file.content for file in (*mail.attachments, *mail.extracted)
    ):
        return True
    return depth < _DEEPEST and any(_has_private_key(inner, depth + 1) for inner in mail.forwarded)


def _urgency(case_class: CaseClass, mail: Mail, *, is_compromise: bool, is_unsure: bool) -> Urgency:
    if case_class in _SILENT:
        return Urgency.P3
    if is_compromise:
        return Urgency.P1
    # What was taken back, or cannot be read, may be or have been a request: it must not lie till morning.
    if case_class in _REVOKING or is_unsure or mail.is_encrypted:
        return Urgency.P2
    return Urgency.P3


def _reason(case_class: CaseClass, wording: Wording, *, is_compromise: bool) -> ReasonCode | None:
    if case_class not in _REVOKING:
        return None
    stated = [reason for meaning, reason in REASONS.items() if wording.weight(meaning)]
    if is_compromise:
        stated.append(ReasonCode.KEY_COMPROMISE)
    return strongest(stated) if stated else None


def _is_other_holder(matching: Matching, found: Found) -> bool:
    """A registered sender who writes about somebody else's certificate: a supplier, or an attack."""
    senders = {account.id for account in found.accounts}
    chosen = [m.certificate for m in matching.matches if m.is_chosen]
    return bool(senders) and any(certificate.account_id not in senders for certificate in chosen)


def _needs(
    case_class: CaseClass,
    matching: Matching,
    reason: ReasonCode | None,
    assurance: Assurance,
    *,
    is_compromise: bool,
    is_doubtful: bool,
    opaque: tuple[Locked, ...],
    besides: frozenset[str],
) -> tuple[str, ...]:
    needs = set(besides) if case_class not in _SILENT else set()
    if case_class in _REVOKING and matching.outcome is not Outcome.MATCHED:
        needs.add("certificate")
    if case_class is CaseClass.REVOCATION_REQUEST:
        if reason is None:
            needs.add("reason")
        if assurance in {Assurance.L0, Assurance.L1} or (assurance is Assurance.L2 and not is_compromise):
            needs.add("second_factor")
        if assurance is Assurance.L0:
            needs.add("confirmation")
    if case_class is CaseClass.PROBLEM_REPORT and is_compromise:
        needs.add("proof")
    if is_doubtful and case_class not in _SILENT:
        needs.add("confirmation")
    if case_class not in _SILENT:
        needs.update(_needs_of_parts(opaque))
    return tuple(word for word in NEEDS if word in needs)


def _needs_of_parts(opaque: tuple[Locked, ...]) -> set[str]:
    needs = {"readable_mail"} if opaque else set()
    if any(locked.why is Why.PASSWORD for locked in opaque):
        needs.add("password")
    return needs


def _opaque_parts(mail: Mail) -> tuple[Locked, ...]:
    """Files that may say what the text does not, and that only a person can read. Signatures' logos do not."""
    if mail.is_encrypted:
        locked = tuple(Locked(one.name, one.where, Why.UNKNOWN) for one in mail.attachments)
        return locked or (Locked("", "", Why.UNKNOWN),)
    locked = tuple(all_locked(mail))
    if not locked or len(mail.new_text.split()) <= _MANY_WORDS:
        return locked
    logos = {file.where for file in all_files(mail) if file.is_inline and file.content_type.startswith("image/")}
    return tuple(one for one in locked if one.where not in logos)


def _hits(wording: Wording) -> tuple[tuple[str, str], ...]:
    return tuple([(hit.rule.id, hit.sentence) for hit in wording.hits])


def _masked(facts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The facts without secrets. Several often say the same sentence, which is looked through once."""
    facts = list(facts)
    shown = mask_all({text for _, text in facts})
    return tuple([(word, shown[text]) for word, text in facts])


def _facts(
    mail: Mail,
    matching: Matching,
    *,
    has_key: bool,
    is_other_holder: bool,
    opaque: tuple[Locked, ...],
) -> tuple[tuple[str, str], ...]:
    facts = []
    unclear = (*matching.unclear, *matching.elsewhere)
    if mail.automatic is not Automatic.NO:
        facts.append(("automatic", ", ".join(mail.automatic_because) or mail.automatic.value))
    if has_key:
        facts.append(("private_key", ""))  # never a word of it
    if mail.is_encrypted:
        facts.append(("encrypted", ""))
    if is_other_holder:
        facts.append(("other_holder", mail.header_from or ""))
    facts.extend(("unclear_reference", reference.shown or reference.value) for reference in unclear[:20])
    facts.extend(
        ("other_letters", f"{reference.shown} ({reference.value})")
        for reference in matching.references
        if reference.is_misread and not reference.shown.isascii()
    )
    facts.extend(_unread(locked, mail) for locked in opaque[:20])
    return tuple(facts)


def _unread(locked: Locked, mail: Mail) -> tuple[str, str]:
    name = locked.name[:100]
    if locked.why is Why.UNKNOWN and not mail.is_encrypted:
        return "other_format", name
    return "unreadable", f"{name} ({locked.why})".strip()


def _account(mail: Mail, matching: Matching, found: Found) -> Account | None:
    """The sender's holder; of a broker's several the one whose certificate is meant, else the oldest.

    Its stored language goes before the words of the mail.
    """
    if mail.header_from is None:
        return None
    meant = {match.certificate.account_id for match in matching.matches if match.is_chosen}
    return next((account for account in found.accounts if account.id in meant), next(iter(found.accounts), None))


def _may_acknowledge(
    mail: Mail, envelope: Envelope, found: Found, case_class: CaseClass, own_addresses: frozenset[str]
) -> bool:
    """RFC 3834: never answer machines, lists, the null sender or ourselves; never whoever a forger may have named."""
    if case_class in _SILENT or mail.automatic is not Automatic.NO or mail.header_from is None:
        return False
    if _has_null_sender(envelope) or mail.header_from in own_addresses:
        return False
    if mail.authentication.dmarc == "fail" or _NO_ANSWER.intersection(mail.automatic_because):
        return False
    return bool(found.accounts) or is_aligned(mail)


def _has_null_sender(envelope: Envelope) -> bool:
    """Mails from a mailbox or a file come without an envelope: there the Return-Path field tells."""
    return envelope.via in {Via.SMTP, Via.LMTP} and not envelope.mail_from
