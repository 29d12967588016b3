"""From facts to the rule, the reason and the time that is left (TLS BR 4.9.1.1, 7.2.2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_kernel.errors import InputError
from sulku_revocation.domain.reason_code import PRECEDENCE, ReasonCode
from sulku_revocation.domain.reason_wizard import GROUNDS, choose_reason


def test_every_clause_of_the_requirements_leads_to_its_reason_code():
    ours = {ground.clause: int(ground.reason) for ground in GROUNDS.values() if ground.clause != 1}
    assert ours == {
        2: 9, 3: 1, 4: 1, 5: 4,
        6: 4, 7: 9, 8: 9, 9: 5, 10: 9, 11: 9, 12: 4, 13: 9, 14: 0, 15: 0, 16: 1,
    }  # fmt: skip
    assert {int(ground.reason) for ground in GROUNDS.values() if ground.clause == 1} == {0, 3, 4, 5}


def test_the_first_five_leave_a_day_and_the_others_five():
    for ground in GROUNDS.values():
        assert ground.within == (timedelta(hours=24) if ground.clause <= 5 else timedelta(days=5))


def test_a_subscriber_claims_neither_misuse_nor_any_other_ground_of_the_ca():
    claimed = {ground.reason for ground in GROUNDS.values() if not ground.is_ours}
    assert ReasonCode.PRIVILEGE_WITHDRAWN not in claimed
    assert len(claimed) == 5


def test_compromise_goes_before_replacement_and_the_strictest_time_counts():
    choice = choose_reason(["contents_wrong", "replaced", "key_compromised"])
    assert (choice.reason, choice.ground.rule) == (ReasonCode.KEY_COMPROMISE, "TLS BR 4.9.1.1 (3)")
    assert choice.within == timedelta(hours=24)
    later = choose_reason(["misused"])
    assert (later.reason, later.within) == (ReasonCode.PRIVILEGE_WITHDRAWN, timedelta(days=5))
    # A subscriber's wish makes five days one, whatever else is found.
    mixed = choose_reason(["misused", "asked"])
    assert (mixed.reason, mixed.within) == (ReasonCode.PRIVILEGE_WITHDRAWN, timedelta(hours=24))


def test_a_fact_that_is_none_and_no_fact_at_all_are_refused():
    with pytest.raises(InputError, match="certificate_hold"):
        choose_reason(["certificate_hold"])
    with pytest.raises(InputError, match="no ground"):
        choose_reason([])


@settings(max_examples=50)
@given(st.lists(st.sampled_from(sorted(GROUNDS)), min_size=1))
def test_the_order_of_the_facts_does_not_matter_and_the_gravest_reason_is_chosen(facts):
    choice = choose_reason(facts)
    assert choice == choose_reason(reversed(facts))
    assert choice.reason is min((GROUNDS[fact].reason for fact in facts), key=PRECEDENCE.index)
    assert choice.within == min(GROUNDS[fact].within for fact in facts)
