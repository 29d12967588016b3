"""What every CA and its adapter must come to, whatever it is: revoked once, with the first reason and date, or told why not.

Each case runs against the CA's real server through `revoke_carefully`, as the desk calls it.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.known import KNOWN, OVER_HTTP
from tests.servers.cutting_proxy import Cut, cutting_proxy
from tests.servers.stub_http import Behaviour, answers, hangs_up, stub_http

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateAuthority,
    CertificateState,
    Lookup,
    Lost,
    Mark,
    NotSupported,
    OrderToSend,
    Refused,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.reason_code import ReasonCode

NEVER_ISSUED = SerialNumber(0x7A11ED5EAF00D)
NOW = SystemClock()  # the CAs run by the machine's clock


@pytest.fixture(params=list(KNOWN))
def case(request: pytest.FixtureRequest, opened: dict[str, CaseCa]) -> CaseCa:
    return opened[request.param]


@pytest.fixture(params=OVER_HTTP)
def far(request: pytest.FixtureRequest, opened: dict[str, CaseCa]) -> CaseCa:
    return opened[request.param]


def order(case: CaseCa, serial: SerialNumber, reason: ReasonCode = ReasonCode.SUPERSEDED, **given) -> OrderToSend:
    if reason not in case.authority.capabilities.reasons:
        reason = ReasonCode.UNSPECIFIED
    made = OrderToSend(
        f"order:{serial.hex}", case.issuer.name, case.issuer.key_identifier, serial, reason,
        first_sent_at=NOW.now() - timedelta(seconds=1),
    )  # fmt: skip
    return replace(made, **given)


def send(case: CaseCa, sent: OrderToSend, by: CertificateAuthority | None = None):
    return revoke_carefully(by or case.authority, case.issuer, sent)


def test_an_order_revokes_and_what_the_ca_lost_of_it_is_told(case: CaseCa) -> None:
    serial = case.issue("www.holder.example")
    sent = order(case, serial)
    receipt = send(case, sent)
    assert isinstance(receipt, Accepted)
    held = case.held(serial)
    assert held is not None
    assert case.revokes(serial) == 1
    if held[0] is not None:
        assert (held[0] != sent.reason) == (Lost.REASON in receipt.lost)
        assert receipt.reason in {None, held[0]}
    if None not in {held[1], receipt.revoked_at}:
        assert abs(held[1] - receipt.revoked_at) <= timedelta(seconds=2)


def test_a_reason_that_matters_most_arrives_or_is_reported_lost(case: CaseCa) -> None:
    serial = case.issue("compromised.holder.example")
    receipt = send(case, order(case, serial, ReasonCode.KEY_COMPROMISE))
    assert isinstance(receipt, Accepted)
    held = case.held(serial)
    if case.authority.capabilities.keeps_reason and ReasonCode.KEY_COMPROMISE in case.authority.capabilities.reasons:
        assert held[0] in {1, None}
    elif ReasonCode.KEY_COMPROMISE in case.authority.capabilities.reasons:
        assert receipt.lost == (Lost.REASON,)


def test_the_same_order_again_is_success_and_changes_nothing(case: CaseCa) -> None:
    serial = case.issue("again.holder.example")
    sent = order(case, serial)
    send(case, sent)
    first = case.held(serial)
    again = send(case, sent)
    assert case.held(serial) == first
    if case.authority.capabilities.lookup is Lookup.RECORDS:
        assert isinstance(again, Accepted)
        assert again.is_repeat
        assert case.revokes(serial) == 1


def test_a_revocation_past_the_desk_stands_with_its_reason_and_date(case: CaseCa) -> None:
    serial = case.issue("elsewhere.holder.example")
    case.revoke_elsewhere(serial, ReasonCode.CESSATION_OF_OPERATION)
    first = case.held(serial)
    later = NOW.now() + timedelta(hours=1)
    receipt = send(case, order(case, serial, first_sent_at=later))
    assert isinstance(receipt, AlreadyRevoked)
    assert case.held(serial) == first
    if case.authority.capabilities.lookup is Lookup.RECORDS:
        assert receipt == AlreadyRevoked(*first)


def test_a_serial_that_was_never_issued_is_refused(case: CaseCa) -> None:
    with pytest.raises(Refused) as refused:
        send(case, order(case, NEVER_ISSUED))
    assert refused.value.why == "unknown_serial"
    assert case.held(NEVER_ISSUED) is None


def test_an_issuer_that_is_not_the_cas_own_is_refused(case: CaseCa) -> None:
    serial = case.issue("foreign.holder.example")
    foreign = replace(case.issuer, name="CN=Somebody else", key_identifier="00" * 20, certificate_der=None)
    sent = order(case, serial, issuer_name=foreign.name, issuer_key_identifier=foreign.key_identifier)
    with pytest.raises(Refused) as refused:
        revoke_carefully(case.authority, foreign, sent)
    assert refused.value.why == "wrong_issuer"
    assert case.held(serial) is None


def test_a_reason_that_the_ca_does_not_take_is_refused_before_it_is_sent(case: CaseCa) -> None:
    serial = case.issue("hold.holder.example")
    sent = replace(order(case, serial), reason=6)
    with pytest.raises(Refused) as refused:
        send(case, sent)
    assert refused.value.why == "reason"
    assert case.held(serial) is None


def test_of_a_certificate_issued_anew_only_the_one_that_is_named_is_revoked(case: CaseCa) -> None:
    old, new = case.issue("twice.holder.example"), case.issue("twice.holder.example")
    assert old != new
    send(case, order(case, old))
    assert case.held(old) is not None
    assert case.held(new) is None


def test_the_status_is_good_then_revoked_and_unknown_for_what_was_never_issued(case: CaseCa) -> None:
    if case.authority.capabilities.lookup is Lookup.NONE:
        with pytest.raises(NotSupported):
            case.authority.lookup(case.issuer, NEVER_ISSUED)
        return
    serial = case.issue("status.holder.example")
    before = case.authority.lookup(case.issuer, serial).state
    assert before is not CertificateState.REVOKED
    if case.authority.capabilities.lookup is Lookup.RECORDS:
        assert before is CertificateState.GOOD
    send(case, order(case, serial))
    status = case.authority.lookup(case.issuer, serial)
    assert status.state is CertificateState.REVOKED
    assert (status.reason, status.revoked_at) == case.held(serial)
    assert case.authority.lookup(case.issuer, NEVER_ISSUED).state is CertificateState.UNKNOWN


def test_what_it_says_it_can_it_can_and_the_rest_it_refuses_in_words(case: CaseCa) -> None:
    can = case.authority.capabilities
    case.authority.probe()
    if can.register:
        case.issue("listed.holder.example")
        assert next(case.authority.register())
    else:
        with pytest.raises(NotSupported):
            next(case.authority.register())
    if can.crl_trigger:
        case.authority.publish_crl(case.issuer)
    else:
        with pytest.raises(NotSupported):
            case.authority.publish_crl(case.issuer)


def test_a_ca_asked_for_what_the_register_lacks_lists_at_least_that(case: CaseCa) -> None:
    if not case.authority.capabilities.register:
        return
    serial = case.issue("lacking.holder.example")
    listed = case.authority.register(lambda numbers: [number for number in numbers if number == serial])
    assert serial in {read_certificate(der).serial for der in listed}


def test_a_ca_with_marks_lists_what_was_issued_since_and_nothing_twice(case: CaseCa) -> None:
    mark = Mark()
    if not case.authority.capabilities.marks:
        with pytest.raises(NotSupported):
            next(case.authority.register_since(mark))
        return
    before = list(case.authority.register_since(mark))
    serial = case.issue("since.holder.example")
    since = list(case.authority.register_since(mark, lambda numbers: [one for one in numbers if one == serial]))
    assert serial in {read_certificate(der).serial for der in since}
    if not case.marks_overlap:
        assert len(since) == 1
        assert set(since).isdisjoint(before)
        assert list(case.authority.register_since(mark)) == []
    assert len(list(case.authority.register_since(Mark()))) == len(before) + 1


@pytest.mark.parametrize("cut", [Cut.BEFORE_CONNECT, Cut.WITHIN_REQUEST, Cut.BEFORE_ANSWER, Cut.WITHIN_ANSWER])
def test_a_connection_that_is_cut_anywhere_leads_to_one_revocation_with_the_first_date(far: CaseCa, cut: Cut) -> None:
    serial = far.issue(f"cut-{cut}.holder.example".replace("_", "-"))
    sent = order(far, serial)
    with cutting_proxy(far.url) as proxy:
        authority = far.open_at(proxy.url(far.url))
        for uncut in range(4):  # the looks before and after are cut in their turn, and the order itself
            proxy.cuts = [*([Cut.NOWHERE] * uncut), cut]
            with contextlib.suppress(TryLater):
                revoke_carefully(authority, far.issuer, sent)
        proxy.cuts = []
        receipt = revoke_carefully(authority, far.issuer, sent)
        authority.close()
    assert isinstance(receipt, Accepted | AlreadyRevoked)
    assert far.held(serial) is not None
    if far.authority.capabilities.lookup is Lookup.RECORDS:
        assert isinstance(receipt, Accepted)
        assert far.revokes(serial) == 1


@pytest.mark.parametrize(
    "behave",
    [
        answers(500, b"no"),
        answers(502, b"<html>bad gateway</html>"),
        answers(503, b"", "Retry-After: 7"),
        answers(200, b""),
        answers(200, b"<html>welcome</html>"),
        answers(200, b"\x30\x80garbage\x00"),
        answers(200, b'{"success": true}'),
        answers(404, b"no such page"),
        hangs_up(),
        hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    ],
    ids=["500", "502", "503", "empty", "html", "der", "json", "404", "hangs up", "cut off"],
)
def test_a_server_that_is_broken_or_another_one_is_tried_again_and_concluded_nothing_from(
    far: CaseCa, behave: Behaviour
) -> None:
    with stub_http() as stub:
        stub.behave = behave
        authority = far.open_at(stub.url)
        with pytest.raises(TryLater):
            revoke_carefully(authority, far.issuer, order(far, SerialNumber(0x1234567)))
        with pytest.raises(TryLater):
            authority.revoke(order(far, SerialNumber(0x1234567)))
        authority.close()


def test_a_ca_that_is_down_is_tried_again(far: CaseCa, free_port: int) -> None:
    authority = far.open_at(f"http://127.0.0.1:{free_port}")
    with pytest.raises(TryLater):
        revoke_carefully(authority, far.issuer, order(far, SerialNumber(0x1234567)))
    authority.close()


def test_a_ca_that_says_nothing_is_given_up_in_time(far: CaseCa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sulku_revocation.bounded_http.READ_SECONDS", 0.2)
    with stub_http() as stub:
        stub.behave = lambda connection, request: stub.stopping.wait(20)
        authority = far.open_at(stub.url)
        with pytest.raises(TryLater):
            revoke_carefully(authority, far.issuer, order(far, SerialNumber(0x1234567)))
        authority.close()
        stub.stopping.set()


def test_proxies_of_the_environment_are_not_asked(far: CaseCa, monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{free_port}")
    authority = far.open_at(far.url)
    authority.probe()
    authority.close()
