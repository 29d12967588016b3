"""`sulku ca crl` and `sulku ca known`: what the issuers publish as it was last seen, and what was found out about it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.servers.ca import RunningCa, issuer_record, open_ca, serial_of, serve_ca, to_issue
from typer.testing import CliRunner, Result

from sulku_desk.cli import app
from sulku_desk.doctor_facts import Level, Part
from sulku_desk.examining import examine_from_within
from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.settings import load_settings
from sulku_desk.wiring import open_dispatcher_role
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SystemClock
from sulku_kernel.transaction import begin
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.certificate_sources import Source
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.models import issuers
from sulku_revocation.register_import import import_certificates
from sulku_revocation.watch_models import issuer_watches

CLOCK = SystemClock()
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(app, ["ca", *arguments])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Instance, RunningCa, list[bytes]]]:
    """An instance that has the certificates of a real CA on file."""
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "home"))
    with open_ca(tmp_path / "ca", CLOCK) as opened, serve_ca(opened, tmp_path / "ca") as running:
        settings = load_settings(tmp_path / "home")
        make_instance(settings)
        instance = open_instance(settings)
        write_on_call(instance, "First line", "first@desk.example")
        issued = opened.issue_many("care", [to_issue(CLOCK), to_issue(CLOCK)])
        care = issuer_record(opened, "care", url=running.url)
        with begin(instance.storage.desk, CLOCK, Actor.desk("init")) as tx:
            sources = [Source("care.crt", opened.issuer_certificate("care")), *(Source("a.der", der) for der in issued)]
            import_certificates(tx, sources)
            tx.execute(
                issuers.update()
                .where(issuers.c.key_identifier == care.key_identifier)
                .values(crl_url=care.crl_url, ocsp_url=care.ocsp_url)
            )
        yield instance, running, issued
        instance.close()


def look(instance: Instance) -> None:
    with begin(instance.storage.desk, CLOCK, Actor.desk("test")) as tx:
        tx.execute(issuer_watches.update().values(next_turn_at=CLOCK.now()))
    with open_dispatcher_role(instance) as role:
        while role.watch.run_due():
            pass


def levels(instance: Instance) -> dict[Part, Level]:
    return {one.part: one.level for one in examine_from_within(instance) if one.part in (Part.CRL, Part.CRL_ENTRIES)}


def test_the_lists_and_a_stranger_on_them_are_shown_until_it_is_explained(
    desk: tuple[Instance, RunningCa, list[bytes]], run: Run
) -> None:
    instance, ca, issued = desk
    assert "No list was looked at yet." in run("crl").stdout
    look(instance)
    (point,) = [one for one in json.loads(run("crl", "--campaign", "1000", "--json").stdout)["points"] if one["number"]]
    assert (point["entries"], point["valid"], point["complaints"]) == (0, 2, [])
    assert point["octets_then"] == point["octets"] + 40_000
    assert levels(instance)[Part.CRL_ENTRIES] is Level.WELL

    care = issuer_record(ca.ca, "care")
    serial = serial_of(issued[0])
    ca.ca.revoke(OrderToSend("x", care.name, care.key_identifier, serial, ReasonCode.SUPERSEDED))
    look(instance)
    assert f"{serial} of {care.name}: was not ordered here" in run("crl").stdout.replace("\n", "")
    assert levels(instance)[Part.CRL_ENTRIES] is Level.UNWELL

    refused = run("known", serial.hex, "--because", "Varmentajan päivystys tilasi sen.", "--json")
    assert (refused.exit_code, "login" in refused.stderr) == (4, True)  # somebody must stand for it
    assert levels(instance)[Part.CRL_ENTRIES] is Level.UNWELL


def test_a_list_that_cannot_be_had_is_shown_with_what_to_do(
    desk: tuple[Instance, RunningCa, list[bytes]], run: Run
) -> None:
    instance, ca, _ = desk
    look(instance)
    ca.server.stop()
    look(instance)
    shown = run("crl").stdout
    assert "unreachable" in shown
    assert "Fetch it yourself" in shown
    assert levels(instance)[Part.CRL] is Level.SOON
