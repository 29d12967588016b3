"""An application passes its stages, and both contacts hear of each stage exactly once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sulku_applications.applications import NewApplication, expire_due, find_application, move, receive, stages_of
from sulku_applications.domain.stages import APPLICATION_MACHINE, VERBS, Stage, parse_stage
from sulku_applications.import_applications import read_applications
from sulku_applications.links import ApplicationLinks
from sulku_applications.models import APPLICATIONS
from sulku_kernel import audit
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import IllegalTransitionError, InputError
from sulku_kernel.language import Language
from sulku_kernel.outbox import outbox
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin

LINKS = ApplicationLinks(b"k" * 32, "https://desk.example/")
CLERK = Actor.user("clerk", frozenset({"operator"}))
NEW = NewApplication(
    reference="E-1",
    organisation="Mallilan kunta",
    business_id="0204819-8",
    certificate_type="server",
    common_name="palvelin.mallila.example",
    applicant_email="hakija@mallila.example",
    technical_email="tekniikka@mallila.example",
    language=Language.FI,
)


def mails(storage: Storage) -> list[tuple[str, str]]:
    with storage.desk.reading() as connection:
        rows = connection.execute(sa.select(outbox.c.payload).order_by(outbox.c.id)).scalars()
        return [(payload["template"], payload["to"]) for payload in rows]


def test_each_stage_tells_applicant_and_technical_contact_once(storage: Storage, clock: SetClock) -> None:
    for _ in range(2):
        with begin(storage.desk, clock, CLERK) as tx:
            row = receive(tx, NEW, LINKS)
    with begin(storage.desk, clock, CLERK) as tx:
        move(tx, row["id"], Stage.IN_REVIEW, "", LINKS)
    assert mails(storage) == [
        ("application_received", "hakija@mallila.example"),
        ("application_received", "tekniikka@mallila.example"),
        ("application_in_review", "hakija@mallila.example"),
        ("application_in_review", "tekniikka@mallila.example"),
    ]


def test_an_application_returned_twice_is_told_twice(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, CLERK) as tx:
        row = receive(tx, NEW, LINKS)
        for stage in (Stage.IN_REVIEW, Stage.RETURNED_FOR_COMPLETION) * 2:
            move(tx, row["id"], stage, "The unit's name is missing.", LINKS)
    assert mails(storage).count(("application_returned_for_completion", "hakija@mallila.example")) == 2


def test_one_address_in_both_roles_gets_one_mail(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, CLERK) as tx:
        receive(tx, replace(NEW, technical_email=NEW.applicant_email), LINKS)
    assert len(mails(storage)) == 1


def test_a_return_without_a_reason_is_refused_and_changes_nothing(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, CLERK) as tx:
        row = receive(tx, NEW, LINKS)
        move(tx, row["id"], Stage.IN_REVIEW, "", LINKS)
    with pytest.raises(InputError), begin(storage.desk, clock, CLERK) as tx:
        move(tx, row["id"], Stage.RETURNED_FOR_COMPLETION, "  ", LINKS)
    with storage.desk.reading() as connection:
        assert find_application(connection, "E-1")["state"] == Stage.IN_REVIEW


def test_an_issued_certificate_cannot_be_withdrawn(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, CLERK) as tx:
        row = receive(tx, NEW, LINKS)
        for stage in (Stage.IN_REVIEW, Stage.APPROVED, Stage.ISSUED):
            move(tx, row["id"], stage, "", LINKS)
        with pytest.raises(IllegalTransitionError, match="cannot become withdrawn") as refused:
            move(tx, row["id"], Stage.WITHDRAWN, "", LINKS)
        assert refused.value.next_step == "Possible now: delivered."


def test_what_waits_for_the_applicant_falls_due_after_six_months(storage: Storage, clock: SetClock) -> None:
    with begin(storage.desk, clock, CLERK) as tx:
        receive(tx, NEW, LINKS)
    clock.advance(timedelta(days=182))
    assert expire_due(storage.desk, clock, LINKS) == 0
    clock.advance(timedelta(days=1))
    assert expire_due(storage.desk, clock, LINKS) == 1
    with storage.desk.reading() as connection:
        row = find_application(connection, "1")
        assert row["state"] == Stage.EXPIRED
        assert [event.action for event in stages_of(connection, row["id"])] == ["RECEIVE", "EXPIRE"]
        assert audit.verify(connection, [APPLICATIONS]).is_ok


def test_only_our_own_link_opens_the_page() -> None:
    token = LINKS.url(7).rpartition("/")[2]
    assert LINKS.read(token) == 7
    assert LINKS.read(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert ApplicationLinks(b"x" * 32, "https://desk.example").read(token) is None


@given(st.lists(st.sampled_from(Stage)))
def test_stages_move_only_along_the_table(path: list[Stage]) -> None:
    state: str = Stage.RECEIVED
    for stage in path:
        try:
            state = APPLICATION_MACHINE.next(state, VERBS[stage])
        except IllegalTransitionError:
            continue
    assert state in APPLICATION_MACHINE.states


def test_a_stage_is_read_as_people_type_it() -> None:
    assert parse_stage(" In review ") is Stage.IN_REVIEW
    with pytest.raises(InputError, match="no stage"):
        parse_stage("done")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", "not JSON"),
        ("{}", "not a list"),
        ("[1]", "entry 1"),
        ("[" * 100_000, "not JSON"),
        (json.dumps([{"reference": "x"}]), "entry 1, organisation"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "applications.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_applications(path)


def test_a_wrong_check_digit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "applications.json"
    path.write_text(json.dumps([_fields(NEW), {**_fields(NEW), "business_id": "0204819-7"}]))
    with pytest.raises(InputError, match=r"entry 2, business_id: .*check digit"):
        read_applications(path)
    path.write_text(json.dumps([_fields(NEW)]))
    assert read_applications(path) == [NEW]


def _fields(new: NewApplication) -> dict[str, str]:
    return {name: str(getattr(new, name)) for name in new.__slots__}
