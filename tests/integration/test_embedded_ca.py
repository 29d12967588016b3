"""The embedded CA as `openssl` sees it, and what its folder promises."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.servers.ca import issuer_record, open_ca, serial_of, to_issue
from tests.servers.programs import require_program

from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.errors import ConfigurationError, InputError, NotFoundError, UnavailableError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import Accepted, CertificateState, OrderToSend, TryLater
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.domain.crl_reading import CrlEntries
from sulku_revocation.domain.ocsp_evidence import ocsp_request
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateType

KINDS = {
    "vrkshsp": (CertificateType.SERVER, CertificateType.SYSTEM_SIGNATURE),
    "vrkshsptg2": (CertificateType.TEST_SERVER, CertificateType.TEST_SYSTEM_SIGNATURE),
    "dvvshsg3": (CertificateType.SERVER, CertificateType.SYSTEM_SIGNATURE),
    "dvvshstg3": (CertificateType.TEST_SERVER, CertificateType.TEST_SYSTEM_SIGNATURE),
}
SIGNERS = (CertificateType.SYSTEM_SIGNATURE, CertificateType.TEST_SYSTEM_SIGNATURE)
REAL = SystemClock()  # openssl knows no other time


@pytest.fixture(scope="module")
def real_ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCa]:
    """The issuers that come with the program."""
    with EmbeddedCa(tmp_path_factory.mktemp("real") / "ca", "http://127.0.0.1:1", REAL) as ca:
        yield ca


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


@pytest.fixture
def ca(folder: Path, clock: SetClock) -> Iterator[EmbeddedCa]:
    with open_ca(folder, clock) as opened:
        yield opened


def order(ca: EmbeddedCa, slug: str, der: bytes, reason=ReasonCode.SUPERSEDED, **given) -> OrderToSend:
    issuer = issuer_record(ca, slug)
    key = given.pop("key", f"order:{serial_of(der)}")
    return OrderToSend(key, issuer.name, issuer.key_identifier, serial_of(der), reason, **given)


def openssl(*arguments: object) -> str:
    """Its standard output and error. Fails the test when it does not succeed."""
    done = subprocess.run(
        [require_program("openssl"), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def pem(folder: Path, name: str, der: bytes) -> Path:
    file = folder / f"{name}.pem"
    file.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return file


def crl_number(der: bytes) -> int:
    return x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


# --- as openssl sees it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", KINDS)
def test_openssl_verifies_the_chain_of_every_kind_of_certificate(
    real_ca: EmbeddedCa, tmp_path: Path, slug: str
) -> None:
    root = pem(tmp_path, "root", real_ca.issuer_certificate("sulku-root-g2"))
    issuer = pem(tmp_path, "issuer", real_ca.issuer_certificate(slug))
    for kind in KINDS[slug]:
        hosts = () if kind in SIGNERS else ("www.apteekki.example", "xn--lke-qlab.example")
        der = real_ca.issue(slug, to_issue(REAL, kind=kind, host_names=hosts))
        leaf = pem(tmp_path, "leaf", der)
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root, "-untrusted", issuer, leaf)
        if hosts:
            openssl("verify", "-purpose", "sslserver", "-verify_hostname", hosts[1], "-CAfile", root, "-untrusted", issuer, leaf)  # fmt: skip


def test_a_server_certificate_has_names_and_purposes_and_a_system_signature_has_neither(real_ca: EmbeddedCa) -> None:
    server = x509.load_der_x509_certificate(real_ca.issue("dvvshsg3", to_issue(REAL))).extensions
    signer = x509.load_der_x509_certificate(
        real_ca.issue("dvvshsg3", to_issue(REAL, kind=CertificateType.SYSTEM_SIGNATURE, host_names=()))
    ).extensions
    names = server.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.apteekki.example"]
    assert list(server.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH,
    ]  # fmt: skip
    for absent in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage):
        with pytest.raises(x509.ExtensionNotFound):
            signer.get_extension_for_class(absent)
    usage = signer.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    for extensions in (server, signer):
        point = extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
        assert point.full_name[0].value == "http://127.0.0.1:1/crl/dvvshsg3.crl"
        access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert [one.access_location.value for one in access] == [
            "http://127.0.0.1:1/ocsp/dvvshsg3", "http://127.0.0.1:1/ca/dvvshsg3.crt",
        ]  # fmt: skip
        policies = {policy.policy_identifier.dotted_string for policy in extensions.get_extension_for_class(x509.CertificatePolicies).value}  # fmt: skip
        assert policies == {"0.4.0.2042.1.7", "1.2.246.517.1.10.10.2"}


def test_the_oldest_generation_writes_ca_false_out_as_its_real_certificates_do(real_ca: EmbeddedCa) -> None:
    old = x509.load_der_x509_certificate(real_ca.issue("vrkshsp", to_issue(REAL)))
    with pytest.raises(ValueError, match="EncodedDefault"):
        _ = old.extensions


def test_an_rsa_key_of_a_server_may_encipher_keys(ca: EmbeddedCa, clock: SetClock) -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    request = to_issue(clock, public_key=key, kind=CertificateType.TEST_SERVER)
    extensions = x509.load_der_x509_certificate(ca.issue("test", request)).extensions
    assert extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment


@pytest.mark.parametrize("slug", ["vrkshsp", "dvvshsg3"])  # RSA and EC
def test_openssl_verifies_the_crl_and_reads_every_reason(real_ca: EmbeddedCa, tmp_path: Path, slug: str) -> None:
    issuer = pem(tmp_path, "issuer", real_ca.issuer_certificate(slug))
    reasons = list(ReasonCode)
    issued = real_ca.issue_many(slug, [to_issue(REAL) for _ in reasons])
    for der, reason in zip(issued, reasons, strict=True):
        invalidity = REAL.now() - timedelta(days=2) if reason is ReasonCode.KEY_COMPROMISE else None
        real_ca.revoke(order(real_ca, slug, der, reason, invalidity_at=invalidity))
    (tmp_path / "list.crl").write_bytes(real_ca.crl(slug))
    text = openssl(
        "crl", "-inform", "DER", "-in", tmp_path / "list.crl", "-noout", "-text", "-verify", "-CAfile", issuer
    )
    assert "verify OK" in text
    entries = {int(part.split()[0], 16): part for part in text.split("Serial Number: ")[1:]}
    words = ("", "Key Compromise", "Affiliation Changed", "Superseded", "Cessation Of Operation", "Privilege Withdrawn")
    for der, word in zip(issued, words, strict=True):
        entry = entries[int(serial_of(der))]
        assert ("CRL Reason Code" in entry) == bool(word)
        assert word in entry
        assert ("Invalidity Date" in entry) == (word == "Key Compromise")


def test_openssl_refuses_a_revoked_certificate_and_accepts_its_neighbour(real_ca: EmbeddedCa, tmp_path: Path) -> None:
    slug = "dvvshsg3"
    revoked, good = real_ca.issue_many(slug, [to_issue(REAL), to_issue(REAL)])
    real_ca.revoke(order(real_ca, slug, revoked))
    trusted = tmp_path / "trusted.pem"
    crls = b"".join(
        x509.load_der_x509_crl(real_ca.crl(one)).public_bytes(Encoding.PEM) for one in (slug, "sulku-root-g2")
    )
    root = x509.load_der_x509_certificate(real_ca.issuer_certificate("sulku-root-g2"))
    trusted.write_bytes(root.public_bytes(Encoding.PEM) + crls)
    chain = (
        "-crl_check_all",
        "-CAfile",
        trusted,
        "-untrusted",
        pem(tmp_path, "issuer", real_ca.issuer_certificate(slug)),
    )
    assert "OK" in openssl("verify", *chain, pem(tmp_path, "good", good))
    with pytest.raises(AssertionError, match="certificate revoked"):
        openssl("verify", *chain, pem(tmp_path, "revoked", revoked))


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize("slug", ["vrkshsp", "dvvshsg3"])
def test_openssl_verifies_ocsp_answers_and_their_nonce(
    real_ca: EmbeddedCa, tmp_path: Path, slug: str, digest: str
) -> None:
    good, revoked = real_ca.issue_many(slug, [to_issue(REAL), to_issue(REAL)])
    real_ca.revoke(order(real_ca, slug, revoked, ReasonCode.KEY_COMPROMISE))
    issuer = pem(tmp_path, "issuer", real_ca.issuer_certificate(slug))
    root = pem(tmp_path, "root", real_ca.issuer_certificate("sulku-root-g2"))
    never = SerialNumber(0x7FFF0002)
    for serial, word in (
        (serial_of(good), "Cert Status: good"),
        (serial_of(revoked), "Cert Status: revoked"),
        (never, "Cert Status: unknown"),
    ):
        question = (digest, "-issuer", issuer, "-serial", f"0x{serial}")
        openssl("ocsp", *question, "-reqout", tmp_path / "q")
        (tmp_path / "a").write_bytes(real_ca.ocsp(slug, (tmp_path / "q").read_bytes()))
        answer = ("-respin", tmp_path / "a", "-reqin", tmp_path / "q", "-CAfile", root, "-verify_other", issuer)
        text = openssl("ocsp", "-resp_text", *answer)
        assert "Response verify OK" in text
        assert "WARNING" not in text  # it would say: no nonce in response
        assert word in text
        assert ("Revocation Reason: keyCompromise" in text) == (word == "Cert Status: revoked")


# --- OCSP questions that are none --------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [b"", b"\x30\x00", b"\x30\x80", b"x" * 100, b"\x00" * 10_000])
def test_a_question_that_cannot_be_read_is_answered_malformed(ca: EmbeddedCa, question: bytes) -> None:
    assert ca.ocsp("care", question) == bytes.fromhex("30030a0101")


def test_a_nonce_longer_than_any_client_needs_is_answered_malformed(ca: EmbeddedCa) -> None:
    issuer = x509.load_der_x509_certificate(ca.issuer_certificate("care"))
    assert len(ca.ocsp("care", ocsp_request(issuer, SerialNumber(5), b"n" * 128))) > 100
    assert ca.ocsp("care", ocsp_request(issuer, SerialNumber(5), b"n" * 129)) == bytes.fromhex("30030a0101")


def test_a_question_about_another_issuer_is_answered_unauthorized(ca: EmbeddedCa, clock: SetClock) -> None:
    other = x509.load_der_x509_certificate(ca.issuer_certificate("test"))
    assert ca.ocsp("care", ocsp_request(other, SerialNumber(5), None)) == bytes.fromhex("30030a0106")


# --- issuing -----------------------------------------------------------------------------------------------------


def test_serial_numbers_are_short_or_long_as_the_real_ones_and_never_the_same(ca: EmbeddedCa, clock: SetClock) -> None:
    short = [serial_of(der) for der in ca.issue_many("care", [to_issue(clock)] * 50)]
    long = [serial_of(der) for der in ca.issue_many("test", [to_issue(clock, kind=CertificateType.TEST_SERVER)] * 50)]
    assert len(set(short + long)) == 100
    assert {(serial.bit_length() + 7) // 8 for serial in short} == {4}
    assert all(serial < 2**31 for serial in short)  # four octets as a positive INTEGER
    assert {len(serial.hex) for serial in long} == {35}  # 18 octets, the first 0x01
    assert all(serial.hex.startswith("10000") for serial in long)


YEAR = timedelta(days=365)
WRONG = {
    "a root": ("root", {}),
    "a test certificate of a real issuer": ("care", {"kind": CertificateType.TEST_SERVER}),
    "a real certificate of a test issuer": ("test", {"kind": CertificateType.SERVER}),
    "a CA": ("care", {"kind": CertificateType.CA}),
    "an unknown kind": ("care", {"kind": CertificateType.UNKNOWN}),
    "a server without a name": ("care", {"host_names": ()}),
    "a system signature with a name": ("care", {"kind": CertificateType.SYSTEM_SIGNATURE}),
    "an address": ("care", {"host_names": ("10.0.0.1",)}),
    "a mail address": ("care", {"host_names": ("a@b.example",)}),
    "a name with a blank": ("care", {"host_names": ("www.example .fi",)}),
    "a name with a NUL": ("care", {"host_names": ("www.bank.example\0.evil.example",)}),
    "a name in capitals": ("care", {"host_names": ("WWW.example.fi",)}),
    "a name with umlauts": ("care", {"host_names": ("lääke.example",)}),
    "an empty subject": ("care", {"subject": x509.Name([])}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_certificate_that_no_issuer_would_issue_is_refused(ca: EmbeddedCa, clock: SetClock, case: str) -> None:
    slug, given = WRONG[case]
    before = list(ca.register())
    with pytest.raises(InputError):
        ca.issue_many(
            slug, [to_issue(clock, **given)] if slug != "care" else [to_issue(clock), to_issue(clock, **given)]
        )
    assert list(ca.register()) == before  # all or none


def test_a_certificate_is_never_valid_when_its_issuer_is_not(ca: EmbeddedCa, clock: SetClock) -> None:
    now = clock.now()
    for begins, ends in ((now, now), (now, now + 11 * YEAR), (now - 4 * YEAR, now)):
        with pytest.raises(InputError):
            ca.issue("care", to_issue(clock, not_before=begins, not_after=ends))
    ca.issue("care", to_issue(clock, not_before=now - 2 * YEAR, not_after=now - YEAR))  # expired long ago: as it was


def test_an_issuer_that_is_not_there_is_named_with_those_that_are(ca: EmbeddedCa) -> None:
    for ask in (ca.crl, ca.issuer_certificate, lambda slug: ca.ocsp(slug, b""), lambda slug: ca.issue_many(slug, [])):
        with pytest.raises(NotFoundError) as missing:
            ask("../root")
        assert "care" in missing.value.next_step


# --- CRLs --------------------------------------------------------------------------------------------------------


def test_a_crl_is_made_anew_when_something_was_revoked_and_before_it_grows_old(ca: EmbeddedCa, clock: SetClock) -> None:
    first, second = ca.issue_many("care", [to_issue(clock), to_issue(clock)])
    empty = ca.crl("care")
    assert len(CrlEntries(empty)) == 0
    clock.advance(timedelta(hours=11))
    assert ca.crl("care") == empty
    clock.advance(timedelta(hours=1))
    renewed = ca.crl("care")
    ca.revoke(order(ca, "care", first))
    with_one = ca.crl("care")
    ca.revoke(order(ca, "care", second))
    with_two = ca.crl("care")
    assert [crl_number(der) for der in (empty, renewed, with_one, with_two)] == [1, 2, 3, 4]
    assert CrlEntries(with_two).serials == {serial_of(first), serial_of(second)}
    assert x509.load_der_x509_crl(with_two).next_update_utc - clock.now() == timedelta(hours=48)
    assert crl_number(ca.crl("test")) == 1


def test_a_clock_that_is_set_back_makes_a_new_crl_instead_of_one_from_the_future(
    ca: EmbeddedCa, clock: SetClock
) -> None:
    ca.crl("care")
    clock.advance(timedelta(hours=-3))
    crl = x509.load_der_x509_crl(ca.crl("care"))
    assert crl.last_update_utc == clock.now()
    assert crl_number(crl.public_bytes(Encoding.DER)) == 2


def test_every_crl_lies_as_a_file_for_a_web_server_in_front(folder: Path, ca: EmbeddedCa, clock: SetClock) -> None:
    (der,) = ca.issue_many("care", [to_issue(clock)])
    ca.revoke(order(ca, "care", der))
    ca.publish()
    assert {file.name for file in (folder / "crl").iterdir()} == {"root.crl", "care.crl", "test.crl"}
    assert (folder / "crl" / "care.crl").read_bytes() == ca.crl("care")


def test_a_folder_of_crls_that_cannot_be_written_stops_no_answer(folder: Path, ca: EmbeddedCa, clock: SetClock) -> None:
    (folder / "crl").rmdir()
    (folder / "crl").write_text("in the way")
    der = ca.issue("care", to_issue(clock))
    ca.revoke(order(ca, "care", der))
    assert serial_of(der) in CrlEntries(ca.crl("care"))


# --- the folder --------------------------------------------------------------------------------------------------


def test_only_one_process_at_a_time_has_the_ca_open(folder: Path, clock: SetClock) -> None:
    with open_ca(folder, clock), pytest.raises(UnavailableError, match="another process"):
        open_ca(folder, clock)
    open_ca(folder, clock).close()


def test_a_ca_that_is_opened_again_is_the_same(folder: Path, clock: SetClock) -> None:
    with open_ca(folder, clock) as ca:
        der = ca.issue("care", to_issue(clock))
        first = ca.revoke(order(ca, "care", der, invalidity_at=clock.now()))
        certificates, listed, number = [ca.issuer_certificate(slug) for slug in ("root", "care", "test")], list(ca.register()), crl_number(ca.crl("care"))  # fmt: skip
    clock.advance(timedelta(days=1))
    with open_ca(folder, clock, "http://elsewhere.example") as ca:
        assert [ca.issuer_certificate(slug) for slug in ("root", "care", "test")] == certificates
        assert list(ca.register()) == listed
        repeated = ca.revoke(order(ca, "care", der, invalidity_at=clock.now()))
        assert repeated == replace(first, is_repeat=True)
        assert crl_number(ca.crl("care")) > number
        assert serial_of(der) in CrlEntries(ca.crl("care"))


def test_keys_can_be_read_by_their_owner_alone(folder: Path, ca: EmbeddedCa) -> None:
    keys = list((folder / "keys").iterdir())
    assert len(keys) == 3
    assert {file.stat().st_mode & 0o777 for file in keys} == {0o600}
    assert (folder / "keys").stat().st_mode & 0o077 == 0


def test_a_lost_key_is_never_replaced_by_a_new_one(folder: Path, clock: SetClock) -> None:
    open_ca(folder, clock).close()
    (folder / "keys" / "care.pem").unlink()
    with pytest.raises(ConfigurationError, match="care") as lost:
        open_ca(folder, clock)
    assert "backup" in lost.value.next_step
    assert not (folder / "keys" / "care.pem").exists()


def _other_key(folder: Path) -> None:
    (folder / "keys" / "care.pem").write_bytes((folder / "keys" / "root.pem").read_bytes())


def _other_name(folder: Path) -> None:
    file = folder / "issuers.toml"
    file.write_text(file.read_text().replace("CN=Test CA", "CN=Other CA"))


DAMAGES = {
    "the key is another's": _other_key,
    "the key is no key": lambda folder: (folder / "keys" / "care.pem").write_text("-----BEGIN"),
    "the key can be read by all": lambda folder: (folder / "keys" / "care.pem").chmod(0o644),
    "the certificate is cut": lambda folder: (folder / "care.crt").write_bytes(b"\x30\x82"),
    "the name was changed": _other_name,
    "the database is no database": lambda folder: (folder / "ca.sqlite").write_bytes(b"no database" * 1000),
    "the issuers are no TOML": lambda folder: (folder / "issuers.toml").write_text("[[issuer"),
    "there is no issuer": lambda folder: (folder / "issuers.toml").write_text("issuer = []"),
    "a year is no number": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="a"\nname=["CN=a"]\nkey="ec-p256"\nyears="ten"'),
    "a slug leads out of the folder": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="../a"\nname=["CN=a"]\nkey="ec-p256"'),
    "a parent is missing": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="a"\nname=["CN=a"]\nkey="ec-p256"\nparent="b"'),
    "a kind of key is unknown": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="a"\nname=["CN=a"]\nkey="dsa"'),
    "a part of a name is unknown": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="a"\nname=["X=a"]\nkey="ec-p256"'),
    "a country is too long": lambda folder: (folder / "issuers.toml").write_text('[[issuer]]\nslug="a"\nname=["C=FIN"]\nkey="ec-p256"'),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_named_with_what_to_do(folder: Path, clock: SetClock, damage: str) -> None:
    with open_ca(folder, clock) as ca:
        issuers = ca.issuers
    assert len(issuers) == 3
    for old in folder.glob("ca.sqlite-*"):
        old.unlink()
    DAMAGES[damage](folder)
    with pytest.raises(ConfigurationError) as wrong:
        EmbeddedCa(folder, "http://127.0.0.1:1", clock)
    assert wrong.value.next_step
    # And nothing holds the lock after the failure.
    with pytest.raises(ConfigurationError):
        EmbeddedCa(folder, "http://127.0.0.1:1", clock)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file"):
        EmbeddedCa(tmp_path / "file" / "ca", "http://127.0.0.1:1", clock)


def test_a_database_that_cannot_be_written_is_tried_later_and_the_last_crl_is_served(
    folder: Path, ca: EmbeddedCa, clock: SetClock
) -> None:
    der = ca.issue("care", to_issue(clock))
    last = ca.crl("care")
    ca._records._connection.execute("PRAGMA query_only=ON")  # as a full disk answers
    with pytest.raises(TryLater):
        ca.revoke(order(ca, "care", der))
    with pytest.raises(UnavailableError):
        ca.issue("care", to_issue(clock))
    assert ca.lookup(issuer_record(ca, "care"), serial_of(der)).state is CertificateState.GOOD
    clock.advance(timedelta(hours=20))
    assert ca.crl("care") == last
    clock.advance(timedelta(hours=28))
    with pytest.raises(TryLater):  # an expired list is worse than none
        ca.crl("care")
    ca._records._connection.execute("PRAGMA query_only=OFF")
    assert isinstance(ca.revoke(order(ca, "care", der)), Accepted)


REVOKING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.domain.reason_code import ReasonCode
name, key, *serials = sys.stdin.readline().split("\\t")
ca = EmbeddedCa(Path(sys.argv[1]), "http://127.0.0.1:1", SystemClock())
for serial in serials:
    ca.revoke(OrderToSend("order:" + serial.strip(), name, key, SerialNumber.from_hex(serial), ReasonCode.SUPERSEDED))
    ca.crl("care")
    print(serial.strip(), flush=True)
"""


