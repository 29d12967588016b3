"""Deciding, approving, rejecting and withdrawing: the only ways in which a request becomes an order, or does not.

The actor is who has logged in (`tx.actor`). The policy and the evidence are looked at when somebody decides and again
when somebody approves, since both may have changed between. An approval names the digest of the list it was shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sulku_kernel.actor import Actor
from sulku_kernel.clock import require_utc
from sulku_kernel.crash_points import crossing
from sulku_kernel.errors import ConflictError, IllegalTransitionError, InputError, NotAllowedError, NotFoundError
from sulku_kernel.events import Subject
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.alarms import BREAK_GLASS, Alarm, Page
from sulku_revocation.block_list import block_compromised
from sulku_revocation.decision_facts import Case, gather_cases, require_met
from sulku_revocation.domain.decision_list import list_digest
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.reason_wizard import Choice, choose_reason
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import NOT_ORDERED, UNDECIDED, RequestState
from sulku_revocation.domain.wanted_time import FURTHEST
from sulku_revocation.legal_holds import held_certificates, require_not_held
from sulku_revocation.listing import digest_line, read_effect
from sulku_revocation.order_withdrawing import waiting_orders, withdraw_order
from sulku_revocation.orders import orders_of_requests, store_order
from sulku_revocation.planned import store_planned
from sulku_revocation.publication_clocks import stop_served_clocks
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import REQUESTS
from sulku_revocation.requests import (
    certificates_on,
    create_requests,
    get_open_ticket,
    requests_of,
    require_reason,
    with_same_key,
)
from sulku_revocation.roles import APPROVERS, DECIDERS, SUPERVISOR, require_may_let_go, require_role
from sulku_revocation.telling import is_promised, tell_called_off, tell_requester
from sulku_tickets.clocks import stop_clock
from sulku_tickets.domain.clock_rules import ClockKind

LOOK_AGAIN = "Look at the list again, compare it with the request, and approve what you see."


@crossing("request_decided")
def decide(
    tx: Transaction,
    ticket_id: int,
    *,
    because: str,
    reason: ReasonCode | int | None = None,
    facts: Collection[str] = (),
    requests: Collection[int] | None = None,
    invalidity_at: datetime | None = None,
    wanted_at: datetime | None = None,
    at_once: bool = False,
    register: Register | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> list[dict[str, Any]]:
    """Decide that certificates are to be revoked, for one reason; they then wait for approval. Returns the rows.

    The reason follows from the `facts` that were established (`domain.reason_wizard`); one that is given as well must
    be the same. `requests`: ids of the ticket's requests; None = all that are not decided otherwise. `invalidity_at`:
    since when the key is believed compromised (only with KEY_COMPROMISE, not in the future). `wanted_at`: when it is
    ordered, if not when the request asks for; `at_once` leaves that out of account. A compromised key never waits. With
    KEY_COMPROMISE every live certificate with the same key is proposed too; it is decided along where the policy's
    demands hold for it as well (the same holder, or a proof), and else stays proposed.

    Raises InputError (reason, date, certificate), NotAllowedError (role, policy), NotFoundError, and
    IllegalTransitionError (ordered, ended, ticket closed).
    """
    require_reason(because)
    code, choice = _reason_for(reason, facts)
    invalidity_at = _checked_invalidity(code, invalidity_at, tx.now)
    wanted_at = _checked_wanted(code, wanted_at, tx.now)
    ticket = get_open_ticket(tx, ticket_id)
    _require_in_time(choice, wanted_at, ticket["received_at"])
    register = register or DatabaseRegister(tx.connection)
    chosen = _chosen(tx, ticket["id"], requests)
    require_not_held(tx, chosen)
    _require_reason_of_updates(chosen, code)
    if code is ReasonCode.PRIVILEGE_WITHDRAWN and SUPERVISOR not in tx.actor.roles:
        raise NotAllowedError(
            "privilegeWithdrawn is the CA's own ground, never a subscriber's (TLS BR 7.2.2)",
            next_step="Choose what the subscriber's facts say, or ask a supervisor to decide on the CA's behalf.",
        )
    cases = gather_cases(tx, ticket, [(row, code) for row in chosen], register=register, policy=policy)
    _require_precedence(cases, code)
    _require_decider(tx.actor, cases)
    require_met(cases)
    if code is ReasonCode.KEY_COMPROMISE:
        cases += _cascade(tx, ticket, cases, register=register, policy=policy)
    return [
        tx.change(
            REQUESTS,
            case.row,
            "DECIDE",
            {
                "reason": int(code),
                "facts": "" if choice is None else " ".join(choice.facts),
                "invalidity_at": invalidity_at,
                "wanted_at": None if at_once else _order_at(case.row, code, choice, wanted_at, tx.now),
                "held_because": "",
                "decided_by": tx.actor.name,
                "decided_at": tx.now,
                "approved_by": None,
                "list_digest": None,
                "policy_rule": case.requirement.because[0],
                "because": because,
            },
            because=[case.requirement.because[1], *_grounds(choice)],
            policy=policy.label,
            assurance=str(case.facts.assurance),
        )
        for case in cases
    ]


@crossing("request_approved")
def approve(
    tx: Transaction,
    ticket_id: int,
    *,
    shown_digest: str,
    break_glass_reason: str | None = None,
    page: Page | None = None,
    register: Register | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> list[dict[str, Any]]:
    """Approve exactly the list that was shown, and store its orders. Returns the orders; a repeat returns the same.

    What was decided for a later time has no order yet: it waits for that time, and can be taken back until then.

    `shown_digest` comes with the list (`decision_list(…).digest`). Another person than who decided must approve;
    `break_glass_reason` lets one person act alone: it pages through `page`, and is kept for review.

    Raises ConflictError (the list changed), NotAllowedError (role, four eyes, policy), InputError and
    IllegalTransitionError (nothing waits for approval).
    """
    if not tx.actor.name.startswith("desk:"):
        require_role(tx.actor, APPROVERS, "approve a revocation")
    ticket = get_open_ticket(tx, ticket_id)
    register = register or DatabaseRegister(tx.connection)
    decided = requests_of(tx, ticket["id"], {RequestState.DECIDED})
    if not decided:
        return _approved_before(tx, ticket["id"], shown_digest)
    cases = gather_cases(
        tx,
        ticket,
        [(row, ReasonCode(row["reason"])) for row in decided],
        register=register,
        policy=policy,
    )
    digest = list_digest(
        digest_line(case.row, case.certificate, read_effect(register, case.certificate, tx.now)) for case in cases
    )
    if shown_digest != digest:
        raise ConflictError("the list has changed since it was shown", next_step=LOOK_AGAIN)
    require_not_held(tx, decided)
    require_met(cases)
    _require_same_rule(cases)
    breaks_glass = _check_four_eyes(tx.actor, cases, break_glass_reason)
    if breaks_glass and page is None:
        raise NotAllowedError("breaking glass needs an alarm", next_step="Configure the escalation policy.")
    approval = {"approved_by": tx.actor.name, "approved_at": tx.now, "list_digest": digest}
    if breaks_glass:
        approval["break_glass_reason"] = break_glass_reason
    approved = [_approve_one(tx, case, approval, policy) for case in cases]
    planned = [row for row in approved if row["wanted_at"] is not None and row["wanted_at"] > tx.now]
    if planned:
        store_planned(tx, ticket, planned)
    orders = [_order(tx, ticket, row) for row in approved if row not in planned]
    stop_clock(tx, ticket["id"], ClockKind.DECISION, at=tx.now)
    if breaks_glass and page is not None:
        _alarm_break_glass(tx, ticket, digest, break_glass_reason or "", page)
    return orders


def reject(tx: Transaction, ticket_id: int, *, because: str, register: Register | None = None) -> list[dict[str, Any]]:
    """Decide that nothing is revoked: every request not yet ordered ends, and the requester is told `because`.

    Raises NotAllowedError without the role; of a proven compromise that is a supervisor's.
    """
    return _end(tx, ticket_id, "REJECT", "rejected", because, register)


def withdraw(
    tx: Transaction, ticket_id: int, *, because: str, register: Register | None = None
) -> list[dict[str, Any]]:
    """The requester took it back in time: what is not ordered yet, or waits for somebody at the CA, ends and is told.

    Raises IllegalTransitionError once everything is ordered: a revoked certificate is never restored. Raises
    ConflictError while an order that waits is just being sent.
    """
    return _end(tx, ticket_id, "WITHDRAW", "withdrawn", because, register)


def as_reason(reason: ReasonCode | int) -> ReasonCode:
    """A reason this desk may write. Raises InputError, with why, for the others."""
    try:
        return ReasonCode(reason)
    except ValueError:
        hold = "certificateHold is never written (TLS BR 7.2.2; there is no un-revoke)"
        raise InputError(
            hold if reason == 6 else f"{reason} is not a reason this desk revokes for",
            next_step=f"Choose one of {', '.join(code.rfc_name for code in ReasonCode)}.",
        ) from None


def _reason_for(reason: ReasonCode | int | None, facts: Collection[str]) -> tuple[ReasonCode, Choice | None]:
    """The reason, as given or as it follows from the facts. Raises InputError when they contradict each other."""
    if not facts:
        if reason is None:
            raise InputError("there is neither a reason nor a fact", next_step="Say what was established.")
        return as_reason(reason), None
    choice = choose_reason(facts)
    if reason is not None and as_reason(reason) is not choice.reason:
        raise InputError(
            f"from these facts follows {choice.reason.rfc_name} ({choice.ground.rule}), not another reason",
            next_step="Correct the facts, or leave the reason out.",
        )
    return choice.reason, choice


def _grounds(choice: Choice | None) -> list[str]:
    if choice is None:
        return []
    hours = int(choice.within.total_seconds() // 3600)
    return [f"{choice.ground.rule}: {choice.ground.sentence} To be revoked within {hours} hours."]


def _require_reason_of_updates(rows: Collection[Row], code: ReasonCode) -> None:
    if code is not ReasonCode.KEY_COMPROMISE and any(row["is_update"] for row in rows):
        raise InputError(
            "the reason of a revocation only ever becomes keyCompromise (TLS BR 7.2.2)",
            next_step="Decide for keyCompromise, or name the other requests.",
        )


def _checked_invalidity(code: ReasonCode, at: datetime | None, now: datetime) -> datetime | None:
    if at is None:
        return None
    if code is not ReasonCode.KEY_COMPROMISE:
        raise InputError(
            "an invalidity date says since when a key is compromised (RFC 5280, 5.3.2)",
            next_step="Leave it out, or decide for keyCompromise.",
        )
    if at.tzinfo is None or at > now:
        raise InputError("the invalidity date must have an offset and lie in the past", next_step="Correct it.")
    return require_utc(at)


def _checked_wanted(code: ReasonCode, at: datetime | None, now: datetime) -> datetime | None:
    if at is None:
        return None
    if code is ReasonCode.KEY_COMPROMISE:
        raise InputError(
            "a compromised key does not wait (TLS BR 4.9.1.1: 24 hours)",
            next_step="Leave the time out: it goes at once.",
        )
    if at.tzinfo is None or not now < at <= now + FURTHEST:
        raise InputError("the time must have an offset and lie within two years", next_step="Correct it.")
    return require_utc(at)


def _require_in_time(choice: Choice | None, at: datetime | None, received_at: datetime) -> None:
    """What the CA must revoke by itself is planned for no later than the rule allows, from when it came to know."""
    if choice is None or at is None or not choice.is_ours or at <= received_at + choice.within:
        return
    hours = int(choice.within.total_seconds() // 3600)
    raise InputError(
        f"{choice.ground.rule} leaves {hours} hours from when the ticket came in",
        next_step="Give an earlier time, or leave it out: it goes at once.",
    )


def _order_at(
    row: Row, code: ReasonCode, choice: Choice | None, wanted_at: datetime | None, now: datetime
) -> datetime | None:
    """When to order: as decided, else as asked for if that lies ahead (not on the CA's own grounds); None at once."""
    asked_for: datetime | None = None if choice is not None and choice.is_ours else row["wanted_at"]
    at = wanted_at or asked_for
    return None if at is None or at <= now or code is ReasonCode.KEY_COMPROMISE else at


def _chosen(tx: Transaction, ticket_id: int, requests: Collection[int] | None) -> Sequence[Row]:
    rows = requests_of(tx, ticket_id)
    if requests is None:
        chosen = [row for row in rows if row["state"] in UNDECIDED]
    else:
        by_id = {row["id"]: row for row in rows}
        unknown = sorted(set(requests) - set(by_id))
        if unknown:
            raise NotFoundError(f"request {unknown[0]} is not on this ticket", next_step="Check the number.")
        chosen = [by_id[request_id] for request_id in sorted(set(requests))]
        for row in chosen:
            REQUESTS.machine.next(row["state"], "DECIDE") if REQUESTS.machine else None
    if not chosen:
        raise IllegalTransitionError(
            "no certificate on this ticket waits for a decision",
            next_step="Match one first: sulku ticket match NUMBER --add ….",
        )
    return chosen


def _require_precedence(cases: Sequence[Case], code: ReasonCode) -> None:
    """A machine-verified proof leaves no choice: 1 goes before every other reason (TLS BR 4.9.1.1 (3), MRSP 6.1.1)."""
    proven = [case.certificate.serial.hex for case in cases if case.facts.is_proven]
    if proven and code is not ReasonCode.KEY_COMPROMISE:
        raise InputError(
            f"the key of {proven[0]} is proven to be compromised: the reason is keyCompromise",
            next_step="Decide for keyCompromise.",
        )


def _require_decider(actor: Actor, cases: Sequence[Case]) -> None:
    if actor.name.startswith("desk:") and all(case.requirement.automatic for case in cases):
        return
    require_role(actor, DECIDERS, "decide on a revocation")
    for case in cases:
        _require_rank(actor, case)


def _require_rank(actor: Actor, case: Case) -> None:
    if case.requirement.decided_by == SUPERVISOR and SUPERVISOR not in actor.roles:
        raise NotAllowedError(
            f"only a supervisor may decide this: {case.requirement.because[1]}",
            next_step="Confirm the requester (L3) and record it, or hand it to a supervisor.",
        )


def _cascade(tx: Transaction, ticket: Row, cases: Sequence[Case], *, register: Register, policy: Policy) -> list[Case]:
    """The other certificates with the compromised keys (TLS BR 6.1.2): proposed all, decided where policy allows."""
    chosen = {case.row["id"] for case in cases}
    proofs = {case.row["spki"]: case.row["proof"] for case in cases if case.row["proof"]}
    spkis = {case.row["spki"] for case in cases} - {""}
    present = certificates_on(tx, ticket["id"])
    missing = [other for other in with_same_key(tx, register, spkis) if other.id not in present]
    create_requests(
        tx, ticket["id"], "CASCADE", missing, proofs=proofs, because="It has the same key as a compromised one."
    )
    undecided = requests_of(tx, ticket["id"], UNDECIDED)
    held = held_certificates(tx, [row["certificate_id"] for row in undecided])
    along = [
        row
        for row in undecided
        if row["spki"] in spkis and row["id"] not in chosen and row["certificate_id"] not in held
    ]
    wanted = [(row, ReasonCode.KEY_COMPROMISE) for row in along]
    found = gather_cases(tx, ticket, wanted, register=register, policy=policy)
    return [case for case in found if not case.missing and _may_decide_along(tx.actor, case)]


def _may_decide_along(actor: Actor, case: Case) -> bool:
    return case.requirement.decided_by != SUPERVISOR or SUPERVISOR in actor.roles


def _require_same_rule(cases: Sequence[Case]) -> None:
    """What an operator decided may not slip under the supervisor's rule while it waits."""
    for case in cases:
        rule = case.requirement.because[0]
        if case.requirement.decided_by == SUPERVISOR and case.row["policy_rule"] != rule:
            raise NotAllowedError(
                f"it was decided under {case.row['policy_rule']}, which no longer holds: {case.requirement.because[1]}",
                next_step="A supervisor decides again.",
            )


def _check_four_eyes(actor: Actor, cases: Sequence[Case], break_glass_reason: str | None) -> bool:
    """Whether glass is broken. Raises NotAllowedError and InputError."""
    if actor.name.startswith("desk:") and not all(case.requirement.automatic for case in cases):
        raise NotAllowedError("the desk approves nothing by itself", next_step="Two people decide and approve.")
    alone = [case for case in cases if case.row["decided_by"] == actor.name and case.requirement.four_eyes]
    if break_glass_reason is None:
        if alone:
            raise NotAllowedError(
                "who decided may not approve: four eyes",
                next_step="Ask another approver; if nobody can be reached, approve with --break-glass REASON.",
            )
        return False
    require_reason(break_glass_reason)
    if not alone:
        raise InputError("another person decided this: nothing needs breaking", next_step="Approve without it.")
    return True


def _alarm_break_glass(tx: Transaction, ticket: Row, digest: str, reason: str, page: Page) -> None:
    because = [f"{tx.actor.name} decided and approved alone: {reason}"]
    tx.record(
        Subject("decision", ticket["id"]),
        "BREAK_GLASS",
        {"because": because, "list_digest": digest, "review": "next working day"},
        ticket_id=ticket["id"],
    )
    page(tx, Alarm(ticket["id"], f"break_glass:{digest[:16]}", BREAK_GLASS, because[0]))


def _approve_one(tx: Transaction, case: Case, approval: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    because = [case.requirement.because[1]]
    return tx.change(REQUESTS, case.row, "APPROVE", approval, because=because, policy=policy.label)


def _order(tx: Transaction, ticket: Row, approved: Row) -> dict[str, Any]:
    ordered = tx.change(REQUESTS, approved, "ORDER")
    if ordered["reason"] == ReasonCode.KEY_COMPROMISE:
        # Blocked before the CA is asked to revoke: meanwhile nothing is issued for the key again.
        block_compromised(tx, ordered)
    return store_order(tx, ticket, ordered)


def _approved_before(tx: Transaction, ticket_id: int, shown_digest: str) -> list[dict[str, Any]]:
    same = [row["id"] for row in requests_of(tx, ticket_id) if row["list_digest"] == shown_digest != ""]
    orders = orders_of_requests(tx, same)
    waiting = requests_of(tx, ticket_id, {RequestState.APPROVED})
    if not orders and shown_digest not in {row["list_digest"] for row in waiting}:
        raise IllegalTransitionError(
            "nothing on this ticket waits for approval", next_step="Somebody decides first: sulku ticket decide."
        )
    return orders


def _end(
    tx: Transaction, ticket_id: int, verb: str, template: str, because: str, register: Register | None
) -> list[dict[str, Any]]:
    require_reason(because)
    require_role(tx.actor, DECIDERS, f"{verb.lower()} a request")
    ticket = get_open_ticket(tx, ticket_id)
    rows = requests_of(tx, ticket["id"], NOT_ORDERED if verb == "WITHDRAW" else UNDECIDED)
    waiting = waiting_orders(tx, ticket["id"]) if verb == "WITHDRAW" else []
    promised = [row for row in requests_of(tx, ticket["id"]) if is_promised(row)]
    if not rows and not waiting:
        raise IllegalTransitionError(
            f"nothing on this ticket can be {template} any more",
            next_step="What was ordered cannot be taken back: a revoked certificate is never restored.",
        )
    require_may_let_go(tx.actor, rows)
    ended = [tx.change(REQUESTS, row, verb, {"because": because}, by=tx.actor.name) for row in rows]
    ended += [withdraw_order(tx, order, because=because) for order in waiting]
    if stop_served_clocks(tx, ticket["id"]):
        stop_clock(tx, ticket["id"], ClockKind.DECISION, at=tx.now)
    register = register or DatabaseRegister(tx.connection)
    tell_requester(tx, ticket, template, ended, because=because, register=register)
    over = {row["id"] for row in ended}
    tell_called_off(tx, ticket, [row for row in promised if row["id"] in over], register=register)
    return ended
