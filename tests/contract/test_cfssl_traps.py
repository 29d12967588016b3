"""What cfssl does that its adapter must not fall for; the traps themselves are shown too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import ANY

import pytest
from tests.certificates import issue, make_ca, pem
from tests.contract.cas.cfssl import CfsslCase
from tests.contract.cas.ordering import NOW, order, secret_file, send
from tests.servers.cfssl import start_cfssl

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateState,
    Mark,
    OrderToSend,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.ca.cfssl import Cfssl, open_cfssl
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def cfssl(opened) -> CfsslCase:
    return opened["cfssl"]


def test_cfssl_overwrites_a_revocation_so_that_nothing_is_sent_before_looking(cfssl: CfsslCase) -> None:
    serial = cfssl.issue("overwritten.example")
    for reason in (ReasonCode.KEY_COMPROMISE, ReasonCode.SUPERSEDED):
        cfssl.revoke_elsewhere(serial, reason)
    assert cfssl.held(serial)[0] == ReasonCode.SUPERSEDED  # the trap: the first one is gone
    first = cfssl.held(serial)
    later = replace(order(cfssl, serial, ReasonCode.KEY_COMPROMISE), first_sent_at=NOW.now() + timedelta(hours=1))
    assert send(cfssl, later) == AlreadyRevoked(*first)
    assert cfssl.held(serial) == first
    assert cfssl.revokes(serial) == 2


def test_cfssl_knows_serials_in_decimal_and_the_key_identifier_as_its_database_spells_it(cfssl: CfsslCase) -> None:
    serial = cfssl.issue("spelling.example")
    plain = {"authority_key_id": "", "reason": "4"}
    assert cfssl.server.post("revoke", serial=serial.hex, **plain)[0] == 400
    assert cfssl.server.post("revoke", serial=str(int(serial)), **(plain | {"authority_key_id": "0a:32"}))[0] == 400
    spelt = cfssl.issuer.key_identifier.upper()
    with closing(sqlite3.connect(cfssl.server.folder / "certs.db", timeout=20)) as database, database:
        database.execute(
            "UPDATE certificates SET authority_key_identifier = ? WHERE serial_number = ?", (spelt, str(int(serial)))
        )
    assert isinstance(send(cfssl, order(cfssl, serial)), Accepted)
    assert cfssl.held(serial) is not None


def test_of_two_issuers_in_one_cfssl_database_only_the_one_that_is_named_is_revoked(cfssl: CfsslCase) -> None:
    serial, other = cfssl.issue("shared.example"), make_ca("Another CA", "another")
    foreign = pem(issue(other, serial)).decode()
    with closing(sqlite3.connect(cfssl.server.folder / "certs.db", timeout=20)) as database, database:
        database.execute(
            "INSERT INTO certificates VALUES (?, 'ff', '', 'good', 0, '2030-01-01', '0001-01-01', ?)",
            (str(int(serial)), foreign),
        )
    send(cfssl, order(cfssl, serial))
    rows = cfssl.server.rows("SELECT * FROM certificates WHERE serial_number = :serial", serial)
    assert {row["authority_key_identifier"]: row["status"] for row in rows} == {"": "revoked", "ff": "good"}


def test_cfssls_database_may_be_a_postgresql_whose_columns_are_octets(tmp_path: Path, postgresql_url: str) -> None:
    address = secret_file(tmp_path, postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    with start_cfssl(tmp_path, postgresql_url) as server, closing(_open(server.url, address)) as authority:
        serial, unknown = server.issue("octets.example"), SerialNumber(5)
        sent = OrderToSend("key", server.issuer.name, server.issuer.key_identifier, serial, ReasonCode.SUPERSEDED)
        assert revoke_carefully(authority, server.issuer, sent) == Accepted(ANY, reason=ReasonCode.SUPERSEDED)
        status = authority.lookup(server.issuer, serial)
        assert (status.state, status.reason) == (CertificateState.REVOKED, ReasonCode.SUPERSEDED)
        assert authority.lookup(server.issuer, unknown).state is CertificateState.UNKNOWN
        assert [read_certificate(der).serial for der in authority.register()] == [serial]
        assert server.writes(serial) == 1
        mark = Mark()
        assert len(list(authority.register_since(mark))) == 1
        another = server.issue("since.example")
        assert serials(authority.register_since(mark, lambda numbers: {another} & set(numbers))) == [another]


def test_what_takes_a_rows_place_at_cfssl_is_found_when_everything_is_read(cfssl: CfsslCase) -> None:
    mark, gone = Mark(), cfssl.issue("gone.example")
    list(cfssl.authority.register_since(mark))
    asked: list[SerialNumber] = []
    with closing(sqlite3.connect(cfssl.server.folder / "certs.db", timeout=20)) as database, database:
        database.execute("DELETE FROM certificates WHERE serial_number = ?", (str(int(gone)),))
    instead = cfssl.issue("instead.example")
    assert list(cfssl.authority.register_since(mark, lambda numbers: asked.extend(numbers) or numbers)) == []
    assert asked == [], "as many as before: cfssl tells no more"
    assert instead in serials(cfssl.authority.register_since(Mark()))


def serials(ders: Iterable[bytes]) -> list[SerialNumber]:
    return [read_certificate(der).serial for der in ders]


def _open(url: str, address: Path) -> Cfssl:
    return open_cfssl(AdapterSettings("c", "authorities.c", url, address))


@pytest.mark.parametrize("address", ["sqlite:////nowhere/certs.db", "postgresql+psycopg://u:hidden-word@127.0.0.1:1/x"])
def test_a_cfssl_database_that_does_not_answer_is_tried_again_and_its_password_not_told(
    cfssl: CfsslCase, tmp_path: Path, address: str
) -> None:
    authority = open_cfssl(AdapterSettings("c", "authorities.c", cfssl.url, secret_file(tmp_path, address)))
    with pytest.raises(TryLater) as later:
        send(cfssl, order(cfssl, SerialNumber(5)), authority)
    authority.close()
    assert "hidden-word" not in str(later.value) + later.value.next_step + repr(later.value.__cause__)


def test_an_address_that_is_none_of_a_database_is_our_own_fault(cfssl: CfsslCase, tmp_path: Path) -> None:
    file = secret_file(tmp_path, "not an address with hidden-word")
    authority = open_cfssl(AdapterSettings("c", "authorities.c", cfssl.url, file))
    with pytest.raises(ConfigurationError) as wrong:
        authority.probe()
    authority.close()
    assert "hidden-word" not in str(wrong.value)
