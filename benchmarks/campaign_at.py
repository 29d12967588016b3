"""A mass revocation at a CA of another make: `python -m benchmarks.campaign_at openbao|cfssl|acme|cmp`.

The real server, as the tests start it, has issued every certificate; the desk takes them over into its register, plans
a campaign and approves it, and its dispatcher, a process of its own, revokes all of them through the adapter. Measured
is from the approval until the campaign has ended: everything revoked at the CA, seen on its CRL, one in a hundred in
OCSP too. Then everything is checked from outside: the CA's own records, its CRL, the desk's lines, the whole history.
"""

from __future__ import annotations

import argparse
import json
import signal
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import httpx2
import sqlalchemy as sa
from benchmarks.campaign import (
    CERTIFICATES,
    HOLDERS,
    Roles,
    account,
    approve,
    contact,
    prepare,
    state,
    timed,
)
from benchmarks.desk import wait_until
from benchmarks.openssl_cmp import measure_openssl
from benchmarks.real_cas import CAS, Held, RealCa
from cryptography import x509
from tests.servers.authority_section import authority_section

from sulku_desk.authorities import take_over
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.on_call_file import TEMPLATE
from sulku_desk.projections import PROJECTIONS
from sulku_desk.settings import load_settings
from sulku_kernel import audit
from sulku_kernel.actor import Actor
from sulku_kernel.bulk import insert_rows
from sulku_kernel.outbox import outbox
from sulku_kernel.transaction import begin
from sulku_revocation import models
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.domain.certificate_reading import TypeRules
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.register_import import import_certificates

PATIENCE_SECONDS = 3_600
REASONS = {x509.ReasonFlags(code.rfc_name): int(code) for code in ReasonCode}
SOME = 1_000  # certificates where the servers are slow
KEEPER = Actor.desk("register")


def measure(name: str, certificates: int, holders: int) -> dict[str, float]:
    """All of it, in folders of its own."""
    figures: dict[str, float] = {"certificates": certificates, "holders": holders}
    with tempfile.TemporaryDirectory(prefix="sulku-campaign-") as folder:
        home, at_ca = Path(folder) / "home", Path(folder) / "ca"
        for made in (home, at_ca):
            made.mkdir()
        with ExitStack() as stack:
            with timed(figures, "ca_and_certificates_s"):
                ca = stack.enter_context(CAS[name](at_ca, certificates, holders))
            _revoke_all(home, ca, holders, figures)
        if name == "cmp":
            figures.update(measure_openssl(Path(folder) / "openssl", certificates))
    return figures


def _revoke_all(home: Path, ca: RealCa, holders: int, figures: dict[str, float]) -> None:
    section = authority_section(ca.adapter, ca.adapter, ca.given, ca.issuer.key_identifier, test=True)
    (home / "sulku.toml").write_text(section, encoding="utf-8")
    settings = load_settings(home)
    make_instance(settings)
    names = TEMPLATE.format(name='"Päivystys"', email='"paivystys@vrk.example"', language='"fi"')
    settings.on_call_file.write_text(names, encoding="utf-8")
    with closing(open_instance(settings)) as instance:
        _fill(instance, ca, holders)
        with timed(figures, "register_s"):
            _take_over(instance, ca)
        if ca.ders is None:
            with timed(figures, "register_again_s"):
                take_over(instance, KEEPER, [ca.adapter])
        id_, found = prepare(instance, ca.serials, figures, ca.reason)
        assert found.to_revoke == len(ca.serials)
        roles = Roles(home, ("dispatcher",))
        roles.start()
        try:
            with timed(figures, "approved_to_all_revoked_s"):
                approve(instance, id_, figures)
                wait_until(lambda: state(roles, instance, id_) == "COMPLETED", "it has ended", PATIENCE_SECONDS)
            figures["dispatcher_cpu_s"] = round(roles.cpu_seconds("dispatcher"), 1)
        finally:
            roles.end(signal.SIGTERM)
        roles.report_memory(figures)
        figures.update(ca.took())
        _check(instance, id_, ca, figures)


