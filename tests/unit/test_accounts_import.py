"""Holders enter the register whole or not at all, and their certificates find them."""

from __future__ import annotations

import copy
import json

import pytest
import sqlalchemy as sa
from tests.certificates import issue, make_ca, name_of, pem

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.events import Subject, read_events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.accounts_import import AccountsReport, import_accounts
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.accounts_file import read_accounts
from sulku_revocation.models import account_grams, certificates, gram_counts
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_import import import_certificates
from sulku_revocation.register_overview import list_accounts, list_issuers

ADMINISTRATOR = Actor.user("hallinta", frozenset({"administrator"}))
CA = make_ca()
HOSPITAL = {
    "organisation": "Mallilan sairaala Oy",
    "business_id": "0204819-8",
    "oid": "1.2.246.10.2048198",
    "language": "sv",
    "domains": ["Mallila.example", "lääke.example"],
    "contacts": [
        {
            "name": "Päivystys",
            "email": "Tuotanto@MALLILA.example",
            "phone": "+358 9 123 456",
            "roles": ["technical", "revocation"],
        }
    ],
    "certificates": [{"issuer": CA.rfc4514, "serial": "00:0A:01"}],
}
CLINIC = {"organisation": "Klinikka Esimerkki", "business_id": "0245929-6"}


def file_of(*entries: dict) -> bytes:
    return json.dumps(list(entries)).encode()


@pytest.fixture
def enter(storage: Storage, clock: SetClock):
    """Imports holders, each call one import."""

    def run(*entries: dict) -> AccountsReport:
        with begin(storage.desk, clock, ADMINISTRATOR) as tx:
            return import_accounts(tx, read_accounts(file_of(*entries), "holders.json"), name="holders.json")

    return run


@pytest.fixture
def enter_certificates(storage: Storage, clock: SetClock):
    """Imports certificates of the CA with these serial numbers and subjects."""

    def run(**subjects: dict) -> None:
        ders = [issue(CA, int(serial[1:], 16), subject=name_of(**subject)) for serial, subject in subjects.items()]
        with begin(storage.desk, clock, ADMINISTRATOR) as tx:
            import_certificates(tx, [Source("c.pem", pem(*ders, CA.der))])

    return run


def holders(storage: Storage) -> dict[str, str | None]:
    """Serial number → Business ID of the holder."""
    with storage.desk.reading() as connection:
        names = {row["id"]: row["business_id"] for row in list_accounts(connection)}
        rows = connection.execute(sa.select(certificates.c.serial, certificates.c.account_id))
        return {serial: names.get(account_id) for serial, account_id in rows}


def test_a_holder_is_on_file_as_the_file_says(enter, enter_certificates, storage: Storage) -> None:
    enter_certificates(xa01={"O": "Jokin muu", "CN": "palvelu"})
    report = enter(HOSPITAL, CLINIC)
    assert (report.accounts, report.new, report.contacts, report.linked, report.moved) == (2, 2, 1, 1, 0)
    with storage.desk.reading() as connection:
        register = DatabaseRegister(connection)
        account = register.account_of_address("tuotanto@mallila.example")
        assert account is not None
        assert (account.organisation, account.language, account.business_id) == (
            "Mallilan sairaala Oy",
            "sv",
            "0204819-8",
        )
        assert account.domains == ("mallila.example", "xn--lke-qlaa.example")
        assert (account.contacts[0].phone, account.contacts[0].roles) == ("+358 9 123 456", {"technical", "revocation"})
        assert [record.serial for record in register.certificates_of_account(account.id)] == [0xA01]
        assert register.near_organisations("Malilan sairaala")[0][0] == account


def test_importing_the_same_again_changes_nothing(enter, enter_certificates, storage: Storage) -> None:
    enter_certificates(xa01={"O": "Jokin muu", "CN": "palvelu"})
    enter(HOSPITAL, CLINIC)
    report = enter(CLINIC, HOSPITAL)
    assert (report.new, report.updated, report.known, report.linked) == (0, 0, 2, 0)
    with storage.desk.reading() as connection:
        actions = [event.action for event in read_events(connection)]
    assert actions.count("ACCOUNT_ENTERED") == 2
    assert "ACCOUNT_CHANGED" not in actions
    assert actions[-1] == "ACCOUNTS_IMPORTED"


