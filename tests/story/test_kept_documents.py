"""A signed list is kept once as evidence, and no connection of the pool goes on holding it in memory."""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.kept_documents import keep_documents
from sulku_revocation.request_models import publication_documents

ACTOR = Actor.desk("test")


def kept(storage: Storage) -> dict[str, bytes]:
    with storage.desk.reading() as connection:
        rows = connection.execute(sa.select(publication_documents.c.sha256, publication_documents.c.der)).all()
    return {row.sha256: bytes(row.der) for row in rows}


def test_what_was_signed_is_kept_once_as_it_was(storage: Storage, clock: SetClock) -> None:
    documents = {sha256(der).hexdigest(): der for der in (b"one list", b"an answer")}
    for some in (dict(list(documents.items())[:1]), documents, documents):
        with begin(storage.desk, clock, ACTOR) as tx:
            keep_documents(tx, some)
    assert kept(storage) == documents


def test_two_who_keep_the_same_one_after_the_other_keep_one(storage: Storage, clock: SetClock) -> None:
    der = b"x" * 100_000
    with begin(storage.desk, clock, ACTOR) as tx:
        keep_documents(tx, {sha256(der).hexdigest(): der})
        keep_documents(tx, {sha256(der).hexdigest(): der})
    assert kept(storage) == {sha256(der).hexdigest(): der}
