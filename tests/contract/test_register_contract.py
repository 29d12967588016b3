"""One suite, two registers: the fake that others test with answers as the database does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from sulku_kernel.address import normalise_address
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import create_all, open_storage
from sulku_revocation import models
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.record import (
    Account,
    CertificateRecord,
    CertificateType,
    Contact,
    ContactRole,
    IssuerRecord,
)
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_entry import IssuerClaim, RegisterEntry
from sulku_revocation.domain.register_port import CANDIDATE_LIMIT, Register
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_rows import certificate_row, name_rows, store_grams
from sulku_revocation.testing import FakeRegister

FIRST = IssuerRecord(1, "CN=Care CA,O=Vaestorekisterikeskus CA,C=FI", "aa", False, "http://c/1", "http://o/1", b"\x30")
SECOND = replace(FIRST, id=2, key_identifier="bb", crl_url="", certificate_der=None)
PHARMACY = Account(
    id=1,
    organisation="Helsingin VI apteekki",
    business_id="0204819-8",
    oid="1.2.246.10.2048198",
    language=Language.FI,
    domains=("apteekki.example", "xn--lke-qlaa.example"),
    contacts=(
        Contact("Vastaava", "sulku@apteekki.example", "+358 9 1", frozenset({ContactRole.REVOCATION})),
        Contact("Laskut", "shared@broker.example", "", frozenset({ContactRole.BILLING, ContactRole.TECHNICAL})),
    ),
)
HOSPITAL = Account(
    id=2,
    organisation="Oy Lääke-Apu Ab",
    business_id="0245929-6",
    oid="1.2.246.10.2459296",
    language=Language.SV,
    domains=(),
    contacts=(Contact("Välittäjä", "shared@broker.example", "", frozenset({ContactRole.REVOCATION})),),
)
CLINIC = replace(HOSPITAL, id=3, organisation="Turun Terveystalo Oyj", business_id="0245437-2", oid="", contacts=())

BASE = CertificateRecord(
    id=1,
    issuer_id=1,
    issuer=FIRST.name,
    serial=SerialNumber(0x0BF4EAB0),
    certificate_type=CertificateType.SERVER,
    common_name="www.apteekki.example",
    organisation="Helsingin VI apteekki",
    organisation_oid="1.2.246.10.2048198",
    host_names=("www.apteekki.example", "*.palvelu.example"),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2027, 1, 1, tzinfo=UTC),
    fingerprint="f1" * 32,
    spki="51" * 32,
    account_id=1,
    revoked_at=None,
    reason=None,
)
LIST_ENTRY = replace(
    BASE,
    id=2,
    serial=SerialNumber(0x200600240),
    common_name="Jyväskylän_Palvelu",
    organisation="Laake-Apu",
    organisation_oid="",
    host_names=(),
    not_before=None,
    not_after=None,
    fingerprint="",
    spki="",
    account_id=None,
)
SAME_SERIAL = replace(LIST_ENTRY, id=3, issuer_id=2, serial=BASE.serial, common_name="", organisation="", account_id=2)
SAME_KEY = replace(
    SAME_SERIAL,
    id=4,
    serial=SerialNumber(0x0BF4EAB1),
    spki=BASE.spki,
    revoked_at=datetime(2026, 2, 2, 2, 2, 2, 2, tzinfo=UTC),
    reason=1,
)
CA = replace(SAME_SERIAL, id=5, serial=SerialNumber(0xCA), certificate_type=CertificateType.CA, account_id=1)

Make = Callable[..., Register]


@pytest.fixture(scope="module", params=["fake", "sqlite", "postgresql"])
def make(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _all_tables_known: None
) -> Iterator[Make]:
    """Makes a register of given records, each in a database of its own."""
    with ExitStack() as stack:

        def fill(certificates=(), accounts=(), issuers=(), *, sha1=None) -> Register:
            url = None
            if request.param == "postgresql":
                url = stack.enter_context(request.getfixturevalue("postgresql_server").new_database())
            storage = open_storage(url, tmp_path_factory.mktemp("register"))
            stack.callback(storage.close)
            create_all(storage)
            with storage.desk.writing() as connection:
                fill_tables(connection, certificates, accounts, issuers, sha1 or {})
            return DatabaseRegister(stack.enter_context(storage.desk.reading()))

        yield FakeRegister if request.param == "fake" else fill


def fill_tables(connection: sa.Connection, certificates, accounts, issuers, sha1) -> None:
    def insert(table: sa.Table, rows: list[dict]) -> None:
        if rows:
            connection.execute(table.insert(), rows)

    def row_of(record, *leave_out: str) -> dict:
        return {name: getattr(record, name) for name in record.__slots__ if name not in leave_out}

    insert(models.issuers, [{**row_of(i), "name_key": name_key(parse_name(i.name))} for i in issuers])
    folded = {a.id: fold_organisation(a.organisation) for a in accounts}
    insert(
        models.accounts, [{**row_of(a, "domains", "contacts"), "organisation_folded": folded[a.id]} for a in accounts]
    )
    insert(models.account_domains, [{"account_id": a.id, "domain": d} for a in accounts for d in a.domains])
    store_grams(connection, [(id_, "", name) for id_, name in folded.items()])
    insert(
        models.contacts,
        [
            {
                "account_id": a.id,
                "position": at,
                "name": c.name,
                "email": normalise_address(c.email),
                "phone": c.phone,
                "roles": " ".join(sorted(c.roles)),
            }
            for a in accounts
            for at, c in enumerate(a.contacts)
        ],
    )
    rows = [row_of_record(record, sha1.get(record.id, "")) for record in certificates]
    insert(models.certificates, rows)
    insert(models.certificate_names, [name for row in rows for name in name_rows(row)])


def row_of_record(record: CertificateRecord, sha1: str) -> dict:
    claim = IssuerClaim(record.issuer, "", "", is_test=False)
    entry = RegisterEntry(
        place="",
        issuer=claim,
        serial=record.serial.hex,
        certificate_type=record.certificate_type,
        common_name=record.common_name,
        organisation=record.organisation,
        organisation_oid=record.organisation_oid,
        host_names=record.host_names,
        not_before=record.not_before,
        not_after=record.not_after,
        sha1=sha1,
        fingerprint=record.fingerprint,
        spki=record.spki,
    )
    row = certificate_row(record.id, record.issuer_id, entry, record.account_id)
    return {**row, "revoked_at": record.revoked_at, "reason": record.reason}


ALL = (BASE, LIST_ENTRY, SAME_SERIAL, SAME_KEY, CA)


@pytest.fixture(scope="module")
def register(make: Make) -> Register:
    return make(ALL, (PHARMACY, HOSPITAL, CLINIC), (FIRST, SECOND), sha1={1: "a1" * 20})


def found_by(register: Register, kind: ReferenceKind, value: str, *readings: str) -> list[int]:
    reference = Reference(kind, value, "text", readings)
    return [record.id for record in register.look_up([reference])[reference]]


def test_a_record_comes_back_as_it_is_on_file(register: Register) -> None:
    assert [register.certificate(record.id) for record in ALL] == list(ALL)
    assert register.certificate(99) is None


def test_a_serial_is_found_at_every_issuer_newest_first(register: Register) -> None:
    assert found_by(register, ReferenceKind.SERIAL, "bf4eab0", "bf4eab0") == [3, 1]


def test_a_spelling_with_two_readings_finds_what_either_means(register: Register) -> None:
    assert found_by(register, ReferenceKind.SERIAL, "200600240", "200600240", "bf4eab0") == [3, 2, 1]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (ReferenceKind.FINGERPRINT, "f1" * 32, [1]),
        (ReferenceKind.FINGERPRINT, "a1" * 20, [1]),
        (ReferenceKind.CERTIFICATE, "f1" * 32, [1]),
        (ReferenceKind.SPKI, "51" * 32, [4, 1]),
        (ReferenceKind.HOST_NAME, "www.apteekki.example", [1]),
        (ReferenceKind.HOST_NAME, "uusi.palvelu.example", [1]),
        (ReferenceKind.HOST_NAME, "a.b.palvelu.example", []),
        (ReferenceKind.HOST_NAME, "apteekki.example", []),
        (ReferenceKind.COMMON_NAME, "jyvaskylan palvelu", [2]),
        (ReferenceKind.COMMON_NAME, "www.apteekki.example", [1]),
        (ReferenceKind.OID, "1.2.246.10.2048198", [5, 1]),
        (ReferenceKind.OID, "1.2.246.10.2459296", [4, 3]),
        (ReferenceKind.BUSINESS_ID, "0245929-6", [4, 3]),
        (ReferenceKind.ORGANISATION, "HELSINGIN VI APTEEKKI", [5, 1]),
        (ReferenceKind.ORGANISATION, "Lääke-apu Oy", [4, 3, 2]),
        (ReferenceKind.ORGANISATION, "Apteekki", []),
    ],
)
def test_each_kind_of_reference_finds_what_it_names(register: Register, kind, value, expected) -> None:
    assert found_by(register, kind, value) == expected


@pytest.mark.parametrize("kind", list(ReferenceKind))
def test_nonsense_finds_nothing(register: Register, kind: ReferenceKind) -> None:
    for value in ("", "\0", "' OR 1=1 --", "\ud800", "x" * 10_000, "%", "🙂"):
        assert found_by(register, kind, value) == []


def test_many_references_are_answered_at_once_and_each_is_a_key(register: Register) -> None:
    references = [Reference(ReferenceKind.SERIAL, format(n, "x"), "text") for n in range(1, 3_000)]
    references += [
        Reference(ReferenceKind.SERIAL, BASE.serial.hex, "subject"),
        Reference(ReferenceKind.OID, PHARMACY.oid, "text"),
    ]
    answers = register.look_up(references)
    assert set(answers) == set(references)
    assert {reference.value: len(found) for reference, found in answers.items() if found} == {
        BASE.serial.hex: 2,
        PHARMACY.oid: 2,
        "ca": 1,
    }


def test_an_answer_never_grows_beyond_its_limit(make: Make) -> None:
    many = [replace(LIST_ENTRY, id=n, serial=SerialNumber(n), account_id=1) for n in range(1, CANDIDATE_LIMIT + 30)]
    register = make(many, (PHARMACY,), (FIRST,))
    found = found_by(register, ReferenceKind.OID, PHARMACY.oid)
    assert found == list(range(CANDIDATE_LIMIT + 29, 29, -1))
    assert len(register.certificates_of_account(1)) == CANDIDATE_LIMIT
    assert len(register.certificates_of_account(1, limit=1_000)) == CANDIDATE_LIMIT + 29


@pytest.mark.parametrize("slip", ["bf4eab", "bf4eaab0", "bf4aeb0", "bf4eac0", "1bf4eab0"])
def test_a_serial_one_slip_away_is_near(register: Register, slip: str) -> None:
    assert {record.id for record in register.near_serials(slip)} >= {1, 3}


def test_a_serial_two_slips_away_is_not_near_and_the_same_is_not_a_slip(register: Register) -> None:
    assert register.near_serials("bf4ebc0") == ()
    assert {record.id for record in register.near_serials("bf4eab0")} == {4}
    assert register.near_serials("f" * 200) == ()
    assert register.near_serials("") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Helsingin VI apteekki", 1),
        ("helsingin vi aptekki", 1),
        ("Helsinginvi apteekki", 1),
        ("laakeapu", 2),
        ("Lääke-Apu", 2),
        ("Terveystalo, Turun", 3),
        ("TURUN TERVEYSTLAO Oy", 3),
    ],
)
def test_a_holder_is_found_by_a_name_with_a_slip(register: Register, name: str, expected: int) -> None:
    best, score = register.near_organisations(name)[0]
    assert best.id == expected
    assert 0.7 < score <= 1
    assert (score == 1) == (fold_organisation(name) == fold_organisation(best.organisation))


@pytest.mark.parametrize("name", ["", "\0", "Oulun kaupunki", "x" * 5_000])
def test_a_strange_name_is_near_to_nobody(register: Register, name: str) -> None:
    assert register.near_organisations(name) == ()


def test_a_contact_is_known_by_the_address_in_any_spelling(register: Register) -> None:
    account = register.account_of_address(" Sulku@APTEEKKI.example ")
    assert account == PHARMACY
    assert register.account_of_address("toinen@apteekki.example") is None
    assert register.account_of_address("sulku@apteekki.example\0") is None
    assert register.account_of_address("not an address") is None


def test_a_broker_is_on_file_with_several_holders(register: Register) -> None:
    assert [account.id for account in register.accounts_of_address("shared@broker.example")] == [1, 2]
    assert register.account_of_address("shared@broker.example") == PHARMACY


@pytest.mark.parametrize("domain", ["apteekki.example", "mail.APTEEKKI.example.", "a.b.apteekki.example"])
def test_a_domain_belongs_to_the_holder_it_stands_under(register: Register, domain: str) -> None:
    assert [account.id for account in register.accounts_of_domain(domain)] == [1]


@pytest.mark.parametrize("domain", ["example", "", "eapteekki.example", ".", "a." * 500])
def test_another_domain_belongs_to_nobody(register: Register, domain: str) -> None:
    assert register.accounts_of_domain(domain) == ()


def test_issuers_with_one_name_and_two_keys_are_two(register: Register) -> None:
    assert register.issuers() == (FIRST, SECOND)
    assert register.issuer(2) == SECOND
    assert register.issuer(3) is None


def test_all_certificates_of_a_key_are_found_and_an_unknown_key_has_none(register: Register) -> None:
    assert [record.id for record in register.with_spki(BASE.spki)] == [4, 1]
    assert register.with_spki("") == ()


def test_only_the_holder_may_ask_and_for_a_ca_nobody(register: Register) -> None:
    assert register.revocable_by(PHARMACY, BASE)
    assert not register.revocable_by(HOSPITAL, BASE)
    assert not register.revocable_by(PHARMACY, LIST_ENTRY)
    assert not register.revocable_by(PHARMACY, CA)


def test_a_holder_has_certificates_and_a_number(register: Register) -> None:
    assert [record.id for record in register.certificates_of_account(2)] == [4, 3]
    assert register.account(3) == CLINIC
    assert register.account(4) is None
