"""Applications and their stages. Every change of stage mails the applicant and the technical contact exactly once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sulku_applications.domain.stages import (
    EXPIRES_AFTER_DAYS,
    NEEDS_NOTE,
    VERBS,
    WAITING_STAGES,
    Stage,
    require_following,
)
from sulku_applications.links import ApplicationLinks
from sulku_applications.models import APPLICATIONS, applications
from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock, to_text
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import InputError, NotFoundError
from sulku_kernel.events import RecordedEvent, Subject, read_events
from sulku_kernel.language import Language
from sulku_kernel.outbox import Effect
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction, begin

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application as it came in. `reference` is the e-service's own name for it, unique for ever."""

    reference: str
    organisation: str
    business_id: str
    certificate_type: str
    common_name: str
    applicant_email: str
    technical_email: str
    language: Language


def receive(tx: Transaction, new: NewApplication, links: ApplicationLinks) -> Row:
    """Enter an application and tell both; one whose reference is known is returned as it is."""
    known = tx.find(APPLICATIONS, applications.c.reference == new.reference)
    if known is not None:
        return known
    id_ = numbers.reserve(tx.connection, "application")[0]
    row = tx.create(
        APPLICATIONS,
        id_,
        VERBS[Stage.RECEIVED],
        {
            "number": f"A{tx.now:%y}-{id_:06d}",
            "reference": new.reference,
            "organisation": storable_text(new.organisation, 300),
            "business_id": new.business_id,
            "certificate_type": new.certificate_type,
            "common_name": storable_text(new.common_name, 300),
            "applicant_email": new.applicant_email,
            "technical_email": new.technical_email,
            "language": new.language.value,
            "note": "",
            "change": 1,
            "received_at": tx.now,
            "changed_at": tx.now,
        },
    )
    _tell(tx, row, links)
    return row


def move(tx: Transaction, application_id: int, stage: Stage, note: str, links: ApplicationLinks) -> Row:
    """Bring an application to `stage` and tell both.

    Raises NotFoundError, IllegalTransitionError, and InputError when the stage needs a note that says why.
    """
    note = storable_text(note.strip(), 4_000)
    if stage in NEEDS_NOTE and not note:
        raise InputError(
            f"an application cannot be {stage.value.replace('_', ' ')} without a reason",
            next_step="Say what is wrong and what to do with --note; the applicant reads it.",
        )
    row = tx.get(APPLICATIONS, application_id)
    require_following(Stage(row["state"]), stage)
    row = tx.change(APPLICATIONS, row, VERBS[stage], {"note": note, "change": row["change"] + 1, "changed_at": tx.now})
    _tell(tx, row, links)
    return row


def expire_due(store: Store, clock: Clock, links: ApplicationLinks, limit: int = 100) -> int:
    """Let applications fall due that waited for the applicant for six months. Returns how many."""
    before = clock.now() - timedelta(days=EXPIRES_AFTER_DAYS)
    query = (
        sa.select(applications.c.id)
        .where(applications.c.state.in_([stage.value for stage in WAITING_STAGES]), applications.c.changed_at <= before)
        .order_by(applications.c.changed_at)
        .limit(limit)
    )
    with store.reading() as connection:
        due = list(connection.execute(query).scalars())
    for application_id in due:
        with begin(store, clock, Actor.desk("scheduler")) as tx:
            row = tx.get(APPLICATIONS, application_id)
            if row["state"] in WAITING_STAGES and row["changed_at"] <= before:
                move(tx, application_id, Stage.EXPIRED, "", links)
    return len(due)


def find_application(connection: sa.Connection, named: str) -> Row:
    """The application that `named` means: `A26-000012`, `12` or the e-service's reference. Raises NotFoundError."""
    query = sa.select(applications)
    text = named.strip()
    condition = sa.or_(applications.c.number == text.upper(), applications.c.reference == text)
    if text.isdecimal() and len(text) < 16:
        condition = sa.or_(condition, applications.c.id == int(text))
    row = connection.execute(query.where(condition).limit(1)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no application {text}", next_step="List them: sulku application list")
    return dict(row)


def list_applications(connection: sa.Connection, limit: int = 200) -> list[Row]:
    """Applications, the latest change first."""
    query = sa.select(applications).order_by(applications.c.changed_at.desc(), applications.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def stages_of(connection: sa.Connection, application_id: int) -> list[RecordedEvent]:
    """Its history, oldest first."""
    return read_events(connection, subject=Subject(APPLICATIONS.kind, application_id))


def _tell(tx: Transaction, row: Row, links: ApplicationLinks) -> None:
    context = {
        "number": row["number"],
        "applicant": row["organisation"],
        "certificate_type": row["certificate_type"],
        "common_name": row["common_name"],
        "note": row["note"],
        "at": to_text(tx.now),
        "status_url": links.url(row["id"]),
    }
    for address in dict.fromkeys((row["applicant_email"], row["technical_email"])):
        tx.enqueue(
            Effect(
                "mail",
                key=f"application:{row['id']}:{row['change']}:{address}",
                payload={
                    "template": f"application_{row['state']}",
                    "language": row["language"],
                    "context": context,
                    "to": address,
                    "audience": "applicant",
                    "automatic": True,
                    "in_reply_to": None,
                    "references": [],
                },
            )
        )
