"""What class of case a mail is: an ordered table of small rules, the first that says yes decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sulku_mailbox.domain.mail import Automatic, Mail
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.judgement import Outcome
from sulku_revocation.domain.matching import Matching
from sulku_revocation.domain.taken_back import says_it_stays
from sulku_revocation.domain.wording import Wording
from sulku_revocation.domain.wording_rules import REASONS, Meaning
from sulku_tickets.domain.urgency import CaseClass

_PEOPLE = frozenset({Automatic.NO, Automatic.LIST})
# Machines, and invitations, that may be the first to tell of a compromise.
_MAY_REPORT = frozenset({Automatic.AUTO_REPLY, Automatic.CALENDAR})
_ABOUT_KEYS = frozenset({"key_leaked", "key_made_public", "ours", "our_key"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rules look at."""

    mail: Mail
    wording: Wording
    matching: Matching
    found: Found
    is_compromise: bool
    is_taken_back: bool = False

    @property
    def names_certificate(self) -> bool:
        return self.matching.outcome is not Outcome.UNMATCHED

    def weight(self, meaning: Meaning) -> int:
        return self.wording.weight(meaning)


def classify(signs: Signs) -> CaseClass:
    """The class. Whatever no rule knows is support: a person reads it."""
    return next((case_class for case_class, rule in _RULES if rule(signs)), CaseClass.SUPPORT)


def _is_bounce(signs: Signs) -> bool:
    return signs.mail.automatic is Automatic.BOUNCE or signs.mail.bounce is not None


def _is_machine(signs: Signs) -> bool:
    """A scanner's own report of a leaked key is a report; an absence notice that answers ours is not."""
    mail = signs.mail
    answers = bool(mail.in_reply_to or mail.references)
    reports = signs.is_compromise and mail.automatic in _MAY_REPORT and not answers
    return mail.automatic not in _PEOPLE and not reports


def _is_about_card(signs: Signs) -> bool:
    if not signs.weight(Meaning.CARD) or signs.names_certificate:
        return False
    return not any(hit.rule.id in _ABOUT_KEYS for hit in signs.wording.hits)


def _is_reported_compromise(signs: Signs) -> bool:
    """A compromise told by somebody who is not its holder, as far as words and address tell."""
    if not signs.is_compromise:
        return False
    senders = {account.id for account in signs.found.accounts}
    if any(match.is_chosen and match.certificate.account_id in senders for match in signs.matching.matches):
        return False
    third, own = signs.weight(Meaning.THIRD_PARTY), signs.weight(Meaning.OWN)
    if third > own:
        return True
    return not own and not senders and not signs.weight(Meaning.REVOKE)


def _is_compromise(signs: Signs) -> bool:
    return signs.is_compromise


def _is_taken_back(signs: Signs) -> bool:
    """The text takes something back and asks for nothing; its subject may be an old one."""
    is_reply = bool(signs.mail.in_reply_to or signs.mail.references)
    if signs.is_taken_back or (is_reply and says_it_stays(signs.wording, signs.matching)):
        return True
    if not signs.weight(Meaning.WITHDRAW):
        return False
    said = signs.wording.without_subject
    if said.weight(Meaning.WITHDRAW):
        return not said.weight(Meaning.REVOKE)
    return not signs.weight(Meaning.REVOKE)


def _is_asked_about(signs: Signs) -> bool:
    """The text asks how or when one revokes, and asks for no revocation, whatever its subject says."""
    if not signs.weight(Meaning.QUESTION):
        return False
    said = signs.wording.without_subject
    return said.weight(Meaning.QUESTION) > 0 and not said.weight(Meaning.REVOKE)


def _is_advertisement(signs: Signs) -> bool:
    return signs.weight(Meaning.SPAM) > 0 and not signs.found.accounts and not signs.names_certificate


def _is_request(signs: Signs) -> bool:
    revoke, application = signs.weight(Meaning.REVOKE), signs.weight(Meaning.APPLICATION)
    return revoke > application or (0 < revoke == application and signs.names_certificate)


def _is_reported_fault(signs: Signs) -> bool:
    third = signs.weight(Meaning.THIRD_PARTY) > 1 and not signs.weight(Meaning.OWN)
    return _is_request(signs) and (third or signs.weight(Meaning.FAULT) > 0) and not signs.found.accounts


def _is_fault_told(signs: Signs) -> bool:
    """Of a certificate here, whoever tells it: what is wrong with it is to be looked into within 24 hours."""
    return signs.weight(Meaning.FAULT) > 0 and signs.names_certificate


def _is_application(signs: Signs) -> bool:
    return signs.weight(Meaning.APPLICATION) > 1


def _is_named_and_done_with(signs: Signs) -> bool:
    """Named, and said to be superfluous or replaced: nothing else can be meant, unless that is still to come."""
    if signs.weight(Meaning.CONDITION) or signs.weight(Meaning.HOLD):
        return False
    is_matched = signs.matching.outcome is Outcome.MATCHED
    said = signs.wording.without_subject if signs.mail.new_text.strip() else signs.wording
    return is_matched and any(said.weight(meaning) > 1 for meaning in REASONS)


_RULES: tuple[tuple[CaseClass, Callable[[Signs], bool]], ...] = (
    (CaseClass.BOUNCE, _is_bounce),
    (CaseClass.AUTOMATIC, _is_machine),
    (CaseClass.MISDIRECTED, _is_about_card),
    (CaseClass.PROBLEM_REPORT, _is_reported_compromise),
    (CaseClass.REVOCATION_REQUEST, _is_compromise),
    (CaseClass.SUPPORT, _is_taken_back),
    (CaseClass.SUPPORT, _is_asked_about),
    (CaseClass.SUPPORT, _is_advertisement),
    (CaseClass.PROBLEM_REPORT, _is_reported_fault),
    (CaseClass.REVOCATION_REQUEST, _is_request),
    (CaseClass.PROBLEM_REPORT, _is_fault_told),
    (CaseClass.APPLICATION, _is_application),
    (CaseClass.REVOCATION_REQUEST, _is_named_and_done_with),
)
