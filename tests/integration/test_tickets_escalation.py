"""Pages go out step after step until somebody says "I have it"; never to nobody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.conftest import NIGHT
from tests.integration.tickets_world import (  # noqa: F401  the last two are fixtures
    FIRST,
    HOUR,
    MANAGER,
    MINUTE,
    OPERATOR,
    SECOND,
    WORKER,
    Tickets,
    tickets_on_both,
    tickets_on_sqlite,
)

from sulku_kernel.actor import Actor
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_tickets import actions, links
from sulku_tickets.domain.escalation_policy import Contact, EscalationPolicy, EscalationStep
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.escalation import EscalationKind, escalation_id, start_escalation
from sulku_tickets.links import AcknowledgementLink, acknowledge_by_link, sign_link, verify_link
from sulku_tickets.models import TICKETS
from sulku_tickets.on_call_mail import PAGE_PRIORITY

KEYS = [b"old key", b"new key"]


def test_suspected_compromise_pages_step_after_step_until_somebody_has_it(desk: Tickets) -> None:
    ticket_id = desk.open(Urgency.P1)
    (page,) = desk.effects("page")
    assert (page["created_at"], page["priority"], page["payload"]["language"]) == (desk.clock.now(), 0, "sv")
    desk.tick_until(desk.clock.now() + 21 * MINUTE)
    assert desk.pages() == [(FIRST, 0), (SECOND, 10), (MANAGER, 15), (MANAGER, 20)]
    assert desk.act(actions.acknowledge_page, ticket_id) == 1
    desk.tick_until(desk.clock.now() + 2 * HOUR, step=5 * MINUTE)
    assert len(desk.pages()) == 4
    assert desk.escalations(ticket_id)[0]["acknowledged_by"] == "user:olli"
    assert "first_human" not in desk.running(ticket_id)
    assert desk.act(actions.acknowledge_page, ticket_id) == 0
    assert desk.audit_faults() == []


@pytest.mark.parametrize(
    ("urgency", "page_on_call", "expected"),
    [
        (Urgency.P0, False, 1),
        (Urgency.P1, False, 1),
        (Urgency.P2, False, 0),
        (Urgency.P2, True, 1),
        (Urgency.P3, False, 0),
    ],
)
def test_compromise_pages_at_once_and_the_rest_does_not(lite: Tickets, urgency, page_on_call, expected) -> None:
    lite.open(urgency, page_on_call=page_on_call)
    assert len(lite.effects("page")) == expected


def test_a_page_says_which_ticket_and_no_word_of_the_mail(lite: Tickets) -> None:
    lite.open(Urgency.P0, mail=lite.mail(subject="EVIL", new_text="EVIL"))
    (page,) = lite.effects("page")
    assert "EVIL" not in str(page["payload"])
    context = page["payload"]["context"]
    assert (context["number"], context["step"], context["round"]) == ("S26-000001", 1, 1)
    assert context["escalation"] == escalation_id(1, EscalationKind.SUSPECTED_COMPROMISE)


def test_a_flood_joins_one_escalation_and_pages_once(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    for _ in range(20):
        lite.join(ticket_id, CaseClass.REVOCATION_REQUEST, Urgency.P1, page_on_call=True)
    assert len(lite.effects("page")) == 1
    assert lite.escalations(ticket_id)[0]["causes"] == 21


def test_a_new_cause_after_an_acknowledgement_pages_from_the_first_step_again(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    lite.act(actions.acknowledge_page, ticket_id)
    lite.clock.advance(HOUR)
    lite.join(ticket_id, CaseClass.REVOCATION_REQUEST, Urgency.P0, page_on_call=True)
    lite.tick_until(lite.clock.now() + 10 * MINUTE)
    assert lite.pages() == [(FIRST, 0), (FIRST, 60), (SECOND, 70)]
    (row,) = lite.escalations(ticket_id)
    assert (row["round"], row["state"], row["urgency"], row["acknowledged_by"]) == (2, "OPEN", "P0", None)
    assert lite.audit_faults() == []


def test_taking_or_closing_a_ticket_ends_its_pages(lite: Tickets) -> None:
    taken, closed = lite.open_many(2, Urgency.P1, acknowledge=False)
    lite.act(actions.claim, taken)
    lite.close(closed)
    lite.tick_until(lite.clock.now() + HOUR)
    assert len(lite.effects("page")) == 2


def test_after_a_night_down_one_step_at_a_time_is_paged(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    lite.clock.advance(8 * HOUR)
    assert lite.advance() == 1
    assert lite.advance() == 0
    assert lite.pages() == [(FIRST, 0), (SECOND, 480)]


def test_two_nodes_page_each_step_once(desk: Tickets) -> None:
    desk.open_many(40, Urgency.P1)
    desk.clock.advance(10 * MINUTE)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(desk.advance, ["one", "two", "three", "four"])) == 40
    assert desk.mails("page").count(("page", SECOND)) == 40
    assert desk.audit_faults() == []


def test_the_policy_of_the_night_holds_though_it_was_changed_meanwhile(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    lite.policy = EscalationPolicy(
        "other", (EscalationStep(timedelta(0), (Contact("New", "new@desk.example"),)),), lite.policy.duty_managers
    )
    lite.tick_until(lite.clock.now() + 10 * MINUTE)
    assert lite.pages()[-1] == (SECOND, 10)
    lite.open(Urgency.P1)
    assert lite.mails("page")[-1] == ("page", "new@desk.example")


def test_who_is_off_duty_is_not_paged_and_somebody_always_is(lite: Tickets) -> None:
    turn = Contact("Turn", "turn@desk.example", until=NIGHT + 5 * MINUTE)
    later = Contact("Later", "later@desk.example", since=NIGHT + 5 * MINUTE)
    managers = lite.policy.duty_managers
    lite.policy = EscalationPolicy(
        "rota", (EscalationStep(timedelta(0), (turn, later)), EscalationStep(10 * MINUTE, (turn,))), managers
    )
    lite.open(Urgency.P1)
    lite.tick_until(lite.clock.now() + 10 * MINUTE)
    assert lite.pages() == [("turn@desk.example", 0), (MANAGER, 10)]
    lite.open(Urgency.P1)
    assert lite.mails("page")[-1] == ("page", "later@desk.example")


def test_two_causes_of_different_kinds_page_each_on_their_own(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    for _ in range(2):
        with lite.by(Actor.desk("dispatcher")) as tx:
            start_escalation(
                tx, tx.get(TICKETS, ticket_id), lite.policy, EscalationKind.EFFECT_FAILED, because="refused"
            )
    assert [row["kind"] for row in lite.escalations(ticket_id)] == ["suspected_compromise", "effect_failed"]
    assert len(lite.effects("page")) == 2
    assert lite.act(actions.acknowledge_page, ticket_id) == 2


def test_an_escalation_without_a_page_of_its_own_still_goes_on(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P2)
    with lite.by(WORKER) as tx:
        start_escalation(tx, tx.get(TICKETS, ticket_id), lite.policy, EscalationKind.DEADLINE, page=False)
    assert lite.effects("page") == []
    lite.tick_until(lite.clock.now() + 10 * MINUTE)
    assert [to for to, _ in lite.pages()] == [SECOND]


# --- the signed link in a page ---------------------------------------------------------------------------------------


def link_of(desk: Tickets, place: int = -1) -> AcknowledgementLink:
    payload = desk.effects("page")[place]["payload"]
    context = payload["context"]
    return AcknowledgementLink(context["escalation"], context["round"], context["step"], payload["to"])


def press(desk: Tickets, token: str, now=None) -> int:
    link = verify_link(token, KEYS, now or desk.clock.now())
    with desk.by(link.actor) as tx:
        return acknowledge_by_link(tx, link)


def test_whoever_presses_the_button_behind_the_link_has_it(desk: Tickets) -> None:
    ticket_id = desk.open(Urgency.P1)
    token = sign_link(link_of(desk), KEYS, desk.clock.now())
    assert press(desk, token) == 1
    assert press(desk, token) == 0
    (row,) = desk.escalations(ticket_id)
    assert row["acknowledged_by"] == f"link:{row['id']} {FIRST}"
    assert desk.audit_faults() == []


def test_a_link_outlives_the_change_of_the_key_and_not_its_removal(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    token = sign_link(link_of(lite), KEYS[:1], lite.clock.now())
    assert verify_link(token, KEYS, lite.clock.now()) == link_of(lite)
    with pytest.raises(InputError):
        verify_link(token, KEYS[1:], lite.clock.now())


def test_a_forged_or_altered_link_is_nothing(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    now = lite.clock.now()
    token = sign_link(link_of(lite), KEYS, now)
    forged = sign_link(link_of(lite), [b"a stranger's key"], now)
    body, signature = token.rsplit(".", 1)
    for bad in (
        "",
        "x",
        ".",
        forged,
        body,
        f"{body}.{signature[:-2]}",
        f"{body[:-3]}xyz.{signature}",
        token + "A" * 2000,
    ):
        with pytest.raises(InputError, match="not valid") as refused:
            verify_link(bad, KEYS, now)
        assert refused.value.next_step


def test_a_link_ends_after_a_day(lite: Tickets) -> None:
    lite.open(Urgency.P1)
    token = sign_link(link_of(lite), KEYS, NIGHT)
    verify_link(token, KEYS, NIGHT + links.VALID_FOR - timedelta(seconds=1))
    with pytest.raises(InputError, match="has ended"):
        verify_link(token, KEYS, NIGHT + links.VALID_FOR)


def test_a_link_of_an_earlier_round_does_not_quiet_a_new_cause(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    old = sign_link(link_of(lite), KEYS, lite.clock.now())
    press(lite, old)
    lite.join(ticket_id, CaseClass.REVOCATION_REQUEST, Urgency.P1, page_on_call=True)
    with pytest.raises(NotAllowedError, match="this page is over"):
        press(lite, old)
    assert lite.escalations(ticket_id)[0]["state"] == "OPEN"
    assert press(lite, sign_link(link_of(lite), KEYS, lite.clock.now())) == 1


def test_a_link_for_an_escalation_that_never_was_does_nothing(lite: Tickets) -> None:
    token = sign_link(AcknowledgementLink(999, 1, 1, FIRST), KEYS, NIGHT)
    with pytest.raises(NotAllowedError):
        press(lite, token)


def test_no_link_and_no_part_of_the_desk_takes_a_ticket(lite: Tickets) -> None:
    ticket_id = lite.open(Urgency.P1)
    for actor in (link_of(lite).actor, Actor.desk("scheduler"), Actor.user("guest")):
        with pytest.raises(NotAllowedError):
            lite.act(actions.claim, ticket_id, actor=actor)
    assert lite.act(actions.claim, ticket_id, actor=OPERATOR)["assignee"] == "olli"


def test_ids_of_escalations_of_different_tickets_never_meet() -> None:
    ids = {escalation_id(ticket_id, kind) for ticket_id in range(1, 2000) for kind in EscalationKind}
    assert len(ids) == 1999 * len(EscalationKind)
    assert max(EscalationKind) < 16
    assert PAGE_PRIORITY == 0
