"""What a person may do on the page of a ticket: one table, from which the routes, the buttons and their guards come.

Who may do it is checked again, where it is done, by the parts that own it; a button that is not shown is no defence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sulku_console.confirming import chosen_by_code, require_every_code
from sulku_console.form_guard import Form
from sulku_console.parts import ConsoleParts
from sulku_console.ticket_view import TicketView
from sulku_console.times import typed_time
from sulku_kernel.actor import Actor
from sulku_kernel.errors import InputError
from sulku_kernel.transaction import Transaction
from sulku_revocation import decisions
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.request_states import NOT_ORDERED, SEEN_REVOKED, UNDECIDED, RequestState
from sulku_revocation.legal_holds import HoldOrder, holds_of, lift_hold, place_holds
from sulku_revocation.listing import decision_list
from sulku_revocation.reason_update import decide_updates
from sulku_revocation.requests import all_revoked, correct_match, undecided
from sulku_revocation.roles import APPROVERS, DECIDERS, MATCHERS
from sulku_tickets import actions
from sulku_tickets.domain.roles import WORKS_ON_TICKETS

Perform = Callable[[Transaction, int, Form, ConsoleParts], None]


@dataclass(frozen=True, slots=True)
class Act:
    """`roles` may do it, when it `fits` the ticket as it stands; `done` is said afterwards, at `anchor`."""

    name: str
    roles: frozenset[str]
    fits: Callable[[TicketView], bool]
    perform: Perform
    done: str
    anchor: str

    def is_offered(self, view: TicketView, actor: Actor) -> bool:
        """Whether the page shows its form to this person."""
        return not self.roles.isdisjoint(actor.roles) and self.fits(view)


def _is_open(view: TicketView) -> bool:
    return not view.is_closed


def _claim(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.claim(tx, ticket_id)


def _acknowledge(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.acknowledge_page(tx, ticket_id)


def _note(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.note(tx, ticket_id, form.get("text"))


def _reply(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.reply(
        tx,
        ticket_id,
        form.get("text"),
        to=form.get("to") or None,
        preliminary_report=form.has("preliminary_report"),
        ask=form.has("ask"),
    )


def _evidence(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    if form.get("confirmed") not in {"yes", "no"}:
        raise InputError("it is open whether the requester was confirmed", next_step="Choose one of the two.")
    actions.record_evidence(tx, ticket_id, form.get("kind"), form.get("text"), confirmed=form.get("confirmed") == "yes")


def _match(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    add, drop = _ids(form, "add"), _ids(form, "drop")
    if not add and not drop:
        raise InputError("nothing was chosen", next_step="Tick a certificate.")
    register = parts.register_factory(tx.connection)
    correct_match(tx, ticket_id, register=register, because=form.get("because"), add=add, drop=drop)


def _decide(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    register = parts.register_factory(tx.connection)
    listed = decision_list(tx.connection, ticket_id, register=register, now=tx.now, states=UNDECIDED)
    reason, facts = form.get("reason"), form.all("fact")
    if not facts and not reason.isdecimal():
        raise InputError("no reason was chosen", next_step="Choose the reason that fits what the customer said.")
    wanted_at = typed_time(form.get("wanted"))
    # Whoever types a number has counted what the page offers; a code of one under a hold is refused with the hold.
    free = [entry for entry in listed.entries if not entry.legal_hold]
    decisions.decide(
        tx,
        ticket_id,
        reason=int(reason[:3]) if reason.isdecimal() else None,
        facts=facts,
        because=form.get("because"),
        requests=chosen_by_code(listed.entries if form.get("how_many") == "" else free, form),
        invalidity_at=typed_time(form.get("invalidity")),
        wanted_at=wanted_at,
        at_once=form.has("wanted") and wanted_at is None,  # a field that was emptied
        register=register,
        policy=parts.revocation_policy,
    )


def _approve(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    register = parts.register_factory(tx.connection)
    listed = decision_list(tx.connection, ticket_id, register=register, now=tx.now)
    # Of a list that has changed since no code is asked: `approve` refuses it and the page shows the new one.
    if form.get("digest") == listed.digest:
        require_every_code([entry for entry in listed.entries if entry.state == RequestState.DECIDED], form)
    decisions.approve(
        tx,
        ticket_id,
        shown_digest=form.get("digest"),
        break_glass_reason=form.get("break_glass") or None,
        page=parts.page,
        register=register,
        policy=parts.revocation_policy,
    )


def _hold(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    register = parts.register_factory(tx.connection)
    listed = decision_list(tx.connection, ticket_id, register=register, now=tx.now, states=NOT_ORDERED)
    until = typed_time(form.get("until"))
    if until is None:
        raise InputError("it is open until when it is held", next_step="Copy the end from the order.")
    order = HoldOrder(form.get("authority"), form.get("reference"), until)
    requests = chosen_by_code([entry for entry in listed.entries if not entry.legal_hold], form)
    place_holds(tx, ticket_id, order, because=form.get("because"), requests=requests)


def _lift(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    (hold_id,) = _ids(form, "hold") or [0]
    if hold_id not in {hold["id"] for hold in holds_of(tx.connection, ticket_id)}:
        raise InputError("there is no such hold on this ticket", next_step="Choose one on the ticket's page.")
    lift_hold(tx, hold_id, because=form.get("because"))


def _update_reason(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    register = parts.register_factory(tx.connection)
    listed = decision_list(tx.connection, ticket_id, register=register, now=tx.now, states=SEEN_REVOKED)
    changeable = [one for one in listed.entries if one.certificate.reason != ReasonCode.KEY_COMPROMISE]
    chosen = set(chosen_by_code(changeable, form))
    decide_updates(
        tx,
        ticket_id,
        [entry.certificate for entry in listed.entries if entry.request_id in chosen],
        because=form.get("because"),
        register=register,
        invalidity_at=typed_time(form.get("invalidity")),
        policy=parts.revocation_policy,
    )


def _reject(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    decisions.reject(tx, ticket_id, because=form.get("because"), register=parts.register_factory(tx.connection))


def _withdraw(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:
    decisions.withdraw(tx, ticket_id, because=form.get("because"), register=parts.register_factory(tx.connection))


def _close(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.close(tx, ticket_id, because=form.get("because"), undecided=undecided)


def _reopen(tx: Transaction, ticket_id: int, form: Form, parts: ConsoleParts) -> None:  # noqa: ARG001  one shape
    actions.reopen(tx, ticket_id, because=form.get("because"), all_done=all_revoked)


def _ids(form: Form, name: str) -> list[int]:
    return [int(value) for value in form.all(name) if value.isdecimal() and len(value) < 19]


def _has_undecided(view: TicketView) -> bool:
    return not view.is_closed and bool(view.undecided)


def _is_withdrawable(view: TicketView) -> bool:
    return not view.is_closed and view.is_withdrawable


ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "acknowledge", WORKS_ON_TICKETS, lambda v: bool(v.paging), _acknowledge, "The page is acknowledged.", "top"
        ),
        Act("claim", WORKS_ON_TICKETS, _is_open, _claim, "The ticket is yours.", "top"),
        Act("note", WORKS_ON_TICKETS, lambda _: True, _note, "The note is kept.", "conversation"),
        Act("reply", WORKS_ON_TICKETS, lambda _: True, _reply, "The reply is on its way.", "conversation"),
        Act("evidence", WORKS_ON_TICKETS, lambda _: True, _evidence, "The evidence is recorded.", "identity"),
        Act("match", MATCHERS, _is_open, _match, "The list is corrected.", "certificates"),
        Act("decide", DECIDERS, _has_undecided, _decide, "Decided. Now another person approves.", "decision"),
        Act(
            "approve",
            APPROVERS,
            lambda v: not v.is_closed and bool(v.decided),
            _approve,
            "Approved. The order goes to the CA now.",
            "certificates",
        ),
        Act(
            "hold",
            DECIDERS,
            lambda v: not v.is_closed and bool(v.holdable),
            _hold,
            "Held: nothing is revoked while it lasts.",
            "holds",
        ),
        Act("lift", DECIDERS, lambda v: bool(v.lasting_holds), _lift, "The hold is lifted.", "holds"),
        Act(
            "update_reason",
            DECIDERS,
            lambda v: not v.is_closed and bool(v.changeable),
            _update_reason,
            "Decided. Now another person approves.",
            "certificates",
        ),
        Act("reject", DECIDERS, _has_undecided, _reject, "Rejected; the requester is told.", "certificates"),
        Act("withdraw", DECIDERS, _is_withdrawable, _withdraw, "Withdrawn; the requester is told.", "certificates"),
        Act("close", WORKS_ON_TICKETS, _is_open, _close, "The ticket is closed.", "top"),
        Act("reopen", WORKS_ON_TICKETS, lambda v: v.is_closed, _reopen, "The ticket is open again.", "top"),
    )
}