def test_what_was_accepted_before_a_kill_is_revoked_after_it(folder: Path) -> None:
    with open_ca(folder, REAL) as ca:
        issued = ca.issue_many("care", [to_issue(REAL)] * 200)
        issuer = issuer_record(ca, "care")
    child = subprocess.Popen(
        [sys.executable, "-c", REVOKING, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("\t".join([issuer.name, issuer.key_identifier, *(serial_of(der).hex for der in issued)]) + "\n")
    child.stdin.flush()
    accepted = [child.stdout.readline().strip() for _ in range(25)]
    os.kill(child.pid, signal.SIGKILL)
    rest = child.communicate()[0]
    accepted += [line for line in rest.split("\n")[:-1] if line]
    published = crl_number((folder / "crl" / "care.crl").read_bytes())
    with open_ca(folder, REAL) as ca:
        on_list = CrlEntries(ca.crl("care")).serials
        assert {int(serial, 16) for serial in accepted} <= on_list
        assert crl_number(ca.crl("care")) > published
        for der in issued:  # every order is sent again: each certificate is revoked once
            ca.revoke(replace(order(ca, "care", der), idempotency_key=f"order:{serial_of(der)}"))
        assert CrlEntries(ca.crl("care")).serials == {serial_of(der) for der in issued}
