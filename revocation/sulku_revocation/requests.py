"""Revocation requests: which certificates a ticket may end in revoking.

A worker proposes what it matched (buffered inserts only: it opens a hundred tickets in one transaction); a person may
correct it. Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.clock import to_text
from sulku_kernel.errors import IllegalTransitionError, InputError, NotFoundError
from sulku_kernel.events import Subject, read_events
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.storage import for_update
from sulku_kernel.transaction import Row, Transaction
from sulku_revocation.domain.decision_list import is_live
from sulku_revocation.domain.judgement import Judgement, Proof
from sulku_revocation.domain.reason_code import SUBSCRIBER_REASONS
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.request_states import ENDED, NOT_ORDERED, SEEN_REVOKED, RequestState
from sulku_revocation.request_models import REQUESTS, revocation_requests
from sulku_revocation.roles import MATCHERS, require_may_let_go, require_role
from sulku_revocation.telling import is_promised, tell_called_off
from sulku_tickets.clocks import start_clock
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.ticket_states import TicketState
from sulku_tickets.domain.urgency import CaseClass
from sulku_tickets.models import TICKETS

PROPOSING_CLASSES = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})

_WAITS_FOR = {
    RequestState.PROPOSED: "waits for a decision",
    RequestState.DECIDED: "waits for approval",
    RequestState.APPROVED: "waits for the time it is approved for",
    RequestState.ORDERED: "is ordered, and the CA has not answered",
    RequestState.ACCEPTED: "is not yet seen as revoked on CRL and OCSP",
}


def propose(
    tx: Transaction,
    ticket: Row,
    judgement: Judgement,
    ids: Iterator[int],
    *,
    already: Collection[int] = frozenset(),
) -> list[dict[str, Any]]:
    """One PROPOSED request for each certificate that the judgement chose. Writes buffered, reads nothing.

    `ids` gives numbers reserved beforehand (`numbers.reserve(connection, "request", …)`, one for each chosen match is
    enough). `already`: certificate ids that stand on the ticket (`certificates_on`), for a mail that joins one. Only
    requests and problem reports propose; a CA's own, a revoked one and a near miss are never proposed. What the mail
    proved stands in the history either way, for a certificate that a person adds later.
    """
    proofs = proofs_by_key(judgement.proofs)
    if proofs:
        tx.record(Subject("proof", ticket["id"]), "VERIFY", {"proofs": proofs}, ticket_id=ticket["id"])
    if judgement.case_class not in PROPOSING_CLASSES:
        return []
    reason = judgement.reason if judgement.reason in SUBSCRIBER_REASONS else None
    rows, seen = [], set(already)
    for match in judgement.chosen:
        certificate = match.certificate
        if certificate.id in seen or not is_revocable(certificate):
            continue
        seen.add(certificate.id)
        values = _values(tx, ticket["id"], certificate, reason=reason, proof=proofs.get(certificate.spki, ""))
        values["wanted_at"] = judgement.wanted_at
        rows.append(tx.create(REQUESTS, next(ids), "PROPOSE", values, because=list(match.why), score=match.score))
    return rows


def is_revocable(certificate: CertificateRecord) -> bool:
    """Whether this desk would ever order its revocation: no CA's own certificate, and not revoked already."""
    return certificate.certificate_type is not CertificateType.CA and certificate.revoked_at is None


def proofs_by_key(proofs: Iterable[Proof]) -> dict[str, str]:
    """SPKI → kinds of verified proof for that key, in one line. Unverified ones prove nothing and are left out."""
    kinds: dict[str, set[str]] = {}
    for proof in proofs:
        if proof.is_verified and proof.spki:
            kinds.setdefault(proof.spki, set()).add(proof.kind)
    return {spki: " ".join(sorted(found)) for spki, found in kinds.items()}


def record_proofs(tx: Transaction, ticket_id: int, proofs: Iterable[Proof]) -> int:
    """Put verified proofs that came with a later mail onto the ticket's open requests; returns how many it changed.

    What was planned for a later day is to be decided anew: a compromised key does not wait (TLS BR 4.9.1.1, 24 hours).
    """
    by_key = proofs_by_key(proofs)
    changed = 0
    ticket = tx.get(TICKETS, ticket_id)
    for row in requests_of(tx, ticket_id, NOT_ORDERED) if by_key else ():
        proof = by_key.get(row["spki"], "")
        if proof and proof != row["proof"]:
            is_planned = row["state"] == RequestState.APPROVED
            tx.change(REQUESTS, _unplanned(tx, ticket, row) if is_planned else row, "PROVE", {"proof": proof})
            changed += 1
    return changed


