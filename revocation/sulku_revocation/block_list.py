"""The block list of compromised keys: nothing is ever certified for one of them again (TLS BR 6.1.1.3).

*Demonstrated* are keys of which a machine verified a proof, *asserted* those that somebody decided to revoke for
keyCompromise. An asserted key becomes a demonstrated one when a proof comes; nothing leads back, and none leaves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.errors import InputError
from sulku_kernel.events import Subject
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction
from sulku_mailbox.batches import in_batches
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.claim import ProofKind
from sulku_revocation.key_models import KEYS, compromised_keys, key_evidence
from sulku_revocation.requests import proofs_by_key, require_reason
from sulku_revocation.roles import ADMINISTRATORS, DECIDERS, require_role

DEMONSTRATED, ASSERTED = "demonstrated", "asserted"
_AT_ONCE = 500
_SPKI = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BlockedKey:
    """One entry. `spki`: SHA-256 of the normalised SubjectPublicKeyInfo; `kinds`: of the proofs verified."""

    spki: str
    basis: str
    kinds: tuple[str, ...]
    blocked_at: datetime


def block_proven(tx: Transaction, ticket_id: int, proofs: Collection[Proof]) -> list[dict[str, Any]]:
    """Put every proven key on the list and keep what proves it; returns the entries that are new or changed."""
    entries = []
    for spki, kinds in proofs_by_key(proofs).items():
        _keep_evidence(tx, ticket_id, [p for p in proofs if p.is_verified and p.spki == spki])
        entries.append(_block(tx, spki, DEMONSTRATED, frozenset(kinds.split()), ticket_id, "A machine verified it."))
    return [entry for entry in entries if entry is not None]


def block_asserted(tx: Transaction, spki: str, *, because: str, ticket_id: int | None = None) -> dict[str, Any] | None:
    """Put a key on the list because somebody decided so; None when it is there already. Raises InputError."""
    return _block(tx, read_spki(spki), ASSERTED, frozenset(), ticket_id, because)


def block_weak(tx: Transaction, spki: str, public_key: bytes, checks: str) -> dict[str, Any] | None:
    """Put a key on the list that anybody can compute; None when it is there already as such."""
    proof = Proof(ProofKind.WEAK_KEY, is_verified=True, spki=spki, document=public_key)
    _keep_evidence(tx, None, [proof])
    return _block(tx, spki, DEMONSTRATED, frozenset({proof.kind}), None, f"Anybody can compute it ({checks}).")


def block_by_hand(tx: Transaction, spki: str, *, because: str) -> dict[str, Any] | None:
    """The same by a person at the command line. Raises NotAllowedError and InputError."""
    require_role(tx.actor, DECIDERS | ADMINISTRATORS, "block a key")
    require_reason(because)
    return block_asserted(tx, spki, because=because)


def block_compromised(tx: Transaction, request: Row) -> None:
    """Put the key of a request on the list that was approved for keyCompromise. One without a key on file has none."""
    if request["spki"]:
        kinds = frozenset(request["proof"].split())
        basis = DEMONSTRATED if kinds else ASSERTED
        _block(tx, request["spki"], basis, kinds, request["ticket_id"], request["because"] or "")


def find_blocked(connection: sa.Connection, spkis: Iterable[str]) -> dict[str, BlockedKey]:
    """The entries of those of the keys that are on the list."""
    query = sa.select(compromised_keys).where(compromised_keys.c.spki.in_(sorted(set(spkis))))
    return {row.spki: _entry(row) for row in connection.execute(query)}


def blocked_keys(store: Store) -> Callable[[Collection[str]], set[str]]:
    """Answers which of some digests are on the list, to somebody who is about to issue for these keys."""

    def blocked(spkis: Collection[str]) -> set[str]:
        with store.reading() as connection:
            return {spki for some in in_batches(sorted(spkis), _AT_ONCE) for spki in find_blocked(connection, some)}

    return blocked


def list_blocked(connection: sa.Connection) -> list[BlockedKey]:
    """The whole list, oldest first."""
    return [_entry(row) for row in connection.execute(sa.select(compromised_keys).order_by(compromised_keys.c.id))]


def read_evidence_of_key(connection: sa.Connection, spki: str) -> list[Mapping[str, Any]]:
    """What is kept about a key: statements, and sealed keys."""
    query = sa.select(key_evidence).where(key_evidence.c.spki == spki).order_by(key_evidence.c.kind)
    return [dict(row) for row in connection.execute(query).mappings()]


def read_spki(text: str) -> str:
    """A digest as people write it: colons, blanks and capitals do not matter. Raises InputError."""
    spki = re.sub(r"[\s:]", "", text[:200]).lower()
    if not _SPKI.fullmatch(spki):
        raise InputError(
            "this is not the SHA-256 of a SubjectPublicKeyInfo (64 hex digits)",
            next_step="Give the digest, or a file with the key: sulku keys check FILE shows it.",
        )
    return spki


def _entry(row: sa.Row[Any]) -> BlockedKey:
    return BlockedKey(row.spki, row.basis, tuple(row.kinds.split()), row.blocked_at)


def _block(
    tx: Transaction, spki: str, basis: str, kinds: frozenset[str], ticket_id: int | None, because: str
) -> dict[str, Any] | None:
    known = tx.find(KEYS, compromised_keys.c.spki == spki)
    if known is not None:
        return _strengthen(tx, known, basis, kinds)
    tx.flush()
    (key_id,) = numbers.reserve(tx.connection, KEYS.kind)
    values = {
        "spki": spki,
        "basis": basis,
        "kinds": " ".join(sorted(kinds)),
        "because": because,
        "ticket_id": ticket_id,
        "blocked_at": tx.now,
        "blocked_by": tx.actor.name,
        "demonstrated_at": tx.now if basis == DEMONSTRATED else None,
    }
    return tx.create(KEYS, key_id, "BLOCK", values)


def _strengthen(tx: Transaction, known: Row, basis: str, kinds: frozenset[str]) -> dict[str, Any] | None:
    """What is asserted becomes demonstrated, and another kind of proof is noted; None when nothing is new."""
    all_kinds = frozenset(known["kinds"].split()) | kinds
    if basis == ASSERTED or all_kinds == frozenset(known["kinds"].split()):
        return None
    changes: dict[str, Any] = {"basis": DEMONSTRATED, "kinds": " ".join(sorted(all_kinds))}
    if known["demonstrated_at"] is None:
        changes["demonstrated_at"] = tx.now
    return tx.change(KEYS, known, "DEMONSTRATE", changes)


def _keep_evidence(tx: Transaction, ticket_id: int | None, proofs: Iterable[Proof]) -> None:
    columns = key_evidence.c
    for proof in proofs:
        here = sa.select(columns.kind).where(columns.spki == proof.spki, columns.kind == proof.kind)
        if tx.execute(here).first() is not None:
            continue
        digest = hashlib.sha256(proof.document).hexdigest()
        row = {"spki": proof.spki, "kind": str(proof.kind), "sha256": digest, "document": proof.document}
        tx.insert(key_evidence, {**row, "sealed": proof.sealed or None, "ticket_id": ticket_id, "kept_at": tx.now})
        kept = {"spki": proof.spki, "kind": str(proof.kind), "sha256": digest, "is_sealed": bool(proof.sealed)}
        tx.record(Subject("proof", ticket_id or 0), "KEEP", kept, ticket_id=ticket_id)