def test_a_change_replaces_what_was_and_the_audit_trail_says_what_it_is_now(enter, storage: Storage) -> None:
    without = {**HOSPITAL, "certificates": []}
    enter(without, CLINIC)
    changed = copy.deepcopy(without)
    changed["organisation"] = "Mallilan terveystalo"
    changed["contacts"][0]["phone"] = "+358 40 1"
    report = enter(changed)
    assert (report.new, report.updated, report.known) == (0, 1, 0)
    with storage.desk.reading() as connection:
        register = DatabaseRegister(connection)
        assert register.near_organisations("Mallilan sairaala") == ()
        account, _ = register.near_organisations("Malilan terveystalo")[0]
        assert account.contacts[0].phone == "+358 40 1"
        event = read_events(connection, subject=Subject("account", account.id))[-1]
        assert event.action == "ACCOUNT_CHANGED"
        assert event.payload is not None
        assert set(event.payload["changes"]) == {"organisation", "organisation_folded", "contacts"}
        assert event.payload["changes"]["contacts"][0]["phone"] == "+358 40 1"
        counted = sa.select(account_grams.c.gram, sa.func.count()).group_by(account_grams.c.gram)
        on_file = sa.select(gram_counts).where(gram_counts.c.holders > 0)
        assert {tuple(row) for row in connection.execute(counted)} == {
            tuple(row) for row in connection.execute(on_file)
        }


def test_certificates_find_their_holder_by_oid_then_by_a_name_that_one_has(
    enter, enter_certificates, storage: Storage
) -> None:
    enter_certificates(
        x1={"O": "x", "serialNumber": "1.2.246.10.2048198", "CN": "before"},
        x2={"O": "x", "serialNumber": "1.2.246.10.2048198.10.1", "CN": "of a unit"},
        x3={"O": "KLINIKKA ESIMERKKI OY", "CN": "by name"},
        x4={"O": "Klinikka Esimerkki", "serialNumber": "1.2.246.10.2454372", "CN": "says it is another"},
        x5={"O": "Tuntematon", "CN": "nobody's"},
    )
    enter({**HOSPITAL, "certificates": []}, CLINIC)
    enter_certificates(
        x6={"O": "Klinikka Esimerkki", "CN": "after"}, x8={"O": "x", "serialNumber": "1.2.246.10.2459296"}
    )
    found = holders(storage)
    assert {serial: found[serial] for serial in "1234568"} == {
        "1": "0204819-8",
        "2": "0204819-8",
        "3": "0245929-6",
        "4": None,
        "5": None,
        "6": "0245929-6",
        "8": "0245929-6",
    }
    with storage.desk.reading() as connection:
        assert [row["certificates"] for row in list_issuers(connection)] == [8]


def test_a_name_that_two_holders_have_says_nothing(enter, enter_certificates, storage: Storage) -> None:
    enter_certificates(x1={"O": "Klinikka Esimerkki", "CN": "whose"})
    enter(CLINIC, {**CLINIC, "business_id": "0245437-2"})
    assert holders(storage)["1"] is None


def test_a_certificate_moves_to_the_holder_that_a_file_names_and_the_trail_says_from_whom(
    enter, enter_certificates, storage: Storage
) -> None:
    enter_certificates(xa01={"O": "Klinikka Esimerkki", "CN": "palvelu"})
    enter(CLINIC)
    assert holders(storage)["a01"] == "0245929-6"
    report = enter(HOSPITAL)
    assert (report.linked, report.moved) == (1, 1)
    assert holders(storage)["a01"] == "0204819-8"
    with storage.desk.reading() as connection:
        assert [event.action for event in read_events(connection)].count("HOLDER_CHANGED") == 1


def test_a_holder_without_an_oid_is_completed_and_keeps_it(enter, storage: Storage) -> None:
    enter(CLINIC)
    assert enter({**CLINIC, "oid": "1.2.246.10.2459296"}).updated == 1
    assert enter(CLINIC).known == 1
    with storage.desk.reading() as connection:
        assert [row["oid"] for row in list_accounts(connection)] == ["1.2.246.10.2459296"]


UNITS = [{**CLINIC, "oid": f"1.2.246.10.2459296.10.{unit}"} for unit in (1, 2)]