def _unplanned(tx: Transaction, ticket: Row, row: Row) -> dict[str, Any]:
    why = "Its key is proven to be compromised: the date that was planned stands no more."
    start_clock(tx, ticket, ClockKind.PUBLICATION, at=tx.now, subject=f"proven:{to_text(tx.now)}")
    return tx.change(REQUESTS, row, "HOLD", {"held_because": why, "list_digest": None}, because=[why])


def correct_match(
    tx: Transaction,
    ticket_id: int,
    *,
    register: Register,
    because: str,
    add: Sequence[int] = (),
    drop: Sequence[int] = (),
) -> list[dict[str, Any]]:
    """Correct what the desk matched: `add` certificates (by id), `drop` requests (by id). Returns the new requests.

    Raises NotAllowedError (role), NotFoundError, InputError (a CA's own, revoked, or already on the ticket) and
    IllegalTransitionError (the ticket is closed, the request was ordered already). Whatever was decided stays decided,
    but an approval of the list shown before no longer fits once something decided was dropped from it.
    """
    require_role(tx.actor, MATCHERS, "correct a match")
    require_reason(because)
    ticket = get_open_ticket(tx, ticket_id)
    for request_id in drop:
        row = tx.get(REQUESTS, request_id)
        if row["ticket_id"] != ticket["id"]:
            raise NotFoundError(f"request {request_id} is not on this ticket", next_step="Check the number.")
        require_may_let_go(tx.actor, [row])
        tx.change(REQUESTS, row, "DROP", {"because": because}, by=tx.actor.name)
        if is_promised(row):
            tell_called_off(tx, ticket, [row], register=register, to_requester=True)
    present = certificates_on(tx, ticket["id"])
    certificates = [_addable(register, certificate_id, present) for certificate_id in dict.fromkeys(add)]
    proofs = proofs_on(tx, ticket["id"])
    added = create_requests(tx, ticket["id"], "ADD", certificates, proofs=proofs, because=because)
    outcome = "matched" if certificates_on(tx, ticket["id"]) else "unmatched"
    tx.change(TICKETS, ticket, "CORRECT_MATCH", {"outcome": outcome, "updated_at": tx.now}, because=[because])
    return added


def create_requests(
    tx: Transaction,
    ticket_id: int,
    verb: str,
    certificates: Sequence[CertificateRecord],
    *,
    proofs: Mapping[str, str],
    because: str,
) -> list[dict[str, Any]]:
    """A request for each certificate, with numbers reserved now. For `ADD`, `CASCADE` and `UPDATE`."""
    if not certificates:
        return []
    tx.flush()
    ids = numbers.reserve(tx.connection, REQUESTS.kind, len(certificates))
    return [
        tx.create(
            REQUESTS,
            request_id,
            verb,
            {
                **_values(tx, ticket_id, certificate, reason=None, proof=proofs.get(certificate.spki, "")),
                "is_update": verb == "UPDATE",
            },
            because=[because],
        )
        for request_id, certificate in zip(ids, certificates, strict=True)
    ]


