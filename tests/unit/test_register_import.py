"""Certificates enter the register whole or not at all, from every form in which a CA hands them out."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.certificates import Ca, issue, make_ca, name_of, p7b, pem

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import NotAllowedError, NotFoundError
from sulku_kernel.events import read_events
from sulku_kernel.storage import Storage, create_all, open_storage
from sulku_kernel.transaction import begin
from sulku_revocation.certificate_sources import Source, find_files, read_sources
from sulku_revocation.domain.certificate_der import SEQUENCE, UnreadableError, encode
from sulku_revocation.domain.certificate_files import find_certificates
from sulku_revocation.domain.certificate_reading import DEFAULT_RULES, TypeRules
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_entry import read_entry
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.models import certificates
from sulku_revocation.register import DatabaseRegister, mark_revoked
from sulku_revocation.register_import import FaultyInputError, ImportReport, import_certificates, read_source

ADMINISTRATOR = Actor.user("hallinta", frozenset({"administrator"}))
CA = make_ca()
SERVER = issue(CA, 0x0BF4EAB0, hosts=("www.apteekki.example", "*.palvelu.example"))
SIGNATURE = issue(CA, 0x0100000168F0A805C366B43B5DE968C691FB, key_name="other")


@pytest.fixture
def enter(storage: Storage, clock: SetClock):
    """Imports files given as name=bytes, each call one import."""

    def run(**files: bytes) -> ImportReport:
        sources = [Source(name.replace("_", "."), data) for name, data in files.items()]
        with begin(storage.desk, clock, ADMINISTRATOR) as tx:
            return import_certificates(tx, sources)

    return run


def on_file(storage: Storage) -> list[CertificateRecord]:
    with storage.desk.reading() as connection:
        register = DatabaseRegister(connection)
        ids = connection.execute(sa.select(certificates.c.id).order_by(certificates.c.id)).scalars().all()
        found = [register.certificate(id_) for id_ in ids]
        return [record for record in found if record is not None]


def issuers_of(storage: Storage):
    with storage.desk.reading() as connection:
        return DatabaseRegister(connection).issuers()


def test_a_certificate_that_cryptography_cannot_read_whole_is_on_file_with_all_it_says(enter, storage: Storage) -> None:
    with pytest.raises(ValueError, match="EncodedDefault"):
        _ = x509.load_der_x509_certificate(SERVER).extensions
    enter(bundle_pem=pem(SERVER, CA.der))
    server, ca = on_file(storage)
    assert (server.serial, server.certificate_type) == (0x0BF4EAB0, CertificateType.SERVER)
    assert server.host_names == ("www.apteekki.example", "*.palvelu.example")
    assert (server.organisation, server.organisation_oid) == ("Kansanelakelaitos", "1.2.246.10.2048198")
    assert ca.certificate_type is CertificateType.CA
    (issuer,) = issuers_of(storage)
    assert issuer.certificate_der == CA.der
    assert (issuer.crl_url, issuer.ocsp_url) == ("http://proxy.ca.example/crl/care.crl", "http://ocsp.ca.example/care")
    assert not issuer.is_test


@pytest.mark.parametrize(
    "data",
    [
        SERVER,
        pem(SERVER),
        pem(SERVER).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbfsubject=CN = x\n" + pem(SERVER) + b"\ntrailing words",
        p7b(SERVER),
        p7b(SERVER, encoding=Encoding.PEM),
        base64.encodebytes(SERVER),
    ],
    ids=["DER", "PEM", "CRLF", "BOM and words around", "PKCS#7 DER", "PKCS#7 PEM", "bare base64"],
)
def test_every_form_of_a_certificate_gives_the_same_entry(data: bytes) -> None:
    (entry,) = read_source(Source("file.crt", data), DEFAULT_RULES)
    assert entry == read_entry(SERVER, "", DEFAULT_RULES)


def test_importing_the_same_again_changes_nothing(enter, storage: Storage) -> None:
    files = {"a_pem": pem(SERVER, SIGNATURE, CA.der), "b_csv": _csv("bf4eab0", "Another name")}
    enter(**files)
    before = on_file(storage), issuers_of(storage)
    report = enter(**files)
    assert (report.new, report.updated, report.known, report.issuers) == (0, 0, 4, 0)
    assert (on_file(storage), issuers_of(storage)) == before


def _csv(serial: str, common_name: str, ca: Ca = CA, more: str = "") -> bytes:
    return f'issuer;serial_hex;common_name\n"{ca.rfc4514}";{serial};{common_name}\n{more}'.encode()


def test_a_certificate_completes_what_a_list_began_and_a_list_never_undoes_it(enter, storage: Storage) -> None:
    enter(list_csv=_csv("00 0b:f4:ea:b0", "Old name"))
    report = enter(a_crt=SERVER)
    assert (report.new, report.updated) == (0, 1)
    enter(list_csv=_csv("0bf4eab0", "Old name"))
    (record,) = on_file(storage)
    assert (record.common_name, record.spki != "") == ("Palvelu_testi", True)
    with storage.desk.reading() as connection:
        reference = Reference(ReferenceKind.HOST_NAME, "uusi.palvelu.example", "text")
        assert DatabaseRegister(connection).look_up([reference])[reference] == (record,)


def test_an_issuer_is_a_name_and_a_key_however_the_name_is_written(enter, storage: Storage) -> None:
    second = make_ca(key_name="second generation")
    enter(
        first_pem=pem(CA.der, SERVER),
        second_pem=pem(second.der, issue(second, 0x0BF4EAB0)),
        third_csv=b"issuer,serial_decimal,issuer_key_identifier\n"
        b'"2.5.4.6=FI, o=VAESTOREKISTERIKESKUS ca, CN=Care CA for  Service Providers",77,'
        + issuers_key(second).encode()
        + b"\n",
    )
    first, other = issuers_of(storage)
    assert first.name == other.name
    assert [record.issuer_id for record in on_file(storage) if record.serial == 77] == [other.id]
    with pytest.raises(FaultyInputError, match=r"2 issuers have the name .* issuer_key_identifier"):
        enter(fourth_csv=_csv("78", "which?"))


def issuers_key(ca: Ca) -> str:
    return ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()


def test_a_certificate_of_an_unknown_issuer_makes_it_known_and_the_ca_certificate_completes_it(
    enter, storage: Storage
) -> None:
    enter(a_crt=issue(CA, 5, with_key_identifier=False))
    (issuer,) = issuers_of(storage)
    assert (issuer.key_identifier, issuer.certificate_der) == ("", None)
    enter(ca_crt=CA.der)
    (issuer,) = issuers_of(storage)
    assert (issuer.key_identifier, issuer.certificate_der) == (issuers_key(CA), CA.der)


def test_another_address_of_an_issuers_crl_is_kept_beside_the_first_and_remarked_on_once(
    enter, storage: Storage
) -> None:
    other = [issue(CA, serial, crl_url="http://elsewhere.example/new.crl") for serial in (1, 2, 3)]
    report = enter(a_pem=pem(SERVER), b_pem=pem(*other))
    first, second = "http://proxy.ca.example/crl/care.crl", "http://elsewhere.example/new.crl"
    assert issuers_of(storage)[0].crl_urls == (first, second)  # a partitioned list stands at several
    (remark,) = report.remarks
    assert "http://elsewhere.example/new.crl" in remark


def test_a_test_ca_is_known_by_its_name_or_by_what_the_administrator_says(storage: Storage, clock: SetClock) -> None:
    named = make_ca("VRK TEST CA for Service Providers", key_name="test ca")
    said = make_ca("Pilot CA", key_name="pilot ca")
    with begin(storage.desk, clock, ADMINISTRATOR) as tx:
        import_certificates(tx, [Source("a.pem", pem(named.der, issue(named, 1, hosts=("a.example",))))])
        rules = TypeRules(all_test=True)
        import_certificates(tx, [Source("b.pem", pem(said.der, issue(said, 2, key_name="k")))], rules=rules)
    assert [issuer.is_test for issuer in issuers_of(storage)] == [True, True]
    types = {record.serial: record.certificate_type for record in on_file(storage)}
    assert (types[1], types[2]) == (CertificateType.TEST_SERVER, CertificateType.TEST_SYSTEM_SIGNATURE)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("notes.pem", b"Dear colleague, the certificate follows.", "no certificate in it"),
        ("cut.pem", pem(SERVER)[:-40], "cut off"),
        ("cut.der", SERVER[:-1], "end in the middle"),
        ("long.der", SERVER + b"\0", "not a certificate|end in the middle"),
        ("junk.der", b"\x30" + bytes(range(256)) * 40_000, "longer than|more than|end in|not a certificate|indefinite"),
        ("big.pem", b"A" * 10_000_001, "more than 10 MB"),
        ("empty.crt", b"", "no certificate in it"),
        ("key.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no certificate in it"),
        ("deep.der", bytes.fromhex("3080") * 100_000, "indefinite"),
        ("list.csv", "issuer;serial_hex\nCN=Käyttäjä;1\n".encode("latin-1"), "not UTF-8"),
        ("list.csv", b"issuer;serial\nCN=a;1\n", "no column “serial”; there are issuer, serial_hex"),
        ("list.csv", b"issuer;serial_hex;serial_decimal\nCN=a;1;1\n", "one of serial_hex and serial_decimal"),
        ("list.csv", b"issuer;serial_hex\nCN=a;-5\n", "line 2: serial_hex: “-5” is no serial number"),
        ("list.csv", b"issuer;serial_hex\nCN=a;0\n", "line 2: a serial number lies between"),
        ("list.csv", b"issuer;serial_decimal\nCN=a;12ab\n", "line 2: serial_decimal"),
        ("list.csv", b"issuer;serial_hex\nnobody;5\n", "line 2: “nobody” is no attribute"),
        ("list.csv", b"issuer;serial_hex;business_id\nCN=a;5;0204819-7\n", "line 2: business_id.*check digit"),
        ("list.csv", b"issuer;serial_hex;not_after\nCN=a;5;24.11.2026\n", "line 2: not_after"),
        ("list.csv", b"issuer;serial_hex;not_after\nCN=a;5;2026-11-24T12:00:00\n", "line 2: not_after.*offset"),
        ("list.csv", b"issuer;serial_hex\n\nCN=a;5;6\n", "line 3: 3 cells under 2 columns"),
        ("list.csv", b'issuer;serial_hex\n"CN=a;5\n', "not CSV"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_where(name: str, data: bytes, why: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        list(read_source(Source(name, data), DEFAULT_RULES))
    place = getattr(caught.value, "place", "")
    assert re.search(why, f"{place}: {caught.value}")


@pytest.mark.parametrize("bad", [pem(SERVER)[:-40], b"no certificate", SERVER[:-1]], ids=["cut", "text", "short"])
def test_a_bad_file_is_named_with_its_place_and_nothing_is_entered(enter, storage: Storage, bad: bytes) -> None:
    with pytest.raises(FaultyInputError) as caught:
        enter(good_crt=SIGNATURE, list_csv=_csv("5", "listed"), bad_pem=bad)
    assert [fault.file for fault in caught.value.report.faults] == ["bad.pem"]
    assert str(caught.value).startswith("bad.pem: ")
    assert "nothing was entered" in caught.value.next_step
    assert (on_file(storage), issuers_of(storage)) == ([], ())
    with storage.desk.reading() as connection:
        assert read_events(connection) == []


def test_every_bad_file_is_named_at_once(enter) -> None:
    with pytest.raises(FaultyInputError, match=r"\(and 2 more\)") as caught:
        enter(a_pem=b"x", b_pem=b"y", c_pem=pem(SERVER), d_pem=b"z")
    assert [fault.file for fault in caught.value.report.faults] == ["a.pem", "b.pem", "d.pem"]


def test_two_certificates_with_one_serial_number_of_one_issuer_are_refused(enter, storage: Storage) -> None:
    enter(a_crt=SERVER)
    with pytest.raises(FaultyInputError, match="another certificate with serial number 0bf4eab0"):
        enter(b_crt=issue(CA, 0x0BF4EAB0, key_name="forged"))
    assert len(on_file(storage)) == 1


def test_an_import_is_in_the_audit_trail_with_its_counts_and_the_digest_of_the_file(enter, storage: Storage) -> None:
    enter(a_crt=SERVER)
    with storage.desk.reading() as connection:
        (event,) = read_events(connection)
    assert (event.actor, event.action) == ("user:hallinta", "CERTIFICATES_IMPORTED")
    assert event.payload is not None
    assert event.payload["sha256"] == hashlib.sha256(SERVER).hexdigest()
    assert (event.payload["new"], event.payload["issuers"], event.payload["names"]) == (1, 1, ["a.crt"])


@pytest.mark.parametrize("role", ["operator", "approver", "supervisor", "auditor"])
def test_only_an_administrator_imports(sqlite_storage: Storage, clock: SetClock, role: str) -> None:
    person = Actor.user("joku", frozenset({role}))
    with pytest.raises(NotAllowedError, match="administrator"), begin(sqlite_storage.desk, clock, person) as tx:
        import_certificates(tx, [Source("a.crt", SERVER)])


def test_a_pkcs7_of_ten_thousand_certificates_is_read_and_one_beyond_the_limit_refused() -> None:
    assert len(find_certificates(_many(10_000))) == 10_000
    with pytest.raises(UnreadableError, match="more than 20000 certificates"):
        find_certificates(b"\x30\x02\x30\x00" * 20_001)


def test_more_certificates_than_are_written_at_once_are_all_entered(enter, storage: Storage) -> None:
    report = enter(many_p7b=_many(2_500))
    assert (report.new, report.certificates) == (2_500, 2_500)
    with storage.desk.reading() as connection:
        wanted = Reference(ReferenceKind.SERIAL, "1009c3", "text", read_serial("1009c3"))
        assert [r.serial for r in DatabaseRegister(connection).look_up([wanted])[wanted]] == [0x1009C3]


def _many(count: int) -> bytes:
    """PKCS#7 of `count` certificates that differ in their serial numbers (and so are not truly signed)."""
    der = issue(CA, 0x100000, key_name="many")
    at = der.index(b"\x02\x03\x10\x00\x00") + 2
    whole = b"".join(der[:at] + (0x100000 + n).to_bytes(3, "big") + der[at + 3 :] for n in range(count))
    signed = encode(SEQUENCE, b"\x02\x01\x01", b"\x31\x00", encode(SEQUENCE, b"\x06\x01\x2a"), encode(0xA0, whole))
    return encode(SEQUENCE, bytes.fromhex("06092a864886f70d010702"), encode(0xA0, signed))


