"""The doctor on what the desk finds out senders with."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.senders import Zone
from tests.servers.dns import serve_dns
from tests.smime_senders import NOW, MailCa

from sulku_desk.doctor_facts import Part
from sulku_desk.proving_means import proving_means
from sulku_desk.settings import Settings, load_settings
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.domain.dns import DnsQuestion, RecordType


def found(settings: Settings) -> dict[str, str | None]:
    """What is wrong with each, in English."""
    return {one.where: one.fault and str(one.fault) for one in proving_means(settings, SetClock(NOW))}


def test_nothing_is_said_of_what_is_not_set(tmp_path: Path) -> None:
    assert found(load_settings(tmp_path)) == {}


def test_a_resolver_that_is_silent_is_named(tmp_path: Path) -> None:
    zone = Zone()
    with serve_dns(zone) as address:
        settings = load_settings(tmp_path, dns={"resolvers": (address,)})
        assert found(settings) == {address: None}
        zone.silent.add(DnsQuestion("example", RecordType.MX))
        assert found(settings) == {address: "it does not answer"}
    assert [one.part for one in proving_means(settings, SetClock(NOW))] == [Part.DNS]


def test_a_list_that_has_run_out_is_named_with_its_ca(tmp_path: Path) -> None:
    ca, anchors, crls = MailCa("Mail CA"), tmp_path / "anchors.pem", tmp_path / "crls"
    crls.mkdir()
    anchors.write_bytes(ca.certificate.public_bytes(Encoding.PEM))
    settings = load_settings(tmp_path, smime={"anchors": anchors, "crls": crls})
    (crls / "ca.crl").write_bytes(ca.crl())
    assert found(settings) == {"trust for signatures": None}
    (crls / "ca.crl").write_bytes(ca.crl(days=(-9, -1)))
    (fault,) = found(settings).values()
    assert fault is not None
    assert "CN=Mail CA" in fault
    anchors.write_bytes(b"nothing")
    (fault,) = found(settings).values()
    assert fault is not None
    assert "cannot be read" in fault


def test_a_key_without_its_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="go together"):
        load_settings(tmp_path, smime={"key": tmp_path / "key.pem"})
    settings = load_settings(tmp_path, smime={"key": tmp_path / "key.pem", "certificate": tmp_path / "c.pem"})
    (fault,) = found(settings).values()
    assert fault is not None
    assert "missing" in fault
