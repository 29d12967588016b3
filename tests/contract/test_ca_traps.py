"""What each CA does that its adapter must not fall for. Where a trap is the CA's own, the test shows first that it is there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.certificates import issue, key, make_ca, pem
from tests.contract.cas.acme_pebble import PebbleCase, on_file
from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.cfssl import CfsslCase
from tests.contract.cas.django_ca import DjangoCaCase
from tests.contract.cas.ejbca import EjbcaCase
from tests.contract.cas.openbao import OpenBaoCase
from tests.servers.acme_client import AcmeClient
from tests.servers.requests_to_sign import HOLDER_KEY, issuer_of_pem, serial_of_pem

from sulku_kernel.clock import SystemClock
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.acme import open_acme
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    AlreadyRevoked,
    CertificateAuthority,
    CertificateState,
    Lost,
    OrderToSend,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.ca.cfssl import open_cfssl
from sulku_revocation.ca.django_ca import open_django_ca
from sulku_revocation.ca.ejbca import open_ejbca
from sulku_revocation.ca.openbao import colons, open_openbao
from sulku_revocation.domain.reason_code import ReasonCode

NOW = SystemClock()  # the CAs run by the machine's clock


def order(case: CaseCa, serial: SerialNumber, reason: ReasonCode = ReasonCode.SUPERSEDED, **given) -> OrderToSend:
    made = OrderToSend(f"order:{serial.hex}", case.issuer.name, case.issuer.key_identifier, serial, reason)
    return replace(made, first_sent_at=NOW.now() - timedelta(seconds=1), **given)


def send(case: CaseCa, sent: OrderToSend, by: CertificateAuthority | None = None) -> Receipt:
    return revoke_carefully(by or case.authority, case.issuer, sent)


def refusal(case: CaseCa, sent: OrderToSend, by: CertificateAuthority | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        send(case, sent, by)
    return refused.value


def secret_file(folder: Path, text: str) -> Path:
    file = folder / "secret"
    file.write_text(text)
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("name", ["cfssl", "django-ca", "acme-pebble", "ejbca"])
def test_every_reason_that_the_desk_writes_arrives_as_it_is(opened, name: str) -> None:
    case: CaseCa = opened[name]
    for reason in ReasonCode:
        serial = case.issue("reason.example")
        receipt = send(case, order(case, serial, reason))
        assert isinstance(receipt, Accepted)
        assert receipt.lost == ()
        assert case.held(serial)[0] == reason


# --- OpenBao ----------------------------------------------------------------------------------------------------


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


# --- cfssl ------------------------------------------------------------------------------------------------------


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
    rows = cfssl.server.rows("SELECT * FROM certificates WHERE serial_number = ?", serial)
    assert {row["authority_key_identifier"]: row["status"] for row in rows} == {"": "revoked", "ff": "good"}


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


# --- django-ca --------------------------------------------------------------------------------------------------


@pytest.fixture
def django(opened) -> DjangoCaCase:
    return opened["django-ca"]


def test_django_ca_answers_a_question_about_an_unknown_serial_like_a_fault_of_its_own(django: DjangoCaCase) -> None:
    path = f"/django_ca/api/ca/{django.server.ca}/certs"
    assert django.server.client.get(f"{path}/ABCDEF/").status_code == 500
    serial = django.issue("lower.example")
    assert django.server.client.get(f"{path}/{serial.hex.upper()}/").status_code == 200
    assert django.server.client.get(f"{path}/{serial.hex}a/").status_code == 404
    assert django.authority.lookup(django.issuer, SerialNumber(0xABCDEF)).state is CertificateState.UNKNOWN


def test_django_ca_answers_an_expired_certificate_like_an_unknown_one(django: DjangoCaCase) -> None:
    serial = django.issue("expired.example")
    with closing(sqlite3.connect(django.server.folder / "db.sqlite3", timeout=20)) as database, database:
        database.execute(
            "UPDATE django_ca_certificate SET not_after = '2020-01-01 00:00:00' WHERE serial = ?",
            (serial.hex.upper(),),
        )
    refused = refusal(django, order(django, serial))
    assert refused.why == "not_authorised"
    assert "expired" in str(refused)


def test_django_ca_keeps_the_invalidity_date(django: DjangoCaCase) -> None:
    serial, since = django.issue("since.example"), NOW.now().replace(microsecond=0) - timedelta(days=3)
    receipt = send(django, order(django, serial, ReasonCode.KEY_COMPROMISE, invalidity_at=since))
    assert isinstance(receipt, Accepted)
    assert receipt.lost == ()
    assert django.server.certificate(serial)["compromised"] == since.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_desks_user_of_django_ca_may_issue_nothing(django: DjangoCaCase) -> None:
    auth = (django.server.user, django.server.password)
    answer = django.server.client.post(f"/django_ca/api/ca/{django.server.ca}/sign/", json={"csr": ""}, auth=auth)
    assert answer.status_code == 403


def test_a_password_that_django_ca_does_not_know_waits_and_is_not_told(django: DjangoCaCase, tmp_path: Path) -> None:
    settings = AdapterSettings("d", "authorities.d", django.url, secret_file(tmp_path, "hidden-word"), {"user": "desk"})
    authority = open_django_ca(settings)
    with pytest.raises(ConfigurationError) as wrong:
        authority.probe()
    authority.close()
    assert "hidden-word" not in str(wrong.value) + wrong.value.next_step


# --- ACME -------------------------------------------------------------------------------------------------------


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
    assert refused.value.why == "not_authorised"
    assert pebble.held(serial) is None
    receipt = pebble.authority.revoke_with_key(order(pebble, serial, ReasonCode.KEY_COMPROMISE), key("lost one"))
    assert isinstance(receipt, Accepted)
    assert pebble.held(serial)[0] == 1


def test_an_account_may_not_revoke_what_another_one_ordered(pebble: PebbleCase, tmp_path: Path) -> None:
    stranger = AcmeClient(pebble.url, pebble.server.trusted)
    authority = pebble.open(account_key=stranger.write_key(tmp_path / "stranger.pem"))
    serial = pebble.issue("stranger.example")
    assert refusal(pebble, order(pebble, serial), authority).why == "not_authorised"
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
    assert file.name in str(wrong.value)
    file.with_suffix(".crt").write_bytes(content)
    assert isinstance(send(pebble, order(pebble, serial)), Accepted)


def test_another_certificate_under_the_orders_serial_is_never_revoked(pebble: PebbleCase) -> None:
    mine, other = pebble.issue("mine.example"), pebble.issue("other.example")
    (pebble.folder / f"{mine.hex}.pem").write_bytes((pebble.folder / f"{other.hex}.pem").read_bytes())
    assert refusal(pebble, order(pebble, mine)).why == "malformed"
    assert pebble.held(other) is None
    assert on_file(pebble.folder, other)


# --- EJBCA ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ejbca(opened):
    case: EjbcaCase = opened["ejbca"]
    yield case
    case.server.wants_approval, case.server.keeps_silent, case.server.lets_in = False, False, True


def test_an_ejbca_that_wants_an_approval_is_waited_for_and_not_asked_again(ejbca: EjbcaCase) -> None:
    serial = ejbca.issue("")
    ejbca.server.wants_approval = True
    assert isinstance(send(ejbca, order(ejbca, serial)), PendingApproval)
    asked = sum(line.startswith("PUT") for line in ejbca.server.asked)
    assert isinstance(send(ejbca, order(ejbca, serial, awaits_approval=True)), PendingApproval)
    assert sum(line.startswith("PUT") for line in ejbca.server.asked) == asked
    ejbca.server.wants_approval = False  # somebody there agrees
    ejbca.revoke_elsewhere(serial, ReasonCode.SUPERSEDED)
    assert isinstance(send(ejbca, order(ejbca, serial, awaits_approval=True)), Accepted)


def test_an_ejbca_that_says_it_did_and_shows_that_it_did_not_is_not_believed(ejbca: EjbcaCase) -> None:
    serial = ejbca.issue("")
    ejbca.server.keeps_silent = True
    with pytest.raises(TryLater):
        send(ejbca, order(ejbca, serial))


def test_an_ejbca_changes_a_reason_to_key_compromise_and_keeps_the_date(ejbca: EjbcaCase) -> None:
    serial, since = ejbca.issue(""), NOW.now() - timedelta(days=2)
    send(ejbca, order(ejbca, serial))
    first = ejbca.held(serial)
    change = order(ejbca, serial, ReasonCode.KEY_COMPROMISE, update_reason=True, invalidity_at=since)
    assert isinstance(send(ejbca, change), Accepted)
    assert ejbca.held(serial) == (1, first[1])
    assert ejbca.server.entries[serial].invalidity == since.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_client_certificate_without_its_role_at_ejbca_is_our_own_fault(ejbca: EjbcaCase) -> None:
    ejbca.server.lets_in = False
    with pytest.raises(ConfigurationError):
        ejbca.authority.probe()


def test_an_ejbca_that_is_not_signed_by_the_ca_that_was_given_is_not_spoken_to(
    ejbca: EjbcaCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ejbca.server.options["trusted"]
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(trusted))
    options = {name: file for name, file in ejbca.server.options.items() if name != "trusted"}
    authority = open_ejbca(AdapterSettings("e", "authorities.e", ejbca.url, None, options))
    asked = len(ejbca.server.asked)
    with pytest.raises(TryLater):
        authority.probe()
    authority.close()
    assert len(ejbca.server.asked) == asked
