"""A person puts right what the desk matched; proofs follow."""

from __future__ import annotations

import pytest
from tests.story.decisions_world import (
    STRANGER,
    WORKER,
    RegisterOutside,
    World,
    act,
    certificate_row,
    proof_of,
)

from sulku_kernel.errors import (
    InputError,
    NotFoundError,
)
from sulku_revocation import requests
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.request_models import revocation_requests
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.models import ticket_mails

COMPROMISE = ReasonCode.KEY_COMPROMISE


def test_a_person_corrects_what_the_desk_matched(world: World) -> None:
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    wrong = world.rows(revocation_requests)[0]["id"]
    (added,) = act(
        world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="Pyyntö koskee toista.",
        add=[2, 2], drop=[wrong],
    )  # fmt: skip
    assert (added["certificate_id"], world.states(ticket_id)) == (2, ["DROPPED", "PROPOSED"])
    with pytest.raises(InputError, match="on this ticket already"):
        act(world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="x", add=[2])
    with pytest.raises(NotFoundError, match="in the register"):
        act(world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="x", add=[999])
    other = world.ticket(3)
    with pytest.raises(NotFoundError, match="is not on this ticket"):
        act(world, requests.correct_match, other, register=RegisterOutside(world), because="x", drop=[added["id"]])
    assert world.audit_faults() == []


def test_the_certificate_of_a_ca_is_never_put_on_a_list(lite: World) -> None:
    lite.add_certificate(20, certificate_type="ca")
    ticket_id = lite.ticket(1, 20)
    assert len(lite.rows(revocation_requests)) == 1
    with pytest.raises(InputError, match="certificate of a CA itself"):
        act(lite, requests.correct_match, ticket_id, register=RegisterOutside(lite), because="x", add=[20])


def test_a_proof_that_comes_later_lands_on_what_is_still_open(lite: World) -> None:
    ticket_id = lite.ticket(1, 2, requester=STRANGER, assurance=Assurance.L0)
    assert (
        act(lite, requests.record_proofs, ticket_id, [proof_of(1), proof_of(2, is_verified=False)], actor=WORKER) == 1
    )
    assert [row["proof"] for row in lite.rows(revocation_requests)] == ["private_key", ""]
    first = lite.rows(revocation_requests)[0]["id"]
    lite.decide(ticket_id, COMPROMISE, requests=[first])


def test_a_certificate_added_later_has_the_proof_of_an_earlier_mail(world: World) -> None:
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0, proofs=(proof_of(1), proof_of(2)))
    (added,) = act(
        world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="Same key.", add=[2]
    )
    assert added["proof"] == "private_key"


def test_a_proof_written_beside_the_history_proves_nothing(world: World) -> None:
    ticket_id = world.ticket(1, requester=STRANGER, assurance=Assurance.L0)
    forged = {"proofs": [{"kind": "private_key", "verified": True, "spki": certificate_row(2)["spki"]}]}
    with world.store.writing() as connection:
        connection.execute(ticket_mails.update().values(judgement=forged))
    (added,) = act(world, requests.correct_match, ticket_id, register=RegisterOutside(world), because="Also.", add=[2])
    assert added["proof"] == ""
