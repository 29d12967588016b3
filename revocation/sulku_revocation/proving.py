"""Verifying the proofs of a mail with what this instance knows: its ACME addresses, the sentences it wanted signed.

A sentence of ours counts for its ticket, for a day, and once. That it was used stands in the ticket's history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from sulku_kernel.clock import Clock
from sulku_kernel.events import Subject, read_events
from sulku_kernel.transaction import Transaction
from sulku_mailbox.domain.mail import Envelope, Mail
from sulku_mailbox.domain.reply_address import JoinCandidate
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.claim import ProofKind, Refusal, read_claims
from sulku_revocation.domain.proofs.signed_sentence import Nonces, nonce_of
from sulku_revocation.domain.proofs.verifying import ProofRules, verify_claims
from sulku_revocation.keys_on_file import key_with_digest, keys_on_tickets
from sulku_revocation.weak_keys import is_weak

_USE_NONCE = "USE_NONCE"


@dataclass(frozen=True, slots=True)
class Prover:
    """`candidates` gives the tickets that a mail belongs to by our own tokens.

    A sentence counts as used when it was before the clock's time: an old mail can be looked at again.
    """

    nonces: Nonces
    acme_addresses: frozenset[str]
    candidates: Callable[[Mail, Envelope], tuple[JoinCandidate, ...]]
    clock: Clock

    def prove(self, connection: sa.Connection, mail: Mail, envelope: Envelope) -> tuple[Proof, ...]:
        """A proof for everything that was found, verified or with the reason why not."""
        tickets = frozenset(candidate.ticket_id for candidate in self.candidates(mail, envelope))

        def refusal(sentence: str) -> Refusal | None:
            why = self.nonces.refusal(sentence, tickets, self.clock.now())
            if why is None and nonce_of(sentence) in _used(connection, tickets, self.clock.now()):
                return Refusal.NONCE_USED
            return why

        rules = ProofRules(
            self.acme_addresses,
            refusal,
            is_weak,
            key_on_file=partial(key_with_digest, connection),
            ticket_keys=partial(keys_on_tickets, connection, tickets),
        )
        return verify_claims(read_claims(mail.examination), rules)


def record_used_nonces(tx: Transaction, ticket_id: int, proofs: Iterable[Proof]) -> None:
    """From now on these sentences do not count again."""
    for proof in proofs:
        if proof.is_verified and proof.kind == ProofKind.SIGNED_NONCE:
            nonce = nonce_of(proof.document.decode("ascii", "replace"))
            tx.record(Subject("proof", ticket_id), _USE_NONCE, {"nonce": nonce}, ticket_id=ticket_id)


def _used(connection: sa.Connection, tickets: frozenset[int], until: datetime) -> frozenset[str]:
    return frozenset(
        str((event.payload or {}).get("nonce", ""))
        for ticket_id in tickets
        for event in read_events(connection, subject=Subject("proof", ticket_id))
        if event.action == _USE_NONCE and event.at <= until
    )