def test_a_folder_is_read_through_and_what_is_no_certificate_file_is_passed_over(
    storage: Storage, clock: SetClock, tmp_path: Path
) -> None:
    inner = tmp_path / "vrk" / "2026"
    inner.mkdir(parents=True)
    (inner / "server.CER").write_bytes(SERVER)
    (tmp_path / "vrk" / "README.txt").write_text("see inside")
    (tmp_path / "vrk" / ".hidden.pem").write_text("x")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("ca/ca.pem", pem(CA.der))
        members.writestr("list.csv", _csv("99", "listed"))
        members.writestr("read.me", "x")
    (tmp_path / "vrk" / "more.zip").write_bytes(archive.getvalue())
    files, passed_over = find_files([tmp_path / "vrk"])
    assert [Path(name).name for name in passed_over] == [".hidden.pem", "README.txt"]
    with begin(storage.desk, clock, ADMINISTRATOR) as tx:
        report = import_certificates(tx, read_sources(files))
    assert (report.files, report.certificates, report.new) == (3, 3, 3)


def test_a_name_too_long_for_an_index_is_refused_on_both_databases(enter, storage: Storage) -> None:
    units = ",".join(f"OU={n}{'ä' * 60}" for n in range(30))
    with pytest.raises(FaultyInputError, match="far too long"):
        enter(list_csv=f'issuer;serial_hex\n"{units}";5\n'.encode())


