"""Somebody is always woken: pages until acknowledged, warnings before a deadline, and a record when one passed."""

from __future__ import annotations

from tests.story.desk import OPERATOR, Desk, serial_of

from sulku_tickets import actions

SUSPECTED = "Palvelimemme murrettiin, avain on ehkä vuotanut. Varmenteen sarjanumero {serial}."


def report_suspicion(desk: Desk) -> None:
    serial = serial_of(desk.certificate(0, "kanta"))
    desk.receive(desk.write(desk.organisations[0].contacts[0].email, "Tietomurto", SUSPECTED.format(serial=serial)))


def test_suspected_compromise_pages_within_a_minute_and_step_after_step_until_acknowledged(desk: Desk) -> None:
    report_suspicion(desk)
    desk.forward(seconds=60, step=5)
    assert desk.pages() == ["first@desk.example"]
    desk.forward(minutes=10)
    assert desk.pages() == ["first@desk.example", "second@desk.example"]
    desk.forward(minutes=6)
    assert desk.pages()[-1] == "manager@desk.example"
    paged = len(desk.pages())
    desk.forward(minutes=6)
    assert len(desk.pages()) > paged
    with desk.acting(OPERATOR) as tx:
        assert actions.acknowledge_page(tx, desk.ticket["id"]) == 1
    paged = len(desk.pages())
    desk.forward(minutes=60)
    assert len(desk.pages()) == paged


def test_a_page_says_nothing_of_what_the_stranger_wrote(desk: Desk) -> None:
    report_suspicion(desk)
    desk.dispatch()
    (page,) = desk.sent(to="first@desk.example")
    assert desk.ticket["number"] in page.text
    assert "murrettiin" not in page.text
    assert "/acknowledge/" in page.text
    assert "approve" not in page.text.lower()


def test_a_deadline_warns_before_it_passes_and_its_passing_is_recorded_and_paged(desk: Desk) -> None:
    report_suspicion(desk)
    with desk.acting(OPERATOR) as tx:
        actions.claim(tx, desk.ticket["id"])
    desk.forward(hours=25, step=1800)
    warned = {(event["clock"], event["percent"]) for event in desk.events("DEADLINE_WARNED")}
    assert {("publication", 50), ("publication", 75), ("publication", 90)} <= warned
    breached = {event["clock"] for event in desk.events("DEADLINE_BREACHED")}
    assert {"publication", "preliminary_report"} <= breached
    assert "first@desk.example" in desk.deadline_mails()


def test_an_ordinary_request_wakes_nobody_before_three_quarters_of_its_time(desk: Desk) -> None:
    serial = serial_of(desk.certificate(0, "kanta-old"))
    text = f"Varmenne {serial} on korvattu uudella. Voitte sulkea sen."
    desk.receive(desk.write(desk.organisations[0].contacts[0].email, "Tarpeeton varmenne", text))
    desk.dispatch()
    with desk.acting(OPERATOR) as tx:
        actions.claim(tx, desk.ticket["id"])
    desk.forward(hours=17, step=1800)
    assert desk.ticket["urgency"] == "P2"
    assert desk.deadline_mails() == []
    desk.forward(hours=2, step=900)
    assert desk.deadline_mails()


def test_a_desk_that_was_down_for_an_hour_fires_what_it_missed_once_and_marks_it_late(desk: Desk) -> None:
    report_suspicion(desk)
    desk.dispatch()
    desk.clock.set(desk.clock.now().replace(hour=desk.clock.now().hour + 1))
    desk.scheduler.tick()
    desk.dispatch()
    late = [event for event in desk.events("DEADLINE_BREACHED") if event["clock"] == "first_human"]
    assert [event["late"] for event in late] == [True]
    desk.forward(seconds=5, step=1)
    assert len([event for event in desk.events("DEADLINE_BREACHED") if event["clock"] == "first_human"]) == 1
