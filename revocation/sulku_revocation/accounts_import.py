"""Entering holders, their contacts, and which certificates are theirs: the whole file, or nothing.

A holder is its Business ID and OID. What the file says of one replaces what was on file, except certificates, which are
only added; holders that the file does not name stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import InputError
from sulku_kernel.events import Subject
from sulku_kernel.numbers import reserve
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.transaction import Transaction
from sulku_revocation.domain.accounts_file import AccountEntry, CertificateName
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.register_entry import IssuerClaim
from sulku_revocation.holders import Holders
from sulku_revocation.models import account_domains, accounts, certificates, contacts
from sulku_revocation.register_import import require_keeper
from sulku_revocation.register_issuers import IssuerBook
from sulku_revocation.register_rows import store_grams

Row = Mapping[str, Any]

_AT_ONCE = 1_000
_FAULT_STEP = "Correct the file and import it again; nothing was entered."


@dataclass(frozen=True, slots=True)
class _Claim:
    """An entry says that a certificate is its holder's."""

    at: int
    account_id: int
    issuer_id: int
    serial: str


@dataclass
class AccountsReport:
    """What an import did. `linked` counts certificates that have a holder since, `moved` those that had another."""

    accounts: int = 0
    new: int = 0
    updated: int = 0
    known: int = 0
    contacts: int = 0
    linked: int = 0
    moved: int = 0


def import_accounts(
    tx: Transaction, entries: Sequence[AccountEntry], *, name: str = "", sha256: str = ""
) -> AccountsReport:
    """Enter the holders and record it: one event for each that is new or changed, one for the import.

    `name` and `sha256` say which file it was. Raises InputError naming the entry, NotAllowedError; let them end the
    transaction.
    """
    require_keeper(tx.actor, "import accounts")
    # Held until the commit, so that imports, of certificates too, follow one another.
    number = reserve(tx.connection, "import")[0]
    report = AccountsReport(accounts=len(entries), contacts=sum(len(entry.contacts) for entry in entries))
    on_file = _OnFile(tx)
    seen: dict[int, int] = {}
    for at, entry in enumerate(entries, 1):
        account_id = _enter(tx, on_file, entry, at, name, report)
        if seen.setdefault(account_id, at) != at:
            raise _fault(name, at, f"the same holder as entry {seen[account_id]}, by Business ID and OID")
    on_file.store(tx)
    _link_named(tx, list(zip(seen, entries, strict=True)), name, report)
    report.linked += _link_by_subject(tx)
    tx.record(Subject("import", number), "ACCOUNTS_IMPORTED", {**asdict(report), "name": name, "sha256": sha256})
    return report


def _fault(name: str, at: int, sentence: str) -> InputError:
    return InputError(f"{name or 'accounts'}: entry {at}: {sentence}", next_step=_FAULT_STEP)


class _OnFile:
    """The holders as they are, and what the import changes about them."""

    def __init__(self, tx: Transaction) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.domains: defaultdict[int, set[str]] = defaultdict(set)
        self.contacts: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        self._of_business: defaultdict[str, list[int]] = defaultdict(list)
        self._of_oid: dict[str, int] = {}
        self._renamed: list[tuple[int, str, str]] = []
        for row in tx.execute(sa.select(accounts)).mappings():
            self.remember(dict(row))
        for row in tx.execute(sa.select(account_domains)).mappings():
            self.domains[row["account_id"]].add(row["domain"])
        for row in tx.execute(sa.select(contacts).order_by(contacts.c.position)).mappings():
            self.contacts[row["account_id"]].append(dict(row))

    def remember(self, row: dict[str, Any]) -> None:
        self.rows[row["id"]] = row
        self._of_business[row["business_id"]].append(row["id"])
        if row["oid"]:
            self._of_oid[row["oid"]] = row["id"]

    def find(self, entry: AccountEntry) -> dict[str, Any] | None:
        """The row that the entry means: the same Business ID and OID, or the one that lacked an OID until now.

        Raises ValueError when the OID is another holder's.
        """
        holder = self.rows.get(self._of_oid.get(entry.oid, 0)) if entry.oid else None
        if holder is not None and holder["business_id"] != entry.business_id:
            raise ValueError(f"the OID {entry.oid} is on file for {holder['organisation']} ({holder['business_id']})")
        if holder is not None:
            return holder
        of_business = [self.rows[id_] for id_ in self._of_business[entry.business_id]]
        if not entry.oid and len(of_business) > 1:
            raise ValueError(f"{len(of_business)} holders have the Business ID {entry.business_id}: give the OID")
        return next((row for row in of_business if not (row["oid"] and entry.oid)), None)

    def rename(self, id_: int, before: str, now: str) -> None:
        if before != now:
            self._renamed.append((id_, before, now))

    def store(self, tx: Transaction) -> None:
        tx.flush()
        store_grams(tx.connection, self._renamed)


def _enter(tx: Transaction, on_file: _OnFile, entry: AccountEntry, at: int, name: str, report: AccountsReport) -> int:
    try:
        before = on_file.find(entry)
    except ValueError as error:
        raise _fault(name, at, str(error)) from None
    said = _row(entry)
    if before is None:
        row = {"id": reserve(tx.connection, "account")[0], **said}
        tx.insert(accounts, row)
        on_file.remember(row)
        changes = dict(said)
    else:
        row = before
        # The OID of a holder stays when a file leaves it out.
        changes = {column: new for column, new in said.items() if row[column] != new and (column != "oid" or new)}
        if changes:
            tx.execute(accounts.update().where(accounts.c.id == row["id"]).values(changes))
    on_file.rename(row["id"], before["organisation_folded"] if before else "", said["organisation_folded"])
    changes |= _replace_domains(tx, on_file, row["id"], entry) | _replace_contacts(tx, on_file, row["id"], entry)
    if before is None:
        report.new += 1
    elif changes:
        report.updated += 1
    else:
        report.known += 1
    if changes:
        action = "ACCOUNT_ENTERED" if before is None else "ACCOUNT_CHANGED"
        tx.record(Subject("account", row["id"]), action, {"changes": changes})
    return int(row["id"])


