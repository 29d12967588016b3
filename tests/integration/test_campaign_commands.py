"""`sulku campaign` from an empty list to the report, as an operator and an approver type it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.test_commands import Run, done, log_in, made, run  # noqa: F401  fixtures

from sulku_desk.cli.campaign_text import read_reason, write_lines
from sulku_desk.instance import open_instance
from sulku_desk.settings import load_settings
from sulku_desk.wiring import open_dispatcher
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import whole_octets
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.models import certificates


def serials(tmp_path: Path) -> list[str]:
    instance = open_instance(load_settings(tmp_path / "home"))
    with instance.storage.desk.reading() as connection:
        query = sa.select(certificates.c.serial).where(certificates.c.certificate_type == "server")
        found = list(connection.execute(query).scalars())
    instance.close()
    return found


def decided(made: Run, tmp_path: Path, *options: str) -> str:  # noqa: F811  the fixture's value
    """A frozen and decided campaign over the register's server certificates; the end of its hash."""
    log_in(made, tmp_path, "anna")
    assert done(made("campaign", "new", "ROCA", *options, "--json")) == {"id": 1}
    (tmp_path / "list.txt").write_text("\n".join(f"0x{one}" for one in serials(tmp_path)) + "\n0xdeadbeef\n")
    (listed,) = done(made("campaign", "add", "1", str(tmp_path / "list.txt"), "--json"))
    assert [why for *_, why in listed["unmatched"]] == ["no certificate on file"]
    done(made("campaign", "freeze", "1", "--json"))
    digest = done(made("campaign", "decide", "1", "--reason", "superseded", "--because", "Heikkoja.", "--json"))
    return str(digest["approval_digest"][-8:])


def test_a_drill_goes_all_the_way_and_its_report_holds_the_mails(made: Run, tmp_path: Path) -> None:  # noqa: F811
    tail = decided(made, tmp_path, "--drill", "--began", "2026-11-20T10:00Z")
    waves = done(made("campaign", "plan", "1", "--order", "by_customer", "--waves", "1", "--stepwise", "--json"))
    count = sum(waves["waves"])
    assert waves["waves"] == [1, count - 1]
    assert done(made("campaign", "dry-run", "1", "--json"))["to_revoke"] == count
    assert f"{count:,} of {count:,} certificates would be revoked" in made("campaign", "dry-run", "1").stdout
    log_in(made, tmp_path, "mikko")
    wrong = made("campaign", "approve", "1", "--hash", "0" * 8, "--count", str(count))
    assert wrong.exit_code == 2
    assert "sulku campaign show 1" in wrong.stderr
    approved = done(made("campaign", "approve", "1", "--hash", tail, "--count", str(count), "--json"))
    assert approved["state"] == "COMPLETED"
    report = done(made("campaign", "report", "1", "--json"))
    assert report["certificates"]["LISTED"] == count
    assert any("C26-000001" in mail["subject"] for mail in report["notices_rendered"])
    assert report["notices_rendered"]
    assert "Drill: yes" in made("campaign", "report", "1", "--incident").stdout
    assert "ROCA" in made("campaign", "show", "1").stdout
    assert "Last drill: " in made("campaign", "list").stdout


def test_what_cannot_be_done_with_a_draft_yet_is_said_in_words(made: Run, tmp_path: Path) -> None:  # noqa: F811
    log_in(made, tmp_path, "anna")
    done(made("campaign", "new", "ROCA", "--json"))
    refused = made("campaign", "plan", "1")
    assert refused.exit_code == 5
    assert "is not frozen yet" in refused.stderr
    assert "sulku campaign freeze" in refused.stderr
    assert "Waves: none." in made("campaign", "dry-run", "1").stdout


def test_a_campaign_is_paused_held_watched_and_its_lines_exported(made: Run, tmp_path: Path) -> None:  # noqa: F811
    tail = decided(made, tmp_path)
    count = len(serials(tmp_path))
    log_in(made, tmp_path, "mikko")
    assert made("campaign", "approve", "1", "--hash", tail, "--count", str(count)).exit_code == 0
    assert made("campaign", "pause", "1", "--because", "Katsotaan.").exit_code == 0
    instance = open_instance(load_settings(tmp_path / "home"))
    with open_dispatcher(instance) as dispatcher:
        dispatcher.run_due(["campaign_batch"])
    instance.close()
    assert "paused" in made("campaign", "watch", "1").stdout
    log_in(made, tmp_path, "anna")
    one = serials(tmp_path)[0]
    early = made("campaign", "receipt", "1", "--holder-of", one)
    assert (early.exit_code, "has been seen revoked" in early.stderr) == (5, True)
    assert made("campaign", "receipt", "1", "--holder-of", one, "--send").exit_code == 3
    order = ("--authority", "Käräjäoikeus", "--reference", "H 1", "--until", "2099-01-01T00:00Z")
    held = made("campaign", "hold", "1", *order, "--serial", one)
    assert "One certificate is held until 2099" in held.stdout
    rows = list(csv.DictReader(io.StringIO(made("campaign", "lines", "1", "--state", "held").stdout)))
    assert [(row["serial"], row["held_by"]) for row in rows] == [(whole_octets(one), "Käräjäoikeus")]
    assert made("campaign", "release", "1", "--because", "Kumottu.", "--serial", one).exit_code == 0
    lines = [json.loads(line) for line in made("campaign", "lines", "1", "--json").stdout.splitlines()]
    assert {line["state"] for line in lines} == {"LISTED"}
    assert made("campaign", "cancel", "1", "--because", "Väärä luettelo.").exit_code == 0
    assert made("campaign", "resume", "1").exit_code == 5


def test_what_was_typed_wrongly_is_refused_with_the_next_step(made: Run, tmp_path: Path) -> None:  # noqa: F811
    log_in(made, tmp_path, "anna")
    made("campaign", "new", "ROCA")
    for arguments in (
        ("show", "7"),
        ("add", "1", str(tmp_path / "missing.txt")),
        ("add", "1", "--type", "nothing"),
        ("add", "1"),
        ("new", "x", "--due", "tomorrow"),
        ("plan", "1", "--order", "backwards"),
        ("plan", "1", "--waves", "a,b"),
        ("decide", "1", "--reason", "bored", "--because", "x"),
        ("lines", "1", "--state", "gone"),
        ("receipt", "1", "--holder-of", "0xff"),
        ("receipt", "1", "--holder-of", "0xff", "--language", "xx"),
        ("hold", "1", "--authority", "x", "--reference", "y", "--until", ""),
        ("hold", "1", "--authority", "x", "--reference", "y", "--until", "2099-01-01T00:00Z", "--serial", "0xff"),
    ):
        result = made("campaign", *arguments)
        assert result.exit_code in {2, 3}, arguments
        assert len(result.stderr.splitlines()) >= 2, arguments


def test_reasons_go_by_name_or_number_and_no_cell_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_reason("keycompromise") is ReasonCode.KEY_COMPROMISE
    assert read_reason("6") == 6
    with pytest.raises(InputError, match="bored"):
        read_reason("bored")
    write_lines(["holder"], [{"holder": "=HYPERLINK(1)"}], as_json=False)
    assert capsys.readouterr().out.splitlines()[1] == "'=HYPERLINK(1)"