def requests_of(tx: Transaction, ticket_id: int, states: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The ticket's requests in order, locked until the end of the transaction; only those in `states` when given."""
    query = sa.select(revocation_requests).where(revocation_requests.c.ticket_id == ticket_id)
    if states is not None:
        query = query.where(revocation_requests.c.state.in_([str(state) for state in states]))
    statement = for_update(tx.is_sqlite, query.order_by(revocation_requests.c.id))
    return [dict(row) for row in tx.execute(statement).mappings()]


def read_requests(connection: sa.Connection, ticket_id: int) -> list[dict[str, Any]]:
    """The ticket's requests in order, for showing."""
    query = (
        sa.select(revocation_requests)
        .where(revocation_requests.c.ticket_id == ticket_id)
        .order_by(revocation_requests.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def certificates_on(tx: Transaction, ticket_id: int) -> frozenset[int]:
    """The certificates that stand on the ticket now, open or revoked (not those dropped, rejected, …)."""
    gone = ENDED - SEEN_REVOKED
    return frozenset(row["certificate_id"] for row in requests_of(tx, ticket_id) if row["state"] not in gone)


def unserved(tx: Transaction, ticket_id: int) -> list[dict[str, Any]]:
    """The requests that have not ended, or that the CA refused while nothing has revoked the certificate since."""
    requests = requests_of(tx, ticket_id)
    revoked = {row["certificate_id"] for row in requests if row["state"] in SEEN_REVOKED}
    return [
        row
        for row in requests
        if row["state"] not in ENDED or (row["state"] == RequestState.REFUSED and row["certificate_id"] not in revoked)
    ]


def all_revoked(tx: Transaction, ticket_id: int) -> bool:
    """Whether all that was asked for on the ticket is revoked and seen: what comes now is a question about it."""
    states = {row["state"] for row in requests_of(tx, ticket_id)} - {RequestState.DROPPED}
    return bool(states) and states <= SEEN_REVOKED


def tickets_asking_for(tx: Transaction, certificate_ids: Collection[int]) -> list[int]:
    """The tickets on which one of these certificates waits and is not at the CA yet, oldest first."""
    query = sa.select(revocation_requests.c.ticket_id).where(
        revocation_requests.c.certificate_id.in_(sorted(certificate_ids)),
        revocation_requests.c.state.in_(sorted(NOT_ORDERED)),
    )
    return sorted(set(tx.execute(query).scalars())) if certificate_ids else []


def undecided(tx: Transaction, ticket_id: int) -> list[str]:
    """What keeps a ticket open, a sentence for each request that has not ended: `sulku_tickets.actions.close` asks."""
    return [
        f"certificate {whole_octets(row['serial'])} {_WAITS_FOR[row['state']]}"
        for row in requests_of(tx, ticket_id)
        if row["state"] not in ENDED
    ]


def get_open_ticket(tx: Transaction, ticket_id: int) -> Row:
    """The ticket, locked. Raises NotFoundError, and IllegalTransitionError when it is closed."""
    ticket = tx.get(TICKETS, ticket_id)
    if ticket["state"] == TicketState.CLOSED:
        raise IllegalTransitionError(f"ticket {ticket['number']} is closed", next_step="Reopen it first.")
    return ticket


def proofs_on(tx: Transaction, ticket_id: int) -> dict[str, str]:
    """SPKI → kinds of verified proof, from every mail of the ticket.

    Read from the history, which nobody alters unseen, not from the copy of the judgement beside the mail.
    """
    tx.flush()
    history = read_events(tx.connection, subject=Subject("proof", ticket_id))
    return proofs_by_key(
        Proof(kind, is_verified=True, spki=spki)
        for event in history
        for spki, kinds in (event.payload or {}).get("proofs", {}).items()
        for kind in kinds.split()
    )


def with_same_key(tx: Transaction, register: Register, spkis: Iterable[str]) -> list[CertificateRecord]:
    """Every live certificate with one of these keys, each once."""
    found: dict[int, CertificateRecord] = {}
    for spki in sorted(set(spkis) - {""}):
        for certificate in register.with_spki(spki):
            if is_revocable(certificate) and is_live(certificate, tx.now):
                found[certificate.id] = certificate
    return list(found.values())


def require_reason(because: str) -> None:
    """Refuse an empty justification. Raises InputError."""
    if not because.strip():
        raise InputError("a reason in words is missing", next_step="Write in a sentence why.")


def _addable(register: Register, certificate_id: int, present: Collection[int]) -> CertificateRecord:
    certificate = register.certificate(certificate_id)
    if certificate is None:
        raise NotFoundError(f"there is no certificate {certificate_id} in the register", next_step="Search again.")
    if certificate_id in present:
        raise InputError(f"certificate {certificate.serial} is on this ticket already", next_step="Leave it as it is.")
    if certificate.certificate_type is CertificateType.CA:
        raise InputError(
            f"{certificate.serial} is a certificate of a CA itself",
            next_step="A CA's certificate is not revoked from this desk: call the CA's key manager.",
        )
    if certificate.revoked_at is not None:
        raise InputError(
            f"certificate {certificate.serial} is revoked already", next_step="Tell the requester so in a reply."
        )
    return certificate


def _values(
    tx: Transaction, ticket_id: int, certificate: CertificateRecord, *, reason: int | None, proof: str
) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "certificate_id": certificate.id,
        "issuer_id": certificate.issuer_id,
        "serial": certificate.serial.hex,
        "spki": certificate.spki,
        "account_id": certificate.account_id,
        "asked_reason": None if reason is None else int(reason),
        "reason": None if reason is None else int(reason),
        "facts": "",
        "is_update": False,
        "proof": proof,
        "proposed_by": tx.actor.name,
        "wanted_at": None,
        "held_because": "",
    }
