"""What django-ca does that its adapter must not fall for; the traps themselves are shown too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.cas.django_ca import DjangoCaCase
from tests.contract.cas.ordering import NOW, order, refusal, secret_file, send

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    CertificateState,
)
from sulku_revocation.ca.django_ca import open_django_ca
from sulku_revocation.domain.reason_code import ReasonCode


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
