"""One suite, three authorities: the embedded CA itself, its adapter over HTTP, and the fake that others test with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from tests.servers.ca import issuer_record, open_ca, serial_of, serve_ca, to_issue

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateAuthority,
    CertificateState,
    CertificateStatus,
    OrderToSend,
    Refused,
)
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.testing import FakeAuthority


@dataclass(frozen=True)
class Case:
    authority: CertificateAuthority
    clock: SetClock
    root: IssuerRecord
    care: IssuerRecord
    test: IssuerRecord
    issued: list[bytes]  # by the issuer `care`
    ca_serial: SerialNumber  # of the certificate of `care`, issued by `root`

    def order(self, **given) -> OrderToSend:
        order = OrderToSend(
            "order:1", self.care.name, self.care.key_identifier, serial_of(self.issued[0]), ReasonCode.SUPERSEDED
        )
        return replace(order, **given)

    def status(self, der: bytes | None = None) -> CertificateStatus:
        return self.authority.lookup(self.care, serial_of(der or self.issued[0]))


@pytest.fixture(params=["embedded", "local", "fake"])
def case(request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock) -> Iterator[Case]:
    with ExitStack() as stack:
        ca = stack.enter_context(open_ca(tmp_path / "ca", clock))
        issued = ca.issue_many("care", [to_issue(clock, f"host{n}.example") for n in range(3)])
        records = [issuer_record(ca, slug, id_) for id_, slug in enumerate(("root", "care", "test"))]
        ca_serial = serial_of(ca.issuer_certificate("care"))
        authority: CertificateAuthority = ca
        if request.param == "local":
            authority = stack.enter_context(serve_ca(ca, tmp_path / "ca")).authority
        elif request.param == "fake":
            authority = _fake(ca, clock, records, issued)
        yield Case(authority, clock, *records, issued, ca_serial)


def _fake(ca: EmbeddedCa, clock: SetClock, records: list[IssuerRecord], issued: list[bytes]) -> FakeAuthority:
    fake = FakeAuthority(clock, records)
    for slug in ("root", "care", "test"):
        der = ca.issuer_certificate(slug)
        fake.issued(records[0], serial_of(der), der, is_ca=True)
    for der in issued:
        fake.issued(records[1], serial_of(der), der)
    return fake


def test_an_authority_is_what_the_protocol_says(case: Case) -> None:
    assert isinstance(case.authority, CertificateAuthority)


def test_an_order_revokes_with_its_reason_and_the_date_of_the_ca(case: Case) -> None:
    assert case.status() == CertificateStatus(CertificateState.GOOD)
    assert case.authority.revoke(case.order()) == Accepted(case.clock.now())
    assert case.status() == CertificateStatus(CertificateState.REVOKED, ReasonCode.SUPERSEDED, case.clock.now())
    assert case.status(case.issued[1]).state is CertificateState.GOOD


def test_the_same_order_again_acts_once_and_keeps_the_first_date(case: Case) -> None:
    first = case.clock.now()
    case.authority.revoke(case.order())
    case.clock.advance(timedelta(minutes=5))
    assert case.authority.revoke(case.order()) == Accepted(first, is_repeat=True)
    assert case.status().revoked_at == first


def test_a_revocation_by_another_order_stands_with_its_reason_and_date(case: Case) -> None:
    first = case.clock.now()
    case.authority.revoke(case.order())
    case.clock.advance(timedelta(hours=1))
    other = case.order(idempotency_key="order:2", reason=ReasonCode.CESSATION_OF_OPERATION)
    for _ in range(2):
        assert case.authority.revoke(other) == AlreadyRevoked(ReasonCode.SUPERSEDED, first)
    assert case.status() == CertificateStatus(CertificateState.REVOKED, ReasonCode.SUPERSEDED, first)


def test_no_reason_is_recorded_as_zero(case: Case) -> None:
    case.authority.revoke(case.order(reason=ReasonCode.UNSPECIFIED))
    assert case.status().reason == 0


def test_a_reason_is_only_changed_to_key_compromise_and_when_asked(case: Case) -> None:
    first = case.clock.now()
    case.authority.revoke(case.order())
    case.clock.advance(timedelta(hours=1))
    compromise = case.order(idempotency_key="order:2", reason=ReasonCode.KEY_COMPROMISE)
    assert case.authority.revoke(compromise) == AlreadyRevoked(ReasonCode.SUPERSEDED, first)
    assert case.authority.revoke(replace(compromise, update_reason=True)) == Accepted(first)
    assert case.authority.revoke(replace(compromise, update_reason=True)) == Accepted(first, is_repeat=True)
    assert case.status() == CertificateStatus(CertificateState.REVOKED, ReasonCode.KEY_COMPROMISE, first)
    # The first order is not what stands any longer, and says so.
    assert case.authority.revoke(case.order()) == AlreadyRevoked(ReasonCode.KEY_COMPROMISE, first)
    with pytest.raises(Refused) as refused:
        case.authority.revoke(case.order(idempotency_key="order:3", update_reason=True))
    assert refused.value.why == "reason"


def test_an_unknown_serial_is_refused_and_its_status_is_unknown(case: Case) -> None:
    never = SerialNumber(0x7FFF0001)
    with pytest.raises(Refused) as refused:
        case.authority.revoke(case.order(serial=never))
    assert refused.value.why == "unknown_serial"
    assert case.authority.lookup(case.care, never) == CertificateStatus(CertificateState.UNKNOWN)


def test_a_serial_of_another_issuer_of_the_same_ca_is_unknown(case: Case) -> None:
    serial = serial_of(case.issued[0])
    with pytest.raises(Refused) as refused:
        case.authority.revoke(
            case.order(issuer_name=case.test.name, issuer_key_identifier=case.test.key_identifier, serial=serial)
        )
    assert refused.value.why == "unknown_serial"
    assert case.authority.lookup(case.test, serial).state is CertificateState.UNKNOWN
    assert case.status().state is CertificateState.GOOD


def test_an_issuer_that_is_not_the_cas_own_is_refused(case: Case) -> None:
    foreign = replace(case.care, key_identifier="00" * 20)
    with pytest.raises(Refused) as refused:
        case.authority.revoke(case.order(issuer_key_identifier=foreign.key_identifier))
    assert refused.value.why == "wrong_issuer"
    with pytest.raises(Refused) as refused:
        case.authority.lookup(foreign, serial_of(case.issued[0]))
    assert refused.value.why == "wrong_issuer"


def test_an_issuer_is_found_by_its_name_when_no_key_is_named(case: Case) -> None:
    by_name = case.order(issuer_key_identifier="")
    assert case.authority.revoke(by_name) == Accepted(case.clock.now())
    with pytest.raises(Refused) as refused:
        case.authority.revoke(replace(by_name, issuer_name="CN=Somebody else"))
    assert refused.value.why == "wrong_issuer"
    with pytest.raises(Refused) as refused:
        case.authority.revoke(replace(by_name, issuer_name="no name at all"))
    assert refused.value.why == "wrong_issuer"


@pytest.mark.parametrize("reason", [2, 6, 8, 10, 42])
def test_a_reason_that_is_never_written_is_refused(case: Case, reason: int) -> None:
    with pytest.raises(Refused) as refused:
        case.authority.revoke(case.order(reason=reason))
    assert refused.value.why == "reason"
    assert case.status().state is CertificateState.GOOD


def test_a_certificate_of_a_ca_is_never_revoked_this_way(case: Case) -> None:
    with pytest.raises(Refused) as refused:
        case.authority.revoke(
            case.order(
                issuer_name=case.root.name, issuer_key_identifier=case.root.key_identifier, serial=case.ca_serial
            )
        )
    assert refused.value.why == "not_authorised"
    assert case.authority.lookup(case.root, case.ca_serial).state is CertificateState.GOOD


def test_a_key_that_belongs_to_another_order_is_refused(case: Case) -> None:
    case.authority.revoke(case.order())
    for other in (case.order(serial=serial_of(case.issued[1])), case.order(reason=ReasonCode.KEY_COMPROMISE)):
        with pytest.raises(Refused) as refused:
            case.authority.revoke(other)
        assert refused.value.why == "malformed"
    with pytest.raises(Refused):
        case.authority.revoke(case.order(idempotency_key="", serial=serial_of(case.issued[1])))
    assert case.status(case.issued[1]).state is CertificateState.GOOD


def test_the_register_holds_every_certificate_oldest_first(case: Case) -> None:
    listed = list(case.authority.register())
    assert listed[-3:] == case.issued
    names = [x509.load_der_x509_certificate(der).subject.rfc4514_string() for der in listed[:3]]
    assert names == [case.root.name, case.care.name, case.test.name]
