"""Public keys out of the certificates that the register has whole, for proofs that came without theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from sulku_revocation.certificate_documents import find_documents
from sulku_revocation.domain.proofs.public_keys import of_certificate
from sulku_revocation.models import certificates
from sulku_revocation.request_models import revocation_requests

_MOST = 50  # certificates of one mail's tickets whose keys are tried
_MOST_OF_A_KEY = 5  # certificates of one key that are looked for: not each need be there whole


def key_with_digest(connection: sa.Connection, digest: str) -> bytes:
    """The SubjectPublicKeyInfo with this SHA-256 (hex), b"" when no certificate on file is known to have it."""
    query = sa.select(certificates.c.id).where(certificates.c.spki == digest).order_by(certificates.c.id.desc())
    ids = connection.execute(query.limit(_MOST_OF_A_KEY)).scalars().all() if digest else ()
    return next(_keys(connection, ids), b"")


def keys_on_tickets(connection: sa.Connection, tickets: Collection[int]) -> Iterator[bytes]:
    """The keys of the certificates that stand on these tickets, each once."""
    columns = revocation_requests.c
    query = sa.select(columns.certificate_id).where(columns.ticket_id.in_(tickets)).distinct().limit(_MOST)
    yield from dict.fromkeys(_keys(connection, connection.execute(query).scalars().all() if tickets else ()))


def _keys(connection: sa.Connection, certificate_ids: Collection[int]) -> Iterator[bytes]:
    for der in find_documents(connection, certificate_ids).values():
        yield from of_certificate(der)
