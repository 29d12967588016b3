"""`sulku ca list` and `sulku ca test`: every CA by name, tried without revoking, with an exit code that says why."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.certificates import issue, make_ca
from tests.contract.cas.known import open_case
from tests.servers.ca import RunningCa, issuer_record, open_ca, serve_ca, to_issue
from tests.story.desk import ON_CALL
from typer.testing import CliRunner, Result

from sulku_desk.authorities import issued_by_all, take_over
from sulku_desk.cli import app
from sulku_desk.doctor_facts import Part
from sulku_desk.instance import make_instance, open_instance
from sulku_desk.reaching import authorities
from sulku_desk.settings import load_settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SystemClock
from sulku_kernel.transaction import begin
from sulku_revocation.certificate_sources import Source
from sulku_revocation.register_import import import_certificates

Run = Callable[..., Result]


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[RunningCa]:
    """A CA with issuers of both kinds, and certificates that are on file."""
    with open_ca(tmp_path / "ca", SystemClock()) as opened, serve_ca(opened, tmp_path / "ca") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, ca: RunningCa, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance with that CA under the name `health` for its issuer `care`, and a default one that is not there."""
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("SULKU_HOME", str(home))
    home.mkdir()
    key_identifier = issuer_record(ca.ca, "care").key_identifier
    token_file = tmp_path / "ca" / "admin.token"
    (home / "sulku.toml").write_text(
        f'[ca]\nurl = "http://127.0.0.1:1"\n\n[authorities.health]\nadapter = "local"\nurl = "{ca.url}"\n'
        f'token_file = "{token_file}"\nissuers = ["{key_identifier.upper()}"]\n'
    )
    settings = load_settings(home)
    make_instance(settings)
    settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
    instance = open_instance(settings)
    certificates = [ca.ca.issue("care", to_issue(SystemClock()))]
    certificates += [ca.ca.issuer_certificate(issuer.slug) for issuer in ca.ca.issuers]
    with begin(instance.storage.desk, SystemClock(), Actor.desk("init")) as tx:
        import_certificates(tx, [Source("one.der", der) for der in certificates])
    instance.close()
    return home


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(app, ["ca", *arguments])


def said(result: Result) -> Any:
    return json.loads(result.stdout)


def test_every_ca_is_listed_with_the_issuers_that_go_to_it(home: Path, run: Run) -> None:
    default, health = said(run("list", "--json"))
    assert (default["name"], default["kind"], health["name"], health["kind"]) == (
        "default", "both", "health", "production",
    )  # fmt: skip
    assert [name.partition(",OU")[0] for name in health["issuers"]] == ['CN=Care\\, Health\\; and \\"Welfare\\" CA']
    assert len(default["issuers"]) == 2
    assert "health" in run("list").stdout


def test_a_ca_that_is_well_answers_knows_us_and_what_is_on_file_and_nothing_is_revoked(
    home: Path, run: Run, ca: RunningCa
) -> None:
    result = run("test", "health", "--json")
    assert result.exit_code == 0, result.output
    shown = said(result)
    assert [(step["what"], step["ok"]) for step in shown["steps"]] == [
        ("settings", True), ("answer", True), ("status", True), ("list", True),
    ]  # fmt: skip
    assert shown["steps"][-2]["said"].endswith("is good by its records")
    assert shown["steps"][-1]["said"] == "it lists what it has issued, by marks"
    assert "keyCompromise" in shown["capabilities"]["reasons"]
    assert run("test", "health").stdout.count("well") == 4


@pytest.mark.parametrize("adapter", ["command", "acme", "cmp"])
def test_a_ca_that_lists_nothing_says_so_and_what_to_do(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapter: str
) -> None:
    (tmp_path / "far").mkdir()
    with open_case(adapter.replace("acme", "acme-pebble"), tmp_path / "far") as given:
        settings = given.settings(given.url)
        options = {**settings.options, **({"lists": False, "marks": False} if adapter == "command" else {})}
        monkeypatch.setenv("SULKU_CA__ADAPTER", adapter)
        monkeypatch.setenv("SULKU_CA__URL", given.url)
        monkeypatch.setenv("SULKU_CA__OPTIONS", json.dumps(options, default=str))
        if settings.token_file is not None:
            monkeypatch.setenv("SULKU_CA__TOKEN_FILE", str(settings.token_file))
        shown = said(run("test", "--json"))
    assert "does not list" in shown["steps"][-1]["said"], shown
    assert "docs/register.md" in shown["steps"][-1]["said"]
    assert shown["capabilities"]["register"] is False


