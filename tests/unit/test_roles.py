"""Who may do what: by role, and only as a person who has logged in."""

from __future__ import annotations

import pytest

from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError
from sulku_revocation import roles as revocation_roles
from sulku_tickets.domain.roles import KEEPS_ACCOUNTS, READS_TICKETS, WORKS_ON_TICKETS, Role, require_role


def somebody(*roles):
    return Actor.user("somebody", frozenset(str(role) for role in roles))


def test_a_role_that_fits_is_enough():
    require_role(somebody(Role.AUDITOR, Role.APPROVER), WORKS_ON_TICKETS, "reply")
    revocation_roles.require_role(somebody(Role.SUPERVISOR), revocation_roles.APPROVERS, "approve")


@pytest.mark.parametrize(
    "actor",
    [
        somebody(),
        somebody(Role.AUDITOR),
        somebody(Role.ADMINISTRATOR),
        Actor.desk("worker"),
        Actor("link:16", frozenset({"operator"})),
        Actor("desk:x", frozenset({"operator", "supervisor"})),
    ],
)
def test_whoever_lacks_it_or_is_no_person_is_refused(actor):
    with pytest.raises(NotAllowedError, match="may not reply") as refused:
        require_role(actor, WORKS_ON_TICKETS, "reply")
    assert refused.value.next_step
    with pytest.raises(NotAllowedError):
        revocation_roles.require_role(actor, revocation_roles.DECIDERS, "decide")


def test_an_auditor_reads_and_an_administrator_keeps_accounts_and_neither_does_more():
    assert Role.AUDITOR in READS_TICKETS
    assert Role.AUDITOR not in WORKS_ON_TICKETS
    assert {Role.ADMINISTRATOR} == KEEPS_ACCOUNTS
    assert Role.ADMINISTRATOR not in READS_TICKETS


def test_an_operator_approves_nothing_and_an_approver_decides_nothing():
    assert Role.OPERATOR not in revocation_roles.APPROVERS
    assert Role.APPROVER not in revocation_roles.DECIDERS
    assert {str(role) for role in WORKS_ON_TICKETS} == revocation_roles.MATCHERS
