"""What ACME servers do that the adapter must not fall for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.certificates import key
from tests.contract.cas.acme_pebble import PebbleCase, on_file
from tests.contract.cas.ordering import order, refusal, send
from tests.servers.acme_client import HOLDER_KEY, AcmeClient

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.acme import open_acme
from sulku_revocation.ca.authority import (
    Accepted,
    KeyWanted,
    Lost,
    Refused,
)
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def pebble(opened) -> PebbleCase:
    return opened["acme-pebble"]


def test_nonces_that_an_acme_server_refuses_cost_no_order(pebble: PebbleCase) -> None:
    serials = [pebble.issue("nonces.example") for _ in range(40)]  # Pebble refuses one nonce in twenty
    assert all(isinstance(send(pebble, order(pebble, serial)), Accepted) for serial in serials)


def test_acme_takes_the_certificates_own_key_and_no_other(pebble: PebbleCase) -> None:
    serial = pebble.issue_for(key("lost one"))
    with pytest.raises(Refused) as refused:
        pebble.authority.revoke_with_key(order(pebble, serial), key("somebody else's"))
    assert (refused.value.why, isinstance(refused.value, KeyWanted)) == ("not_authorised", False)
    assert pebble.held(serial) is None
    receipt = pebble.authority.revoke_with_key(order(pebble, serial, ReasonCode.KEY_COMPROMISE), key("lost one"))
    assert isinstance(receipt, Accepted)
    assert pebble.held(serial)[0] == 1


def test_openbaos_acme_takes_the_certificates_own_key_and_no_other(opened) -> None:
    bao = opened["acme-openbao"]
    serial = bao.issue("by-key.holder.example")
    with pytest.raises(Refused) as refused:
        bao.authority.revoke_with_key(order(bao, serial, ReasonCode.UNSPECIFIED), key("somebody else's"))
    assert refused.value.why == "not_authorised", str(refused.value)
    assert bao.held(serial) is None
    assert isinstance(bao.authority.revoke_with_key(order(bao, serial), HOLDER_KEY), Accepted)
    assert bao.held(serial) is not None


def test_an_account_may_not_revoke_what_another_one_ordered(pebble: PebbleCase, tmp_path: Path) -> None:
    stranger = AcmeClient(pebble.url, pebble.server.trusted)
    authority = pebble.open(account_key=stranger.write_key(tmp_path / "stranger.pem"))
    serial = pebble.issue("stranger.example")
    refused = refusal(pebble, order(pebble, serial), authority)
    assert (refused.why, isinstance(refused, KeyWanted)) == ("not_authorised", True)
    assert pebble.held(serial) is None
    authority.close()
    stranger.close()


def test_an_acme_account_that_does_not_exist_is_our_own_fault(pebble: PebbleCase, tmp_path: Path) -> None:
    file = tmp_path / "new.pem"
    file.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    file.chmod(0o600)
    authority = pebble.open(account_key=file)
    with pytest.raises(ConfigurationError) as wrong:
        authority.probe()
    assert "does not know our account" in str(wrong.value)
    authority.close()


def test_a_reason_that_acme_has_not_is_refused(pebble: PebbleCase) -> None:
    serial = pebble.issue("seven.example")
    with pytest.raises(Refused) as refused:
        pebble.authority.revoke(replace(order(pebble, serial), reason=7))
    assert refused.value.why == "reason"


def test_openbaos_acme_refuses_every_reason_unless_it_is_told_to_send_none(opened) -> None:
    case = opened["acme-openbao"]
    settings = case.authority._http.settings
    authority = open_acme(replace(settings, options={**settings.options, "takes_reasons": True}))
    serial = case.issue("reasons.example")
    assert refusal(case, order(case, serial), authority).why == "reason"
    authority.close()
    receipt = send(case, order(case, serial))
    assert isinstance(receipt, Accepted)
    assert receipt.lost == (Lost.REASON,)


def test_a_certificate_that_is_not_on_file_waits_until_it_is(pebble: PebbleCase) -> None:
    serial = pebble.issue("file.example")
    file = pebble.folder / f"{serial.hex}.pem"
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(ConfigurationError) as wrong:
        send(pebble, order(pebble, serial))
    assert serial.hex in str(wrong.value)
    assert "register import" in wrong.value.next_step
    file.with_suffix(".crt").write_bytes(content)
    assert isinstance(send(pebble, order(pebble, serial)), Accepted)


def test_a_certificate_that_the_register_has_whole_needs_no_file(pebble: PebbleCase) -> None:
    serial = pebble.issue("register.example")
    der = on_file(pebble.folder, serial)
    (pebble.folder / f"{serial.hex}.pem").unlink()
    authority = pebble.open(certificates=None)
    with pytest.raises(ConfigurationError):
        send(pebble, order(pebble, serial), authority)
    assert isinstance(send(pebble, order(pebble, serial, certificate=der), authority), Accepted)
    assert pebble.held(serial) is not None
    authority.close()


def test_another_certificate_under_the_orders_serial_is_never_revoked(pebble: PebbleCase) -> None:
    mine, other = pebble.issue("mine.example"), pebble.issue("other.example")
    (pebble.folder / f"{mine.hex}.pem").write_bytes((pebble.folder / f"{other.hex}.pem").read_bytes())
    assert refusal(pebble, order(pebble, mine)).why == "malformed"
    assert pebble.held(other) is None
    assert on_file(pebble.folder, other)