def _row(entry: AccountEntry) -> dict[str, Any]:
    return {
        "organisation": entry.organisation,
        "organisation_folded": fold_organisation(entry.organisation),
        "business_id": entry.business_id,
        "oid": entry.oid,
        "language": entry.language.value,
    }


def _replace_domains(tx: Transaction, on_file: _OnFile, id_: int, entry: AccountEntry) -> dict[str, Any]:
    wanted = set(entry.domains)
    if wanted == on_file.domains[id_]:
        return {}
    if on_file.domains[id_]:
        tx.execute(account_domains.delete().where(account_domains.c.account_id == id_))
    tx.insert(account_domains, *({"account_id": id_, "domain": domain} for domain in sorted(wanted)))
    return {"domains": sorted(wanted)}


def _replace_contacts(tx: Transaction, on_file: _OnFile, id_: int, entry: AccountEntry) -> dict[str, Any]:
    wanted = [
        {
            "account_id": id_,
            "position": position,
            "name": contact.name,
            "email": contact.email,
            "phone": contact.phone,
            "roles": " ".join(sorted(contact.roles)),
        }
        for position, contact in enumerate(entry.contacts)
    ]
    if wanted == on_file.contacts[id_]:
        return {}
    if on_file.contacts[id_]:
        tx.execute(contacts.delete().where(contacts.c.account_id == id_))
    tx.insert(contacts, *wanted)
    return {"contacts": [{n: v for n, v in row.items() if n not in {"account_id", "position"}} for row in wanted]}


def _link_named(
    tx: Transaction, holders: Sequence[tuple[int, AccountEntry]], name: str, report: AccountsReport
) -> None:
    """Give the certificates that the entries list to their holders."""
    issuers = IssuerBook(tx)
    named = [
        _Claim(at, account_id, _issuer(issuers, certificate, at, name), certificate.serial)
        for at, (account_id, entry) in enumerate(holders, 1)
        for certificate in entry.certificates
    ]
    claimed: dict[int, int] = {}
    for begin in range(0, len(named), _AT_ONCE):
        claims = named[begin : begin + _AT_ONCE]
        on_file = _certificates(tx, {claim.serial for claim in claims})
        links = []
        for claim in claims:
            row, serial = on_file.get((claim.issuer_id, claim.serial)), whole_octets(claim.serial)
            if row is None:
                raise _fault(name, claim.at, f"its issuer has no certificate {serial} on file; import it first")
            if row.certificate_type == CertificateType.CA.value:
                raise _fault(name, claim.at, f"certificate {serial} is a CA's own and has no holder")
            if claimed.setdefault(row.id, claim.at) != claim.at:
                raise _fault(name, claim.at, f"certificate {serial} is in entry {claimed[row.id]} too")
            if row.account_id != claim.account_id:
                links.append({"of": row.id, "holder": claim.account_id})
                _record_move(tx, row, claim, report)
        if links:
            update = certificates.update().where(certificates.c.id == sa.bindparam("of"))
            tx.execute(update.values(account_id=sa.bindparam("holder")), links)
        report.linked += len(links)


def _issuer(issuers: IssuerBook, named: CertificateName, at: int, name: str) -> int:
    claim = IssuerClaim(named.issuer, named.issuer_key, named.issuer_key_identifier, is_test=False)
    try:
        found = issuers.find(claim)
    except UnreadableError as error:
        raise _fault(name, at, str(error)) from None
    if found is None:
        raise _fault(name, at, f"there is no issuer {named.issuer}; import its certificates first")
    return found


def _certificates(tx: Transaction, serials: set[str]) -> dict[tuple[int, str], sa.Row[Any]]:
    c = certificates.c
    query = sa.select(c.id, c.issuer_id, c.serial, c.account_id, c.certificate_type)
    rows = tx.execute(query.where(c.serial.in_(sorted(serials))))
    return {(row.issuer_id, row.serial): row for row in rows}


def _record_move(tx: Transaction, row: sa.Row[Any], claim: _Claim, report: AccountsReport) -> None:
    if row.account_id is None:
        return
    report.moved += 1
    changes = {"account_id": claim.account_id}
    tx.record(Subject("certificate", row.id), "HOLDER_CHANGED", {"changes": changes, "from": row.account_id})


def _link_by_subject(tx: Transaction) -> int:
    """Give certificates without a holder to the one their subject names, if it names one. Returns how many."""
    holders = Holders(tx.connection)
    c = certificates.c
    nobodys = c.account_id.is_(None), c.certificate_type != CertificateType.CA.value
    query = sa.select(c.organisation_oid, c.organisation_folded).where(*nobodys).distinct()
    linked = 0
    for row in tx.execute(query).all():
        account_id = holders.find(oid=row.organisation_oid, organisation_folded=row.organisation_folded)
        if account_id is not None:
            named = c.organisation_oid == row.organisation_oid, c.organisation_folded == row.organisation_folded
            linked += tx.execute(certificates.update().where(*nobodys, *named).values(account_id=account_id)).rowcount
    return linked
