"""Pages behind signed links: acknowledging a page, and following an application. ASSURANCE 4."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.console_world import LINK_KEY, SETUP, Console

from sulku_console.form_guard import form_token
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_tickets.domain.urgency import Urgency
from sulku_tickets.links import AcknowledgementLink, sign_link
from sulku_tickets.models import escalations


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is guarded here does not depend on the database."""
    return Console(sqlite_storage, clock)


def paged(console: Console) -> tuple[int, str]:
    ticket_id = console.world.ticket(1, urgency=Urgency.P1)
    (escalation,) = console.world.rows(escalations, escalations.c.ticket_id == ticket_id)
    link = AcknowledgementLink(escalation["id"], escalation["round"], 0, "duty@desk.example")
    return ticket_id, f"/acknowledge/{sign_link(link, (LINK_KEY,), console.clock.now())}"


def test_looking_at_a_page_never_acknowledges_it_and_the_button_does(storage: Storage, clock: SetClock) -> None:
    console = Console(storage, clock)
    ticket_id, path = paged(console)
    phone = console.stranger()
    for _ in range(3):
        page = phone.get(path)
        assert page.status_code == 200
        assert console.number(ticket_id) in page.text
        assert "Sulkupyyntö" not in page.text  # nothing of the mail
    phone.client.head(path)
    assert [row["state"] for row in console.world.rows(escalations)] == ["OPEN"]
    assert "Acknowledged." in phone.send(path, page=path).text
    (row,) = console.world.rows(escalations)
    assert (row["state"], row["acknowledged_by"]) == ("ACKNOWLEDGED", f"link:{row['id']} duty@desk.example")
    assert "Somebody has acknowledged already" in phone.get(path).text
    assert console.world.audit_faults() == []


def test_a_forged_old_or_foreign_link_acknowledges_nothing(console: Console) -> None:
    _, path = paged(console)
    phone = console.stranger()
    (row,) = console.world.rows(escalations)
    foreign = sign_link(AcknowledgementLink(row["id"], 1, 0, "x"), (b"e" * 32,), console.clock.now())
    for token in (path.rpartition("/")[2][:-2] + "xx", foreign, "x", "x" * 3000):
        assert phone.get(f"/acknowledge/{token}").status_code == 400
        sent = phone.client.post(f"/acknowledge/{token}", data={"form_token": form_token(token)})
        assert sent.status_code == 400
    console.clock.advance(timedelta(hours=25))
    assert phone.get(path).status_code == 400
    assert [row["state"] for row in console.world.rows(escalations)] == ["OPEN"]


def test_an_application_shows_its_stages_and_nothing_else_in_its_own_language(
    storage: Storage, clock: SetClock
) -> None:
    from sulku_applications.applications import NewApplication, move, receive
    from sulku_applications.domain.stages import Stage
    from sulku_kernel.language import Language

    console = Console(storage, clock)
    new = NewApplication(
        reference="E-1", organisation="Helsingin VI apteekki", business_id="0204819-8", certificate_type="server",
        common_name="kanta.apteekki.example", applicant_email="hakija@apteekki.example",
        technical_email="it@apteekki.example", language=Language.SV,
    )  # fmt: skip
    with begin(console.store, clock, SETUP) as tx:
        row = receive(tx, new, console.links)
    with begin(console.store, clock, SETUP) as tx:
        move(tx, row["id"], Stage.IN_REVIEW, "internal words", console.links)
    path = console.links.url(row["id"]).removeprefix("http://testserver")
    answer = console.stranger().get(path)
    assert 'lang="sv"' in answer.text
    assert answer.text.index("Mottagen") < answer.text.index("Under behandling</strong>")
    assert 'href="/forms/revocation-request-sv.pdf"' in answer.text
    for secret in ("apteekki", "internal words", "0204819-8"):
        assert secret not in answer.text
    assert "Käsittelyssä" in console.stranger().get(f"{path}?language=fi").text
    assert console.stranger().get(f"{path}x").status_code == 404


def test_whoever_keeps_accounts_only_is_told_so_and_not_sent_to_the_queue_again(console: Console) -> None:
    answer = console.browser("antti", "administrator").get("/?language=fi")
    assert answer.status_code == 403
    assert "tunnuksellasi ei ole roolia" in answer.text
    assert "Jonoon" not in answer.text


def test_an_applicant_with_a_broken_link_is_not_sent_to_the_queue(console: Console) -> None:
    answer = console.stranger().get("/application/Mg.x?language=sv")
    assert "länken är inte giltig" in answer.text
    assert "Till kön" not in answer.text
