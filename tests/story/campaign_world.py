"""A register of some holders, a real embedded CA over HTTP, and the dispatcher's part that carries campaigns out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from tests.little_work import copy_stores
from tests.servers.ca import RunningCa, issuer_record, open_ca, serial_of, serve_ca, to_issue

from sulku_desk.dispatcher import Dispatcher
from sulku_desk.projections import PROJECTIONS
from sulku_kernel import audit
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.outbox import outbox
from sulku_kernel.storage import Storage, open_storage
from sulku_kernel.transaction import begin
from sulku_revocation import campaigns as campaign
from sulku_revocation import models
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaign_lists import open_lists
from sulku_revocation.campaign_looking import CampaignLookHandler
from sulku_revocation.campaign_models import campaign_lines, campaigns
from sulku_revocation.campaign_notices import carry_out_notices
from sulku_revocation.campaign_report import progress
from sulku_revocation.campaign_running import CAMPAIGN_BATCH, CAMPAIGN_LOOK, CAMPAIGN_NOTICES
from sulku_revocation.campaign_sending import CampaignBatchHandler
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.publication import PublicationMemory
from sulku_revocation.register import DatabaseRegister

OPERATOR = Actor.user("olli", frozenset({"operator"}))
APPROVER = Actor.user("aino", frozenset({"approver"}))
BOTH = Actor.user("kaisa", frozenset({"operator", "approver"}))
KINDS = (CAMPAIGN_BATCH, CAMPAIGN_LOOK, CAMPAIGN_NOTICES)


class CampaignWorld:
    """`holders` holders with `each` certificates; those of holder n have the ids n*1000, n*1000+1, …"""

    def __init__(self, storage: Storage, clock: SetClock, running: RunningCa, holders: int = 3, each: int = 4) -> None:
        self.store, self.clock, self.running = storage.desk, clock, running
        self.fetch = HttpFetch()
        self.authority: Any = running.authority
        self.alarms: list[str] = []
        self.issuer = issuer_record(running.ca, "care", url=running.url)
        self.dispatcher = Dispatcher(self.store, clock, self._handlers(), lambda tx, effect, error: None)
        self._fill(holders, each)

    def _handlers(self) -> dict[str, Any]:
        memory = PublicationMemory()

        def alarm(tx: object, effect: object, sentence: str) -> None:
            self.alarms.append(sentence)

        given = (self.store, self.clock, lambda issuer: self.authority, DatabaseRegister)
        look = CampaignLookHandler(*given, lambda issuer, now: open_lists(issuer, now, self.fetch, memory), alarm=alarm)
        return {
            CAMPAIGN_BATCH: CampaignBatchHandler(*given, alarm=alarm),
            CAMPAIGN_LOOK: look,
            CAMPAIGN_NOTICES: carry_out_notices,
        }

    def _fill(self, holders: int, each: int) -> None:
        hosts = {n * 1_000 + k: f"palvelin{k}.haltija{n}.example" for n in range(1, holders + 1) for k in range(each)}
        issued = self.running.ca.issue_many("care", [to_issue(self.clock, host) for host in hosts.values()])
        with self.store.writing() as connection:
            record = self.issuer
            connection.execute(
                models.issuers.insert().values(
                    id=1, name=record.name, name_key="care", key_identifier=record.key_identifier, is_test=False,
                    crl_url=record.crl_url, ocsp_url=record.ocsp_url, certificate_der=record.certificate_der,
                )
            )  # fmt: skip
            for n in range(1, holders + 1):
                connection.execute(models.accounts.insert().values(_account(n)))
                connection.execute(models.contacts.insert().values(_contact(n)))
            for (id_, host), der in zip(hosts.items(), issued, strict=True):
                connection.execute(models.certificates.insert().values(certificate_of(id_, host, der)))

    # --- what people do ----------------------------------------------------------------------------------------

    def do(self, step: Any, *given: Any, actor: Actor = OPERATOR, **named: Any) -> Any:
        """One step of `sulku_revocation.campaigns` in a transaction of `actor`."""
        with begin(self.store, self.clock, actor) as tx:
            return step(tx, *given, **named)

    def new(self, **given: Any) -> int:
        return self.do(campaign.create_campaign, campaign.NewCampaign("ROCA", **given))["id"]

    def lister(self, campaign_id: int) -> Lister:
        return Lister(self.store, self.clock, OPERATOR, campaign_id)

    def decided(
        self, serials: list[str], *, plan: campaign.Plan | None = None, reason: Any = None, **given: Any
    ) -> int:
        """A campaign over these serial numbers, frozen, planned and decided."""
        campaign_id = self.new(**given)
        self.lister(campaign_id).from_file("list.txt", "\n".join(f"0x{one}" for one in serials).encode())
        self.do(campaign.freeze, campaign_id)
        if plan is not None:
            self.do(campaign.plan, campaign_id, plan)
        code = ReasonCode.SUPERSEDED if reason is None else reason
        self.do(campaign.decide_campaign, campaign_id, reason=code, because="Avaimet ovat heikkoja.")
        return campaign_id

    def approve(self, campaign_id: int, actor: Actor = APPROVER) -> None:
        shown = self.row(campaign_id)["approval_digest"]
        self.do(campaign.approve_campaign, campaign_id, shown_digest=shown, actor=actor)

    # --- what happens by itself --------------------------------------------------------------------------------

    def run(self, for_: timedelta = timedelta(minutes=2), step: timedelta = timedelta(seconds=5)) -> None:
        """Carry out what is due while time passes."""
        end = self.clock.now() + for_
        while True:
            while self.dispatcher.run_due(KINDS):
                pass
            if self.clock.now() >= end:
                return
            self.clock.advance(step)

    # --- what is there -----------------------------------------------------------------------------------------

    def serials(self) -> list[str]:
        with self.store.reading() as connection:
            query = sa.select(models.certificates.c.serial).order_by(models.certificates.c.id)
            return list(connection.execute(query).scalars())

    def row(self, campaign_id: int) -> dict[str, Any]:
        with self.store.reading() as connection:
            return dict(connection.execute(sa.select(campaigns).where(campaigns.c.id == campaign_id)).mappings().one())

    def lines(self, campaign_id: int) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            query = sa.select(campaign_lines).where(campaign_lines.c.campaign_id == campaign_id)
            return [dict(row) for row in connection.execute(query.order_by(campaign_lines.c.id)).mappings()]

    def states(self, campaign_id: int) -> dict[str, int]:
        with self.store.reading() as connection:
            counts = progress(connection, self.row(campaign_id)).counts
        return {state.value: count for state, count in counts.items() if count}

    def mails(self, template: str) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            rows = connection.execute(sa.select(outbox.c.payload).where(outbox.c.kind == "mail").order_by(outbox.c.id))
            return [payload for payload in rows.scalars() if payload["template"] == template]

    def at_ca(self) -> dict[str, int]:
        """Serial → reason, of everything on the CRL that is served."""
        crl = x509.load_der_x509_crl(self.running.ca.crl("care"))
        return {format(entry.serial_number, "x"): _reason(entry) for entry in crl}

    def audit_faults(self) -> list[str]:
        with self.store.reading() as connection:
            return audit.verify(connection, PROJECTIONS).faults


def _reason(entry: x509.RevokedCertificate) -> int:
    names = {"superseded": 4, "key_compromise": 1, "cessation_of_operation": 5}
    try:
        return names[entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name]
    except x509.ExtensionNotFound:
        return 0


def _account(n: int) -> dict[str, Any]:
    name = f"Haltija {n} Oy"
    language = ("fi", "sv", "en")[n % 3]
    return {
        "id": n, "organisation": name, "organisation_folded": f"haltija {n}", "business_id": f"000000{n}-0", "oid": "",
        "language": language,
    }  # fmt: skip


def _contact(n: int) -> dict[str, Any]:
    address = f"tekniikka@haltija{n}.example"
    return {"account_id": n, "position": 0, "name": "", "email": address, "phone": "", "roles": "technical"}


def certificate_of(id_: int, host: str, der: bytes, **given: Any) -> dict[str, Any]:
    """A row of the register for a certificate that the CA issued."""
    certificate = x509.load_der_x509_certificate(der)
    row = {
        "id": id_, "issuer_id": 1, "serial": serial_of(der).hex, "certificate_type": "server",
        "common_name": host, "common_name_folded": host.replace(".", ""), "organisation": f"Haltija {id_ // 1000} Oy",
        "organisation_folded": f"haltija {id_ // 1000}", "organisation_oid": "", "host_names": host,
        "not_before": certificate.not_valid_before_utc, "not_after": certificate.not_valid_after_utc,
        "sha1": hashlib.sha1(der, usedforsecurity=False).hexdigest(), "fingerprint": hashlib.sha256(der).hexdigest(),
        "spki": f"{id_:064x}", "account_id": id_ // 1_000, "revoked_at": None, "reason": None,
    }  # fmt: skip
    return {**row, **given}


@contextmanager
def campaign_world(storage: Storage, clock: SetClock, folder: Path, **size: int) -> Iterator[CampaignWorld]:
    with open_ca(folder / "ca", clock) as ca, serve_ca(ca, folder) as running:
        world = CampaignWorld(storage, clock, running, **size)
        try:
            yield world
        finally:
            world.fetch.close()


# What asks the database in its own words; the rest goes the same way on either.
ON_BOTH = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(name="world")
def world_of_campaigns(request: pytest.FixtureRequest, clock: SetClock, tmp_path: Path) -> Iterator[CampaignWorld]:
    """On the database that the test names (`ON_BOTH`), else on SQLite."""
    is_other = getattr(request, "param", "sqlite") == "postgresql"
    if not is_other:
        copy_stores(tmp_path / "home")
    url = request.getfixturevalue("postgresql_url_with_tables") if is_other else None
    storage = open_storage(url, tmp_path / "home")
    with campaign_world(storage, clock, tmp_path) as made:
        yield made
    storage.close()
