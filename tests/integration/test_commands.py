"""The command line: what a person or a script gets, in words, JSON and exit codes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.little_work import copy_stores
from tests.story.desk import accounts_json
from typer.testing import CliRunner, Result

from sulku_desk.cli import app
from sulku_desk.demo.certificates import issue_certificates
from sulku_desk.demo.organisations import invented_organisations
from sulku_desk.instance import open_instance
from sulku_desk.settings import load_settings
from sulku_desk.wiring import make_reader, make_worker, open_dispatcher
from sulku_kernel.clock import SystemClock
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.key_files import load_or_make_token

Run = Callable[..., Result]
PASSWORD = "three-words-and-more"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `sulku …` for an instance of the test's own."""
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments], input=stdin)

    return invoke


def done(result: Result) -> Any:
    """The JSON that a command printed."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def made(run: Run, tmp_path: Path) -> Run:
    """The same, with an instance whose register holds two organisations' certificates, and three people."""
    password = ("--password-file", str(tmp_path / "password"))
    copy_stores(tmp_path / "home")
    done(run("init", "--email", "admin@desk.example", *password, "--json"))
    folder = tmp_path / "input"
    folder.mkdir()
    holders = invented_organisations()[:2]
    with EmbeddedCa(tmp_path / "ca", "http://127.0.0.1:1", SystemClock()) as ca:
        issued = issue_certificates(ca, holders, SystemClock().now())
        for issuer in ca.issuers:
            (folder / f"{issuer.slug}.crt").write_bytes(ca.issuer_certificate(issuer.slug))
    pem = b"".join(x509.load_der_x509_certificate(one.der).public_bytes(Encoding.PEM) for one in issued)
    (folder / "certificates.pem").write_bytes(pem)
    (tmp_path / "accounts.json").write_text(json.dumps(accounts_json(holders)), encoding="utf-8")
    assert done(run("register", "import", str(folder), "--json"))["new"] == len(issued) + 5
    assert done(run("accounts", "import", str(tmp_path / "accounts.json"), "--json"))["new"] == 2
    for login, role in (("anna", "operator"), ("mikko", "approver")):
        done(run("user", "add", login, "--role", role, "--email", f"{login}@desk.example", *password, "--json"))
    (tmp_path / "serial").write_text(format(x509.load_der_x509_certificate(issued[0].der).serial_number, "x"))
    return run


def log_in(run: Run, tmp_path: Path, login: str) -> None:
    done(run("login", login, "--password-file", str(tmp_path / "password"), "--json"))


def write_mail(tmp_path: Path, serial: str) -> Path:
    sender = invented_organisations()[0].contacts[0].email
    file = tmp_path / "mail.eml"
    file.write_bytes(
        f"From: {sender}\r\nTo: vptuotanto@vrk.fi\r\nSubject: Sulkupyynt=?utf-8?q?=C3=B6?=\r\n"
        "Message-ID: <1@koivulahti.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Yksityinen avain on paljastunut. Sulkekaa varmenne {serial}.\r\n".encode()
    )
    return file


def work(tmp_path: Path) -> None:
    """What `sulku serve` would do with the mails of the inbox."""
    instance = open_instance(load_settings(tmp_path / "home"))
    with make_reader(instance.settings) as reader:
        while make_worker(instance, reader).run_once():
            pass
    instance.close()


def test_help_lists_every_group_of_commands(run: Run) -> None:
    text = run("--help").stdout
    for group in ("init", "serve", "demo", "explain", "ticket", "register", "accounts", "application", "audit", "user"):
        assert group in text


def test_without_an_instance_the_error_says_how_to_make_one(run: Run) -> None:
    result = run("ticket", "list")
    assert result.exit_code == 7
    assert "sulku init" in result.stderr


