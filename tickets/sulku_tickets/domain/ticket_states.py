"""The states of a ticket and every step between them: one table, from which code, docs and tests derive.

Facts are verbs that change no state: they may happen in any state, since a mail, a bounce or a late deadline does not
ask whether the ticket is still open. Only a person or a mail written by a person opens a closed ticket again.
"""

from __future__ import annotations

from enum import StrEnum

from sulku_kernel.state_machine import StateMachine


class TicketState(StrEnum):
    """NEW: nobody has taken it. AWAITING_REQUESTER: we asked and wait for an answer; its clocks go on."""

    NEW = "NEW"
    OPEN = "OPEN"
    AWAITING_REQUESTER = "AWAITING_REQUESTER"
    CLOSED = "CLOSED"


FACTS = frozenset(
    {
        "NOTE",  # an operator wrote something down
        "REPLY",  # an operator answered; the mail is in the outbox
        "EVIDENCE",  # something about the requester's identity was confirmed, or could not be
        "MAIL_JOINED",  # a mail that a machine wrote, or that asks nothing, joined
        "MAIL_SEEN_AGAIN",  # the same bytes came once more
        "POSSIBLE_FOLLOW_UP",  # somebody who takes no part in it wrote to its reply address: a ticket of its own
        "POSSIBLE_DUPLICATE",  # another ticket asks for the same certificate, within hours
        "MAIL_SENT",  # a mail of ours was handed over
        "MAIL_FAILED",  # a mail of ours will not be delivered
        "CONTACT_REPAIR",  # our notice bounced: somebody must find another way to this contact
        "ACKNOWLEDGE_PAGE",  # a person took the page
        "DEADLINE_WARNED",
        "DEADLINE_BREACHED",
        "CLOCK_STARTED",
        "CLOCK_STOPPED",
        "CLOCK_SET_BACK",  # a deadline that a clock running ahead had begun begins now
        "ASKED_WHICH",  # the desk listed candidates and asked which are meant
        "CORRECT_MATCH",  # a person corrected what the desk matched
        "FOUND_MORE",  # what the desk found by itself has grown
        "WELL_AGAIN",  # what the desk found by itself is over
        "RAISE_URGENCY",  # a later mail or a person made it more urgent; nothing makes it less
    }
)

_facts_in = {state: dict.fromkeys(sorted(FACTS), state.value) for state in TicketState}

TICKET_STATES = StateMachine(
    name="ticket",
    # RECEIVE: a mail came. FIND: the desk itself found what somebody must look at.
    initial={"RECEIVE": TicketState.NEW.value, "FIND": TicketState.NEW.value},
    transitions={
        TicketState.NEW.value: {
            **_facts_in[TicketState.NEW],
            "CLAIM": TicketState.OPEN.value,
            "ASK": TicketState.AWAITING_REQUESTER.value,
            "ANSWERED": TicketState.NEW.value,
            "CLOSE": TicketState.CLOSED.value,
        },
        TicketState.OPEN.value: {
            **_facts_in[TicketState.OPEN],
            "CLAIM": TicketState.OPEN.value,
            "ASK": TicketState.AWAITING_REQUESTER.value,
            "ANSWERED": TicketState.OPEN.value,
            "CLOSE": TicketState.CLOSED.value,
        },
        TicketState.AWAITING_REQUESTER.value: {
            **_facts_in[TicketState.AWAITING_REQUESTER],
            "CLAIM": TicketState.AWAITING_REQUESTER.value,
            "ASK": TicketState.AWAITING_REQUESTER.value,
            "ANSWERED": TicketState.OPEN.value,
            "CLOSE": TicketState.CLOSED.value,
        },
        TicketState.CLOSED.value: {
            **_facts_in[TicketState.CLOSED],
            "ANSWERED": TicketState.OPEN.value,
            "REOPEN": TicketState.OPEN.value,
        },
    },
)


class EscalationState(StrEnum):
    """OPEN pages step after step; ACKNOWLEDGED is quiet until another cause restarts it."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"


ESCALATION_STATES = StateMachine(
    name="escalation",
    initial={"START": EscalationState.OPEN.value},
    transitions={
        EscalationState.OPEN.value: {
            "PAGE": EscalationState.OPEN.value,
            "JOIN": EscalationState.OPEN.value,
            "BRING_BACK": EscalationState.OPEN.value,  # its next step waited for a clock that ran ahead
            "ACKNOWLEDGE": EscalationState.ACKNOWLEDGED.value,
        },
        EscalationState.ACKNOWLEDGED.value: {
            "RESTART": EscalationState.OPEN.value,
        },
    },
)