def _fill(instance: Instance, ca: RealCa, holders: int) -> None:
    """The issuer and the holders."""
    values = {name: getattr(ca.issuer, name) for name in ("name", "key_identifier", "certificate_der")}
    values |= {"id": 1, "name_key": name_key(parse_name(ca.issuer.name)), "is_test": True}
    with instance.storage.desk.writing() as connection:
        row = {**values, "crl_url": ca.issuer.crl_url, "ocsp_url": ca.issuer.ocsp_url}
        insert_rows(connection, models.issuers, [row])
        insert_rows(connection, models.accounts, [account(n) for n in range(1, holders + 1)])
        insert_rows(connection, models.contacts, [contact(n) for n in range(1, holders + 1)])


def _take_over(instance: Instance, ca: RealCa) -> None:
    """The certificates into the register: from the CA's own list where it has one."""
    if ca.ders is None:
        (report,), _ = take_over(instance, KEEPER, [ca.adapter])
        assert (report.faults, report.new >= len(ca.serials)) == ([], True), report
        return
    with begin(instance.storage.desk, instance.clock, KEEPER) as tx:
        sources = [Source(f"{n}.der", der) for n, der in enumerate(ca.ders)]
        import_certificates(tx, sources, rules=TypeRules(all_test=True))


def _check(instance: Instance, id_: int, ca: RealCa, figures: dict[str, float]) -> None:
    """Every certificate once at the CA, with the reason and the date that the desk and the CRL have."""
    held = ca.held()
    assert set(held) == set(ca.serials), "another set of certificates is revoked at the CA"
    writes = ca.writes()
    assert writes in (None, len(held)), f"{writes} revocations of {len(held)} certificates"
    assert {reason for reason, _ in held.values()} <= {int(ca.reason), 0}
    _same(held, _on_crl(ca, figures), "on the CRL")
    with instance.storage.desk.reading() as connection:
        _same(held, _in_desk(connection, id_), "in the desk")
        counted = sa.select(sa.func.count(campaign_lines.c.ocsp_digest))
        figures["asked_in_ocsp"] = connection.execute(counted).scalar_one()
        mails = sa.select(sa.func.count()).where(outbox.c.key.like(f"campaign:{id_}:%"), outbox.c.kind == "mail")
        figures["mails_queued"] = connection.execute(mails).scalar_one()
        with timed(figures, "audit_s"):
            assert audit.verify(connection, PROJECTIONS).faults == []
    figures["per_s"] = round(len(held) / figures["approved_to_all_revoked_s"])


def _same(held: dict[str, Held], shown: dict[str, Held], where: str) -> None:
    """The same certificates, reasons and dates, to the second."""

    def plain(given: dict[str, Held]) -> dict[str, tuple[int, datetime]]:
        return {serial: (reason, at.replace(microsecond=0)) for serial, (reason, at) in given.items()}

    assert plain(held) == plain(shown), f"something else stands {where}"


def _on_crl(ca: RealCa, figures: dict[str, float]) -> dict[str, Held]:
    assert ca.issuer.certificate_der is not None
    issuer = x509.load_der_x509_certificate(ca.issuer.certificate_der)
    der = httpx2.get(ca.issuer.crl_url, trust_env=False, timeout=60).content
    crl = x509.load_der_x509_crl(der)
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    figures["crl_mb"] = round(len(der) / 1e6, 2)
    return {format(entry.serial_number, "x"): (_reason(entry), entry.revocation_date_utc) for entry in crl}


def _reason(entry: x509.RevokedCertificate) -> int:
    flags = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    return REASONS[flags[0]] if flags else 0


def _in_desk(connection: sa.Connection, id_: int) -> dict[str, Held]:
    columns = campaign_lines.c
    query = sa.select(columns.serial, columns.ca_reason, columns.ca_revoked_at)
    seen = query.where(columns.campaign_id == id_, columns.state == LineState.REVOKED)
    return {serial: (reason, at) for serial, reason, at in connection.execute(seen)}


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ca", choices=CAS)
    parser.add_argument("--certificates", type=int)
    parser.add_argument("--holders", type=int)
    read = parser.parse_args(given)
    certificates = read.certificates or (CERTIFICATES if read.ca in {"openbao", "cfssl"} else SOME)
    holders = read.holders or max(1, certificates * HOLDERS // CERTIFICATES)
    print(json.dumps({"ca": read.ca, **measure(read.ca, certificates, holders)}, indent=2))


if __name__ == "__main__":
    main()
