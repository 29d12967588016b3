"""Entering certificates into the register: all of what is given, or nothing.

A certificate is its issuer and its serial number. What was read from a certificate goes before what a list says, and a
list only fills what is empty; so the same input twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.errors import InputError
from sulku_kernel.events import Subject
from sulku_kernel.numbers import reserve
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Transaction
from sulku_revocation.certificate_documents import keep_documents
from sulku_revocation.certificate_sources import Fault, Source
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_list import UnreadableLineError, read_certificate_list
from sulku_revocation.domain.certificate_reading import DEFAULT_RULES, TypeRules
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.register_entry import RegisterEntry, read_entry
from sulku_revocation.holders import Holders
from sulku_revocation.models import certificate_names, certificates
from sulku_revocation.register_issuers import IssuerBook
from sulku_revocation.register_rows import certificate_row, name_rows
from sulku_tickets.domain.roles import KEEPS_ACCOUNTS, require_role

_AT_ONCE = 1_000
_MOST_FAULTS = 100
_NAMED_IN_EVENT = 100
# What no import touches on a row that exists.
_KEPT = frozenset({"id", "revoked_at", "reason"})
_NOTHING = (None, "", CertificateType.UNKNOWN.value)

Row = Mapping[str, Any]
Key = tuple[int, str]


@dataclass
class ImportReport:
    """What an import did. `known` were on file already, with nothing to add; `issuers` are new ones."""

    files: int = 0
    certificates: int = 0
    new: int = 0
    updated: int = 0
    known: int = 0
    issuers: int = 0
    remarks: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class FaultyInputError(InputError):
    """Something in the input is wrong, so nothing was entered; `report.faults` says what and where."""

    def __init__(self, report: ImportReport) -> None:
        count = len(report.faults)
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(
            f"{report.faults[0]}{more}",
            next_step="Correct the file or leave it out, and import again; nothing was entered.",
        )
        self.report = report


def require_keeper(actor: Actor, doing: str) -> None:
    """Nothing for an administrator and for parts of the desk. Raises NotAllowedError for everybody else."""
    if not actor.name.startswith("desk:"):
        require_role(actor, KEEPS_ACCOUNTS, doing)


def import_certificates(
    tx: Transaction,
    sources: Iterable[Source | Fault],
    *,
    rules: TypeRules = DEFAULT_RULES,
    progress: Callable[[ImportReport], None] = lambda _: None,
) -> ImportReport:
    """Enter the certificates of all sources and record the import. `progress` is called after each file.

    Raises FaultyInputError, with every fault found, when anything is wrong; let it end the transaction.
    """
    require_keeper(tx.actor, "import certificates")
    run = _Import(tx, rules)
    for source in sources:
        run.take(source)
        progress(run.report)
    return run.finish()


def read_source(source: Source, rules: TypeRules) -> Iterator[RegisterEntry]:
    """The entries of one file: a list when its name ends in `.csv`. Raises UnreadableError, with a place if it can."""
    if source.name.lower().endswith(".csv"):
        yield from read_certificate_list(source.data, rules)
        return
    found = find_certificates(source.data)
    for number, der in enumerate(found, 1):
        place = f"certificate {number}" if len(found) > 1 else ""
        try:
            yield read_entry(der, place, rules)
        except UnreadableError as error:
            raise UnreadableLineError(str(error), place) from None


class _Import:
    def __init__(self, tx: Transaction, rules: TypeRules) -> None:
        self.report = ImportReport()
        # Held until the commit, so that imports, of accounts too, follow one another.
        self._number = reserve(tx.connection, "import")[0]
        self._tx = tx
        self._rules = rules
        self._issuers = IssuerBook(tx)
        self._holders = Holders(tx.connection)
        self._waiting: list[tuple[str, RegisterEntry]] = []
        self._digests: list[tuple[str, str]] = []

    def take(self, source: Source | Fault) -> None:
        self.report.files += 1
        if isinstance(source, Fault):
            self._fault(source)
            return
        self._digests.append((source.name, hashlib.sha256(source.data).hexdigest()))
        try:
            for entry in read_source(source, self._rules):
                self.report.certificates += 1
                self._waiting.append((source.name, entry))
                if len(self._waiting) >= _AT_ONCE:
                    self._enter()
        except UnreadableError as error:
            self._fault(Fault(source.name, getattr(error, "place", ""), str(error)))

    def _fault(self, fault: Fault) -> None:
        self.report.faults.append(fault)
        if len(self.report.faults) >= _MOST_FAULTS:
            self._refuse()

    def _refuse(self) -> NoReturn:
        self.report.new = self.report.updated = 0
        raise FaultyInputError(self.report)

    def finish(self) -> ImportReport:
        self._enter()
        report = self.report
        if report.faults:
            self._refuse()
        report.issuers, report.remarks = self._issuers.created, self._issuers.remarks
        listed = "".join(f"{digest}  {name}\n" for name, digest in self._digests)
        payload: dict[str, Any] = {
            **{name: getattr(report, name) for name in ("files", "certificates", "new", "updated", "known", "issuers")},
            "sha256": self._digests[0][1] if len(self._digests) == 1 else hashlib.sha256(listed.encode()).hexdigest(),
            "names": [name for name, _ in self._digests[:_NAMED_IN_EVENT]],
        }
        self._tx.record(Subject("import", self._number), "CERTIFICATES_IMPORTED", payload)
        return report

    def _enter(self) -> None:
        """Write what was read so far: issuers first, then new certificates, then changes to known ones."""
        waiting, self._waiting = self._waiting, []
        keyed = [(key, name, entry) for name, entry in waiting if (key := self._key(name, entry)) is not None]
        self._issuers.store()
        on_file = _rows_on_file(self._tx, {key for key, _, _ in keyed})
        new: dict[Key, dict[str, Any]] = {}
        changed: dict[Key, dict[str, Any]] = {}
        documents: dict[int, bytes] = {}
        numbers = iter(self._reserve({key for key, _, _ in keyed} - set(on_file)))
        for key, name, entry in keyed:
            before = changed.get(key) or new.get(key) or on_file.get(key)
            if before is None:
                new[key] = certificate_row(next(numbers), key[0], entry, self._holder(entry))
                documents[new[key]["id"]] = entry.der
                self.report.new += 1
                continue
            after = self._merged(before, entry, name)
            documents[before["id"]] = documents.get(before["id"]) or (entry.der if after is not None else b"")
            if after is None or after == before:
                self.report.known += 1
                continue
            self.report.updated += 1
            (new if key in new else changed)[key] = after
        self._write(new.values(), changed.values())
        keep_documents(self._tx, {id_: der for id_, der in documents.items() if der})

    def _reserve(self, keys: set[Key]) -> range:
        return reserve(self._tx.connection, "certificate", len(keys)) if keys else range(0)

    def _key(self, name: str, entry: RegisterEntry) -> Key | None:
        try:
            if entry.authority is not None:
                self._issuers.resolve(entry.authority)
            return self._issuers.resolve(entry.issuer), entry.serial
        except UnreadableError as error:
            self._fault(Fault(name, entry.place, str(error)))
            return None

    def _holder(self, entry: RegisterEntry) -> int | None:
        if entry.certificate_type is CertificateType.CA:
            return None
        folded = fold_organisation(entry.organisation)
        return self._holders.find(oid=entry.organisation_oid, organisation_folded=folded)

    def _merged(self, before: Row, entry: RegisterEntry, name: str) -> dict[str, Any] | None:
        """The row as it is now. None, and a fault, when two certificates claim one serial number of one issuer."""
        if before["fingerprint"] and entry.fingerprint and before["fingerprint"] != entry.fingerprint:
            self._fault(
                Fault(
                    name,
                    entry.place,
                    f"another certificate with serial number {whole_octets(entry.serial)} of this issuer exists",
                )
            )
            return None
        said = certificate_row(before["id"], before["issuer_id"], entry, before["account_id"] or self._holder(entry))
        only_a_list = bool(before["spki"]) and not entry.is_whole
        return {
            column: said[column] if _goes_before(column, said[column], old, only_a_list=only_a_list) else old
            for column, old in before.items()
        }

    def _write(self, new: Collection[Row], changed: Collection[Row]) -> None:
        self._tx.insert(certificates, *new)
        if rows := [{"of": row["id"], **{n: v for n, v in row.items() if n not in _KEPT}} for row in changed]:
            self._tx.execute(certificates.update().where(certificates.c.id == sa.bindparam("of")), rows)
            self._tx.execute(
                certificate_names.delete().where(certificate_names.c.certificate_id == sa.bindparam("of")),
                [{"of": row["of"]} for row in rows],
            )
        self._tx.insert(certificate_names, *(row for certificate in (*new, *changed) for row in name_rows(certificate)))
        self._tx.flush()


def _goes_before(column: str, new: Any, old: Any, *, only_a_list: bool) -> bool:
    return column not in _KEPT and new not in _NOTHING and (not only_a_list or old in _NOTHING)


def _rows_on_file(tx: Transaction, keys: set[Key]) -> dict[Key, dict[str, Any]]:
    serials = sorted({serial for _, serial in keys})
    rows = tx.execute(sa.select(certificates).where(certificates.c.serial.in_(serials))).mappings()
    return {(row["issuer_id"], row["serial"]): dict(row) for row in rows if (row["issuer_id"], row["serial"]) in keys}
