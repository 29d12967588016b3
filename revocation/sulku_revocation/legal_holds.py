"""Legal holds: while a court or another authority forbids it, a certificate is not revoked from here.

A hold is about a certificate, whatever tickets it stands on: what was decided or planned there is proposed again, and
nothing can be decided until the hold ends. Whoever was promised a date is told that it stands no more. On-call is
reminded before the end and told when it has come; nothing is ever ordered by itself then. What is at the CA already
cannot be held.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.clock import require_utc, to_text
from sulku_kernel.effects import Done, EffectOutcome
from sulku_kernel.errors import IllegalTransitionError, InputError, NotAllowedError
from sulku_kernel.outbox import ClaimedEffect, Effect
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.alarms import LEGAL_HOLD_ENDS, Alarm, Page
from sulku_revocation.domain.hold_states import LONGEST, REMIND_BEFORE, HoldState
from sulku_revocation.domain.request_states import AT_THE_CA, NOT_ORDERED, SEEN_REVOKED, RequestState
from sulku_revocation.hold_models import LEGAL_HOLDS, legal_holds
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import REQUESTS, revocation_requests
from sulku_revocation.requests import get_open_ticket, requests_of, require_reason
from sulku_revocation.roles import DECIDERS, require_role
from sulku_revocation.telling import tell_put_off
from sulku_tickets.models import TICKETS

LEGAL_HOLD = "legal_hold"
_AT_THE_CA = "Withdraw what only waits for somebody at the CA; else tell the authority that it is too late."


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """What the authority ordered: who it is, its reference, and until when (aware)."""

    authority: str
    reference: str
    until: datetime


def place_holds(
    tx: Transaction, ticket_id: int, order: HoldOrder, *, because: str, requests: Collection[int] | None = None
) -> list[dict[str, Any]]:
    """Hold certificates of a ticket (None: all that are not ordered). Returns the holds.

    Raises NotAllowedError (role), InputError (what the order must tell) and IllegalTransitionError (at the CA already,
    revoked, or held before).
    """
    require_role(tx.actor, DECIDERS, "record a legal hold")
    require_reason(because)
    until = _checked(order, tx.now)
    ticket = get_open_ticket(tx, ticket_id)
    chosen = _holdable(tx, ticket["id"], requests)
    held = held_certificates(tx, [row["certificate_id"] for row in chosen])
    if held:
        raise IllegalTransitionError(
            f"certificate {whole_octets(next(iter(held.values()))['serial'])} is held already",
            next_step="Prolong or lift that hold: sulku ticket show has it.",
        )
    tx.flush()
    ids = numbers.reserve(tx.connection, LEGAL_HOLDS.kind, len(chosen))
    holds = [_place(tx, id_, row, order, until, because) for id_, row in zip(ids, chosen, strict=True)]
    _tell_put_off(tx, [row for hold in holds for row in _stop_everywhere(tx, hold)])
    return holds


def _checked(order: HoldOrder, now: datetime) -> datetime:
    if not order.authority.strip() or not order.reference.strip():
        raise InputError("a legal hold names its authority and reference", next_step="Copy them from the order.")
    if order.until.tzinfo is None or not now < order.until <= now + LONGEST:
        raise InputError(
            "a legal hold ends within two years, at a time with an offset",
            next_step="Give the end that the order names; a later order prolongs it.",
        )
    return require_utc(order.until)


def _holdable(tx: Transaction, ticket_id: int, requests: Collection[int] | None) -> list[dict[str, Any]]:
    rows = requests_of(tx, ticket_id)
    named = rows if requests is None else [row for row in rows if row["id"] in set(requests)]
    late = [row for row in named if row["state"] in AT_THE_CA | SEEN_REVOKED]
    if requests is not None and late:
        raise IllegalTransitionError(
            f"{whole_octets(late[0]['serial'])} is ordered at the CA or revoked already",
            next_step=_AT_THE_CA,
        )
    chosen = [row for row in named if row["state"] in NOT_ORDERED]
    if not chosen or (requests is not None and len(chosen) != len(set(requests))):
        raise InputError("no certificate on this ticket can be held", next_step="Match it first: sulku ticket match.")
    return chosen


def _place(tx: Transaction, id_: int, row: Row, order: HoldOrder, until: datetime, because: str) -> dict[str, Any]:
    hold = tx.create(
        LEGAL_HOLDS,
        id_,
        "PLACE",
        {
            "ticket_id": row["ticket_id"],
            "certificate_id": row["certificate_id"],
            "serial": row["serial"],
            "authority": order.authority.strip(),
            "reference": order.reference.strip(),
            "until": until,
            "because": because,
            "placed_by": tx.actor.name,
            "placed_at": tx.now,
            "ended_by": None,
            "ended_at": None,
        },
        because=[because],
    )
    _wake(tx, hold)
    return hold


def _stop_everywhere(tx: Transaction, hold: Row) -> list[Row]:
    """What was decided or planned for this certificate, on whichever ticket, waits to be decided anew.

    Returns what a date was promised for. Raises IllegalTransitionError when it is at the CA by another ticket.
    """
    query = sa.select(revocation_requests.c.id, revocation_requests.c.ticket_id).where(
        revocation_requests.c.certificate_id == hold["certificate_id"],
        revocation_requests.c.state.in_(sorted(NOT_ORDERED | AT_THE_CA)),
    )
    promised: list[Row] = []
    for ticket_id, request_id in sorted((row.ticket_id, row.id) for row in tx.execute(query)):
        ticket, row = tx.get(TICKETS, ticket_id), tx.get(REQUESTS, request_id)
        if row["state"] in AT_THE_CA and not row["is_update"]:
            raise IllegalTransitionError(
                f"{whole_octets(row['serial'])} is ordered at the CA on {ticket['number']}", next_step=_AT_THE_CA
            )
        if row["state"] in NOT_ORDERED:
            is_promised = row["state"] == RequestState.APPROVED
            said = [sentence_of(hold), *([_broken_promise(row)] if is_promised else [])]
            held = tx.change(REQUESTS, row, "HOLD", {"held_because": " ".join(said), "list_digest": None}, because=said)
            promised += [held] if is_promised else []
    return promised


def _broken_promise(row: Row) -> str:
    return f"The revocation promised for {row['wanted_at']:%Y-%m-%d %H:%M} UTC is put off by a legal hold."


def _tell_put_off(tx: Transaction, promised: Sequence[Row]) -> None:
    """One mail for each ticket and recipient, however many of their certificates are held at once."""
    for ticket_id in sorted({row["ticket_id"] for row in promised}):
        of_ticket = [row for row in promised if row["ticket_id"] == ticket_id]
        tell_put_off(tx, tx.get(TICKETS, ticket_id), of_ticket, register=DatabaseRegister(tx.connection))


def _wake(tx: Transaction, hold: Row) -> None:
    steps = [("end", hold["until"])]
    if hold["until"] - REMIND_BEFORE > tx.now:
        steps.append(("remind", hold["until"] - REMIND_BEFORE))
    for step, at in steps:
        tx.enqueue(
            Effect(
                LEGAL_HOLD,
                key=f"legal_hold:{hold['id']}:{step}:{to_text(hold['until'])}",
                payload={"hold_id": hold["id"], "step": step, "until": to_text(hold["until"])},
                ticket_id=hold["ticket_id"],
                priority=1,
                not_before=at,
            )
        )


def prolong_hold(tx: Transaction, hold_id: int, order: HoldOrder, *, because: str) -> dict[str, Any]:
    """The authority gave the hold another end, sooner or later. Raises as `place_holds`, and IllegalTransitionError."""
    require_role(tx.actor, DECIDERS, "prolong a legal hold")
    require_reason(because)
    until = _checked(order, tx.now)
    changes = {"authority": order.authority.strip(), "reference": order.reference.strip(), "until": until}
    hold = tx.change(LEGAL_HOLDS, _locked(tx, hold_id), "PROLONG", changes, because=[because])
    _wake(tx, hold)
    return hold


def lift_hold(tx: Transaction, hold_id: int, *, because: str) -> dict[str, Any]:
    """The authority took the hold back before its end. Raises NotAllowedError, InputError, IllegalTransitionError."""
    require_role(tx.actor, DECIDERS, "lift a legal hold")
    require_reason(because)
    return _end(tx, _locked(tx, hold_id), "LIFT", because)


def _locked(tx: Transaction, hold_id: int) -> Row:
    """The hold behind its ticket, as everything that changes a ticket locks."""
    tx.get(TICKETS, tx.get(LEGAL_HOLDS, hold_id)["ticket_id"])
    return tx.get(LEGAL_HOLDS, hold_id)


def _end(tx: Transaction, hold: Row, verb: str, because: str) -> dict[str, Any]:
    return tx.change(LEGAL_HOLDS, hold, verb, {"ended_by": tx.actor.name, "ended_at": tx.now}, because=[because])


class LegalHoldHandler:
    """Carries out `legal_hold`: reminds before a hold ends, and ends it. Nothing is revoked by that."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        payload = effect.payload

        def commit(tx: Transaction) -> None:
            hold = _locked(tx, int(payload["hold_id"]))
            if hold["state"] != HoldState.HELD or to_text(hold["until"]) != payload["until"]:
                return  # lifted, or it has another end by now
            news = _news(hold, payload["step"])
            if payload["step"] == "end":
                _end(tx, hold, "END", news)
            else:
                tx.change(LEGAL_HOLDS, hold, "REMIND", because=[news])
            self._page(tx, Alarm(hold["ticket_id"], effect.key, LEGAL_HOLD_ENDS, news))

        return Done(commit)


