"""Makes the demo's instance: CA, certificates, holders and people. What is there already stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_desk.demo.certificates import IssuedCertificate, issue_certificates
from sulku_desk.demo.home import DemoState, new_password, read_state, write_state
from sulku_desk.demo.mails import DemoCertificate, DemoOrganisation
from sulku_desk.demo.organisations import InventedOrganisation, invented_organisations
from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.settings import Settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SystemClock
from sulku_kernel.transaction import begin
from sulku_revocation.accounts_import import import_accounts
from sulku_revocation.block_list import blocked_keys
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.key_files import load_or_make_token
from sulku_revocation.certificate_sources import find_files, read_sources
from sulku_revocation.domain.accounts_file import read_accounts
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.register_import import import_certificates
from sulku_tickets.operators import add_operator

# Login, roles: the demo plays both; whoever looks at the console may be either.
PEOPLE = (("operator", ("operator",)), ("approver", ("approver", "operator")), ("admin", ("administrator",)))
ON_CALL_ADDRESS = "paivystys@desk.example"

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoWorld:
    """An instance with everything in it, and what the mails of the demo talk about."""

    instance: Instance
    state: DemoState
    organisations: tuple[DemoOrganisation, ...]


def make_world(settings: Settings, say: Say) -> DemoWorld:
    """Open the demo's instance; at the first start make it, saying what is being done."""
    make_instance(settings)
    instance = open_instance(settings)
    state = read_state(settings.home)
    if not state.passwords:
        say("Making a certificate authority and three hundred certificates for forty organisations …")
        issued = _issue(instance)
        say("Entering certificates and holders into the register …")
        _register(instance)
        write_on_call(instance, "Päivystäjä", ON_CALL_ADDRESS)
        state.passwords = _make_people(instance)
        _write_organisations(settings.home, issued)
        write_state(settings.home, state)
    return DemoWorld(instance, state, _read_organisations(settings.home))


def _issue(instance: Instance) -> list[IssuedCertificate]:
    settings, clock = instance.settings, SystemClock()
    folder = settings.home / "input"
    folder.mkdir(exist_ok=True)
    settings.ca_folder.mkdir(exist_ok=True, mode=0o700)
    load_or_make_token(settings.ca_token_file)
    blocked = blocked_keys(instance.storage.desk)
    with EmbeddedCa(settings.ca_folder, settings.ca.url, clock, blocked=blocked) as ca:
        organisations = invented_organisations()
        issued = issue_certificates(ca, organisations, clock.now())
        for issuer in ca.issuers:
            (folder / f"{issuer.slug}.crt").write_bytes(ca.issuer_certificate(issuer.slug))
    pem = b"".join(x509.load_der_x509_certificate(one.der).public_bytes(Encoding.PEM) for one in issued)
    (folder / "certificates.pem").write_bytes(pem)
    accounts = [_account(one) for one in organisations]
    (folder / "accounts.json").write_text(json.dumps(accounts, ensure_ascii=False, indent=1), encoding="utf-8")
    return issued


def _register(instance: Instance) -> None:
    folder = instance.settings.home / "input"
    files, _ = find_files([folder / "certificates.pem", *sorted(folder.glob("*.crt"))])
    with begin(instance.storage.desk, instance.clock, Actor.desk("demo")) as tx:
        import_certificates(tx, read_sources(files))
    with begin(instance.storage.desk, instance.clock, Actor.desk("demo")) as tx:
        import_accounts(tx, read_accounts((folder / "accounts.json").read_bytes(), "accounts.json"))


def _make_people(instance: Instance) -> dict[str, str]:
    passwords = {login: new_password() for login, _ in PEOPLE}
    with begin(instance.storage.desk, instance.clock, Actor.desk("demo")) as tx:
        for login, roles in PEOPLE:
            add_operator(
                tx, login=login, name=login, email=f"{login}@desk.example", password=passwords[login], roles=roles
            )
    return passwords


def _account(one: InventedOrganisation) -> dict[str, Any]:
    return {
        "organisation": one.name,
        "business_id": one.business_id,
        "oid": one.oid,
        "language": one.language.value,
        "domains": [one.domain],
        "contacts": [
            {"name": c.name, "email": c.email, "phone": c.phone, "roles": list(c.roles)} for c in one.contacts
        ],
        "certificates": [],
    }


def _write_organisations(home: Path, issued: Sequence[IssuedCertificate]) -> None:
    """What the mails need to know of the certificates, for a start that was interrupted before they were sent."""
    certificates = [
        {
            "organisation": one.organisation.name,
            "part": one.part,
            "kind": one.kind.value,
            "common_name": one.common_name,
            "host_names": list(one.host_names),
            "der": one.der.hex(),
        }
        for one in issued
    ]
    (home / "input" / "issued.json").write_text(json.dumps(certificates), encoding="utf-8")


def _read_organisations(home: Path) -> tuple[DemoOrganisation, ...]:
    issued = json.loads((home / "input" / "issued.json").read_text(encoding="utf-8"))
    return tuple(_demo_organisation(one, issued) for one in invented_organisations())


def _demo_organisation(one: InventedOrganisation, issued: Iterable[dict[str, Any]]) -> DemoOrganisation:
    return DemoOrganisation(
        name=one.name,
        business_id=one.business_id,
        oid=one.oid,
        language=one.language,
        domain=one.domain,
        contacts=one.contacts,
        certificates=tuple(_demo_certificate(row) for row in issued if row["organisation"] == one.name),
    )


def _demo_certificate(row: dict[str, Any]) -> DemoCertificate:
    der = bytes.fromhex(row["der"])
    certificate = x509.load_der_x509_certificate(der)
    return DemoCertificate(
        part=row["part"],
        kind=CertificateType(row["kind"]),
        common_name=row["common_name"],
        host_names=tuple(row["host_names"]),
        serial=format(certificate.serial_number, "x"),
        der=der,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
