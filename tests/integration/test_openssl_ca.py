"""The traps of `openssl ca`: it locks nothing, adds what it never issued, and may die while it writes its register."""

from __future__ import annotations

import fcntl
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from tests.contract.cas.openssl_ca import openssl_settings
from tests.servers.openssl_ca import OpensslFolder, make_openssl_ca

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import Accepted, AlreadyRevoked, CertificateState, OrderToSend, Refused, TryLater
from sulku_revocation.ca.openssl_ca import LOCK_NAME, OpensslCa, open_openssl_ca
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.openssl_index import IndexLine, read_index
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def ca(tmp_path: Path) -> OpensslFolder:
    return make_openssl_ca(tmp_path / "ca")


def order(ca: OpensslFolder, serial: SerialNumber, reason: ReasonCode = ReasonCode.SUPERSEDED, **given) -> OrderToSend:
    return OrderToSend("order:1", ca.issuer.name, ca.issuer.key_identifier, serial, reason, **given)


def test_a_certificate_that_is_not_in_the_register_is_not_added_to_it_as_revoked(ca: OpensslFolder) -> None:
    serial = ca.issue("www.holder.example")
    lines = (ca.folder / "index.txt").read_text()
    (ca.folder / "index.txt").write_text("")
    with pytest.raises(Refused) as refused:
        open_openssl_ca(openssl_settings(ca)).revoke(order(ca, serial))
    assert refused.value.why == "unknown_serial"
    assert (ca.folder / "index.txt").read_text() == ""
    (ca.folder / "index.txt").write_text(lines)
    assert isinstance(open_openssl_ca(openssl_settings(ca)).revoke(order(ca, serial)), Accepted)


def test_when_the_key_was_compromised_stands_in_the_crl(ca: OpensslFolder) -> None:
    authority = open_openssl_ca(openssl_settings(ca))
    serial = ca.issue("www.holder.example")
    at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    receipt = authority.revoke(order(ca, serial, ReasonCode.KEY_COMPROMISE, invalidity_at=at))
    authority.publish_crl(ca.issuer)
    crl = x509.load_pem_x509_crl((ca.folder / "published.pem").read_bytes())
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    assert receipt == Accepted(entry.revocation_date_utc, reason=1)
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == at


def test_no_reason_is_written_as_none(ca: OpensslFolder) -> None:
    authority = open_openssl_ca(openssl_settings(ca))
    serial = ca.issue("www.holder.example")
    authority.revoke(order(ca, serial, ReasonCode.UNSPECIFIED))
    authority.publish_crl(ca.issuer)
    crl = x509.load_pem_x509_crl((ca.folder / "published.pem").read_bytes())
    assert len(crl.get_revoked_certificate_by_serial_number(serial).extensions) == 0
    assert authority.lookup(ca.issuer, serial).reason == 0


def test_privilege_withdrawn_is_none_of_its_reasons(ca: OpensslFolder) -> None:
    assert ReasonCode.PRIVILEGE_WITHDRAWN not in open_openssl_ca(openssl_settings(ca)).capabilities.reasons


def test_two_at_once_wait_for_each_other_and_lose_nothing(ca: OpensslFolder) -> None:
    serials = [ca.issue(f"host{n}.holder.example") for n in range(6)]
    receipts: list[object] = []

    def revoke(serial: SerialNumber) -> None:
        receipts.append(open_openssl_ca(openssl_settings(ca)).revoke(order(ca, serial)))

    threads = [threading.Thread(target=revoke, args=(serial,)) for serial in serials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(receipt, Accepted) for receipt in receipts)
    lookup = open_openssl_ca(openssl_settings(ca)).lookup
    assert {lookup(ca.issuer, serial).state for serial in serials} == {CertificateState.REVOKED}


def test_an_administrators_script_that_takes_the_lock_is_waited_for(ca: OpensslFolder) -> None:
    serial = ca.issue("www.holder.example")
    authority = open_openssl_ca(openssl_settings(ca))
    done = threading.Event()
    descriptor = os.open(ca.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    def look() -> None:
        authority.lookup(ca.issuer, serial)
        done.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert not done.wait(0.2)
    os.close(descriptor)
    assert done.wait(20)
    thread.join()


def test_a_register_that_openssl_left_half_written_is_said_with_what_to_do(ca: OpensslFolder) -> None:
    serial = ca.issue("www.holder.example")
    index = ca.folder / "index.txt"
    index.rename(ca.folder / "index.txt.new")
    with pytest.raises(ConfigurationError) as wrong:
        open_openssl_ca(openssl_settings(ca)).lookup(ca.issuer, serial)
    assert "index.txt.new" in wrong.value.next_step
    index.write_text("R\tnonsense\n")
    with pytest.raises(TryLater):
        open_openssl_ca(openssl_settings(ca)).lookup(ca.issuer, serial)


def test_a_key_that_openssl_cannot_read_is_found_without_revoking(ca: OpensslFolder) -> None:
    authority = open_openssl_ca(openssl_settings(ca))
    authority.probe()
    (ca.folder / "ca.key").write_text("no key")
    with pytest.raises(TryLater):
        authority.probe()


def test_an_openssl_that_hangs_is_stopped(ca: OpensslFolder, tmp_path: Path) -> None:
    program = tmp_path / "hangs"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o700)
    serial = ca.issue("www.holder.example")
    authority = open_openssl_ca(openssl_settings(ca, program=str(program), seconds=0.2))
    with pytest.raises(TryLater, match="did not end"):
        authority.revoke(order(ca, serial))
    assert isinstance(open_openssl_ca(openssl_settings(ca)).revoke(order(ca, serial)), Accepted)


def test_revoked_twice_it_keeps_the_first(ca: OpensslFolder) -> None:
    authority: OpensslCa = open_openssl_ca(openssl_settings(ca))
    serial = ca.issue("www.holder.example")
    first = authority.revoke(order(ca, serial))
    assert authority.revoke(order(ca, serial, ReasonCode.KEY_COMPROMISE)) == AlreadyRevoked(4, first.revoked_at)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("V\t281124010000Z\t\t0A0B\tunknown\t/CN=a", IndexLine(0x0A0B, None, None)),
        ("E\t201124010000Z\t\t0A0B\tunknown\t/CN=a", IndexLine(0x0A0B, None, None)),
        (
            "R\t281124010000Z\t261124010203Z\t01\tunknown\t/CN=a",
            IndexLine(1, datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC), 0),
        ),
        (
            "R\t20500101000000Z\t261124010203Z,keyTime,20261101000000Z\t01\tunknown\t/CN=a",
            IndexLine(1, datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC), 1),
        ),
        (
            "R\t281124010000Z\t261124010203Z,holdInstruction,holdInstructionReject\t01\tunknown\t/CN=a",
            IndexLine(1, datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC), 6),
        ),
    ],
)
def test_a_line_of_the_register_is_read_as_openssl_writes_it(line: str, expected: IndexLine) -> None:
    assert read_index(line + "\n") == {expected.serial: expected}


@pytest.mark.parametrize(
    "line", ["R", "V\t\t\tzz\tunknown\t/", "R\tx\t2611\t01\tunknown\t/", "R\tx\t261124010203Z,why\t01\tu\t/"]
)
def test_half_a_register_is_not_believed(line: str) -> None:
    with pytest.raises(UnreadableError, match="line 1"):
        read_index(line)
