"""What is kept about a compromised key: statements that anybody can verify, and keys that only one file opens."""

from __future__ import annotations

import base64
import textwrap

import sqlalchemy as sa

from sulku_kernel.errors import NotFoundError
from sulku_kernel.events import Subject
from sulku_kernel.transaction import Transaction
from sulku_revocation.domain.proofs.claim import ProofKind
from sulku_revocation.key_models import KEYS, compromised_keys, key_evidence
from sulku_revocation.requests import require_reason
from sulku_tickets.domain.roles import Role, require_role

_LABELS = {
    ProofKind.PRIVATE_KEY: "CERTIFICATE REQUEST",
    ProofKind.KCA_REQUEST: "CERTIFICATE REQUEST",
    ProofKind.PROOF_REQUEST: "CERTIFICATE REQUEST",
    ProofKind.POCK: "CERTIFICATE",
    ProofKind.WEAK_KEY: "PUBLIC KEY",
}


def as_text(kind: str, document: bytes) -> str:
    """A document as people pass it on: DER in PEM, everything else as it is."""
    label = _LABELS.get(ProofKind(kind))
    if label is None:
        return document.decode("utf-8", "replace")
    lines = "\n".join(textwrap.wrap(base64.b64encode(document).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"


def sealed_key(connection: sa.Connection, spki: str) -> bytes:
    """The private key that came in a mail, in its seal. Raises NotFoundError."""
    query = sa.select(key_evidence.c.sealed).where(
        key_evidence.c.spki == spki, key_evidence.c.kind == ProofKind.PRIVATE_KEY, key_evidence.c.sealed.is_not(None)
    )
    sealed: bytes | None = connection.execute(query).scalar_one_or_none()
    if sealed is None:
        raise NotFoundError("no private key with this digest was sealed", next_step="Look: sulku keys list.")
    return sealed


def record_unsealing(tx: Transaction, spki: str, *, because: str) -> None:
    """An administrator opens it, and why. Raises NotAllowedError, InputError and NotFoundError."""
    require_role(tx.actor, frozenset({Role.ADMINISTRATOR}), "open a sealed key")
    require_reason(because)
    row = tx.find(KEYS, compromised_keys.c.spki == spki)
    if row is None:
        raise NotFoundError("this key is not on the block list", next_step="Look: sulku keys list.")
    payload = {"spki": spki, "because": [because]}
    tx.record(Subject(KEYS.kind, row["id"]), "UNSEAL", payload, ticket_id=row["ticket_id"])
