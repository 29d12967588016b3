"""The register in the desk's database: look-ups by index, and the one mark that a revocation leaves.

Made for a batch of mails: `look_up` answers all their references in a few statements. What it has read of holders is
kept as long as it lives, which is one transaction, so it is never stale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from sulku_kernel.address import normalise_address
from sulku_kernel.bulk import update_rows
from sulku_kernel.clock import require_utc
from sulku_kernel.errors import NotFoundError
from sulku_kernel.events import Subject
from sulku_kernel.language import Language
from sulku_kernel.transaction import Transaction
from sulku_revocation.domain import register_port
from sulku_revocation.domain.folding import SIMILAR, fold_compact, fold_organisation, similarity
from sulku_revocation.domain.grams import choose_grams, grams_of
from sulku_revocation.domain.record import Account, CertificateRecord, Contact, ContactRole, IssuerRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import CANDIDATE_LIMIT
from sulku_revocation.domain.serials import near_readings
from sulku_revocation.models import certificates, issuers
from sulku_revocation.register_queries import Queries, to_record

_UNLIMITED = 2**31 - 1
_RERANKED = 60
_NEAREST = 10

Question = tuple[str, Any]  # an indexed column and the value wanted in it

# Which column of the holders answers a kind of reference.
_HOLDER_COLUMNS = {
    ReferenceKind.OID: "oid",
    ReferenceKind.BUSINESS_ID: "business_id",
    ReferenceKind.ORGANISATION: "organisation_folded",
}


class DatabaseRegister:
    """See `Register` in domain/register_port.py. Reads on the connection it is given; writes nothing.

    `before`: what was not revoked before that counts as not revoked yet, for whoever looks at an old mail again.
    """

    def __init__(self, connection: sa.Connection, *, before: datetime | None = None) -> None:
        self._connection = connection
        self._before = before
        self._queries = Queries(connection)
        self._accounts: dict[int, Account] = {}
        self._of_address: dict[str, tuple[Account, ...]] = {}

    # --- certificates ------------------------------------------------------------------------------------------

    def look_up(self, references: Sequence[Reference]) -> Mapping[Reference, tuple[CertificateRecord, ...]]:
        holders = self._holders(references)
        questions = {reference: _questions(reference, holders) for reference in references}
        wanted: defaultdict[str, set[Any]] = defaultdict(set)
        for column, value in {question for several in questions.values() for question in several}:
            wanted[column].add(value)
        rows: dict[Question, list[tuple[Any, ...]]] = {}
        for column, values in wanted.items():
            for value, found in self._queries.certificates(column, values, CANDIDATE_LIMIT).items():
                rows[column, value] = found
        return {
            reference: self._records(row for question in several for row in rows.get(question, ()))[:CANDIDATE_LIMIT]
            for reference, several in questions.items()
        }

    def _holders(self, references: Iterable[Reference]) -> dict[tuple[ReferenceKind, str], list[int]]:
        """The ids of the holders that OIDs, Business IDs and names of organisations mean."""
        wanted: defaultdict[ReferenceKind, set[str]] = defaultdict(set)
        for reference in references:
            if reference.kind in _HOLDER_COLUMNS:
                wanted[reference.kind].add(_value_in_column(reference))
        found: defaultdict[tuple[ReferenceKind, str], list[int]] = defaultdict(list)
        for kind, values in wanted.items():
            column = _HOLDER_COLUMNS[kind]
            for value, account_id in self._queries.rows(
                f"SELECT {column}, id FROM desk.account WHERE {column} IN_LIST",  # noqa: S608  one of _HOLDER_COLUMNS
                sorted(values - {""}),
            ):
                found[kind, value].append(account_id)
        return found

    def near_serials(self, reading: str) -> tuple[CertificateRecord, ...]:
        near = near_readings(reading) if len(reading) <= 40 else frozenset()
        return self._records_with("serial", near, CANDIDATE_LIMIT)[:CANDIDATE_LIMIT]

    def certificates_of_account(
        self, account_id: int, *, limit: int = CANDIDATE_LIMIT
    ) -> tuple[CertificateRecord, ...]:
        return self._records_with("account_id", [account_id], limit)

    def with_spki(self, spki: str) -> tuple[CertificateRecord, ...]:
        return self._records_with("spki", [spki] if spki else [], _UNLIMITED)

    def certificate(self, certificate_id: int) -> CertificateRecord | None:
        return next(iter(self._records_with("id", [certificate_id], 1)), None)

    def _records_with(self, column: str, values: Iterable[Any], limit: int) -> tuple[CertificateRecord, ...]:
        found = self._queries.certificates(column, list(values), limit)
        return self._records(row for rows in found.values() for row in rows)

    def _records(self, rows: Iterable[tuple[Any, ...]]) -> tuple[CertificateRecord, ...]:
        """Each once, newest on file first."""
        unique = {row[0]: row for row in rows}
        records = tuple(to_record(unique[id_]) for id_ in sorted(unique, reverse=True))
        return records if self._before is None else tuple(_as_it_was(record, self._before) for record in records)

    # --- issuers -----------------------------------------------------------------------------------------------

    def issuer(self, issuer_id: int) -> IssuerRecord | None:
        row = self._connection.execute(sa.select(issuers).where(issuers.c.id == issuer_id)).one_or_none()
        return None if row is None else _to_issuer(row)

    def issuers(self) -> tuple[IssuerRecord, ...]:
        return tuple(map(_to_issuer, self._connection.execute(sa.select(issuers).order_by(issuers.c.id))))

    # --- holders -----------------------------------------------------------------------------------------------

    def account(self, account_id: int) -> Account | None:
        return next(iter(self._load_accounts([account_id])), None)

    def account_of_address(self, address: str) -> Account | None:
        return next(iter(self.accounts_of_address(address)), None)

    def accounts_of_address(self, address: str) -> tuple[Account, ...]:
        return self.accounts_of_addresses([address])[address]

    def accounts_of_addresses(self, addresses: Iterable[str]) -> Mapping[str, tuple[Account, ...]]:
        asked = list(dict.fromkeys(addresses))
        unknown = {address: normalise_address(address) for address in asked if address not in self._of_address}
        ids: defaultdict[str | None, set[int]] = defaultdict(set)
        for email, account_id in self._queries.rows(
            "SELECT email, account_id FROM desk.contact WHERE email IN_LIST",
            sorted({address for address in unknown.values() if address is not None}),
        ):
            ids[email].add(account_id)
        self._load_accounts(account_id for several in ids.values() for account_id in several)
        for address, normal in unknown.items():
            self._of_address[address] = self._load_accounts(ids[normal])
        return {address: self._of_address[address] for address in asked}

    def accounts_of_domain(self, domain: str) -> tuple[Account, ...]:
        labels = domain.lower().rstrip(".").split(".")
        above = [".".join(labels[at:]) for at in range(min(len(labels) - 1, 128))]
        rows = self._queries.rows("SELECT DISTINCT account_id FROM desk.account_domain WHERE domain IN_LIST", above)
        return self._load_accounts(row[0] for row in rows)

    def near_organisations(self, name: str) -> tuple[tuple[Account, float], ...]:
        folded = fold_organisation(name)
        candidates = self._queries.rows(
            "SELECT id, organisation_folded FROM desk.account WHERE id IN_LIST", self._with_grams(folded), "bigint"
        )
        scored = [(similarity(folded, other), account_id) for account_id, other in candidates]
        best = sorted((hit for hit in scored if hit[0] >= SIMILAR), key=lambda hit: (-hit[0], hit[1]))[:_NEAREST]
        loaded = {account.id: account for account in self._load_accounts(account_id for _, account_id in best)}
        return tuple((loaded[account_id], score) for score, account_id in best)

    def _with_grams(self, folded: str) -> list[int]:
        """Holders that share the most of the rarer grams."""
        counted = self._queries.rows(
            "SELECT gram, holders FROM desk.account_gram_count WHERE gram IN_LIST", sorted(grams_of(folded))
        )
        chosen = choose_grams({row[0]: row[1] for row in counted})
        rows = self._queries.rows(
            "SELECT account_id FROM desk.account_gram WHERE gram IN_LIST"  # noqa: S608  a number of ours
            f" GROUP BY account_id ORDER BY count(*) DESC, account_id LIMIT {_RERANKED}",
            chosen,
        )
        return [row[0] for row in rows]

    def _load_accounts(self, ids: Iterable[int]) -> tuple[Account, ...]:
        """In the order of their numbers."""
        wanted = sorted(set(ids))
        missing = [account_id for account_id in wanted if account_id not in self._accounts]
        if missing:
            self._read_accounts(missing)
        return tuple(self._accounts[account_id] for account_id in wanted if account_id in self._accounts)

    def _read_accounts(self, ids: list[int]) -> None:
        domains: defaultdict[int, list[str]] = defaultdict(list)
        people: defaultdict[int, list[Contact]] = defaultdict(list)
        for account_id, domain in self._queries.rows(
            "SELECT account_id, domain FROM desk.account_domain WHERE account_id IN_LIST ORDER BY domain", ids, "bigint"
        ):
            domains[account_id].append(domain)
        for account_id, name, email, phone, roles in self._queries.rows(
            "SELECT account_id, name, email, phone, roles FROM desk.contact WHERE account_id IN_LIST ORDER BY position",
            ids,
            "bigint",
        ):
            people[account_id].append(Contact(name, email, phone, _roles(roles)))
        for account_id, organisation, business_id, oid, language in self._queries.rows(
            "SELECT id, organisation, business_id, oid, language FROM desk.account WHERE id IN_LIST", ids, "bigint"
        ):
            self._accounts[account_id] = Account(
                id=account_id,
                organisation=organisation,
                business_id=business_id,
                oid=oid,
                language=Language(language),
                domains=tuple(domains[account_id]),
                contacts=tuple(people[account_id]),
            )

    def revocable_by(self, account: Account, certificate: CertificateRecord) -> bool:
        return register_port.revocable_by(account, certificate)


@lru_cache(maxsize=64)
def _roles(written: str) -> frozenset[ContactRole]:
    return frozenset(map(ContactRole, written.split()))


def _as_it_was(record: CertificateRecord, at: datetime) -> CertificateRecord:
    is_later = record.revoked_at is not None and record.revoked_at >= at
    return replace(record, revoked_at=None, reason=None) if is_later else record


def _value_in_column(reference: Reference) -> str:
    return fold_organisation(reference.value) if reference.kind is ReferenceKind.ORGANISATION else reference.value


def _questions(reference: Reference, holders: Mapping[tuple[ReferenceKind, str], list[int]]) -> frozenset[Question]:
    """Where a reference is looked for. Empty values are never asked for: unknown equals nothing."""
    value = reference.value
    questions: list[Question]
    match reference.kind:
        case ReferenceKind.SERIAL:
            questions = [("serial", reading) for reading in reference.readings or (value,)]
        case ReferenceKind.FINGERPRINT:
            questions = [("sha1" if len(value) == 40 else "fingerprint", value)]
        case ReferenceKind.CERTIFICATE:
            questions = [("fingerprint", value)]
        case ReferenceKind.SPKI:
            questions = [("spki", value)]
        case ReferenceKind.HOST_NAME:
            questions = [("name", value), ("name", "*." + value.partition(".")[2])]
        case ReferenceKind.COMMON_NAME:
            questions = [("common_name_folded", fold_compact(value))]
        case ReferenceKind.OID | ReferenceKind.BUSINESS_ID | ReferenceKind.ORGANISATION:
            questions = [("account_id", id_) for id_ in holders.get((reference.kind, _value_in_column(reference)), ())]
            if reference.kind is ReferenceKind.OID:
                questions.append(("organisation_oid", value))
            elif reference.kind is ReferenceKind.ORGANISATION:
                questions.append(("organisation_folded", fold_organisation(value)))
    return frozenset(question for question in questions if question[1] != "")


def _to_issuer(row: sa.Row[Any]) -> IssuerRecord:
    return IssuerRecord(
        id=row.id,
        name=row.name,
        key_identifier=row.key_identifier,
        is_test=row.is_test,
        crl_url=row.crl_url,
        ocsp_url=row.ocsp_url,
        certificate_der=row.certificate_der,
    )


def mark_revoked(
    tx: Transaction, certificate_id: int, *, at: datetime, reason: int | None, is_update: bool = False
) -> None:
    """Note that CRL and OCSP show the certificate as revoked since `at`, with this reason (None = none was given).

    A second mark changes nothing: there is no un-revoke, and the first publication stands, unless it `is_update`: its
    reason has become keyCompromise. Raises NotFoundError.
    """
    known = tx.execute(sa.select(certificates.c.revoked_at).where(certificates.c.id == certificate_id)).one_or_none()
    if known is None:
        raise NotFoundError(f"there is no certificate {certificate_id}", next_step="Check the number.")
    if known.revoked_at is not None and not is_update:
        return
    changes = {"revoked_at": require_utc(at), "reason": reason}
    tx.execute(certificates.update().where(certificates.c.id == certificate_id).values(changes))
    tx.record(Subject("certificate", certificate_id), "REVOKED", {"changes": changes})


def mark_many_revoked(tx: Transaction, revoked: Mapping[int, tuple[datetime, int]]) -> None:
    """`mark_revoked` for many: by certificate id, since when, and for which reason."""
    columns = certificates.c
    query = sa.select(columns.id).where(columns.id.in_(list(revoked)), columns.revoked_at.is_(None))
    fresh = sorted(tx.execute(query).scalars())
    changes = [{"revoked_at": require_utc(revoked[id_][0]), "reason": revoked[id_][1]} for id_ in fresh]
    update_rows(tx.connection, certificates, fresh, changes)
    for certificate_id, change in zip(fresh, changes, strict=True):
        tx.record(Subject("certificate", certificate_id), "REVOKED", {"changes": change})
