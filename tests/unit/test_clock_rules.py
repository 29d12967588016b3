"""Which clocks a case has and what stops them, rule by rule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sulku_tickets.domain.clock_rules import (
    CLOCK_RULES,
    ClockKind,
    rule_of,
    rules_at_opening,
    stopped_by_template,
    stopped_by_verb,
)
from sulku_tickets.domain.ticket_states import TICKET_STATES
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency


def clocks(case_class, urgency, assurance=Assurance.L2, *, acknowledge=True):
    rules = rules_at_opening(case_class, urgency, assurance, acknowledge=acknowledge)
    return {rule.kind.value: rule.within for rule in rules}


HOURS = {hours: timedelta(hours=hours) for hours in (1, 4, 24, 72)}
MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)


@pytest.mark.parametrize(
    ("case_class", "urgency", "assurance", "expected"),
    [
        (CaseClass.REVOCATION_REQUEST, Urgency.P0, Assurance.L0,
         {"acknowledgement": MINUTE, "first_human": QUARTER, "decision": HOURS[1], "preliminary_report": HOURS[24],
          "publication": HOURS[24]}),
        (CaseClass.REVOCATION_REQUEST, Urgency.P1, Assurance.L2,
         {"acknowledgement": MINUTE, "first_human": QUARTER, "preliminary_report": HOURS[24], "publication": HOURS[24]}),
        (CaseClass.REVOCATION_REQUEST, Urgency.P2, Assurance.L2,
         {"acknowledgement": MINUTE, "preliminary_report": HOURS[24], "publication": HOURS[24]}),
        (CaseClass.REVOCATION_REQUEST, Urgency.P2, Assurance.L0,
         {"acknowledgement": MINUTE, "preliminary_report": HOURS[24], "publication": HOURS[24],
          "low_trust_review": HOURS[4]}),
        (CaseClass.PROBLEM_REPORT, Urgency.P0, Assurance.L0,
         {"acknowledgement": MINUTE, "first_human": QUARTER, "decision": HOURS[1], "preliminary_report": HOURS[24],
          "publication": HOURS[24]}),
        (CaseClass.PROBLEM_REPORT, Urgency.P1, Assurance.L0,
         {"acknowledgement": MINUTE, "first_human": QUARTER, "preliminary_report": HOURS[24]}),
        (CaseClass.SUPPORT, Urgency.P3, Assurance.L0, {"acknowledgement": MINUTE, "answer": HOURS[72]}),
        (CaseClass.APPLICATION, Urgency.P3, Assurance.L1, {"acknowledgement": MINUTE, "answer": HOURS[72]}),
        (CaseClass.MISDIRECTED, Urgency.P3, Assurance.L0, {"acknowledgement": MINUTE}),
        (
            CaseClass.MISDIRECTED,
            Urgency.P2,
            Assurance.L0,
            {"acknowledgement": MINUTE, "low_trust_review": timedelta(hours=4)},
        ),
    ],
)  # fmt: skip
def test_a_case_has_the_clocks_of_its_class_urgency_and_assurance(case_class, urgency, assurance, expected):
    assert clocks(case_class, urgency, assurance) == expected


@pytest.mark.parametrize("case_class", [CaseClass.AUTOMATIC, CaseClass.BOUNCE])
@pytest.mark.parametrize("urgency", Urgency)
def test_a_machine_is_promised_nothing(case_class, urgency):
    assert clocks(case_class, urgency, acknowledge=False) == {}


def test_nobody_waits_for_an_acknowledgement_that_is_not_sent():
    assert "acknowledgement" not in clocks(CaseClass.SUPPORT, Urgency.P3, acknowledge=False)


def test_only_a_report_and_no_automatic_answer_stops_the_clock_of_the_preliminary_report():
    assert ClockKind.PRELIMINARY_REPORT not in stopped_by_template("acknowledgement")
    assert ClockKind.PRELIMINARY_REPORT not in stopped_by_template("reply")
    assert ClockKind.PRELIMINARY_REPORT in stopped_by_template("preliminary_report")
    for verb in ("CLAIM", "REPLY", "ACKNOWLEDGE_PAGE", "NOTE"):
        assert ClockKind.PRELIMINARY_REPORT not in stopped_by_verb(verb)


def test_a_person_who_takes_answers_or_acknowledges_is_the_first_human():
    for verb in ("CLAIM", "REPLY", "ACKNOWLEDGE_PAGE"):
        assert ClockKind.FIRST_HUMAN in stopped_by_verb(verb)


def test_no_word_of_a_mail_and_no_note_stops_the_clock_of_the_publication():
    for verb in sorted({verb for verbs in TICKET_STATES.transitions.values() for verb in verbs} - {"CLOSE"}):
        assert ClockKind.PUBLICATION not in stopped_by_verb(verb)


def test_closing_stops_every_clock():
    assert stopped_by_verb("CLOSE") == set(ClockKind)


def test_every_verb_that_stops_a_clock_is_one_of_the_tickets():
    known = {verb for verbs in TICKET_STATES.transitions.values() for verb in verbs}
    assert all(rule.stopped_by <= known for rule in CLOCK_RULES)


def test_a_clock_that_a_step_begins_is_not_running_from_the_start():
    assert rule_of(ClockKind.DECISION_TO_VISIBLE).within == timedelta(minutes=60)
    assert all("decision_to_visible" not in clocks(c, u) for c in CaseClass for u in Urgency)


def test_one_case_never_has_two_clocks_of_one_kind():
    for case_class in CaseClass:
        for urgency in Urgency:
            for assurance in Assurance:
                rules = rules_at_opening(case_class, urgency, assurance, acknowledge=True)
                assert len({rule.kind for rule in rules}) == len(rules)
