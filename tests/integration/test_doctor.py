"""The doctor at a real desk: it finds what was broken, names the part, and changes nothing itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.conftest import NIGHT, find_free_port
from tests.servers.certificates import write_server_certificate
from tests.servers.postgresql import PostgresqlServer, start_postgresql
from tests.servers.programs import require_program
from tests.servers.smtp import running_listener
from tests.story.desk import Desk, open_desk
from typer.testing import CliRunner

from sulku_console.app import create_app
from sulku_desk.checking import sign_checkpoint
from sulku_desk.cli import app
from sulku_desk.doctor_facts import Finding, Level, Part
from sulku_desk.examining import SelfExamination
from sulku_desk.examining_all import examine
from sulku_desk.settings import Settings, load_settings
from sulku_desk.web import make_parts
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import open_storage
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    with open_desk(tmp_path / "home", url, NIGHT, organisations=1) as opened:
        opened.scheduler.tick()
        yield opened


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "home", None, NIGHT, organisations=1) as opened:
        opened.scheduler.tick()
        yield opened


def changed(settings: Settings, **sections: dict[str, Any]) -> Settings:
    return settings.model_copy(
        update={name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()}
    )


def unwell(findings: list[Finding], *besides: Part) -> dict[Part, str]:
    """What is unwell, apart from the clock (the desk's stands in 2026) and what the test does not run."""
    ignored = {Part.CLOCK, *besides}
    return {f.part: f.what for f in findings if f.level is Level.UNWELL and f.part not in ignored}


def test_a_desk_that_runs_is_well(desk: Desk) -> None:
    desk.receive(desk.write("a@example.fi", "Hei", "Hei"))
    desk.dispatch()
    sign_checkpoint(desk.instance)
    with running_listener(desk.inbox, desk.clock) as running:
        settings = changed(desk.instance.settings, smtp={"port": running.listener.smtp_port, "lmtp_port": 0})
        findings = examine(settings, desk.clock)
    assert unwell(findings) == {}
    assert {Part.CA, Part.INTAKE, Part.WORKER} <= {finding.part for finding in findings}


def test_servers_that_do_not_answer_are_named(lite: Desk) -> None:
    port = find_free_port()
    settings = changed(
        lite.instance.settings,
        smtp={"port": port, "lmtp_port": 0},
        outgoing={"smarthost": "127.0.0.1", "port": port},
        imap={"host": "127.0.0.1", "port": port, "tls": "none"},
        ca={"url": f"http://127.0.0.1:{port}"},
    )
    found = unwell(examine(settings, lite.clock))
    assert set(found) == {Part.INTAKE, Part.SMARTHOST, Part.IMAP, Part.CA}
    assert all("127.0.0.1" in what or str(port) in what for what in found.values()), found


def test_mails_that_nobody_reads_and_effects_that_nobody_takes_are_named(desk: Desk) -> None:
    desk.receive(desk.write("first@desk.example", "Apua", "Palvelimen yksityinen avain on vuotanut."))
    envelope = Envelope("a@example.fi", ("vptuotanto@vrk.fi",), desk.clock.now(), Via.SMTP)
    desk.inbox.add([Delivery(RawMail.of(b"unread %d" % number), envelope) for number in range(3)])
    desk.clock.advance(timedelta(minutes=3))
    found = unwell(examine(desk.instance.settings, desk.clock), Part.INTAKE)
    assert set(found) == {Part.WORKER, Part.DISPATCHER, Part.SCHEDULER}
    assert found[Part.WORKER] == "3 mails wait unread, the oldest for 3 min"
    assert "mail are due for 3 min" in found[Part.DISPATCHER]


def test_a_missing_or_open_key_is_named(lite: Desk) -> None:
    lite.receive(lite.write("a@example.fi", "Hei", "Hei"))
    keys = lite.instance.settings.keys_folder
    (keys / "mail-0001.key").rename(keys / "elsewhere")
    (keys / "links.key").chmod(0o644)
    (keys / "audit.pem").unlink()
    said = [f.what for f in examine(lite.instance.settings, lite.clock) if f.part is Part.KEYS]
    assert len(said) == 3
    assert not (keys / "audit.pem").exists()
    assert not (keys / "mail-0001.key").exists()


def test_a_certificate_that_ends_soon_is_told(lite: Desk, tmp_path: Path) -> None:
    certificate, _ = write_server_certificate(tmp_path, NIGHT)
    findings = examine(changed(lite.instance.settings, smtp={"certificate": certificate}), lite.clock)
    (finding,) = (f for f in findings if f.part is Part.CERTIFICATE)
    assert "days" in finding.what


def test_an_old_schema_and_a_missing_instance_are_named_and_not_made(lite: Desk, tmp_path: Path) -> None:
    with lite.instance.storage.desk.writing() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '0000'")
    assert set(unwell(examine(lite.instance.settings, lite.clock), Part.INTAKE)) == {Part.SCHEMA}
    nowhere = load_settings(tmp_path / "nowhere")
    assert Part.DATABASE in unwell(examine(nowhere, lite.clock))
    assert not nowhere.home.exists()


@pytest.fixture(scope="module")
def own_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    """A server that the tests may stop."""
    require_program("postgres")
    with start_postgresql(tmp_path_factory.mktemp("postgresql"), find_free_port()) as server:
        yield server


def test_a_database_that_is_away_is_named_by_the_doctor_and_by_health(
    own_postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with own_postgresql.new_database() as url, open_desk(tmp_path / "home", url, NIGHT, organisations=1) as desk:
        desk.scheduler.tick()
        client = TestClient(create_app(make_parts(desk.instance)))
        own_postgresql.stop("immediate")
        try:
            assert Part.DATABASE in unwell(examine(desk.instance.settings, desk.clock))
            answer = client.get("/health/ready")
            assert answer.status_code == 503
            assert set(answer.json()["unwell"]) == {"database"}
            assert client.get("/health/live").status_code == 200
        finally:
            own_postgresql.start()
        assert Part.DATABASE not in unwell(examine(desk.instance.settings, desk.clock))


@pytest.mark.parametrize("name", ["inbox", "desk"])
def test_a_file_that_another_program_holds_locked_is_named_and_its_end_is_seen(
    lite: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sulku_desk.examining._LOCKED_AFTER", timedelta(milliseconds=20))
    settings = lite.instance.settings
    with closing(sqlite3.connect(settings.home / f"{name}.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (finding,) = [one for one in examine(settings, lite.clock) if one.part is Part.DATABASE]
        assert f"{name}.sqlite locked" in finding.what
        assert "fuser" in finding.next_step
    assert Part.DATABASE not in unwell(examine(settings, lite.clock))


def test_health_names_the_part_and_the_next_step(lite: Desk) -> None:
    client = TestClient(create_app(make_parts(lite.instance)))
    assert client.get("/health/ready").json() == {"ready": True, "unwell": {}}
    lite.clock.advance(timedelta(minutes=1))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert list(answer.json()["unwell"]) == ["scheduler"]
    assert "role scheduler" in answer.json()["unwell"]["scheduler"]


def test_health_looks_again_only_after_some_seconds(lite: Desk) -> None:
    examination = SelfExamination(lite.instance)
    first = examination.unwell()
    lite.clock.advance(timedelta(seconds=4))
    assert examination.unwell() is first
    lite.clock.advance(timedelta(seconds=2))
    assert examination.unwell() is not first


def test_the_command_says_it_in_words_json_and_exit_code(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SULKU_HOME", str(lite.instance.settings.home))
    monkeypatch.setenv("SULKU_SMTP__PORT", str(find_free_port()))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "The desk is not well." in result.output
    assert "intake: See that sulku serve runs" in result.output
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    assert told["level"] == "unwell"
    assert {"part", "level", "what", "next_step"} == set(told["findings"][0])
    skipped = json.loads(CliRunner().invoke(app, ["doctor", "--json", "--skip", "intake"]).stdout)
    assert "intake" not in {finding["part"] for finding in skipped["findings"]}
    assert CliRunner().invoke(app, ["doctor", "--skip", "nonsense"]).exit_code == 2
    in_swedish = CliRunner().invoke(app, ["doctor", "--language", "sv"]).stdout
    assert "INTE I ORDNING" in in_swedish
    assert "intake: Kontrollera att sulku serve kör rollen intake." in in_swedish
    assert in_swedish.rstrip().endswith("Tjänsten är inte i ordning.")


def test_the_database_of_a_doctor_is_left_as_it_was(lite: Desk) -> None:
    storage = open_storage(None, lite.instance.settings.home)
    storage.close()
    before = lite.rows("SELECT * FROM desk.event"), lite.rows("SELECT * FROM desk.leader")
    examine(lite.instance.settings, SetClock(lite.clock.now()))
    assert (lite.rows("SELECT * FROM desk.event"), lite.rows("SELECT * FROM desk.leader")) == before
