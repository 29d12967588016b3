"""A mail that takes a request back: on its own ticket, or on the holder's others about the same certificates.

Nothing is withdrawn by a mail. What is not at the CA yet is held until a person decides anew; whoever had decided is
paged; and when it is too late, the sender hears at once that there is no way back.
"""

from __future__ import annotations

from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.answers import TakenBack, take_back
from sulku_revocation.domain.asking import CANNOT_BE_RESTORED
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.wording import WITHDRAWALS
from sulku_revocation.requests import tickets_asking_for
from sulku_tickets.conversation import IncomingMail
from sulku_tickets.domain.escalation_policy import EscalationPolicy
from sulku_tickets.domain.urgency import Assurance
from sulku_tickets.escalation import EscalationKind, start_escalation
from sulku_tickets.models import TICKETS
from sulku_tickets.opening import answer_to, record_possible_follow_up

_SURE = frozenset({Assurance.L2, Assurance.L3, Assurance.L4})


def take_back_here(
    tx: Transaction, ticket: Row, judgement: Judgement, mail: IncomingMail, policy: EscalationPolicy
) -> None:
    """A mail that joined `ticket` takes it back."""
    taken = take_back(tx, ticket["id"], because=_sentence(judgement))
    _page_if_stopped(tx, ticket, taken, policy)
    if taken is TakenBack.TOO_LATE and judgement.acknowledge:
        tx.enqueue(answer_to(ticket, mail, CANNOT_BE_RESTORED, key=":too_late"))


def take_back_elsewhere(tx: Transaction, ticket: Row, judgement: Judgement, policy: EscalationPolicy) -> None:
    """A mail that opened `ticket` takes back what stands on others.

    Only for a sender on file whose domain vouches for the mail (L2), and only of that holder's certificates: else a
    stranger could hold up a revocation, and a person decides on this ticket what it means.
    """
    if judgement.assurance not in _SURE or judgement.account_id is None:
        return
    own = {m.certificate.id for m in judgement.chosen if m.certificate.account_id == judgement.account_id}
    for earlier_id in tickets_asking_for(tx, own):
        if earlier_id == ticket["id"]:
            continue
        taken = take_back(tx, earlier_id, because=_sentence(judgement), only=frozenset(own))
        if taken in {TakenBack.HELD, TakenBack.STOPPED}:
            earlier = tx.get(TICKETS, earlier_id)
            record_possible_follow_up(tx, ticket, earlier)
            _page_if_stopped(tx, earlier, taken, policy)


def _page_if_stopped(tx: Transaction, ticket: Row, taken: TakenBack, policy: EscalationPolicy) -> None:
    if taken is TakenBack.STOPPED:
        start_escalation(tx, ticket, policy, EscalationKind.TAKEN_BACK, because="the requester takes it back")


def _sentence(judgement: Judgement) -> str:
    return next((words for rule, words in judgement.because if rule in WITHDRAWALS), "a later mail takes it back")
