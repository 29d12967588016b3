"""Every reason that the desk writes, at every CA that keeps reasons."""

from __future__ import annotations

import pytest
from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.ordering import order, send

from sulku_revocation.ca.authority import (
    Accepted,
)
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.mark.parametrize("name", ["cfssl", "django-ca", "acme-pebble", "ejbca"])
def test_every_reason_that_the_desk_writes_arrives_as_it_is(opened, name: str) -> None:
    case: CaseCa = opened[name]
    for reason in ReasonCode:
        serial = case.issue("reason.example")
        receipt = send(case, order(case, serial, reason))
        assert isinstance(receipt, Accepted)
        assert receipt.lost == ()
        assert case.held(serial)[0] == reason
