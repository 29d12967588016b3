"""The certificates themselves (DER), as far as they came to the desk: by an import, from a CA's own list, with a mail.

The register knows a certificate by its digest; some of what is done with it needs the whole. Each is kept once and
never changes, and none is kept that is not, octet for octet, the one on file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction
from sulku_mailbox.batches import in_batches
from sulku_mailbox.domain.files import all_files
from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.find_certificates_in_mail import take_blocks
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.reference import ReferenceKind
from sulku_revocation.models import certificate_documents

_AT_ONCE = 1_000  # variables of one statement
_LONGEST = 100_000  # octets: nothing longer is a holder's certificate


def keep_documents(tx: Transaction, ders: Mapping[int, bytes]) -> None:
    """Keep each certificate under its id, unless it is kept. The caller has compared it with the digest on file."""
    dialect = sqlite if tx.is_sqlite else postgresql
    insert = dialect.insert(certificate_documents).on_conflict_do_nothing(index_elements=["certificate_id"])
    if ders:
        tx.execute(insert, [{"certificate_id": id_, "der": der} for id_, der in sorted(ders.items())])


def find_document(source: Transaction | sa.Connection, certificate_id: int) -> bytes | None:
    """The DER of a certificate on file, None when only a list or its digest is known."""
    return find_documents(source, [certificate_id]).get(certificate_id)


def find_documents(source: Transaction | sa.Connection, certificate_ids: Collection[int]) -> dict[int, bytes]:
    """The DER of each of them that is there, by id."""
    columns = certificate_documents.c
    found: dict[int, bytes] = {}
    for some in in_batches(certificate_ids, _AT_ONCE):
        query = sa.select(columns.certificate_id, columns.der).where(columns.certificate_id.in_(some))
        found.update((row.certificate_id, row.der) for row in source.execute(query))
    return found


def each_document(store: Store) -> Iterator[bytes]:
    """The DER of every certificate that is there, some at a time: no look at the database lasts long."""
    after = 0
    columns = certificate_documents.c
    while True:
        query = sa.select(columns.certificate_id, columns.der).where(columns.certificate_id > after)
        with store.reading() as connection:
            rows = connection.execute(query.order_by(columns.certificate_id).limit(_AT_ONCE)).all()
        if not rows:
            return
        yield from (row.der for row in rows)
        after = rows[-1].certificate_id


def keep_documents_of_mails(tx: Transaction, judged: Iterable[tuple[Mail, Judgement]]) -> None:
    """Keep the certificates that came with mails and are on file by their fingerprint."""
    ders: dict[int, bytes] = {}
    for mail, judgement in judged:
        wanted = _wanted(judgement)
        if wanted:
            ders.update((wanted[digest], der) for digest, der in _certificates_of(mail) if digest in wanted)
    keep_documents(tx, ders)


def _wanted(judgement: Judgement) -> dict[str, int]:
    """The ids of what the mail brought and the register knows, by fingerprint."""
    came = {one.value for one in judgement.references if one.kind is ReferenceKind.CERTIFICATE}
    if not came:
        return {}
    records = [match.certificate for match in judgement.matches]
    return {record.fingerprint: record.id for record in records if record.fingerprint in came}


def _certificates_of(mail: Mail) -> Iterable[tuple[str, bytes]]:
    """Every certificate in a mail, attached or pasted, with its SHA-256."""
    pasted = [der for _, der in take_blocks(mail.text or mail.new_text)[1]]
    for content in (*(file.content for file in all_files(mail)), *pasted):
        try:
            found = find_certificates(content) if len(content) <= _LONGEST else ()
        except UnreadableError:
            continue
        for der in found:
            yield hashlib.sha256(der).hexdigest(), der
