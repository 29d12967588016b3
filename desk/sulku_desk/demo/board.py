"""What became of each mail and each application of the demo, as tables for the terminal, read from the desk's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from rich.console import Group
from rich.table import Table
from rich.text import Text

from sulku_applications.applications import list_applications, stages_of
from sulku_desk.demo.mails import DemoMail
from sulku_desk.instance import Instance
from sulku_kernel.outbox import EffectState, outbox
from sulku_revocation.request_models import revocation_orders, revocation_requests
from sulku_tickets.models import ticket_mails, tickets

_STYLES = {"P0": "bold red", "P1": "red", "P2": "yellow", "P3": ""}


def board(instance: Instance, mails: Sequence[DemoMail], sent: int) -> Group:
    """Both tables; `sent` of the mails have been sent so far."""
    return Group(_mail_table(instance, mails, sent), _application_table(instance))


def _mail_table(instance: Instance, mails: Sequence[DemoMail], sent: int) -> Table:
    table = Table(title="A dozen mails on their way", expand=True, title_justify="left")
    for column in ("mail", "ticket", "urgency", "certificates", "on-call", "revocation", "answered"):
        table.add_column(column, overflow="fold")
    with instance.storage.desk.reading() as connection:
        for number, mail in enumerate(mails):
            row = _row(connection, mail) if number < sent else None
            table.add_row(
                Text(mail.title), *(row or [Text("…" if number < sent else "", style="dim")] + [Text("")] * 5)
            )
    return table


def _application_table(instance: Instance) -> Table:
    table = Table(title="Two applications on their way", expand=True, title_justify="left")
    for column in ("application", "of", "stages so far", "mails sent"):
        table.add_column(column, overflow="fold")
    with instance.storage.desk.reading() as connection:
        for row in reversed(list_applications(connection)):
            stages = [event.payload["changes"]["state"] for event in stages_of(connection, row["id"]) if event.payload]
            told = _told(connection, row["id"])
            way = " → ".join(stage.replace("_", " ") for stage in stages)
            table.add_row(*map(Text, (row["number"], row["organisation"], way, str(told))))
    return table


def _told(connection: sa.Connection, application_id: int) -> int:
    query = sa.select(sa.func.count()).where(
        outbox.c.key.startswith(f"application:{application_id}:"), outbox.c.state == EffectState.DONE
    )
    return int(connection.execute(query).scalar_one())


def _row(connection: sa.Connection, mail: DemoMail) -> list[Text] | None:
    query = (
        sa.select(tickets)
        .join(ticket_mails, ticket_mails.c.ticket_id == tickets.c.id)
        .where(ticket_mails.c.sha256 == mail.sha256)
        .limit(1)
    )
    ticket = connection.execute(query).mappings().one_or_none()
    if ticket is None:
        return None
    mails = _mails(connection, ticket["id"])
    pages = [row for row in mails if row.key.startswith("page:")]
    answers = [row for row in mails if not row.key.startswith(("page:", "deadline:"))]
    return [
        Text(ticket["number"]),
        Text(ticket["urgency"], style=_STYLES[ticket["urgency"]]),
        Text(ticket["outcome"] or "–"),
        Text(f"paged {len(pages)}×" if pages else "–"),
        Text(_progress(connection, ticket["id"])),
        Text(_answered(answers)),
    ]


def _mails(connection: sa.Connection, ticket_id: int) -> Sequence[Any]:
    query = sa.select(outbox.c.key, outbox.c.state, outbox.c.payload).where(
        outbox.c.ticket_id == ticket_id, outbox.c.kind == "mail"
    )
    return connection.execute(query.order_by(outbox.c.id)).all()


def _answered(answers: Iterable[Any]) -> str:
    sent = [row.payload["template"].replace("_", " ") for row in answers if row.state == EffectState.DONE]
    return ", ".join(dict.fromkeys(sent))


def _progress(connection: sa.Connection, ticket_id: int) -> str:
    orders = connection.execute(
        sa.select(revocation_orders.c.state, revocation_orders.c.crl_visible_at, revocation_orders.c.ocsp_visible_at)
        .where(revocation_orders.c.ticket_id == ticket_id)
        .order_by(revocation_orders.c.id)
    ).all()
    if orders:
        seen = [
            f"{name} ✓" for name, at in (("CRL", orders[0].crl_visible_at), ("OCSP", orders[0].ocsp_visible_at)) if at
        ]
        return f"{len(orders)} {orders[0].state.lower()} {' '.join(seen)}".strip()
    query = sa.select(revocation_requests.c.state).where(revocation_requests.c.ticket_id == ticket_id)
    states = list(dict.fromkeys(connection.execute(query).scalars()))
    return "waits for you" if "PROPOSED" in states else ", ".join(state.lower() for state in states) or "–"
