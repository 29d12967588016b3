"""The reasons this desk writes (RFC 5280, 5.3.1; TLS BR 7.2.2), by name and number."""

from __future__ import annotations

import itertools

import pytest

from sulku_revocation.domain.reason_code import PRECEDENCE, SUBSCRIBER_REASONS, ReasonCode, strongest


def test_each_reason_has_its_name_in_the_rfc():
    assert {int(code): code.rfc_name for code in ReasonCode} == {
        0: "unspecified",
        1: "keyCompromise",
        3: "affiliationChanged",
        4: "superseded",
        5: "cessationOfOperation",
        9: "privilegeWithdrawn",
    }
    assert all(ReasonCode.from_rfc_name(code.rfc_name) is code for code in ReasonCode)


@pytest.mark.parametrize(
    "name", ["certificateHold", "cACompromise", "removeFromCRL", "aACompromise", "KEYCOMPROMISE", ""]
)
def test_a_reason_that_is_never_written_has_no_name_here(name):
    with pytest.raises(ValueError, match="is not a reason this desk revokes for"):
        ReasonCode.from_rfc_name(name)


def test_of_several_the_gravest_is_recorded_whatever_their_order():
    assert [int(code) for code in PRECEDENCE] == [1, 9, 5, 3, 4, 0]
    for one, other in itertools.product(ReasonCode, ReasonCode):
        expected = min(one, other, key=PRECEDENCE.index)
        assert strongest([one, other]) is strongest([other, one]) is expected
    assert strongest([]) is ReasonCode.UNSPECIFIED


def test_the_cas_own_ground_is_not_for_subscribers():
    assert set(ReasonCode) - SUBSCRIBER_REASONS == {ReasonCode.PRIVILEGE_WITHDRAWN}
