"""The main road as promises: from a mail at 03:00 to a revoked certificate that everybody can see, and was told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.story.desk import APPROVER, OPERATOR, Desk, serial_of

from sulku_desk.wiring import on_call_pager
from sulku_kernel.errors import NotAllowedError
from sulku_kernel.events import read_events
from sulku_revocation.decisions import approve, decide
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.listing import decision_list
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.requests import all_revoked, undecided
from sulku_tickets import actions
from sulku_tickets.domain.evidence import EvidenceKind

LEAKED = "Hei,\n\nYksityinen avaimemme on paljastunut. Sulkekaa varmenne, jonka sarjanumero on {serial}.\n\nTerveisin\n"


def ask_for_revocation(desk: Desk, organisation: int = 0, part: str = "kanta") -> str:
    serial = serial_of(desk.certificate(organisation, part))
    sender = desk.organisations[organisation].contacts[0].email
    desk.receive(desk.write(sender, "Sulkupyyntö", LEAKED.format(serial=serial)))
    return serial


def decide_and_approve(desk: Desk, ticket_id: int, reason: ReasonCode = ReasonCode.KEY_COMPROMISE) -> None:
    with desk.acting(OPERATOR) as tx:
        actions.record_evidence(tx, ticket_id, EvidenceKind.CALLBACK, "Called the number on file; they confirm.")
    with desk.acting(OPERATOR) as tx:
        decide(tx, ticket_id, reason=reason, because="The holder confirms it.")
    with desk.acting(APPROVER) as tx:
        approve(tx, ticket_id, shown_digest=shown_digest(desk, ticket_id))


def shown_digest(desk: Desk, ticket_id: int) -> str:
    with desk.instance.storage.desk.reading() as connection:
        register = DatabaseRegister(connection)
        return decision_list(connection, ticket_id, register=register, now=desk.clock.now()).digest


def test_a_leaked_key_ends_as_a_certificate_revoked_on_crl_and_ocsp_and_everybody_is_told(desk: Desk) -> None:
    serial = ask_for_revocation(desk)
    desk.dispatch()

    assert desk.ticket["urgency"] == "P1"
    assert serial in {request["serial"] for request in desk.requests()}
    requester = desk.organisations[0].contacts[0].email
    (acknowledgement,) = desk.sent(to=requester)
    assert desk.ticket["number"] in acknowledgement.text

    decide_and_approve(desk, desk.ticket["id"])
    desk.forward(seconds=10, step=0.5)

    # The other certificate with the same key went with it.
    orders = desk.orders()
    assert serial in {order["serial"] for order in orders}
    assert {order["state"] for order in orders} == {"CONFIRMED"}
    assert all(order["crl_visible_at"] and order["ocsp_visible_at"] for order in orders)
    assert {request["state"] for request in desk.requests()} == {"REVOKED"}
    told = [mail for mail in desk.sent(to=requester) if serial in mail.text.replace(" ", "").replace(":", "").lower()]
    assert told
    technical = desk.organisations[0].contacts[1].email
    assert desk.sent(to=technical)
    billing = desk.organisations[0].contacts[2].email
    assert not desk.sent(to=billing)
    assert desk.audit_faults() == []


def test_a_mail_alone_revokes_nothing(desk: Desk) -> None:
    ask_for_revocation(desk)
    with desk.acting(OPERATOR) as tx, pytest.raises(NotAllowedError):
        decide(tx, desk.ticket["id"], reason=ReasonCode.KEY_COMPROMISE, because="They say so.")
    desk.forward(hours=1, step=300)
    assert desk.orders() == []


def test_one_person_alone_revokes_nothing(desk: Desk) -> None:
    ask_for_revocation(desk)
    both = type(OPERATOR).user("both", frozenset({"operator", "approver"}))
    with desk.acting(both) as tx:
        actions.record_evidence(tx, desk.ticket["id"], EvidenceKind.CALLBACK, "Called the number on file.")
        decide(tx, desk.ticket["id"], reason=ReasonCode.KEY_COMPROMISE, because="Confirmed.")
    with desk.acting(both) as tx, pytest.raises(NotAllowedError, match="four eyes"):
        approve(tx, desk.ticket["id"], shown_digest=shown_digest(desk, desk.ticket["id"]))
    assert desk.orders() == []


def test_broken_glass_wakes_the_others_and_says_that_it_was_broken(desk: Desk) -> None:
    ask_for_revocation(desk)
    ticket_id = desk.ticket["id"]
    both = type(OPERATOR).user("both", frozenset({"operator", "approver"}))
    with desk.acting(both) as tx:
        actions.claim(tx, ticket_id)
        actions.record_evidence(tx, ticket_id, EvidenceKind.CALLBACK, "Called the number on file.")
        decide(tx, ticket_id, reason=ReasonCode.KEY_COMPROMISE, because="Confirmed.")
    page = on_call_pager(desk.instance)
    with desk.acting(both) as tx:
        approve(tx, ticket_id, shown_digest=shown_digest(desk, ticket_id), break_glass_reason="Alone.", page=page)
    desk.dispatch()
    assert "hätämenettely: yksi henkilö päätti ja hyväksyi" in desk.sent(to="first@desk.example")[-1].text


def test_a_spoofed_request_for_a_hospitals_certificate_ends_without_an_order(desk: Desk) -> None:
    serial = serial_of(desk.certificate(1, "kanta"))
    hospital = desk.organisations[1].contacts[0].email
    forged = desk.write(
        f"{hospital}",
        "KIIREELLINEN sulkupyyntö",
        LEAKED.format(serial=serial),
        Authentication_Results="mx.desk.example; dmarc=fail header.from=" + hospital.partition("@")[2],
    )
    desk.receive(forged)
    stranger = desk.write('"Tietohallinto" <attacker@evil.example>', "Sulkupyyntö", LEAKED.format(serial=serial))
    desk.receive(stranger)
    for ticket in desk.tickets():
        assert ticket["urgency"] == "P1"  # it is looked at, and quickly
        with desk.acting(OPERATOR) as tx, pytest.raises(NotAllowedError):
            decide(tx, ticket["id"], reason=ReasonCode.KEY_COMPROMISE, because="The mail says so.")
    desk.forward(hours=24, step=3600)
    assert desk.orders() == []
    assert desk.sent(to="attacker@evil.example") == []


def test_the_preliminary_report_is_due_to_the_reporter_and_to_the_holder(desk: Desk) -> None:
    """TLS BR 4.9.5 wants both: telling a researcher is no news to the hospital whose key lies open."""
    serial = serial_of(desk.certificate(1, "kanta"))
    researcher, holder = "researcher@lab.example", desk.organisations[1].contacts[0].email
    desk.receive(desk.write(researcher, "Leaked key", f"The private key of certificate {serial} is on a public site."))
    ticket_id = desk.ticket["id"]
    for to, running in ((None, True), ("somebody@else.example", True), (holder, False)):
        with desk.acting(OPERATOR) as tx:
            actions.reply(tx, ticket_id, "We look into it.", to=to, preliminary_report=True)
        desk.dispatch()
        stopped = desk.rows("SELECT stopped_at FROM desk.deadline WHERE kind = 'preliminary_report'")
        assert [row.stopped_at is None for row in stopped] == [running]


def test_a_ticket_reopened_when_all_is_revoked_owes_an_answer_and_no_second_revocation(desk: Desk) -> None:
    ask_for_revocation(desk)
    ticket_id = desk.ticket["id"]
    decide_and_approve(desk, ticket_id)
    desk.forward(seconds=10, step=0.5)
    with desk.acting(OPERATOR) as tx:
        actions.close(tx, ticket_id, because="Revoked.", undecided=undecided)
        actions.reopen(tx, ticket_id, because="They ask for a receipt.", all_done=all_revoked)
    running = desk.rows("SELECT kind FROM desk.deadline WHERE stopped_at IS NULL")
    assert [row.kind for row in running] == ["answer"]


def test_the_same_mail_twice_is_one_ticket_and_one_answer(desk: Desk) -> None:
    mail = desk.write(desk.organisations[0].contacts[0].email, "Sulkupyyntö", LEAKED.format(serial="ab12cd34"))
    desk.receive(mail)
    desk.receive(mail)
    desk.dispatch()
    assert len(desk.tickets()) == 1
    assert len(desk.events("MAIL_SEEN_AGAIN")) == 1
    assert len(desk.sent(to=desk.organisations[0].contacts[0].email)) == 1


def test_the_same_message_id_with_other_words_is_never_dropped(desk: Desk) -> None:
    sender = desk.organisations[0].contacts[0].email
    first = desk.write("attacker@evil.example", "Hei", "Ei mitään.")
    second = desk.write(sender, "Sulkupyyntö", LEAKED.format(serial=serial_of(desk.certificate(0, "kanta"))))
    second.replace_header("Message-ID", first["Message-ID"])
    desk.receive(first)
    desk.receive(second)
    assert [ticket["urgency"] for ticket in desk.tickets()] == ["P3", "P1"]


def test_a_host_name_alone_is_asked_back_with_the_holders_own_candidates(desk: Desk) -> None:
    sender = desk.organisations[0].contacts[0].email
    host = desk.certificate(0, "kanta").host_names[0]
    desk.receive(desk.write(sender, "Varmenteen sulkeminen", f"Pyydämme sulkemaan palvelimen {host} varmenteen."))
    desk.dispatch()
    assert desk.ticket["outcome"] == "ambiguous"
    assert desk.requests() == []
    (asked,) = desk.sent(to=sender)
    tails = [serial_of(desk.certificate(0, part))[-4:] for part in ("kanta", "kanta-old")]
    assert all(tail in asked.text for tail in tails)
    assert desk.ticket["number"] in asked.text


def test_the_answer_that_names_the_certificate_joins_and_matches(desk: Desk) -> None:
    sender = desk.organisations[0].contacts[0].email
    host = desk.certificate(0, "kanta").host_names[0]
    desk.receive(desk.write(sender, "Varmenteen sulkeminen", f"Pyydämme sulkemaan palvelimen {host} varmenteen."))
    desk.dispatch()
    (asked,) = desk.sent(to=sender)
    serial = serial_of(desk.certificate(0, "kanta-old"))
    answer = desk.write(sender, "Vs: " + asked.subject, f"Sulkekaa varmenne, sarjanumero {serial}.", to=asked.reply_to)
    desk.receive(answer, rcpt_to=[asked.reply_to])
    assert len(desk.tickets()) == 1
    assert [request["serial"] for request in desk.requests()] == [serial]


def test_a_request_in_a_file_that_nobody_opens_is_asked_for_again_and_the_answer_joins(desk: Desk) -> None:
    sender, serial = desk.organisations[0].contacts[0].email, serial_of(desk.certificate(0, "kanta"))
    mail = desk.write(sender, "Sulkupyyntö", "Hei, ohessa sulkupyyntö täytettynä.")
    mail.add_attachment(b"Rar!\x1a\x07\x01\0", maintype="application", subtype="vnd.rar", filename="lomake.rar")
    desk.receive(mail)
    desk.dispatch()
    (asked,) = desk.sent(to=sender)
    assert "emme avaa" in asked.text
    assert desk.ticket["number"] in asked.subject
    answer = desk.write(sender, "Vs: " + asked.subject, f"Sulkekaa varmenne, sarjanumero {serial}.", to=asked.reply_to)
    desk.receive(answer, rcpt_to=[asked.reply_to])
    assert len(desk.tickets()) == 1
    assert [request["serial"] for request in desk.requests()] == [serial]


def test_somebody_elses_answer_to_our_address_opens_a_ticket_of_its_own(desk: Desk) -> None:
    ask_for_revocation(desk)
    desk.dispatch()
    (acknowledgement,) = desk.sent(to=desk.organisations[0].contacts[0].email)
    stolen = desk.write(
        "attacker@evil.example", "Vs: " + acknowledgement.subject, "Approved.", to=acknowledgement.reply_to
    )
    desk.receive(stolen, rcpt_to=[acknowledgement.reply_to])
    altered = acknowledgement.reply_to.replace("+", "+a", 1)
    guessed = desk.write(desk.organisations[0].contacts[0].email, acknowledgement.subject, "Hyväksytty.", to=altered)
    desk.receive(guessed, rcpt_to=[altered])
    assert len(desk.tickets()) == 3
    # The stranger's ticket and the one whose address was used name each other; the altered token is nothing.
    linked = {event["number"] for event in desk.events("POSSIBLE_FOLLOW_UP")}
    assert linked == {ticket["number"] for ticket in desk.tickets()[:2]}
    number = desk.tickets()[0]["number"]
    desk.receive(desk.write("third@evil.example", f"Re: {number}", f"About {number}: approved."))
    assert len(desk.tickets()) == 4


def test_supplier_and_holder_about_one_certificate_get_an_answer_each_and_one_revocation(desk: Desk) -> None:
    certificate = desk.certificate(0, "potilas")
    text = f"Sulkekaa varmenne {serial_of(certificate)}, palvelu on lopetettu."
    holder, colleague = (contact.email for contact in desk.organisations[0].contacts[:2])
    desk.receive(desk.write(holder, "Sulkupyyntö", text))
    desk.forward(minutes=90, step=1_800)
    desk.receive(desk.write(colleague, "Sulkekaa pian", "Hei, " + text))
    desk.forward(hours=22, step=7_200)
    desk.receive(desk.write(holder, "Vielä kerran", "Kysyisin: " + text))
    desk.dispatch()
    first, second, third = desk.tickets()
    assert linked(desk, "POSSIBLE_DUPLICATE") == [
        (second["id"], first["number"]),
        (first["id"], second["number"]),
        (third["id"], first["number"]),
        (first["id"], third["number"]),
    ]
    assert len(desk.sent(to=holder)) >= 1
    assert len(desk.sent(to=colleague)) == 1
    assert desk.audit_faults() == []


def test_a_case_keeps_the_policy_that_was_in_force_when_it_was_opened(desk: Desk) -> None:
    file = desk.instance.settings.policy_file
    text = file.read_text(encoding="utf-8")
    desk.receive(desk.write("one@customer.example", "Hei", "Kysymys."))
    file.write_text(text.replace('"2026-11"', '"2026-12"'), encoding="utf-8")
    desk.receive(desk.write("two@customer.example", "Hei", "Toinen kysymys."))
    file.write_text("broken", encoding="utf-8")
    desk.receive(desk.write("three@customer.example", "Hei", "Kolmas kysymys."))
    assert [event["policy"][:7] for event in desk.events("RECEIVE")] == ["2026-11", "2026-12", "2026-12"]


def test_the_same_certificate_two_days_later_or_another_one_is_another_matter(desk: Desk) -> None:
    holder = desk.organisations[0].contacts[0].email
    for name in ("potilas", "kanta"):
        serial = serial_of(desk.certificate(0, name))
        desk.receive(desk.write(holder, "Sulkupyyntö", f"Sulkekaa varmenne {serial}, palvelu on lopetettu."))
    desk.forward(hours=25, step=7_200)
    serial = serial_of(desk.certificate(0, "potilas"))
    desk.receive(desk.write(holder, "Sulkupyyntö", f"Olkaa hyvä ja sulkekaa varmenne {serial}."))
    assert len(desk.tickets()) == 3
    assert linked(desk, "POSSIBLE_DUPLICATE") == []


def linked(desk: Desk, verb: str) -> list[tuple[int, str]]:
    with desk.instance.storage.desk.reading() as connection:
        found = [event for event in read_events(connection) if event.action == verb]
    return [(int(event.subject.id), event.payload["number"]) for event in found]


def test_a_mail_that_cannot_be_worked_on_becomes_a_ticket_with_a_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = desk.write("somebody@customer.example", "Hei", "poison")
    judge = desk.worker._judge

    def fails_on_poison(batch):
        if any(b"poison" in raw for _, raw in batch):
            raise ValueError("cannot")
        return judge(batch)

    monkeypatch.setattr(desk.worker, "_judge", fails_on_poison)
    desk.receive(poison)
    desk.receive(desk.write("other@customer.example", "Hei", "Kysymys hakemuksesta."))
    assert len(desk.tickets()) == 2
    unread = next(ticket for ticket in desk.tickets() if ticket["urgency"] == "P1")
    assert unread["requester"] == ""
    desk.dispatch()
    assert desk.pages() == ["first@desk.example"]
    assert desk.audit_faults() == []


def test_neither_a_private_key_nor_an_identity_code_stands_anywhere_but_in_the_sealed_original(
    desk: Desk, tmp_path: Path
) -> None:
    secret = "MC4CAQAwBQYDK2VwBCIEIGV4YW1wbGUgb2YgYSBzZWNyZXQga2V5IGhlcmU="
    text = (
        "Avain vuoti, tässä se on. Henkilötunnukseni on 131052-308T.\n\n"
        f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"
    )
    desk.receive(desk.write(desk.organisations[0].contacts[0].email, "Avain 131052-308T", text))
    desk.forward(seconds=60)
    assert desk.ticket["urgency"] == "P1"
    for query in ("ticket", "ticket_mail", "event_payload", "outbox"):
        rows = str(desk.rows(f"SELECT * FROM desk.{query}"))
        assert secret not in rows
        assert "308T" not in rows
    for mail in desk.sent():
        assert secret not in mail.text
        assert "308T" not in mail.text
