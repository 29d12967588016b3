"""Over every combination of facts: what the policy may never allow."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.policy import Facts, is_at_least, requirements, unmet
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets.domain.urgency import Assurance, Urgency

AUTOMATIC_POLICY = dataclasses.replace(DEFAULT_POLICY, version="automatic", is_automatic_when_proven=True)

facts = st.builds(
    Facts,
    urgency=st.sampled_from(Urgency),
    reason=st.sampled_from(ReasonCode),
    is_proven=st.booleans(),
    assurance=st.sampled_from(Assurance),
    is_holder=st.booleans(),
    has_evidence=st.booleans(),
    is_confirmed=st.booleans(),
    age=st.sampled_from([timedelta(0), timedelta(hours=19, minutes=59), timedelta(hours=20), timedelta(days=9)]),
    is_break_glass=st.booleans(),
).map(lambda some: dataclasses.replace(some, has_evidence=some.has_evidence or some.is_confirmed))
policies = st.sampled_from([DEFAULT_POLICY, AUTOMATIC_POLICY])


@given(facts, policies)
def test_nothing_is_automatic_without_a_verified_proof_of_compromise(some, policy):
    needed = requirements(some, policy)
    assert not needed.automatic or (some.is_proven and some.reason is ReasonCode.KEY_COMPROMISE)


@given(facts)
def test_the_policy_as_delivered_is_never_automatic(some):
    assert not requirements(some, DEFAULT_POLICY).automatic


@given(facts, policies)
def test_four_eyes_fall_away_only_for_proof_by_policy_and_for_break_glass(some, policy):
    needed = requirements(some, policy)
    assert needed.four_eyes or needed.automatic or some.is_break_glass


@given(facts, policies)
def test_an_unknown_sender_leads_nowhere_without_proof_or_recorded_evidence(some, policy):
    if some.assurance is Assurance.L0 and not unmet(requirements(some, policy), some):
        assert some.is_proven_compromise or some.has_evidence


@given(facts, policies)
def test_a_spoofable_sender_leads_nowhere_without_proof_or_recorded_evidence(some, policy):
    if not is_at_least(some.assurance, Assurance.L2) and not unmet(requirements(some, policy), some):
        assert some.is_proven_compromise or some.has_evidence


@given(facts, policies)
def test_somebody_who_is_not_the_holder_leads_nowhere_without_proof_or_recorded_evidence(some, policy):
    if not some.is_holder and not unmet(requirements(some, policy), some):
        assert some.is_proven_compromise or some.has_evidence


@given(facts, policies)
def test_a_failed_confirmation_opens_nothing_to_somebody_else_but_a_supervisors_way(some, policy):
    needed = requirements(some, policy)
    if not some.is_holder and not some.is_confirmed and not unmet(needed, some):
        assert some.is_proven_compromise or needed.decided_by == "supervisor"


@given(facts, policies)
def test_break_glass_lowers_no_assurance(some, policy):
    with_glass = requirements(dataclasses.replace(some, is_break_glass=True), policy)
    without = requirements(dataclasses.replace(some, is_break_glass=False), policy)
    assert (with_glass.assurance, with_glass.needs_evidence) == (without.assurance, without.needs_evidence)


@given(facts, policies)
def test_more_assurance_or_evidence_never_makes_it_harder(some, policy):
    surer = dataclasses.replace(some, assurance=Assurance.L4, has_evidence=True, is_confirmed=True)
    assert not unmet(requirements(surer, policy), surer)


@given(facts, policies)
def test_every_requirement_says_why_and_by_which_policy(some, policy):
    needed = requirements(some, policy)
    assert needed.because[0] in {rule.name for rule in policy.rules}
    assert needed.because[1].endswith(".")
    assert needed.policy_version == policy.label
