"""The demo's mails are understood as their titles say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sulku_desk.demo.mails import DemoCertificate, DemoMail, DemoOrganisation, demo_mails
from sulku_desk.demo.organisations import InventedOrganisation, invented_organisations
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.explanation import explain_json
from sulku_revocation.domain.record import Account, CertificateRecord, CertificateType, Contact, ContactRole
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BEGINS = NOW - timedelta(days=30)
# Title → class, language, reason, urgency, outcome, how many certificates, paged, acknowledged.
EXPECTED = {
    "Key compromise, registered contact (fi)": (
        "revocation_request",
        "fi",
        "keyCompromise",
        "P1",
        "matched",
        1,
        True,
        True,
    ),
    "Replaced certificate, serial with blanks (sv)": (
        "revocation_request",
        "sv",
        "superseded",
        "P2",
        "matched",
        1,
        False,
        True,
    ),
    "Server taken down, long serial (en)": (
        "revocation_request",
        "en",
        "cessationOfOperation",
        "P2",
        "matched",
        1,
        False,
        True,
    ),
    "HTML only, serial in a table (fi)": ("revocation_request", "fi", "superseded", "P2", "matched", 1, False, True),
    "Certificate attached (sv)": ("revocation_request", "sv", "cessationOfOperation", "P2", "matched", 1, False, True),
    "Only a host name, several certificates (fi)": (
        "revocation_request",
        "fi",
        "superseded",
        "P2",
        "ambiguous",
        2,
        False,
        True,
    ),
    "One digit mistyped (fi)": ("revocation_request", "fi", "cessationOfOperation", "P2", "ambiguous", 1, False, True),
    "Only an organisation (fi)": (
        "revocation_request",
        "fi",
        "cessationOfOperation",
        "P2",
        "ambiguous",
        4,
        False,
        True,
    ),
    "Forwarded by a supplier (fi)": (
        "revocation_request",
        "fi",
        "cessationOfOperation",
        "P2",
        "matched",
        1,
        False,
        True,
    ),
    "Problem report by a third party (en)": ("problem_report", "en", "keyCompromise", "P1", "matched", 1, True, False),
    "Question about an application (sv)": ("application", "sv", None, "P3", "unmatched", 0, False, True),
    "Lost card, not ours (fi)": ("misdirected", "fi", None, "P2", "unmatched", 0, False, False),
    "Absence notice (fi)": ("automatic", "fi", None, "P3", "unmatched", 0, False, False),
    "Spoofed urgent request for a hospital (fi)": ("revocation_request", "fi", None, "P2", "matched", 1, False, False),
    "The same mail delivered twice (en)": (
        "revocation_request",
        "en",
        "cessationOfOperation",
        "P2",
        "matched",
        1,
        False,
        True,
    ),
}


@cache
def world() -> tuple[tuple[DemoOrganisation, ...], FakeRegister]:
    organisations = tuple(_organisation(at, one) for at, one in enumerate(invented_organisations()))
    accounts = [_account(at, one) for at, one in enumerate(organisations)]
    records = [
        _record(at * 10 + place, at, one, certificate)
        for at, one in enumerate(organisations)
        for place, certificate in enumerate(one.certificates)
    ]
    return organisations, FakeRegister(records, accounts)


def _organisation(at: int, one: InventedOrganisation) -> DemoOrganisation:
    names = {
        "kanta": f"kanta.{one.domain}",
        "potilas": f"potilas.{one.domain}",
        "kanta-old": f"kanta.{one.domain}",
        "signature": "Todistuspalvelu",
    }
    made = tuple(_certificate(at * 10 + place, part, name) for place, (part, name) in enumerate(names.items()))
    return DemoOrganisation(one.name, one.business_id, one.oid, one.language, one.domain, one.contacts, made)


def _certificate(number: int, part: str, name: str) -> DemoCertificate:
    serial = 0x0100000168F0A805C366B43B5DE900000000 + number * 0x1010101
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateBuilder(subject, subject, key.public_key(), serial, BEGINS, BEGINS + timedelta(days=365))
    der = made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    kind = CertificateType.SYSTEM_SIGNATURE if part == "signature" else CertificateType.SERVER
    hosts = () if part == "signature" else (name,)
    return DemoCertificate(part, kind, name, hosts, format(serial, "x"), der, BEGINS, BEGINS + timedelta(days=365))


def _account(at: int, one: DemoOrganisation) -> Account:
    contacts = tuple(Contact(c.name, c.email, c.phone, frozenset(map(ContactRole, c.roles))) for c in one.contacts)
    return Account(at, one.name, one.business_id, one.oid, one.language, (one.domain,), contacts)


def _record(number: int, at: int, one: DemoOrganisation, certificate: DemoCertificate) -> CertificateRecord:
    read = read_certificate(certificate.der)
    return CertificateRecord(
        id=number, issuer_id=1, issuer="CN=Demo CA", serial=read.serial, certificate_type=certificate.kind,
        common_name=certificate.common_name, organisation=one.name, organisation_oid=one.oid,
        host_names=certificate.host_names, not_before=certificate.not_before, not_after=certificate.not_after,
        fingerprint=read.fingerprint, spki=read.spki, account_id=at, revoked_at=None, reason=None,
    )  # fmt: skip


def mails() -> dict[str, DemoMail]:
    return {mail.title: mail for mail in demo_mails(world()[0])}


def explain(mail: DemoMail) -> dict[str, Any]:
    envelope = Envelope(mail.mail_from, (mail.rcpt_to,), NOW, Via.SMTP)
    judged = understand(parse_mail(mail.raw), envelope, world()[1], own_addresses=frozenset({mail.rcpt_to}), now=NOW)
    return explain_json(judged)


@pytest.mark.parametrize("title", EXPECTED)
def test_a_mail_of_the_demo_is_what_its_title_says(title: str) -> None:
    explained = explain(mails()[title])
    keys = ("class", "language", "reason", "urgency", "outcome", "page_on_call", "acknowledge")
    got = tuple(explained[key] for key in keys)
    *start, count, paged, acknowledged = EXPECTED[title]
    assert got == (*start, paged, acknowledged)
    assert len(explained["matches"]) == count


def test_every_mail_of_the_demo_is_expected_here() -> None:
    assert list(mails()) == list(EXPECTED)


def test_the_same_world_gives_the_same_bytes() -> None:
    assert [mail.sha256 for mail in demo_mails(world()[0])] == [mail.sha256 for mail in mails().values()]


def test_what_the_demo_decides_at_once_names_its_certificate_and_its_reason() -> None:
    decided = [mail for mail in mails().values() if mail.decide_for is not None]
    assert len(decided) == 2
    for mail in decided:
        explained = explain(mail)
        assert explained["outcome"] == "matched"
        assert explained["reason"] == mail.decide_for.rfc_name
