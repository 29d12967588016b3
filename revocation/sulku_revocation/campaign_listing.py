"""Puts certificates on a campaign's list: by criteria, by key, or from a file, with every line that names none.

In steps of a thousand, each its own transaction, so that a list of any length takes little memory; a repeat after a
fault adds what is missing. Certificates of CAs are never listed. What is revoked or expired stands on the list as
LEFT_OUT, so that whoever reads the report sees that it was thought of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_kernel import numbers
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.errors import InputError
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Row, Transaction, begin
from sulku_mailbox.batches import in_batches
from sulku_revocation.campaign_models import CAMPAIGN_LINES, CAMPAIGNS, campaign_lines
from sulku_revocation.domain.campaign_file import GivenLine, read_list
from sulku_revocation.domain.campaign_states import require_step
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.models import accounts, certificates, issuers
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.roles import DECIDERS, require_role

AT_ONCE = 1_000
MOST_UNMATCHED = 10_000
_GIVEN = "given"

Progress = Callable[["Listed"], None]


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which live certificates (neither revoked nor expired) are meant: those that fit everything that is given.

    `organisation`: the holder's or the subject's name, folded before it is compared. `issued_from` and `issued_until`
    bound the beginning of the validity, the latter not included.
    """

    issuer_id: int | None = None
    certificate_type: CertificateType | None = None
    organisation: str = ""
    issued_from: datetime | None = None
    issued_until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it would mean the whole register: that is never a list."""
        return self == Criteria()


@dataclass
class Listed:
    """What has been put on a list so far."""

    added: int = 0
    left_out: int = 0
    known: int = 0
    unmatched: list[tuple[str, str, str]] | None = None
    """(place, text, why) of every line that names no certificate, or several."""


@dataclass(frozen=True, slots=True)
class _Found:
    certificate_id: int
    issuer_id: int
    serial: str
    account_id: int | None
    revoked_at: datetime | None
    not_after: datetime | None
    due_at: datetime | None = None


class Lister:
    """Adds to the list of one campaign, in the name of `actor`."""

    def __init__(
        self, store: Store, clock: Clock, actor: Actor, campaign_id: int, progress: Progress | None = None
    ) -> None:
        """Raises NotAllowedError."""
        require_role(actor, DECIDERS, "list certificates for a campaign")
        self._store, self._clock, self._actor = store, clock, actor
        self._campaign_id = campaign_id
        self._progress = progress or (lambda _: None)

    def by_criteria(self, criteria: Criteria) -> Listed:
        """Every live certificate that fits. Raises InputError when there are no criteria or nothing fits."""
        if criteria.is_empty:
            raise InputError("no criterion was given", next_step="Give an issuer, a type, an organisation or dates.")
        return self._add_all(self._fitting(_condition(criteria, self._clock.now())), str(criteria))

    def by_key(self, spki: str) -> Listed:
        """Every certificate with this key (SHA-256 of the SubjectPublicKeyInfo, hex). Raises InputError."""
        return self._add_all(self._fitting(certificates.c.spki == spki), f"key {spki}")

    def from_file(self, name: str, data: bytes) -> Listed:
        """What a list names (`domain/campaign_file.py`). Raises InputError when it is none, or hardly one of ours."""
        listed = Listed(unmatched=[])
        for lines in in_batches(read_list(data), AT_ONCE):
            self._add_lines(name, lines, listed)
        return listed

    def _fitting(self, condition: sa.ColumnElement[bool]) -> Iterator[list[_Found]]:
        columns = certificates.c
        selected = (columns.id, columns.issuer_id, columns.serial, columns.account_id, columns.revoked_at)
        query = sa.select(*selected, columns.not_after).where(condition, columns.certificate_type != CertificateType.CA)
        after = 0
        while True:
            with self._store.reading() as connection:
                step = query.where(columns.id > after).order_by(columns.id).limit(AT_ONCE)
                found = [_Found(*row) for row in connection.execute(step)]
            if not found:
                return
            yield found
            after = found[-1].certificate_id

    def _add_all(self, steps: Iterable[list[_Found]], source: str) -> Listed:
        listed = Listed()
        for found in steps:
            with begin(self._store, self._clock, self._actor) as tx:
                _add(tx, self._campaign_id, found, [], source, listed)
            self._progress(listed)
        if not listed.added + listed.left_out + listed.known:
            raise InputError("no certificate on file fits", next_step="Look it up: sulku register find.")
        return listed

    def _add_lines(self, name: str, lines: Sequence[GivenLine], listed: Listed) -> None:
        with begin(self._store, self._clock, self._actor) as tx:
            found, unmatched = _resolve(tx.connection, lines)
            assert listed.unmatched is not None
            listed.unmatched += unmatched
            if len(listed.unmatched) > MOST_UNMATCHED:
                raise InputError(
                    f"more than {MOST_UNMATCHED:,} lines name no certificate on file",
                    next_step="Import the register first, or give the list of this CA.",
                )
            _add(tx, self._campaign_id, found, [[name, *one] for one in unmatched], name, listed)
        self._progress(listed)


def _condition(criteria: Criteria, now: datetime) -> sa.ColumnElement[bool]:
    columns = certificates.c
    wanted = [columns.revoked_at.is_(None), sa.or_(columns.not_after.is_(None), columns.not_after >= now)]
    if criteria.issuer_id is not None:
        wanted.append(columns.issuer_id == criteria.issuer_id)
    if criteria.certificate_type is not None:
        wanted.append(columns.certificate_type == criteria.certificate_type)
    if criteria.organisation:
        folded = fold_organisation(criteria.organisation)
        holders = sa.select(accounts.c.id).where(accounts.c.organisation_folded == folded)
        wanted.append(sa.or_(columns.organisation_folded == folded, columns.account_id.in_(holders)))
    if criteria.issued_from is not None:
        wanted.append(columns.not_before >= criteria.issued_from)
    if criteria.issued_until is not None:
        wanted.append(columns.not_before < criteria.issued_until)
    return sa.and_(*wanted)


def _resolve(connection: sa.Connection, lines: Sequence[GivenLine]) -> tuple[list[_Found], list[tuple[str, str, str]]]:
    """The certificates that lines name, and the lines that name none or several, with why."""
    asked = {line: _references(line) for line in lines if not line.problem}
    answers = DatabaseRegister(connection).look_up([reference for several in asked.values() for reference in several])
    names = {row.id: row.name_key for row in connection.execute(sa.select(issuers.c.id, issuers.c.name_key))}
    found, unmatched = [], []
    for line in lines:
        hits = {hit.id: hit for reference in asked.get(line, ()) for hit in answers[reference]}
        fitting = [hit for hit in hits.values() if not line.issuer or names[hit.issuer_id] == line.issuer]
        why = line.problem or _why_not(fitting, line)
        if why:
            unmatched.append((line.place, line.text, why))
        else:
            (hit,) = fitting
            found.append(_from_record(hit, line.due_at))
    return found, unmatched


def _references(line: GivenLine) -> list[Reference]:
    references = []
    if line.fingerprint:
        references.append(Reference(ReferenceKind.FINGERPRINT, line.fingerprint, _GIVEN))
    if line.readings:
        references.append(Reference(ReferenceKind.SERIAL, line.readings[0], _GIVEN, readings=line.readings))
    return references


def _why_not(fitting: Sequence[CertificateRecord], line: GivenLine) -> str:
    if not fitting:
        return "no certificate of that issuer on file" if line.issuer else "no certificate on file"
    if len(fitting) > 1:
        return "fits several: " + "; ".join(f"{hit.serial} of {hit.issuer}" for hit in fitting[:5])
    return "a certificate of a CA itself" if fitting[0].certificate_type is CertificateType.CA else ""


def _from_record(record: CertificateRecord, due_at: datetime | None) -> _Found:
    return _Found(
        record.id,
        record.issuer_id,
        record.serial.hex,
        record.account_id,
        record.revoked_at,
        record.not_after,
        due_at,
    )


def _add(
    tx: Transaction, campaign_id: int, found: Sequence[_Found], unmatched: list[list[str]], source: str, listed: Listed
) -> None:
    """One step. The campaign's row is locked first: two who list at once wait for each other."""
    campaign = tx.get(CAMPAIGNS, campaign_id)
    require_step(campaign["state"], "LIST")
    new = _not_listed(tx, campaign_id, {one.certificate_id: one for one in found})
    tx.flush()
    ids = numbers.reserve(tx.connection, CAMPAIGN_LINES.kind, len(new)) if new else range(0)
    for line_id, one in zip(ids, new, strict=True):
        why = _left_out(one, tx.now)
        verb = "LEAVE_OUT" if why else "LIST"
        tx.create(CAMPAIGN_LINES, line_id, verb, _values(campaign_id, one, why))
        listed.left_out += bool(why)
    listed.added += len(new)
    listed.known += len(found) - len(new)
    changes: dict[str, Any] = {"total": campaign["total"] + len(new)}
    if unmatched:
        changes["unmatched"] = _merged(campaign, unmatched)
    tx.change(CAMPAIGNS, campaign, "LIST", changes, source=source)


def _not_listed(tx: Transaction, campaign_id: int, found: Mapping[int, _Found]) -> list[_Found]:
    columns = campaign_lines.c
    query = sa.select(columns.certificate_id).where(
        columns.campaign_id == campaign_id, columns.certificate_id.in_(list(found))
    )
    known = set(tx.execute(query).scalars())
    return [one for id_, one in sorted(found.items()) if id_ not in known]


def _left_out(one: _Found, now: datetime) -> str:
    if one.revoked_at is not None:
        return "revoked"
    return "expired" if one.not_after is not None and one.not_after < now else ""


def _values(campaign_id: int, one: _Found, why: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "campaign_id": campaign_id,
        "certificate_id": one.certificate_id,
        "issuer_id": one.issuer_id,
        "serial": one.serial,
        "account_id": one.account_id,
        "why": why or None,
        "due_at": one.due_at,
    }
    return {name: value for name, value in values.items() if value is not None}


def _merged(campaign: Row, unmatched: list[list[str]]) -> list[list[str]]:
    """The same list given twice does not tell of a line twice."""
    told = {tuple(one): one for one in [*campaign["unmatched"], *unmatched]}
    return list(told.values())
