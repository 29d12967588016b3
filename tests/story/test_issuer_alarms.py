"""What is wrong with an issuer's publication is one ticket that pages until somebody has it, and goes on while it is so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.servers.ca import serial_of, to_issue
from tests.story.decisions_world import OPERATOR
from tests.story.test_watching import WatchedWorld

from sulku_kernel.clock import SetClock
from sulku_kernel.events import events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation import models
from sulku_revocation.watch_models import issuer_alarms
from sulku_revocation.watching import account_for
from sulku_tickets import actions
from sulku_tickets.escalation import advance_due
from sulku_tickets.models import escalations, tickets

MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (60, 3_600, 86_400))


class AlarmedWorld(WatchedWorld):
    """The watched world, and what the alarms about its issuer came to."""

    def cases(self) -> list[dict[str, Any]]:
        """The tickets that the desk opened by itself, oldest first."""
        return self.rows(tickets, tickets.c.case_class == "automatic")

    def told(self, ticket_id: int) -> list[str]:
        """What the desk itself found on a ticket, in order."""
        wanted = ("FIND", "FOUND_MORE", "WELL_AGAIN")
        return [row["action"] for row in self.rows(events, events.c.ticket_id == ticket_id) if row["action"] in wanted]

    def paging(self, ticket_id: int) -> list[tuple[str, str, int]]:
        """Kind, state and round of each escalation of a ticket."""
        found = self.rows(escalations, escalations.c.ticket_id == ticket_id)
        return [(row["kind"], row["state"], row["round"]) for row in found]

    def claim(self, ticket_id: int) -> None:
        with begin(self.store, self.clock, OPERATOR) as tx:
            actions.claim(tx, ticket_id)

    def close(self, ticket_id: int) -> None:
        with begin(self.store, self.clock, OPERATOR) as tx:
            actions.close(tx, ticket_id, because="Selvitetty.", undecided=lambda *_: ())

    def revoke_one_more(self) -> str:
        (der,) = self.ca.issue_many("care", [to_issue(self.clock, "elsewhere.example")])
        self.revoke_behind_our_back(der)
        return serial_of(der).hex


@pytest.fixture
def real(storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[AlarmedWorld]:
    with ExitStack() as stack:
        yield AlarmedWorld(storage, clock, tmp_path / "ca", stack)


@pytest.fixture
def here(sqlite_storage: Storage, clock: SetClock, tmp_path: Path) -> Iterator[AlarmedWorld]:
    """On SQLite alone: for what no database does otherwise."""
    with ExitStack() as stack:
        yield AlarmedWorld(sqlite_storage, clock, tmp_path / "ca", stack)


def test_a_stranger_on_the_list_is_one_ticket_that_pages_step_by_step_until_it_is_claimed(real: AlarmedWorld) -> None:
    real.look()
    assert real.cases() == []
    real.revoke_one_more()
    real.look()
    (case,) = real.cases()
    assert case["subject"].startswith("crl_entry_foreign: CN=")
    assert real.paging(case["id"]) == [("crl_entry_foreign", "OPEN", 1)]
    assert real.running_clocks(case["id"]) == {"first_human"}
    real.look()
    assert advance_due(real.store, real.clock, "node") == 1
    assert real.mails("page") == [("page", "duty@desk.example"), ("page", "manager@desk.example")]
    real.claim(case["id"])
    for _ in range(3):
        real.look(HOUR)
    assert real.cases()[0]["id"] == case["id"]
    assert (len(real.cases()), real.told(case["id"])) == (1, ["FIND"])
    assert real.paging(case["id"]) == [("crl_entry_foreign", "ACKNOWLEDGED", 1)]
    assert real.running_clocks(case["id"]) == set()
    assert real.audit_faults() == []


def test_another_stranger_joins_the_ticket_and_pages_again_and_one_that_is_explained_is_noted(
    real: AlarmedWorld,
) -> None:
    real.look()
    first = real.revoke_one_more()
    real.look()
    (case,) = real.cases()
    real.claim(case["id"])
    second = real.revoke_one_more()
    real.look()
    assert real.paging(case["id"]) == [("crl_entry_foreign", "OPEN", 2)]
    with begin(real.store, real.clock, OPERATOR) as tx:
        account_for(tx, [first, second], "Varmentajan päivystys tilasi ne.")
    real.look()
    real.look()
    assert real.told(case["id"]) == ["FIND", "FOUND_MORE", "WELL_AGAIN"]
    assert len(real.cases()) == 1
    assert real.paging(case["id"]) == [("crl_entry_foreign", "OPEN", 2)], "who put it there, a person must find out"
    assert real.audit_faults() == []


def test_a_list_that_is_away_pages_on_one_ticket_and_is_quiet_when_it_is_back(here: AlarmedWorld) -> None:
    here.look()
    here.stop_ca()
    here.look()
    assert here.cases() == []
    here.look(31 * MINUTE)
    here.look()
    (case,) = here.cases()
    assert case["subject"].startswith("publication_unwell")
    assert here.told(case["id"]) == ["FIND"]
    here.start_ca()
    here.look()
    assert here.told(case["id"]) == ["FIND", "WELL_AGAIN"]
    assert here.paging(case["id"]) == [("publication_unwell", "ACKNOWLEDGED", 1)]
    here.stop_ca()
    here.look()
    here.look(31 * MINUTE)
    assert len(here.cases()) == 1, "the ticket that nobody has closed goes on"
    assert here.told(case["id"]) == ["FIND", "WELL_AGAIN", "FOUND_MORE"]
    assert here.paging(case["id"]) == [("publication_unwell", "OPEN", 2)]


def test_a_responder_that_takes_revocations_back_is_not_well_again_before_it_shows_them(here: AlarmedWorld) -> None:
    here.revoked(1, 2)
    here.look()
    kept = here.ca.crl("care")
    here.forget_revocation(here.issued[0])
    here.ca.crl = lambda slug: kept
    here.look(HOUR)
    (case,) = here.cases()
    assert "taken_back http" in here.rows(issuer_alarms)[0]["facts"][0]
    here.look()
    here.look()
    assert here.told(case["id"]) == ["FIND"]
    here.revoke_behind_our_back(here.issued[0])
    here.look()
    assert here.told(case["id"]) == ["FIND", "WELL_AGAIN"]


def test_a_ticket_that_was_closed_while_it_stays_so_is_followed_by_another_the_next_day(here: AlarmedWorld) -> None:
    here.look()
    here.revoke_one_more()
    here.look()
    (case,) = here.cases()
    here.close(case["id"])
    for _ in range(3):
        here.look(HOUR)
    assert len(here.cases()) == 1
    here.look(DAY)
    (_, another) = here.cases()
    assert here.paging(another["id"]) == [("crl_entry_foreign", "OPEN", 1)]
    here.close(another["id"])
    here.revoke_one_more()
    here.look()
    assert len(here.cases()) == 3, "what is new does not wait"


def test_a_certificate_of_a_campaign_that_vanishes_from_the_list_has_a_ticket_and_one_of_an_order_its_own(
    here: AlarmedWorld,
) -> None:
    (of_campaign,) = here.ca.issue_many("care", [to_issue(here.clock, "campaign.example")])
    here.revoke_behind_our_back(of_campaign)
    here.add_certificate(8, serial=serial_of(of_campaign).hex)
    with here.store.writing() as connection:  # as a campaign's look leaves it
        here_ = models.certificates.c.id == 8
        connection.execute(models.certificates.update().where(here_).values(revoked_at=here.clock.now(), reason=4))
    ticket_id = here.revoked(1)
    here.look()
    here.forget_revocation(here.issued[0])
    here.look()
    assert (here.alarms(ticket_id), here.cases()) == (["no_longer_revoked"], [])
    here.forget_revocation(of_campaign)
    here.look()
    (case,) = here.cases()
    assert case["subject"].startswith("crl_entry_gone")
    assert here.paging(case["id"]) == [("crl_entry_gone", "OPEN", 1)]


def test_a_test_issuers_stranger_is_a_ticket_that_wakes_nobody(here: AlarmedWorld) -> None:
    with here.store.writing() as connection:
        connection.execute(models.issuers.update().values(is_test=True))
    here.look()
    here.revoke_one_more()
    here.look()
    here.revoke_one_more()
    here.look()
    (case,) = here.cases()
    assert (here.told(case["id"]), here.paging(case["id"])) == (["FIND", "FOUND_MORE"], [])
    assert here.running_clocks(case["id"]) == set()


def test_a_hundred_and_more_strangers_are_one_ticket_of_bounded_size(here: AlarmedWorld) -> None:
    here.look()
    for der in here.ca.issue_many("care", [to_issue(here.clock, "elsewhere.example")] * 130):
        here.revoke_behind_our_back(der)
    here.look()
    (case,) = here.cases()
    here.look()
    assert here.told(case["id"]) == ["FIND"]
    here.revoke_one_more()
    here.look()
    assert here.told(case["id"]) == ["FIND", "FOUND_MORE"]