def _news(hold: Row, step: str) -> str:
    serial = whole_octets(hold["serial"])
    if step == "end":
        return f"The legal hold on {serial} is over ({hold['reference']}): decide about it now."
    return f"The legal hold on {serial} ends on {hold['until']:%Y-%m-%d %H:%M} UTC ({hold['reference']})."


def sentence_of(hold: Row) -> str:
    """A hold in a sentence for people."""
    return f"Legal hold until {hold['until']:%Y-%m-%d %H:%M} UTC: {hold['authority']}, {hold['reference']}."


def held_certificates(source: Transaction | sa.Connection, certificate_ids: Collection[int]) -> dict[int, Row]:
    """The hold that lasts on each of these certificates; those without one are left out."""
    columns = legal_holds.c
    query = sa.select(legal_holds).where(
        columns.certificate_id.in_(sorted(set(certificate_ids))), columns.state == HoldState.HELD
    )
    return {row["certificate_id"]: dict(row) for row in source.execute(query).mappings()} if certificate_ids else {}


def holds_of(connection: sa.Connection, ticket_id: int) -> Sequence[Row]:
    """Every hold that was placed on this ticket, oldest first."""
    query = sa.select(legal_holds).where(legal_holds.c.ticket_id == ticket_id).order_by(legal_holds.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def require_not_held(tx: Transaction, rows: Collection[Row]) -> None:
    """Refuse while a legal hold lasts on one of these requests' certificates. Raises NotAllowedError."""
    held = held_certificates(tx, [row["certificate_id"] for row in rows])
    if held:
        hold = next(iter(held.values()))
        raise NotAllowedError(
            f"certificate {whole_octets(hold['serial'])} may not be revoked now. {sentence_of(hold)}",
            next_step="Decide the others with --request; or lift the hold when the authority has: "
            f"sulku ticket hold-lift {hold['id']}.",
        )
