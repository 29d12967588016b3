"""OpenSSL publishes: `openssl ca` signs the CRL, `openssl ocsp` answers. What it says is seen, and who may say it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.conftest import find_free_port
from tests.servers.openssl_ca import OpensslFolder, make_openssl_ca, named, write_key
from tests.servers.programs import require_program
from tests.servers.stub_http import StubHttp, answers, stub_http

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.domain.publication_evidence import NotYet, Publication, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.publication import PublicationMemory, Question, see_ocsp_by_get, see_publication

CLOCK = SystemClock()  # openssl knows no other time


@pytest.fixture
def ca(tmp_path: Path) -> OpensslFolder:
    return make_openssl_ca(tmp_path / "ca")


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    made = HttpFetch()
    yield made
    made.close()


def crl_of(ca: OpensslFolder) -> bytes:
    """The CRL as DER."""
    ca.run("-gencrl", "-out", str(ca.folder / "list.pem"))
    return x509.load_pem_x509_crl((ca.folder / "list.pem").read_bytes()).public_bytes(Encoding.DER)


def make_responder(ca: OpensslFolder, *usages: x509.ObjectIdentifier) -> None:
    """A responder's certificate and key beside the CA's: with OCSP signing as its purpose unless told otherwise."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = CLOCK.now()
    signer = load_pem_private_key((ca.folder / "ca.key").read_bytes(), None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named("Responder"))
        .issuer_name(ca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(0x7777)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage(usages or (ExtendedKeyUsageOID.OCSP_SIGNING,)), critical=False)
        .sign(signer, hashes.SHA256())
    )
    (ca.folder / "responder.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    write_key(ca.folder / "responder.key", key)


@contextmanager
def responding(ca: OpensslFolder, signer: str = "responder") -> Iterator[str]:
    """`openssl ocsp` on a port of its own; it reads the CA's index anew for every question."""
    port = find_free_port()
    command = [
        require_program("openssl"), "ocsp", "-port", str(port), "-index", "index.txt", "-CA", "ca.pem",
        "-rsigner", f"{signer}.pem", "-rkey", f"{signer}.key", "-nmin", "10",
    ]  # fmt: skip
    # It says when it listens; a connection that says nothing would hang it.
    with subprocess.Popen(command, cwd=ca.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ACCEPT")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


@contextmanager
def published(ca: OpensslFolder, der: bytes) -> Iterator[str]:
    with stub_http(StubHttp) as server:
        server.behave = answers(200, der)
        yield f"{server.url}/list.crl"


def look(ca: OpensslFolder, serial: SerialNumber, fetch: HttpFetch, signer: str = "responder") -> Publication:
    with responding(ca, signer) as ocsp_url, published(ca, crl_of(ca)) as crl_url:
        issuer = replace(ca.issuer, crl_url=crl_url, ocsp_url=ocsp_url)
        return see_publication(issuer, serial, ReasonCode.SUPERSEDED, CLOCK.now(), fetch)


def revoke(ca: OpensslFolder, serial: SerialNumber, reason: str = "superseded") -> None:
    ca.run("-revoke", str(ca.file_of(serial)), "-crl_reason", reason)


def test_what_openssl_revokes_is_seen_in_both_and_its_neighbour_in_neither(ca: OpensslFolder, fetch: HttpFetch) -> None:
    make_responder(ca)
    revoked, good = ca.issue("a.example"), ca.issue("b.example")
    revoke(ca, revoked)
    assert look(ca, revoked, fetch).is_visible
    neighbour = look(ca, good, fetch)
    assert isinstance(neighbour.crl, NotYet)
    assert isinstance(neighbour.ocsp, NotYet)
    assert (neighbour.crl.why, neighbour.ocsp.why) == ("not_listed", "good")


def test_the_issuer_may_answer_itself(ca: OpensslFolder, fetch: HttpFetch) -> None:
    serial = ca.issue("a.example")
    revoke(ca, serial)
    assert look(ca, serial, fetch, "ca").is_visible


def test_openssl_is_asked_by_get_too(ca: OpensslFolder, fetch: HttpFetch) -> None:
    make_responder(ca)
    serial = ca.issue("a.example")
    revoke(ca, serial)
    with responding(ca) as url:
        asked = Question(replace(ca.issuer, ocsp_url=url), ca.certificate, CLOCK.now(), fetch)
        assert isinstance(see_ocsp_by_get(asked, serial, None, PublicationMemory()), Seen)


def test_a_responder_with_another_purpose_does_not_count(ca: OpensslFolder, fetch: HttpFetch) -> None:
    make_responder(ca, ExtendedKeyUsageOID.SERVER_AUTH)
    serial = ca.issue("a.example")
    revoke(ca, serial)
    found = look(ca, serial, fetch)
    assert isinstance(found.crl, Seen)
    assert isinstance(found.ocsp, Wrong)
    assert found.ocsp.why == "signer"


def test_another_reason_at_openssl_is_not_what_was_ordered_and_a_hold_is_not_for_good(
    ca: OpensslFolder, fetch: HttpFetch
) -> None:
    make_responder(ca)
    compromised, held = ca.issue("a.example"), ca.issue("b.example")
    revoke(ca, compromised, "keyCompromise")
    revoke(ca, held, "certificateHold")
    found = look(ca, compromised, fetch)
    assert isinstance(found.crl, Wrong)
    assert isinstance(found.ocsp, Wrong)
    assert (found.crl.why, found.ocsp.why) == ("reason", "reason")
    with responding(ca) as ocsp_url, published(ca, crl_of(ca)) as crl_url:
        issuer = replace(ca.issuer, crl_url=crl_url, ocsp_url=ocsp_url)
        assert see_publication(issuer, compromised, None, CLOCK.now(), fetch).is_visible
        on_hold = see_publication(issuer, held, None, CLOCK.now(), fetch)
        assert isinstance(on_hold.crl, Wrong)
        assert isinstance(on_hold.ocsp, Wrong)
