"""Two people revoke a certificate in the console, and nobody can do it in another way.

`console` is on both databases; `sqlite_console` where only the console itself is looked at.
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import repeat

import pytest
from tests.integration.console_world import Console
from tests.story.decisions_world import HOLDER

from sulku_console.register_search import search_register
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.domain.urgency import Assurance, Urgency


@pytest.fixture
def console(storage: Storage, clock: SetClock) -> Console:
    return Console(storage, clock)


@pytest.fixture
def sqlite_console(sqlite_storage: Storage, clock: SetClock) -> Console:
    return Console(sqlite_storage, clock)


def decide(console: Console, ticket_id: int, browser, **changed: str):
    fields = {"reason": "4", "because": "Called back, replaced yesterday.", **console.code(ticket_id), **changed}
    return browser.send(f"/ticket/{ticket_id}/decide", fields)


def approval(console: Console, ticket_id: int) -> dict[str, str]:
    return {"digest": console.world.shown(ticket_id).digest, **console.code(ticket_id)}


def test_what_was_revoked_meanwhile_is_to_be_dropped_and_the_page_says_so(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    other = console.world.ticket(1, assurance=Assurance.L3)
    assert decide(console, other, console.browser("olli", "operator")).status_code == 303
    assert console.browser("aino", "approver").send(f"/ticket/{other}/approve", approval(console, other)).is_redirect
    console.world.run()
    page = console.browser("olli", "operator").get(f"/ticket/{ticket_id}").text
    assert "is revoked already: drop it, and tell the requester." in page


def test_an_operator_decides_and_another_person_approves_the_list_that_was_shown(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    assert decide(console, ticket_id, console.browser("olli", "operator")).status_code == 303
    approver = console.browser("aino", "approver")
    page = approver.get(f"/ticket/{ticket_id}").text
    assert console.world.shown(ticket_id).digest in page
    assert approver.send(f"/ticket/{ticket_id}/approve", approval(console, ticket_id)).status_code == 303
    assert console.world.states(ticket_id) == ["ORDERED"]
    console.world.run()
    page = approver.get(f"/ticket/{ticket_id}").text
    assert "Revoked and visible" in page
    order = console.world.orders(ticket_id)[0]["id"]
    crl = approver.get(f"/ticket/{ticket_id}/order/{order}/crl")
    assert crl.content == b"crl of 1e120f01"
    assert crl.headers["content-disposition"].startswith("attachment;")
    assert crl.headers["content-type"] == "application/octet-stream"
    assert console.world.audit_faults() == []


def test_one_person_alone_is_refused_and_may_only_break_the_glass(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    kaisa = console.browser("kaisa", "operator", "approver")
    decide(console, ticket_id, kaisa)
    alone = kaisa.send(f"/ticket/{ticket_id}/approve", approval(console, ticket_id))
    assert alone.status_code == 403
    assert "who decided may not approve" in alone.text
    assert console.world.orders(ticket_id) == []
    broken = kaisa.send(
        f"/ticket/{ticket_id}/approve", {**approval(console, ticket_id), "break_glass": "Nobody answers at 03:00."}
    )
    assert broken.status_code == 303
    assert console.world.actions(ticket_id, "BREAK_GLASS") == 1
    assert ("page", "duty@desk.example") in console.world.mails("page")


def test_the_time_that_was_asked_for_stands_in_the_form_and_may_be_emptied_or_changed(sqlite_console: Console) -> None:
    wanted = sqlite_console.world.clock.now() + timedelta(days=3)  # 26 November, 03:00 in Helsinki
    asked = {"reason": ReasonCode.SUPERSEDED, "assurance": Assurance.L3, "wanted_at": wanted}
    olli = sqlite_console.browser("olli", "operator")
    for typed, expected in (
        ("2026-11-27T03:00", wanted),
        ("2026-12-01T12:00", wanted.replace(day=1, month=12, hour=10)),
        ("", None),
    ):
        ticket_id = sqlite_console.world.ticket(1, **asked)
        page = olli.get(f"/ticket/{ticket_id}").text
        assert 'name="wanted" type="datetime-local" aria-describedby="wanted-hint" value="2026-11-27T03:00"' in page
        assert decide(sqlite_console, ticket_id, olli, wanted=typed).status_code == 303
        (entry,) = sqlite_console.world.shown(ticket_id).entries
        assert entry.wanted_at == expected


def test_a_compromised_key_is_not_decided_for_later(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, reason=ReasonCode.KEY_COMPROMISE, assurance=Assurance.L3)
    refused = decide(
        sqlite_console, ticket_id, sqlite_console.browser("olli", "operator"), reason="1", wanted="2026-12-01T12:00"
    )
    assert refused.status_code == 400
    assert 'value="2026-12-01T12:00"' in refused.text
    assert sqlite_console.world.states(ticket_id) == ["PROPOSED"]


def test_a_list_that_changed_meanwhile_is_not_approved_and_the_new_one_is_shown(console: Console) -> None:
    ticket_id = console.world.ticket(1, 2, assurance=Assurance.L3)
    requests = [entry.request_id for entry in console.world.shown(ticket_id).entries]
    console.world.decide(ticket_id, requests=requests[:1])
    seen = approval(console, ticket_id)
    console.world.decide(ticket_id, requests=requests[1:])
    refused = console.browser("aino", "approver").send(f"/ticket/{ticket_id}/approve", seen)
    assert refused.status_code == 409
    assert "the list has changed since it was shown" in refused.text
    assert console.world.shown(ticket_id).digest in refused.text
    assert console.world.orders(ticket_id) == []


@pytest.mark.parametrize("typed", ["1e12 0f02", "0000 0000", ""])
def test_a_certificate_is_chosen_only_by_the_end_of_its_own_serial_number(sqlite_console: Console, typed: str) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L3)
    (field,) = sqlite_console.code(ticket_id)
    refused = decide(sqlite_console, ticket_id, sqlite_console.browser("olli", "operator"), **{field: typed})
    assert refused.status_code == 400
    assert sqlite_console.world.states(ticket_id) == ["PROPOSED"]
    # What was typed is not lost.
    assert "Called back, replaced yesterday." in refused.text


def test_an_approval_must_name_every_certificate_on_the_list(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, 2, assurance=Assurance.L3)
    sqlite_console.world.decide(ticket_id)
    refused = sqlite_console.browser("aino", "approver").send(
        f"/ticket/{ticket_id}/approve", approval(sqlite_console, ticket_id)
    )
    assert refused.status_code == 400
    assert sqlite_console.world.orders(ticket_id) == []


def test_a_long_list_is_approved_by_typing_how_many_they_are(sqlite_console: Console) -> None:
    more = range(100, 109)
    for id_ in more:
        sqlite_console.world.add_certificate(id_)
    ticket_id = sqlite_console.world.ticket(*more, assurance=Assurance.L3)
    olli, aino = sqlite_console.browser("olli", "operator"), sqlite_console.browser("aino", "approver")
    fields = {"reason": "5", "because": "The service has ended."}
    assert olli.send(f"/ticket/{ticket_id}/decide", {**fields, "how_many": "8"}).status_code == 400
    assert olli.send(f"/ticket/{ticket_id}/decide", {**fields, "how_many": "9"}).status_code == 303
    digest = sqlite_console.world.shown(ticket_id).digest
    assert aino.send(f"/ticket/{ticket_id}/approve", {"digest": digest}).status_code == 400
    assert aino.send(f"/ticket/{ticket_id}/approve", {"digest": digest, "how_many": "9"}).status_code == 303
    assert len(sqlite_console.world.orders(ticket_id)) == 9


def test_an_unconfirmed_request_says_what_is_missing_and_evidence_opens_the_way(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L1)
    olli = console.browser("olli", "operator")
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "assurance is L1; L3 is required" in page
    assert "+358 9 000 0000" in page
    assert decide(console, ticket_id, olli).status_code == 403
    evidence = {"kind": "callback", "confirmed": "yes", "text": "Reached tekniikka at the number on file."}
    assert olli.send(f"/ticket/{ticket_id}/evidence", evidence).status_code == 303
    assert "Everything it asks for is there." in olli.get(f"/ticket/{ticket_id}").text
    assert decide(console, ticket_id, olli).status_code == 303


def test_a_failed_call_back_confirms_nothing(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L2)
    olli = sqlite_console.browser("olli", "operator")
    failed = {"kind": "callback", "confirmed": "no", "text": "Nobody answered."}
    assert olli.send(f"/ticket/{ticket_id}/evidence", failed).status_code == 303
    assert decide(sqlite_console, ticket_id, olli).status_code == 403


def test_a_spoofed_request_cannot_be_decided(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, requester="stranger@elsewhere.example", assurance=Assurance.L0)
    olli = sqlite_console.browser("olli", "operator")
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "This sender is on nobody&#39;s file." in page
    assert "It belongs to another holder than the requester&#39;s." in page
    assert decide(sqlite_console, ticket_id, olli, reason="1").status_code == 403
    assert sqlite_console.world.orders(ticket_id) == []


def test_a_suspected_key_is_decided_with_the_day_since_when_in_helsinki_time(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L2, reason=ReasonCode.KEY_COMPROMISE)
    olli = sqlite_console.browser("olli", "operator")
    decided = decide(sqlite_console, ticket_id, olli, reason="1", invalidity="2026-11-23T14:30")
    assert decided.status_code == 303
    (entry,) = sqlite_console.world.shown(ticket_id).entries
    assert entry.invalidity_at is not None
    assert entry.invalidity_at.isoformat() == "2026-11-23T12:30:00+00:00"


def test_the_reason_of_the_ca_itself_is_offered_to_supervisors_only(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L3)
    olli, sanna = sqlite_console.browser("olli", "operator"), sqlite_console.browser("sanna", "supervisor")
    assert "Privilege withdrawn" not in olli.get(f"/ticket/{ticket_id}").text
    assert "Privilege withdrawn" in sanna.get(f"/ticket/{ticket_id}").text
    assert decide(sqlite_console, ticket_id, olli, reason="9").status_code == 403
    assert decide(sqlite_console, ticket_id, sanna, reason="6").status_code == 400


def test_a_wrong_match_is_corrected_by_a_search(console: Console) -> None:
    ticket_id = console.world.ticket(1, assurance=Assurance.L3)
    olli = console.browser("olli", "operator")
    found = olli.get(f"/ticket/{ticket_id}?find=1E:12:0F:02").text
    assert "host2.holder.example" in found
    (first,) = console.world.shown(ticket_id).entries
    corrected = olli.send(
        f"/ticket/{ticket_id}/match", {"add": "2", "drop": str(first.request_id), "because": "The mail means host2."}
    )
    assert corrected.status_code == 303
    assert [entry.certificate.id for entry in console.world.shown(ticket_id).entries] == [2]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("host3.holder.example", {3}),
        ("1E:12:0F:02", {2}),
        ("00" * 31 + "02", {2}),
        ("no such thing", set()),
        ("", set()),
    ],
)
def test_a_search_finds_by_name_serial_number_and_digest(
    sqlite_console: Console, typed: str, expected: set[int]
) -> None:
    with sqlite_console.store.reading() as connection:
        found = search_register(DatabaseRegister(connection), typed)
    assert {certificate.id for certificate in found} == expected


def test_a_search_shows_what_is_one_slip_of_the_pen_away(sqlite_console: Console) -> None:
    with sqlite_console.store.reading() as connection:
        found = search_register(DatabaseRegister(connection), "1e12 1f03")
    assert 3 in {certificate.id for certificate in found}


def test_rejecting_tells_the_requester_why(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    rejected = olli.send(f"/ticket/{ticket_id}/reject", {"because": "Haltija ei tiedä pyynnöstä."})
    assert rejected.status_code == 303
    assert console.world.states(ticket_id) == ["REJECTED"]
    assert ("rejected", HOLDER) in console.world.mails("rejected")


@pytest.mark.parametrize("waits", ["for its time", "for a key"])
def test_what_is_approved_and_not_carried_out_is_withdrawn_in_the_console(console: Console, waits: str) -> None:
    world = console.world
    world.authority.behaves = repeat("want_key")
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, wanted_at=world.clock.now() + timedelta(days=7) if waits == "for its time" else None)
    world.approve(ticket_id)
    world.run(timedelta(minutes=2))
    olli = console.browser("olli", "operator")
    assert "it can still be withdrawn." in olli.get(f"/ticket/{ticket_id}").text
    assert olli.send(f"/ticket/{ticket_id}/withdraw", {"because": "Haltija perui."}).status_code == 303
    assert world.states(ticket_id) == ["WITHDRAWN"]
    assert "it can still be withdrawn." not in olli.get(f"/ticket/{ticket_id}").text


def test_what_the_ca_may_have_carried_out_offers_no_withdrawal(sqlite_console: Console) -> None:
    world = sqlite_console.world
    world.authority.behaves = repeat("hang")
    ticket_id = world.ordered(1)
    world.run(timedelta(minutes=20))
    olli = sqlite_console.browser("olli", "operator")
    assert "it can still be withdrawn." not in olli.get(f"/ticket/{ticket_id}").text
    assert olli.send(f"/ticket/{ticket_id}/withdraw", {"because": "Haltija perui."}).status_code >= 400
    assert world.states(ticket_id) == ["ORDERED"]


def test_a_ticket_with_an_open_request_is_not_closed_and_a_closed_one_can_be_opened(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    refused = olli.send(f"/ticket/{ticket_id}/close", {"because": "Done."})
    assert refused.status_code == 403
    assert "waits for a decision" in refused.text
    olli.send(f"/ticket/{ticket_id}/withdraw", {"because": "Oli erehdys."})
    assert olli.send(f"/ticket/{ticket_id}/close", {"because": "Done."}).status_code == 303
    assert "This ticket is closed." in olli.get(f"/ticket/{ticket_id}").text
    assert olli.send(f"/ticket/{ticket_id}/reopen", {"because": "They wrote again."}).status_code == 303


def test_claiming_ends_the_paging_and_the_reply_goes_out(console: Console) -> None:
    ticket_id = console.world.ticket(1, urgency=Urgency.P1)
    olli = console.browser("olli", "operator")
    assert "On-call is being paged" in olli.get(f"/ticket/{ticket_id}").text
    assert olli.send(f"/ticket/{ticket_id}/claim").status_code == 303
    assert "On-call is being paged:" not in olli.get(f"/ticket/{ticket_id}").text
    reply = {"text": "Selvitämme asiaa.", "preliminary_report": "1", "ask": "1"}
    assert olli.send(f"/ticket/{ticket_id}/reply", reply).status_code == 303
    assert ("preliminary_report", HOLDER) in console.world.mails("preliminary_report")
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "Selvitämme asiaa." in page
    assert "Waits for an answer" in page


def test_what_an_approver_has_to_approve_stands_under_a_filter_of_its_own(console: Console) -> None:
    waiting, other = console.world.ticket(1, assurance=Assurance.L3), console.world.ticket(2)
    console.world.decide(waiting)
    queue = console.browser("aino", "approver").get("/?show=approval").text
    assert console.number(waiting) in queue
    assert console.number(other) not in queue


def test_characters_that_a_database_cannot_keep_stop_nothing(console: Console) -> None:
    ticket_id = console.world.ticket(1)
    olli = console.browser("olli", "operator")
    assert olli.send(f"/ticket/{ticket_id}/note", {"text": "a\0b\r\nc"}).status_code == 303
    assert "a\ufffdb\nc" in olli.get(f"/ticket/{ticket_id}").text
    assert olli.send(f"/ticket/{ticket_id}/reject", {"because": "a\0b"}).status_code == 303
    assert olli.get(f"/ticket/{ticket_id}?find=%00").status_code == 200
    assert olli.get("/ticket/%00").status_code == 400


def test_the_filters_of_the_queue_show_what_they_say(console: Console) -> None:
    mine, nobodys, urgent = (console.world.ticket(1, urgency=u) for u in (Urgency.P2, Urgency.P3, Urgency.P1))
    olli = console.browser("olli", "operator")
    olli.send(f"/ticket/{mine}/claim")
    numbers = {console.number(ticket_id): ticket_id for ticket_id in (mine, nobodys, urgent)}

    def shown(query: str) -> list[int]:
        page = olli.get(f"/{query}").text
        return [numbers[number] for number in re.findall(r'href="/ticket/(S26-[0-9]+)"', page)]

    assert shown("")[0] == urgent
    assert shown("?show=mine") == [mine]
    assert set(shown("?show=unassigned")) == {nobodys, urgent}
    assert shown("?urgency=P3") == [nobodys]
    assert shown("?show=closed") == []
    assert shown("?show=open&page=2") == []


def test_what_waits_for_an_approval_is_found_behind_a_page_of_other_tickets(
    sqlite_console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_console.queue_page.PAGE", 1)
    for _ in range(3):
        sqlite_console.world.ticket(2)
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L3)
    sqlite_console.world.decide(ticket_id, ReasonCode.SUPERSEDED)
    queue = sqlite_console.browser("aino", "approver").get("/?show=approval").text
    assert f"/ticket/{sqlite_console.number(ticket_id)}" in queue
    assert "page=2" not in queue


def test_every_page_says_who_is_logged_in_and_at_which_instance(sqlite_console: Console) -> None:
    page = sqlite_console.browser("aino", "approver").get("/").text
    header = page.partition("<header")[2].partition("</header>")[0]
    assert "testserver" in header
    assert "aino" in header


def test_facts_lead_to_the_reason_and_the_page_says_what_stops_working(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L3)
    olli = sqlite_console.browser("olli", "operator")
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "TLS BR 4.9.1.1 (3)" in page
    assert 'value="misused"' not in page
    assert "host1.holder.example" in page
    assert "No replacement is on file." in page
    sent = {"fact": "replaced", "because": "Called back.", **sqlite_console.code(ticket_id)}
    assert olli.send(f"/ticket/{ticket_id}/decide", sent).status_code == 303
    assert sqlite_console.world.shown(ticket_id).entries[0].reason is ReasonCode.SUPERSEDED
    assert 'value="misused"' in sqlite_console.browser("sanna", "supervisor").get(f"/ticket/{ticket_id}").text


def test_a_court_order_is_recorded_shown_and_lifted_in_the_console(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ticket(1, assurance=Assurance.L3)
    olli = sqlite_console.browser("olli", "operator")
    order = {"authority": "Helsingin käräjäoikeus", "reference": "L 26/1", "because": "By courier."}
    hold = {**order, "until": "2026-12-24T12:00", **sqlite_console.code(ticket_id)}
    assert olli.send(f"/ticket/{ticket_id}/hold", {**hold, "until": ""}).status_code == 400
    assert olli.send(f"/ticket/{ticket_id}/hold", hold).status_code == 303
    held = olli.get(f"/ticket/{ticket_id}").text
    assert "Helsingin käräjäoikeus, L 26/1" in held
    assert "A legal hold forbids it" in held
    assert f'action="/ticket/{sqlite_console.number(ticket_id)}/decide"' not in held, "nothing can be decided now"
    assert decide(sqlite_console, ticket_id, olli).status_code == 403
    assert olli.send(f"/ticket/{ticket_id}/lift", {"hold": "1", "because": "Taken back."}).status_code == 303
    assert decide(sqlite_console, ticket_id, olli).status_code == 303


def test_a_promised_date_that_a_court_puts_off_is_shown_as_that(sqlite_console: Console) -> None:
    world = sqlite_console.world
    ticket_id = world.ticket(1, assurance=Assurance.L3)
    world.decide(ticket_id, ReasonCode.SUPERSEDED, wanted_at=world.clock.now() + timedelta(days=7))
    world.approve(ticket_id)
    olli = sqlite_console.browser("olli", "operator")
    approved = olli.get(f"/ticket/{ticket_id}").text
    assert "ordered at" in approved
    assert "It is approved for a later date" in approved
    order = {"authority": "Helsingin käräjäoikeus", "reference": "L 26/1", "because": "By courier."}
    hold = {**order, "until": "2026-12-24T12:00", **sqlite_console.code(ticket_id)}
    assert olli.send(f"/ticket/{ticket_id}/hold", hold).status_code == 303
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "promised for, and put off by the legal hold:" in page
    assert "ordered at" not in page
    assert "put off by a legal hold" in page.partition('id="timeline')[2]


def test_a_reason_is_changed_to_compromise_by_two_people_in_the_console(sqlite_console: Console) -> None:
    ticket_id = sqlite_console.world.ordered(1)
    sqlite_console.world.run()
    olli, aino = sqlite_console.browser("olli", "operator"), sqlite_console.browser("aino", "approver")
    assert "change the published reason" in olli.get(f"/ticket/{ticket_id}").text
    sent = {"because": "The key was found on the net.", **sqlite_console.code(ticket_id)}
    assert olli.send(f"/ticket/{ticket_id}/update_reason", sent).status_code == 303
    shown = sqlite_console.world.shown(ticket_id)
    (entry,) = shown.entries
    code = {f"code_{entry.request_id}": entry.serial_tail}
    page = aino.get(f"/ticket/{ticket_id}").text
    assert "Of 1 certificate that is revoked already the published reason is changed." in page
    assert "This certificate will be revoked." not in page
    assert aino.send(f"/ticket/{ticket_id}/approve", {"digest": shown.digest, **code}).status_code == 303
    sqlite_console.world.run()
    assert sqlite_console.world.authority.revoked["1e120f01"][0] == ReasonCode.KEY_COMPROMISE