def test_text_that_a_database_refuses_is_made_storable(enter, storage: Storage) -> None:
    nul = issue(CA, 9, subject=name_of(O="Yritys\0 Oy", CN="palvelu\0"), key_name="nul")
    enter(a_crt=nul)
    (record,) = on_file(storage)
    assert record.organisation == "Yritys\ufffd Oy"


def test_a_revocation_is_marked_once_and_an_import_never_takes_it_back(
    enter, storage: Storage, clock: SetClock
) -> None:
    enter(a_crt=SERVER)
    with begin(storage.desk, clock, Actor.desk("publication")) as tx:
        mark_revoked(tx, 1, at=clock.now(), reason=1)
        mark_revoked(tx, 1, at=clock.now(), reason=4)
    enter(list_csv=_csv("bf4eab0", "again"), a_crt=SERVER)
    (record,) = on_file(storage)
    assert (record.revoked_at, record.reason) == (clock.now(), 1)
    with storage.desk.reading() as connection:
        assert [event.action for event in read_events(connection)].count("REVOKED") == 1
    with pytest.raises(NotFoundError), begin(storage.desk, clock, Actor.desk("publication")) as tx:
        mark_revoked(tx, 2, at=clock.now(), reason=None)


def test_an_issuer_of_which_a_list_says_a_key_is_the_one_that_was_nameless(enter, storage: Storage) -> None:
    enter(list_csv=_csv("5", "listed"))
    enter(a_crt=SERVER)
    (issuer,) = issuers_of(storage)
    assert issuer.key_identifier == issuers_key(CA)


def test_too_many_faults_end_the_reading(enter) -> None:
    with pytest.raises(FaultyInputError, match=r"\(and 99 more\)"):
        enter(**{f"f{n}_pem": b"x" for n in range(500)})


def test_a_database_that_goes_away_during_a_look_up_is_an_outage_like_any_other(
    postgresql_url: str, tmp_path: Path
) -> None:
    storage = open_storage(postgresql_url, tmp_path)
    create_all(storage)
    wanted = Reference(ReferenceKind.SERIAL, "1", "text", ("1",))
    with storage.desk.reading() as connection, storage.desk.reading() as other:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (own,))
        with pytest.raises(sa.exc.OperationalError) as caught:
            DatabaseRegister(connection).look_up([wanted])
    assert "'1'" not in str(caught.value)
    with storage.desk.reading() as connection:
        assert DatabaseRegister(connection).look_up([wanted]) == {wanted: ()}
    storage.close()