def test_init_makes_the_first_administrator_once_and_logs_them_in(run: Run, tmp_path: Path) -> None:
    first = done(run("init", "--email", "admin@desk.example", "--json"))
    assert first["administrator"]["login"] == "admin"
    assert len(first["administrator"]["password"]) >= 12
    assert done(run("whoami", "--json"))["roles"] == ["administrator"]
    assert "admin@desk.example" in (tmp_path / "home" / "on_call.toml").read_text(encoding="utf-8")
    again = done(run("init", "--email", "other@desk.example", "--json"))
    assert again["administrator"] is None


def test_init_with_an_unusable_password_makes_nobody(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("short", encoding="utf-8")
    result = run("init", "--email", "admin@desk.example", "--password-file", str(tmp_path / "password"))
    assert result.exit_code == 2
    assert "12" in result.stderr
    assert run("whoami").exit_code == 4


def test_nobody_acts_without_logging_in(made: Run) -> None:
    done(made("logout", "--json"))
    for command in (("ticket", "list"), ("ticket", "claim", "1"), ("user", "list"), ("register", "import", ".")):
        result = made(*command)
        assert result.exit_code == 4, result.output
        assert "sulku login" in result.stderr


def test_a_wrong_password_says_the_same_as_an_unknown_login(made: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("another-password", encoding="utf-8")
    answers = {made("login", who, "--password-file", str(tmp_path / "wrong")).stderr for who in ("anna", "nobody")}
    assert len(answers) == 1


def test_a_request_goes_from_a_file_to_an_order_by_two_people(made: Run, tmp_path: Path) -> None:
    serial = (tmp_path / "serial").read_text(encoding="utf-8")
    mail = write_mail(tmp_path, serial)

    explained = done(made("explain", str(mail), "--json"))
    assert explained["class"] == "revocation_request"
    assert explained["reason"] == "keyCompromise"
    assert explained["outcome"] == "matched"
    assert explained["page_on_call"] is True
    assert serial in {match["serial"] for match in explained["matches"]}

    assert done(made("mail", "ingest", str(mail), "--json"))["mails"] == 1
    work(tmp_path)
    log_in(made, tmp_path, "anna")
    (ticket,) = done(made("ticket", "list", "--json"))
    number = ticket["number"]
    assert done(made("ticket", "claim", number, "--json"))["assignee"] == "anna"
    refused = made("ticket", "decide", number, "--reason", "keyCompromise", "--because", "The mail says so.")
    assert refused.exit_code == 4
    assert "evidence" in refused.stderr
    done(made("ticket", "evidence", number, "callback", "--note", "Called the number on file; confirmed.", "--json"))
    done(made("ticket", "decide", number, "--reason", "keyCompromise", "--because", "Confirmed.", "--json"))
    digest = done(made("ticket", "show", number, "--json"))["list_digest"]
    alone = made("ticket", "approve", number, "--list", digest)
    assert alone.exit_code == 4

    log_in(made, tmp_path, "mikko")
    stale = made("ticket", "approve", number, "--list", "0" * 64)
    assert stale.exit_code == 5
    orders = done(made("ticket", "approve", number, "--list", digest, "--json"))
    assert serial in {order["serial"] for order in orders}
    again = done(made("ticket", "approve", number, "--list", digest, "--json"))
    assert [order["id"] for order in again] == [order["id"] for order in orders]
    assert made("ticket", "close", number, "--because", "Done.").exit_code == 4
    assert done(made("audit", "verify", "--json"))["ok"] is True


def test_a_ca_that_does_not_answer_is_told_on_the_ticket_and_the_order_waits(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 1 of this machine: nobody listens there.
    monkeypatch.setenv("SULKU_CA__URL", "http://127.0.0.1:1")
    serial = (tmp_path / "serial").read_text(encoding="utf-8")
    done(made("mail", "ingest", str(write_mail(tmp_path, serial)), "--json"))
    work(tmp_path)
    log_in(made, tmp_path, "anna")
    done(made("ticket", "claim", "1", "--json"))
    done(made("ticket", "evidence", "1", "callback", "--note", "Called the number on file; confirmed.", "--json"))
    done(made("ticket", "decide", "1", "--reason", "keyCompromise", "--because", "Confirmed.", "--json"))
    log_in(made, tmp_path, "mikko")
    digest = done(made("ticket", "show", "1", "--json"))["list_digest"]
    done(made("ticket", "approve", "1", "--list", digest, "--json"))

    instance = open_instance(load_settings(tmp_path / "home"))
    instance.settings.ca_folder.mkdir()
    load_or_make_token(instance.settings.ca_token_file)
    with open_dispatcher(instance) as dispatcher:
        dispatcher.run_due(["ca_order"])
    instance.close()

    shown = made("ticket", "show", "1").stdout
    assert "ca order: attempt 1 failed, next " in shown
    assert "http://127.0.0.1:1/" in shown
    assert {order["state"] for order in done(made("ticket", "show", "1", "--json"))["orders"]} == {"SENT"}


def test_every_action_of_an_operator_works_and_is_recorded(made: Run, tmp_path: Path) -> None:
    done(made("mail", "ingest", str(write_mail(tmp_path, "ffff")), "--json"))
    work(tmp_path)
    log_in(made, tmp_path, "anna")
    (ticket,) = done(made("ticket", "list", "--urgency", "p1", "--json"))
    number = ticket["number"]
    serial = (tmp_path / "serial").read_text(encoding="utf-8")
    done(made("ticket", "acknowledge", number, "--json"))
    done(made("ticket", "note", number, "Looks odd.", "--json"))
    done(made("ticket", "match", number, "--add", serial.upper(), "--because", "They meant this one.", "--json"))
    done(made("ticket", "reply", number, "--text", "Mikä on sarjanumero?", "--ask", "--json"))
    done(made("ticket", "reply", number, "--preliminary-report", "--json", stdin="Selvitys on kesken.\n"))
    assert made("ticket", "close", number, "--because", "Too early.").exit_code == 4
    done(made("ticket", "reject", number, "--because", "The holder does not confirm it.", "--json"))
    done(made("ticket", "close", number, "--because", "Rejected.", "--json"))
    assert made("ticket", "close", number, "--because", "Twice.").exit_code == 5
    done(made("ticket", "reopen", number, "--because", "They wrote again.", "--json"))
    shown = done(made("ticket", "show", number, "--json"))
    actions = {event["action"] for event in shown["timeline"] if event["actor"] == "user:anna"}
    assert {"ACKNOWLEDGE_PAGE", "NOTE", "CORRECT_MATCH", "REPLY", "ASK", "REJECT", "CLOSE", "REOPEN"} <= actions
    shown = made("ticket", "show", number)
    assert shown.exit_code == 0
    assert "=> " in shown.stdout
    assert "earlier ones: sulku ticket show --all" in shown.stdout
    assert "Looks odd." in shown.stdout
    assert "earlier ones" not in made("ticket", "show", number, "--all").stdout
    assert done(made("audit", "verify", "--json"))["ok"] is True


def test_a_ticket_on_a_terminal_says_what_to_do_next_what_lacks_and_whom_to_call(made: Run, tmp_path: Path) -> None:
    serial = (tmp_path / "serial").read_text(encoding="utf-8")
    done(made("mail", "ingest", str(write_mail(tmp_path, serial)), "--json"))
    work(tmp_path)
    log_in(made, tmp_path, "anna")
    assert "=> On-call is being paged" in made("ticket", "show", "1").stdout
    done(made("ticket", "claim", "1", "--json"))
    shown = made("ticket", "show", "1").stdout
    assert "=> Confirm who is asking, and record the evidence." in shown
    assert "confirmed by a second factor (L3)" in shown
    (certificate, *_) = done(made("ticket", "show", "1", "--json"))["certificates"]
    assert f"…{certificate['serial_tail']}" in shown
    assert "Call back only these, they are on file" in shown
    assert "+358" in shown
    done(made("ticket", "evidence", "1", "callback", "--note", "Called the number on file; confirmed.", "--json"))
    done(made("ticket", "decide", "1", "--reason", "keyCompromise", "--because", "Confirmed.", "--json"))
    unseen = made("ticket", "approve", "1")
    assert unseen.exit_code == 2
    digest = done(made("ticket", "show", "1", "--json"))["list_digest"]
    assert digest in made("ticket", "show", "1").stdout
    assert digest not in unseen.stderr, "an approval is of a list that somebody looked at"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("ticket", "show", "S26-999999"), 3, "no ticket"),
        (("ticket", "show", "banana"), 2, "S26-000123"),
        (("ticket", "decide", "1", "--reason", "certificateHold", "--because", "x"), 2, "un-revoke"),
        (("explain", "missing.eml"), 2, "missing.eml"),
        (("application", "show", "A26-000001"), 3, "no application"),
        (("application", "event", "1", "nowhere"), 2, "in_review"),
        (("mail", "ingest", "missing.eml"), 2, "missing.eml"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(made: Run, arguments: tuple[str, ...], code: int, says: str) -> None:
    result = made(*arguments)
    assert result.exit_code == code, result.output
    assert says in result.stderr


def test_a_file_that_is_no_certificate_is_named_and_nothing_is_entered(made: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n", encoding="utf-8")
    result = made("register", "import", str(tmp_path / "input"), str(broken))
    assert result.exit_code == 2
    assert "broken.pem" in result.stderr


def test_a_folder_without_certificate_files_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("register", "import", str(tmp_path / "empty"))
    assert result.exit_code == 2
    assert "nothing that could hold certificates" in result.stderr


def test_an_accounts_file_with_a_wrong_y_tunnus_names_the_entry_and_the_field(made: Run, tmp_path: Path) -> None:
    entries = accounts_json(invented_organisations()[2:4])
    entries[1]["business_id"] = "0204819-9"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    result = made("accounts", "import", str(file))
    assert result.exit_code == 2
    assert "business_id" in result.stderr
    assert len(done(made("accounts", "list", "--json"))) == 2


def test_a_wrong_setting_is_named_with_its_file(made: Run, tmp_path: Path) -> None:
    (tmp_path / "home" / "sulku.toml").write_text("[smtp]\nprot = 25\n", encoding="utf-8")
    result = made("ticket", "list")
    assert result.exit_code == 7
    assert "smtp.prot" in result.stderr
    assert "sulku.toml" in result.stderr


def test_a_database_that_is_away_is_said_without_its_password(
    made: Run, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("SULKU_DATABASE_URL", f"postgresql://sulku:secret@127.0.0.1:{free_port}/sulku")
    result = made("ticket", "list")
    assert result.exit_code == 6
    assert "secret" not in result.output + result.stderr


def test_a_port_that_is_taken_stops_the_start_with_a_sentence(made: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    result = made("serve", "--roles", "intake,cook")
    assert result.exit_code == 2
    assert "cook" in result.stderr


def test_an_altered_history_is_found(made: Run, tmp_path: Path) -> None:
    import sqlite3

    done(made("audit", "checkpoint", "--json"))
    with sqlite3.connect(tmp_path / "home" / "desk.sqlite") as connection:
        connection.execute("UPDATE event SET actor = 'user:somebody' WHERE seq = 2")
    connection.close()
    result = made("audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


def test_the_revocation_form_is_written_in_three_languages_with_the_desks_address(run: Run, tmp_path: Path) -> None:
    done(run("init", "--email", "admin@desk.example", "--json"))
    forms = tmp_path / "forms"
    files = [Path(name) for name in done(run("forms", "write", str(forms), "--json"))["files"]]
    assert [file.name for file in files] == [f"revocation-request-{language}.pdf" for language in ("fi", "sv", "en")]
    address = load_settings().desk.addresses[0]
    for file in files:
        assert address in "".join("".join(page.extract_text() for page in pypdf.PdfReader(file).pages).split())
