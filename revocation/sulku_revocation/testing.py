"""A register and a CA in memory, for tests and trials. They answer as the real ones do, by looking at everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sulku_kernel.address import normalise_address
from sulku_kernel.clock import Clock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    OrderToSend,
    Receipt,
    Refused,
)
from sulku_revocation.domain import register_port
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.folding import SIMILAR, fold_compact, fold_organisation, similarity
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import Account, CertificateRecord, IssuerRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import CANDIDATE_LIMIT
from sulku_revocation.domain.serials import near_readings


class FakeRegister:
    """Made of records; `sha1` adds SHA-1 fingerprints by certificate id (records only carry SHA-256)."""

    def __init__(
        self,
        certificates: Iterable[CertificateRecord] = (),
        accounts: Iterable[Account] = (),
        issuers: Iterable[IssuerRecord] = (),
        *,
        sha1: Mapping[int, str] | None = None,
    ) -> None:
        self._certificates = sorted(certificates, key=lambda record: -record.id)
        self._accounts = sorted(accounts, key=lambda account: account.id)
        self._issuers = sorted(issuers, key=lambda issuer: issuer.id)
        self._sha1 = dict(sha1 or {})

    def look_up(self, references: Sequence[Reference]) -> Mapping[Reference, tuple[CertificateRecord, ...]]:
        return {
            reference: tuple(filter(self._question(reference), self._certificates))[:CANDIDATE_LIMIT]
            for reference in references
        }

    def _question(self, reference: Reference) -> Callable[[CertificateRecord], bool]:
        value = reference.value
        readings = reference.readings or (value,)
        names = {value, "*." + value.partition(".")[2]}
        common_name = fold_compact(value)
        questions: dict[ReferenceKind, Callable[[CertificateRecord], bool]] = {
            ReferenceKind.SERIAL: lambda record: record.serial.hex in readings,
            ReferenceKind.FINGERPRINT: lambda record: value in {record.fingerprint, self._sha1.get(record.id)} - {""},
            ReferenceKind.CERTIFICATE: lambda record: value == record.fingerprint != "",
            ReferenceKind.SPKI: lambda record: value == record.spki != "",
            ReferenceKind.HOST_NAME: lambda record: not names.isdisjoint(record.host_names),
            ReferenceKind.COMMON_NAME: lambda record: fold_compact(record.common_name) == common_name != "",
        }
        return questions.get(reference.kind) or self._question_of_holder(reference)

    def _question_of_holder(self, reference: Reference) -> Callable[[CertificateRecord], bool]:
        value = reference.value
        if reference.kind is ReferenceKind.OID:
            holders = {account.id for account in self._accounts if account.oid == value != ""}
            return lambda record: record.organisation_oid == value != "" or record.account_id in holders
        if reference.kind is ReferenceKind.BUSINESS_ID:
            holders = {account.id for account in self._accounts if account.business_id == value != ""}
            return lambda record: record.account_id in holders
        folded = fold_organisation(value)
        holders = {a.id for a in self._accounts if fold_organisation(a.organisation) == folded != ""}
        return lambda record: record.account_id in holders or fold_organisation(record.organisation) == folded != ""

    def near_serials(self, reading: str) -> tuple[CertificateRecord, ...]:
        near = near_readings(reading)
        return tuple(record for record in self._certificates if record.serial.hex in near)[:CANDIDATE_LIMIT]

    def near_organisations(self, name: str) -> tuple[tuple[Account, float], ...]:
        folded = fold_organisation(name)
        scored = [(account, similarity(folded, fold_organisation(account.organisation))) for account in self._accounts]
        return tuple(sorted((hit for hit in scored if hit[1] >= SIMILAR), key=lambda hit: (-hit[1], hit[0].id)))[:10]

    def account_of_address(self, address: str) -> Account | None:
        return next(iter(self.accounts_of_address(address)), None)

    def accounts_of_address(self, address: str) -> tuple[Account, ...]:
        wanted = normalise_address(address)
        if wanted is None:
            return ()
        return tuple(
            account
            for account in self._accounts
            if any(normalise_address(contact.email) == wanted for contact in account.contacts)
        )

    def accounts_of_addresses(self, addresses: Iterable[str]) -> Mapping[str, tuple[Account, ...]]:
        return {address: self.accounts_of_address(address) for address in addresses}

    def account(self, account_id: int) -> Account | None:
        return next((account for account in self._accounts if account.id == account_id), None)

    def accounts_of_domain(self, domain: str) -> tuple[Account, ...]:
        labels = domain.lower().rstrip(".").split(".")
        above = {".".join(labels[at:]) for at in range(len(labels) - 1)}
        return tuple(account for account in self._accounts if not above.isdisjoint(account.domains))

    def certificates_of_account(
        self, account_id: int, *, limit: int = CANDIDATE_LIMIT
    ) -> tuple[CertificateRecord, ...]:
        return tuple(record for record in self._certificates if record.account_id == account_id)[:limit]

    def with_spki(self, spki: str) -> tuple[CertificateRecord, ...]:
        return tuple(record for record in self._certificates if record.spki == spki != "")

    def certificate(self, certificate_id: int) -> CertificateRecord | None:
        return next((record for record in self._certificates if record.id == certificate_id), None)

    def issuer(self, issuer_id: int) -> IssuerRecord | None:
        return next((issuer for issuer in self._issuers if issuer.id == issuer_id), None)

    def issuers(self) -> tuple[IssuerRecord, ...]:
        return tuple(self._issuers)

    def revocable_by(self, account: Account, certificate: CertificateRecord) -> bool:
        return register_port.revocable_by(account, certificate)


class FakeAuthority(Adapter):
    """A CA of some issuers that has issued what it was given: (issuer, DER), with serial numbers beside."""

    capabilities = Capabilities(invalidity_date=True, update_reason=True, is_idempotent=True, register=True)

    def __init__(self, clock: Clock, issuers: Iterable[IssuerRecord]) -> None:
        self._clock = clock
        self._issuers = list(issuers)
        self._issued: dict[tuple[int, int], bytes] = {}
        self._own: set[tuple[int, int]] = set()
        self._revoked: dict[tuple[int, int], tuple[int, datetime]] = {}
        self._orders: dict[str, tuple[int, int, int]] = {}

    def issued(self, issuer: IssuerRecord, serial: SerialNumber, der: bytes, *, is_ca: bool = False) -> None:
        """It issued this certificate."""
        self._issued[issuer.id, serial] = der
        if is_ca:
            self._own.add((issuer.id, serial))

    def probe(self) -> None:
        """It always answers."""

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        key = self._issuer(issuer.name, issuer.key_identifier).id, serial
        if key not in self._issued:
            return CertificateStatus(CertificateState.UNKNOWN)
        found = self._revoked.get(key)
        if found is None:
            return CertificateStatus(CertificateState.GOOD)
        return CertificateStatus(CertificateState.REVOKED, *found)

    def revoke(self, order: OrderToSend) -> Receipt:
        issuer = self._issuer(order.issuer_name, order.issuer_key_identifier)
        key = issuer.id, order.serial
        self._refuse(order, key)
        before = self._revoked.get(key)
        if before is None:
            return self._record(order, key, (order.reason, self._clock.now().replace(microsecond=0)))
        if order.idempotency_key in self._orders and before[0] == order.reason:
            return Accepted(before[1], is_repeat=True)
        if order.update_reason and before[0] != ReasonCode.KEY_COMPROMISE:
            return self._record(order, key, (order.reason, before[1]))
        return AlreadyRevoked(*before)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  as others have it
        return iter(list(self._issued.values()))

    def _record(self, order: OrderToSend, key: tuple[int, int], revocation: tuple[int, datetime]) -> Accepted:
        self._revoked[key] = revocation
        self._orders[order.idempotency_key] = (*key, order.reason)
        return Accepted(revocation[1])

    def _refuse(self, order: OrderToSend, key: tuple[int, int]) -> None:
        known = self._orders.get(order.idempotency_key)
        if order.reason not in set(ReasonCode) or (
            order.update_reason and order.reason is not ReasonCode.KEY_COMPROMISE
        ):
            raise Refused("reason", "never written")
        if not order.idempotency_key or (known is not None and known != (*key, order.reason)):
            raise Refused("malformed", "the key belongs to another order")
        if key not in self._issued:
            raise Refused("unknown_serial", "never issued")
        if key in self._own:
            raise Refused("not_authorised", "a certificate of a CA")

    def _issuer(self, name: str, key_identifier: str) -> IssuerRecord:
        for issuer in self._issuers:
            if key_identifier == issuer.key_identifier or (not key_identifier and _same_name(name, issuer.name)):
                return issuer
        raise Refused("wrong_issuer", "no issuer of this CA")


def _same_name(one: str, other: str) -> bool:
    try:
        return name_key(parse_name(one)) == name_key(parse_name(other))
    except UnreadableError:
        return False