CONTRADICTIONS = [
    ([HOSPITAL], "entry 1: its issuer has no certificate 0a01 on file"),
    (
        [{**HOSPITAL, "certificates": [{"issuer": "CN=Nobody", "serial": "1"}]}],
        "entry 1: there is no issuer CN=Nobody",
    ),
    ([CLINIC, CLINIC], "entry 2: the same holder as entry 1"),
    ([{**CLINIC, "oid": "1.2.3"}, CLINIC], "entry 2: the same holder as entry 1"),
    (
        [CLINIC, {**HOSPITAL, "oid": "1.2.246.99", "business_id": "0245437-2"}],
        "OID 1.2.246.99 is on file for Vanha",
    ),
    ([*UNITS, CLINIC], "entry 3: 2 holders have the Business ID 0245929-6: give the OID"),
    ([{**CLINIC, "certificates": [{"issuer": CA.rfc4514, "serial": "7"}]}], "certificate 07 is a CA's own"),
    (
        [{**e, "certificates": [{"issuer": CA.rfc4514, "serial": "b"}]} for e in (CLINIC, HOSPITAL)],
        "entry 2: certificate 0b is in entry 1 too",
    ),
]


def test_what_contradicts_the_register_is_named_and_nothing_is_entered(
    enter, enter_certificates, storage: Storage
) -> None:
    enter_certificates(xb={"O": "x", "CN": "y"})
    enter({**CLINIC, "organisation": "Vanha", "business_id": "0116297-6", "oid": "1.2.246.99"})
    with storage.desk.reading() as connection:
        before = list_accounts(connection), read_events(connection)
    for entries, why in CONTRADICTIONS:
        with pytest.raises(InputError, match=why) as caught:
            enter(*entries)
        assert "nothing was entered" in caught.value.next_step
        with storage.desk.reading() as connection:
            assert (list_accounts(connection), read_events(connection)) == before


def _with(path: str, value: object) -> dict:
    entry = copy.deepcopy(HOSPITAL)
    *parents, last = path.split(".")
    inner: dict = entry
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    inner[last] = value
    return entry


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (_with("business_id", "0204819-7"), "entry 2, business_id: .*check digit is wrong"),
        (_with("oid", "1.2.x"), "entry 2, oid: .*not an OID"),
        (_with("language", "de"), "entry 2, language: .*'fi', 'sv' or 'en'"),
        (_with("domains", ["*.example.fi"]), "entry 2, domains, 1: .*not a domain"),
        (_with("contacts.0.email", "nobody"), "entry 2, contacts, 1, email: .*not an email address"),
        (_with("contacts.0.phone", "call me"), "entry 2, contacts, 1, phone: .*not a phone number"),
        (_with("contacts.0.roles", ["boss"]), "entry 2, contacts, 1, roles.*'revocation', 'technical' or 'billing'"),
        (_with("contacts.0.rolls", []), "entry 2, contacts, 1, rolls: Extra inputs are not permitted"),
        (_with("organisation", ""), "entry 2, organisation: .*at least 1"),
        (_with("organisation", "a\x1b[2J"), "entry 2, organisation: .*cannot be printed"),
        (_with("certificates.0.serial", "-1"), "entry 2, certificates, 1, serial: .*not a serial number"),
        (_with("certificates.0.serial", "0"), "entry 2, certificates, 1, serial: .*between 1 and"),
        (_with("certificates.0.issuer", "Väestörekisterikeskus"), "entry 2, certificates, 1, issuer"),
        (_with("passphrase", "x"), "entry 2, passphrase: Extra inputs"),
        (["not an object"], "entry 2"),
    ],
)
def test_a_wrong_entry_is_named_with_its_field(entry: dict, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        read_accounts(file_of(HOSPITAL, entry), "holders.json")
    assert str(caught.value).startswith("holders.json: ")
    assert "nothing was entered" in caught.value.next_step


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b'[{"a":', b"null", b"x" * 50_000_001])
def test_a_file_that_is_no_list_of_holders_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^holders.json: ") as caught:
        read_accounts(data, "holders.json")
    assert caught.value.next_step


def test_only_an_administrator_imports(sqlite_storage: Storage, clock: SetClock) -> None:
    person = Actor.user("joku", frozenset({"operator", "supervisor"}))
    with pytest.raises(NotAllowedError, match="administrator"), begin(sqlite_storage.desk, clock, person) as tx:
        import_accounts(tx, read_accounts(file_of(CLINIC), "holders.json"))
