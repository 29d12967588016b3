"""What OpenBao does that its adapter must not fall for; the traps themselves are shown too."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from tests.certificates import key
from tests.contract.cas.openbao import OpenBaoCase
from tests.contract.cas.ordering import NOW, order, refusal, secret_file, send
from tests.servers.requests_to_sign import HOLDER_KEY, issuer_of_pem, serial_of_pem

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    CertificateState,
    Lost,
    Refused,
)
from sulku_revocation.ca.openbao import colons, open_openbao
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def bao(opened) -> OpenBaoCase:
    return opened["openbao"]


def test_openbao_ignores_a_reason_and_the_receipt_says_that_it_was_lost(bao: OpenBaoCase) -> None:
    answer = bao.server.client.post(
        "/v1/pki/revoke", json={"serial_number": colons(bao.issue("raw.example")), "reason": "keyCompromise"}
    )
    assert "unrecognized parameters: [reason]" in answer.text
    receipt = send(bao, order(bao, bao.issue("lost.example"), ReasonCode.KEY_COMPROMISE, invalidity_at=NOW.now()))
    assert isinstance(receipt, Accepted)
    assert receipt.reason == 0
    assert set(receipt.lost) == {Lost.REASON, Lost.INVALIDITY_DATE}


def test_openbao_finds_a_serial_only_with_colons_and_whole_octets(bao: OpenBaoCase) -> None:
    serial = bao.issue("colons.example")
    assert bao.server.client.get(f"/v1/pki/cert/{serial.hex}").status_code == 404
    assert bao.authority.lookup(bao.issuer, serial).state is CertificateState.GOOD
    assert colons(SerialNumber(0xBF4EAB0)) == "0b:f4:ea:b0"


def test_a_serial_of_another_issuer_of_the_same_openbao_mount_is_unknown(bao: OpenBaoCase) -> None:
    other = bao.server.call("POST", "pki/root/generate/internal", common_name="Next generation", key_type="ec")
    new = issuer_of_pem(other["certificate"])
    serial = bao.issue("old-generation.example")
    assert bao.authority.lookup(new, serial).state is CertificateState.UNKNOWN
    sent = replace(order(bao, serial), issuer_name=new.name, issuer_key_identifier=new.key_identifier)
    with pytest.raises(Refused) as refused:
        bao.authority.revoke(sent)
    assert refused.value.why == "unknown_serial"
    assert bao.held(serial) is None


def test_openbaos_own_issuer_is_not_revoked(bao: OpenBaoCase) -> None:
    own = SerialNumber(x509.load_der_x509_certificate(bao.issuer.certificate_der).serial_number)
    assert refusal(bao, order(bao, own)).why == "not_authorised"


def test_openbao_takes_the_certificates_own_key_and_no_other(bao: OpenBaoCase) -> None:
    serial, other = bao.issue("by-key.example"), key("somebody else's")
    with pytest.raises(Refused) as refused:
        bao.authority.revoke_with_key(order(bao, serial), other)
    assert refused.value.why == "not_authorised"
    assert bao.held(serial) is None
    assert isinstance(bao.authority.revoke_with_key(order(bao, serial), HOLDER_KEY), Accepted)
    assert bao.held(serial) is not None


def test_an_openbao_that_rebuilds_in_its_own_time_publishes_when_it_is_told(bao: OpenBaoCase) -> None:
    serial = bao.issue("trigger.example")
    bao.authority.publish_crl(bao.issuer)
    send(bao, order(bao, serial))

    def on_crl() -> bool:
        crl = x509.load_der_x509_crl(bao.server.client.get("/v1/pki/crl").content)
        return crl.get_revoked_certificate_by_serial_number(serial) is not None

    assert not on_crl()
    bao.authority.publish_crl(bao.issuer)
    assert on_crl()


def test_the_desks_openbao_policy_lets_it_do_nothing_else(bao: OpenBaoCase) -> None:
    def status(method: str, where: str) -> int:
        answer = bao.server.client.request(method, f"/v1/{where}", json={}, headers={"X-Vault-Token": bao.server.token})
        return answer.status_code

    for method, where in (
        ("POST", "pki/sign/any"), ("POST", "pki/issue/any"), ("POST", "pki/config/crl"), ("POST", "pki/tidy"),
        ("DELETE", "pki/root"), ("POST", "pki/roles/any"), ("GET", "sys/policies/acl/desk"), ("POST", "auth/token/create"),
    ):  # fmt: skip
        assert status(method, where) == 403, where


def test_a_token_that_openbao_does_not_know_waits_and_is_not_told(bao: OpenBaoCase, tmp_path: Path) -> None:
    settings = AdapterSettings("bao", "authorities.bao", bao.server.url, secret_file(tmp_path, "s.wrong-token"))
    authority = open_openbao(settings)
    with pytest.raises(ConfigurationError) as wrong:
        send(bao, order(bao, bao.issue("token.example")), authority)
    authority.close()
    assert "wrong-token" not in str(wrong.value) + wrong.value.next_step


def test_an_approle_logs_in_and_again_when_its_token_has_run_out(bao: OpenBaoCase, tmp_path: Path) -> None:
    file = secret_file(tmp_path, bao.server.secret_id)
    options = {"role_id": bao.server.role_id}
    authority = open_openbao(AdapterSettings("bao", "authorities.bao", bao.server.url, file, options))
    authority.probe()
    bao.server.client.post("/v1/auth/token/revoke", json={"token": authority._token}).raise_for_status()
    assert isinstance(send(bao, order(bao, bao.issue("approle.example")), authority), Accepted)
    authority.close()


def test_a_mount_that_openbao_does_not_have_is_our_own_fault(bao: OpenBaoCase) -> None:
    authority = open_openbao(replace(bao.authority._http.settings, options={"mount": "elsewhere"}))
    with pytest.raises(ConfigurationError):
        send(bao, order(bao, bao.issue("mount.example")), authority)
    authority.close()


def test_openbao_revokes_no_expired_certificate_and_that_is_said(bao: OpenBaoCase) -> None:
    certificate = bao.server.issue("expired.example", ttl="1s")
    end = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    while NOW.now() <= end:
        time.sleep(0.05)
    refused = refusal(bao, order(bao, serial_of_pem(certificate)))
    assert refused.why == "not_authorised"
    assert "expired" in str(refused)