def test_what_a_program_lists_for_a_ca_that_lists_nothing_is_on_file(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.dumps({"certificate": base64.b64encode(issue(make_ca("Outside CA"), 0x0A01)).decode()})
    program = tmp_path / "list.sh"
    program.write_text(f"#!/bin/sh\nread -r asked\ncase $asked in *'\"list\"'*) echo '{line}';; esac\n")
    program.chmod(0o700)
    monkeypatch.setenv("SULKU_AUTHORITIES__LISTED__ADAPTER", "command")
    monkeypatch.setenv("SULKU_AUTHORITIES__LISTED__OPTIONS", json.dumps({"program": [str(program)], "lookup": False}))
    assert run("list").exit_code == 7, "no issuers, and no list either"
    options = {"program": [str(program)], "lookup": False, "lists": True}
    monkeypatch.setenv("SULKU_AUTHORITIES__LISTED__OPTIONS", json.dumps(options))
    assert said(run("test", "listed", "--json"))["steps"][-1]["ok"]
    settings = load_settings(home)
    instance = open_instance(settings)
    try:
        ((report,), _) = take_over(instance, Actor.desk("register"), ["listed"])
        assert (report.new, report.without_holder) == (1, [("a01", "Palvelu_testi")])
        assert take_over(instance, Actor.desk("register"), ["listed"])[0][0].new == 0
    finally:
        instance.close()


def test_a_ca_that_is_down_a_wrong_token_and_wrong_settings_have_exit_codes_of_their_own(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "ca").mkdir()
    (home / "ca" / "admin.token").write_text("x" * 40)
    (home / "ca" / "admin.token").chmod(0o600)
    assert run("test", "default").exit_code == 6
    monkeypatch.setenv("SULKU_AUTHORITIES__HEALTH__TOKEN_FILE", str(home / "ca" / "admin.token"))
    wrong_token = run("test", "health")
    assert wrong_token.exit_code == 7
    assert "FAULT" in wrong_token.stdout
    monkeypatch.setenv("SULKU_AUTHORITIES__HEALTH__OPTIONS", '{"spede": 1}')
    wrong_option = run("test", "health", "--json")
    assert wrong_option.exit_code == 7
    assert "spede" in said(wrong_option)["steps"][0]["said"]
    assert run("test", "nowhere").exit_code == 2


def test_a_ca_that_does_not_know_what_is_on_file_is_found(home: Path, run: Run, tmp_path: Path, monkeypatch) -> None:
    with open_ca(tmp_path / "another", SystemClock()) as other, serve_ca(other, tmp_path / "another") as running:
        monkeypatch.setenv("SULKU_AUTHORITIES__HEALTH__URL", running.url)
        monkeypatch.setenv("SULKU_AUTHORITIES__HEALTH__TOKEN_FILE", str(tmp_path / "another" / "admin.token"))
        assert run("test", "health").exit_code != 0


def test_the_doctor_looks_at_every_ca_and_what_all_have_issued_is_one_list(home: Path, monkeypatch) -> None:
    instance = open_instance(load_settings(home))
    try:
        found = {str(server.where).partition(":")[0]: server.fault for server in authorities(instance)}
        assert found["health"] is None
        assert found["default"]
        assert {server.part for server in authorities(instance)} == {Part.CA}
    finally:
        instance.close()
    monkeypatch.setenv("SULKU_CA__ADAPTER", "command")
    monkeypatch.setenv("SULKU_CA__OPTIONS", '{"program": ["/bin/true"]}')
    assert len(list(issued_by_all(load_settings(home), SystemClock()))) == 4


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"SULKU_AUTHORITIES__HEALTH__ADAPTER": "ejbka"}, "ejbka"),
        ({"SULKU_AUTHORITIES__HEALTH__ISSUERS": '["Care CA"]'}, "Care CA"),
        ({"SULKU_AUTHORITIES__HEALTH__OPTIONS": '{"spede": 1}'}, "spede"),
        ({"SULKU_AUTHORITIES__HEALTH__SPEDE": "1"}, "spede"),
    ],
)
def test_a_wrong_ca_stops_the_start_and_is_named(
    home: Path, settings: dict[str, str], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["serve", "--roles", "dispatcher"])
    assert result.exit_code == 7
    assert names in result.output + result.stderr
