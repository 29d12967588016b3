"""Which clocks a case has, how long each runs and what stops it: the table of DESIGN §4.8, as data.

Clocks count in UTC from the moment of receipt (or of approval) and never pause: no rule knows a night, a holiday or a
change to summer time (ETSI EN 319 411-1 REV-6.2.4-03A, TLS BR 4.9.5: 24 hours are 24 hours).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency


class ClockKind(StrEnum):
    """What must have happened before the deadline."""

    ACKNOWLEDGEMENT = "acknowledgement"
    FIRST_HUMAN = "first_human"
    DECISION = "decision"
    PRELIMINARY_REPORT = "preliminary_report"
    PUBLICATION = "publication"
    DECISION_TO_VISIBLE = "decision_to_visible"
    LOW_TRUST_REVIEW = "low_trust_review"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock: how long (`within`), for which cases, and what stops it.

    `only_acknowledged`: only where an acknowledgement is sent. `at_opening`: starts with the ticket; the others are
    started by the step they measure. `stopped_by`: verbs of the ticket; `stopped_by_mail`: templates of ours that
    were handed over. Closing a ticket stops all its clocks.
    """

    kind: ClockKind
    within: timedelta
    because: str
    classes: frozenset[CaseClass] = frozenset(CaseClass)
    urgencies: frozenset[Urgency] = frozenset(Urgency)
    assurances: frozenset[Assurance] = frozenset(Assurance)
    only_acknowledged: bool = False
    at_opening: bool = True
    stopped_by: frozenset[str] = frozenset()
    stopped_by_mail: frozenset[str] = frozenset()


_REQUESTS = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})
_FROM_PEOPLE = frozenset(CaseClass) - {CaseClass.AUTOMATIC, CaseClass.BOUNCE}

CLOCK_RULES: tuple[ClockRule, ...] = (
    ClockRule(
        ClockKind.ACKNOWLEDGEMENT,
        timedelta(seconds=60),
        "the sender knows within a minute that the desk has it",
        only_acknowledged=True,
        stopped_by_mail=frozenset(
            {"acknowledgement", "cannot_be_opened", "need_more_information", "need_proof", "several_candidates"}
            | {"card_revocation", "cannot_be_restored", "other_format"}
        ),
    ),
    ClockRule(
        ClockKind.FIRST_HUMAN,
        timedelta(minutes=15),
        "a person looks at a compromise within a quarter of an hour",
        classes=_FROM_PEOPLE,
        urgencies=frozenset({Urgency.P0, Urgency.P1}),
        stopped_by=frozenset({"CLAIM", "ACKNOWLEDGE_PAGE", "REPLY"}),
    ),
    ClockRule(
        ClockKind.DECISION,
        timedelta(hours=1),
        "a proven compromise is decided within an hour",
        classes=_FROM_PEOPLE,
        urgencies=frozenset({Urgency.P0}),
    ),
    ClockRule(
        # TLS BR 4.9.5: to the subscriber and to the reporter (`conversation.record_sent` asks whether one is left); an
        # automatic acknowledgement is not one.
        ClockKind.PRELIMINARY_REPORT,
        timedelta(hours=24),
        "a preliminary report goes out within 24 hours of receipt (TLS BR 4.9.5)",
        classes=_REQUESTS,
        stopped_by_mail=frozenset(
            {"preliminary_report", "rejected", "revoked_holder", "revoked_reporter"}
            | {"reason_changed_holder", "reason_changed_reporter"}
        ),
    ),
    ClockRule(
        ClockKind.PUBLICATION,
        timedelta(hours=24),
        "CRL and OCSP show it within 24 hours of the request (ETSI EN 319 411-1 REV-6.2.4-03A)",
        classes=frozenset({CaseClass.REVOCATION_REQUEST}),
    ),
    ClockRule(
        ClockKind.PUBLICATION,
        timedelta(hours=24),
        "a proven compromise is revoked within 24 hours, whoever reported it (TLS BR 4.9.1.1)",
        classes=frozenset({CaseClass.PROBLEM_REPORT}),
        urgencies=frozenset({Urgency.P0}),
    ),
    ClockRule(
        ClockKind.DECISION_TO_VISIBLE,
        timedelta(minutes=60),
        "what was approved is visible within the hour (own target)",
        at_opening=False,
    ),
    ClockRule(
        ClockKind.LOW_TRUST_REVIEW,
        timedelta(hours=4),
        "a person looks at a request from an unknown sender within four hours",
        classes=_REQUESTS,
        urgencies=frozenset({Urgency.P2, Urgency.P3}),
        assurances=frozenset({Assurance.L0}),
        stopped_by=frozenset({"CLAIM", "REPLY"}),
    ),
    ClockRule(
        # P2 is one that the desk may not answer by itself; the others have the number already.
        ClockKind.LOW_TRUST_REVIEW,
        timedelta(hours=4),
        "somebody unknown who has lost a card gets the number of the card revocation service within four hours",
        classes=frozenset({CaseClass.MISDIRECTED}),
        urgencies=frozenset({Urgency.P2}),
        assurances=frozenset({Assurance.L0}),
        stopped_by=frozenset({"CLAIM", "REPLY"}),
    ),
    ClockRule(
        ClockKind.ANSWER,
        timedelta(hours=72),
        "a question is answered within three days",
        classes=frozenset({CaseClass.SUPPORT, CaseClass.APPLICATION}),
        stopped_by=frozenset({"REPLY"}),
        stopped_by_mail=frozenset({"reply"}),
    ),
)


def rules_at_opening(
    case_class: CaseClass, urgency: Urgency, assurance: Assurance, *, acknowledge: bool
) -> tuple[ClockRule, ...]:
    """The clocks that start when such a case is received."""
    return tuple(
        rule
        for rule in CLOCK_RULES
        if rule.at_opening
        and case_class in rule.classes
        and urgency in rule.urgencies
        and assurance in rule.assurances
        and (acknowledge or not rule.only_acknowledged)
    )


def rule_of(kind: ClockKind) -> ClockRule:
    """The rule that says how long a clock of this kind runs."""
    return next(rule for rule in CLOCK_RULES if rule.kind is kind)


def stopped_by_verb(verb: str) -> frozenset[ClockKind]:
    """The clocks a ticket's verb stops; closing stops every one."""
    if verb == "CLOSE":
        return frozenset(ClockKind)
    return frozenset(rule.kind for rule in CLOCK_RULES if verb in rule.stopped_by)


def stopped_by_template(template: str) -> frozenset[ClockKind]:
    """The clocks that a mail of ours stops once it was handed over."""
    return frozenset(rule.kind for rule in CLOCK_RULES if template in rule.stopped_by_mail)
