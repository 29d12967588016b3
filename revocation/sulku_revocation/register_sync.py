"""Keeps the register in step with a CA: what the CA has issued and the register lacks is entered.

The CA's list, or what is new on it (`register_marks.py`), is compared by fingerprint, a thousand certificates at a
time; only what is new is written, so that a repeat, or one that was broken off, is cheap and changes nothing. Where a
CA lists numbers, only certificates that the register lacks are fetched (`OnFile`). One that cannot be read, or
contradicts what is on file, is named and leaves the others alone. New keys are looked at for weakness on the way, and a
certificate on a blocked key becomes a case in the transaction that enters it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.events import Subject
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction, begin
from sulku_mailbox.batches import in_batches
from sulku_revocation.blocked_certificates import MOST_AT_ONCE, open_cases
from sulku_revocation.ca.authorities import Authorities
from sulku_revocation.ca.authority import Mark
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.certificate_reading import TypeRules
from sulku_revocation.domain.record import CertificateType, IssuerRecord
from sulku_revocation.domain.register_entry import read_entry
from sulku_revocation.key_models import compromised_keys
from sulku_revocation.key_sweep import block_all_weak, find_weak
from sulku_revocation.models import certificate_documents, certificates
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_import import FaultyInputError, import_certificates
from sulku_revocation.register_marks import keep_mark, read_mark
from sulku_tickets.domain.escalation_policy import EscalationPolicy

AT_ONCE = 1_000
MOST_NAMED = 100

OnCall = Callable[[], EscalationPolicy]


@dataclass
class SyncReport:
    """What a take-over from one CA came to.

    `new` certificates were issued since the last one or outside the desk; of them `without_holder` (serial, common
    name) belong to nobody on file, and a person finds out whose they are. `weak` are digests of new keys on the block
    list, `cases` the numbers of tickets about certificates on blocked keys. `faults` and the lists name the first
    hundred.
    """

    ca: str
    seen: int = 0
    new: int = 0
    without_holder: list[tuple[str, str]] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, sentence: str) -> None:
        """Note one; beyond a hundred none."""
        if len(self.faults) < MOST_NAMED:
            self.faults.append(sentence)


@dataclass(frozen=True)
class _Entering:
    """How certificates are entered, who is paged about one on a blocked key, and where it is noted."""

    rules: TypeRules
    on_call: OnCall
    report: SyncReport


class OnFile:
    """What of one CA the register has whole, for `CertificateAuthority.register`.

    Only the certificates of issuers that this CA `serves` count: another's may have the same number. `passed_over`: how
    many needed not be fetched.
    """

    def __init__(self, store: Store, serves: Callable[[IssuerRecord], bool]) -> None:
        self._store = store
        self._serves = serves
        self._issuers: tuple[int, ...] | None = None
        self.passed_over = 0

    def lacking(self, serials: Sequence[SerialNumber]) -> Collection[SerialNumber]:
        """Those of the numbers that are to be fetched."""
        columns = certificates.c
        with self._store.reading() as connection:
            if self._issuers is None:
                self._issuers = tuple(one.id for one in DatabaseRegister(connection).issuers() if self._serves(one))
            query = sa.select(columns.serial).where(
                columns.serial.in_([serial.hex for serial in serials]), columns.issuer_id.in_(self._issuers)
            )
            known = set(connection.execute(query.join(certificate_documents)).scalars())
        missing = [serial for serial in serials if serial.hex not in known]
        self.passed_over += len(serials) - len(missing)
        return missing


def sync_with(
    store: Store, clock: Clock, actor: Actor, authorities: Authorities, ca: str, on_call: OnCall, *, whole: bool = True
) -> SyncReport:
    """Enter what is new at the CA of this name; not `whole`: what was issued behind the last mark.

    Raises what `sync_register` and opening the CA raise.
    """
    named, authority = authorities.get(ca), authorities.open(ca)
    on_file = OnFile(store, lambda issuer: authorities.is_served_by(ca, issuer))
    known = None if whole else read_mark(store, named)
    mark, whole_at = (Mark(), clock.now()) if known is None else (Mark(known.mark), known.whole_at)
    if authority.capabilities.marks:
        issued = authority.register_since(mark, on_file.lacking)
    else:
        issued = authority.register(on_file.lacking)
    report = sync_register(store, clock, actor, ca, issued, on_call, is_test=named.is_test, on_file=on_file)
    with begin(store, clock, actor) as tx:
        keep_mark(tx, named, mark.value, whole_at)
    return report


def sync_register(
    store: Store,
    clock: Clock,
    actor: Actor,
    ca: str,
    issued: Iterable[bytes],
    on_call: OnCall,
    *,
    is_test: bool | None,
    on_file: OnFile | None = None,
) -> SyncReport:
    """Enter what is new of `issued`, the DER of what this CA has issued. Safe to repeat and to break off.

    `is_test` as the settings say of the CA: the issuers of a test CA are test issuers, and a production CA's may be
    none. `on_call` says who is paged about a blocked key. Raises NotAllowedError, and what reading the CA's list
    raises.
    """
    report = SyncReport(ca)
    entering = _Entering(TypeRules(all_test=is_test is True), on_call, report)
    for ders in in_batches(issued, AT_ONCE):
        report.seen += len(ders)
        unknown = _unknown(store, ders)
        readable = [der for der in unknown if _is_acceptable(der, entering.rules, report, is_test=is_test)]
        if readable:
            _enter(store, clock, actor, readable, entering)
    report.seen += 0 if on_file is None else on_file.passed_over
    if report.new or report.faults:
        with begin(store, clock, actor) as tx:
            payload = {"ca": ca, "seen": report.seen, "new": report.new, "because": report.faults}
            tx.record(Subject("import", 0), "REGISTER_SYNCED", payload)
    return report


def _unknown(store: Store, ders: Sequence[bytes]) -> list[bytes]:
    """Those that are not on file, or only by their fingerprint."""
    by_fingerprint = {hashlib.sha256(der).hexdigest(): der for der in ders}
    query = sa.select(certificates.c.fingerprint).where(certificates.c.fingerprint.in_(list(by_fingerprint)))
    query = query.join(certificate_documents, certificate_documents.c.certificate_id == certificates.c.id)
    with store.reading() as connection:
        known = set(connection.execute(query).scalars())
    return [der for fingerprint, der in by_fingerprint.items() if fingerprint not in known]


def _is_acceptable(der: bytes, rules: TypeRules, report: SyncReport, *, is_test: bool | None) -> bool:
    try:
        entry = read_entry(der, "", rules)
    except UnreadableError as error:
        report.fault(f"certificate with SHA-256 {hashlib.sha256(der).hexdigest()}: {error}")
        return False
    if is_test is False and entry.issuer.is_test:
        serial = whole_octets(entry.serial)
        report.fault(f"{serial} is of the test issuer {entry.issuer.name}, and {report.ca} is a production CA")
        return False
    return True


def _enter(store: Store, clock: Clock, actor: Actor, ders: Sequence[bytes], entering: _Entering) -> None:
    """All in one transaction; when something contradicts the register each by itself, to find out which."""
    try:
        with begin(store, clock, actor) as tx:
            _import(tx, ders, entering)
    except FaultyInputError as error:
        if len(ders) == 1:
            entering.report.fault(str(error))
            return
        for der in ders:
            _enter(store, clock, actor, [der], entering)


def _import(tx: Transaction, ders: Sequence[bytes], entering: _Entering) -> None:
    """Raises FaultyInputError, and then the report is as it was."""
    report = entering.report
    sources = [Source(f"{report.ca}:{n}", der) for n, der in enumerate(ders)]
    imported = import_certificates(tx, sources, rules=entering.rules)
    _, weak = find_weak(ders)
    blocked = block_all_weak(tx, weak)
    orphans = _without_holder(tx, ders)
    cases = []
    if _any_on_blocked_key(tx, ders):
        register = DatabaseRegister(tx.connection)
        cases = open_cases(tx, register, entering.on_call, MOST_AT_ONCE - len(report.cases))
    report.new += imported.new
    report.weak += blocked
    report.without_holder += orphans[: MOST_NAMED - len(report.without_holder)]
    report.cases += [case["number"] for case in cases]


def _any_on_blocked_key(tx: Transaction, ders: Sequence[bytes]) -> bool:
    query = (
        sa.select(certificates.c.id)
        .join(compromised_keys, compromised_keys.c.spki == certificates.c.spki)
        .where(certificates.c.fingerprint.in_([hashlib.sha256(der).hexdigest() for der in ders]))
    )
    return tx.execute(query.limit(1)).first() is not None


def _without_holder(tx: Transaction, ders: Sequence[bytes]) -> list[tuple[str, str]]:
    columns = certificates.c
    query = sa.select(columns.serial, columns.common_name).where(
        columns.fingerprint.in_([hashlib.sha256(der).hexdigest() for der in ders]),
        columns.account_id.is_(None),
        columns.certificate_type != CertificateType.CA.value,
    )
    return [(row.serial, row.common_name) for row in tx.execute(query.order_by(columns.id))]
