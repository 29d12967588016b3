"""The rows of the policy, one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sulku_revocation.domain import policy
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.policy import Facts, unmet
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets.domain.urgency import Assurance, Urgency


def requirements(facts):
    return policy.requirements(facts, DEFAULT_POLICY)


def facts(**given):
    ordinary = {
        "urgency": Urgency.P2,
        "reason": ReasonCode.SUPERSEDED,
        "is_proven": False,
        "assurance": Assurance.L2,
        "is_holder": True,
    }
    return Facts(**{**ordinary, **given})


@pytest.mark.parametrize(
    ("given", "rule", "assurance", "decided_by"),
    [
        ({"is_proven": True, "reason": ReasonCode.KEY_COMPROMISE, "is_holder": False, "assurance": Assurance.L0},
         "proven_compromise", Assurance.L0, "operator"),
        ({"reason": ReasonCode.KEY_COMPROMISE}, "compromise_asserted_by_holder", Assurance.L2, "operator"),
        ({"reason": ReasonCode.KEY_COMPROMISE, "assurance": Assurance.L1}, "confirmed_holder", Assurance.L3, "operator"),
        ({"reason": ReasonCode.KEY_COMPROMISE, "is_holder": False, "assurance": Assurance.L4},
         "confirmed_by_holder", Assurance.L0, "operator"),
        ({"assurance": Assurance.L0, "is_confirmed": True}, "confirmed_by_holder", Assurance.L0, "operator"),
        ({"is_confirmed": True, "age": timedelta(hours=20)}, "confirmed_by_holder", Assurance.L0, "operator"),
        ({"is_confirmed": True, "assurance": Assurance.L3}, "confirmed_holder", Assurance.L3, "operator"),
        ({"reason": ReasonCode.PRIVILEGE_WITHDRAWN, "assurance": Assurance.L4}, "own_ground", Assurance.L0, "supervisor"),
        ({}, "confirmed_holder", Assurance.L3, "operator"),
        ({"is_proven": True}, "confirmed_holder", Assurance.L3, "operator"),
        ({"age": timedelta(hours=20)}, "unconfirmed_after_20_hours", Assurance.L0, "supervisor"),
        ({"age": timedelta(hours=20), "assurance": Assurance.L3}, "confirmed_holder", Assurance.L3, "operator"),
        ({"age": timedelta(hours=19, minutes=59)}, "confirmed_holder", Assurance.L3, "operator"),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_answers(given, rule, assurance, decided_by):
    needed = requirements(facts(**given))
    assert (needed.because[0], needed.assurance, needed.decided_by) == (rule, assurance, decided_by)


def test_what_is_missing_is_said_in_sentences():
    some = facts(is_holder=False, assurance=Assurance.L0)
    missing = unmet(requirements(some), some)
    assert missing == (
        "no call-back or passphrase by which the holder agreed is recorded on the ticket (confirmed_by_holder)",
    )
    unsure = facts(assurance=Assurance.L1)
    assert unmet(requirements(unsure), unsure) == (
        "the requester's assurance is L1 and L3 is required (confirmed_holder)",
    )


def test_one_holders_word_opens_no_other_holders_certificates():
    mixed = facts(is_holder=False, assurance=Assurance.L0, has_evidence=True, is_confirmed=True, has_one_holder=False)
    (missing,) = unmet(requirements(mixed), mixed)
    assert "several holders" in missing


def test_a_call_back_at_which_the_holder_said_no_confirms_nothing():
    said_no = facts(is_holder=False, assurance=Assurance.L4, has_evidence=True)
    assert unmet(requirements(said_no), said_no)
    said_yes = facts(is_holder=False, assurance=Assurance.L4, has_evidence=True, is_confirmed=True)
    assert not unmet(requirements(said_yes), said_yes)


def test_what_was_tried_in_vain_is_what_a_supervisor_needs_after_20_hours():
    tried = facts(age=timedelta(hours=20), has_evidence=True)
    assert not unmet(requirements(tried), tried)
    untried = facts(age=timedelta(hours=20))
    assert unmet(requirements(untried), untried) == (
        "no evidence is recorded on the ticket (unconfirmed_after_20_hours)",
    )
