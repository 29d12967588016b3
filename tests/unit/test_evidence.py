"""What a recorded piece of evidence does to the requester's assurance."""

from __future__ import annotations

import pytest

from sulku_tickets.domain.evidence import EvidenceKind, raised_assurance
from sulku_tickets.domain.urgency import Assurance


@pytest.mark.parametrize("kind", [EvidenceKind.CALLBACK, EvidenceKind.PASSPHRASE])
@pytest.mark.parametrize("present", [Assurance.L1, Assurance.L2])
def test_a_second_factor_lifts_a_known_requester_to_l3(kind, present):
    assert raised_assurance(present, kind, confirmed=True) is Assurance.L3


@pytest.mark.parametrize("kind", EvidenceKind)
def test_nothing_lifts_an_unknown_requester_and_nothing_lowers_a_sure_one(kind):
    for present in (Assurance.L0, Assurance.L3, Assurance.L4):
        for confirmed in (True, False):
            assert raised_assurance(present, kind, confirmed=confirmed) is present


@pytest.mark.parametrize("present", Assurance)
def test_a_failed_attempt_and_other_evidence_lift_nobody(present):
    assert raised_assurance(present, EvidenceKind.CALLBACK, confirmed=False) is present
    assert raised_assurance(present, EvidenceKind.OTHER, confirmed=True) is present
