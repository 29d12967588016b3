"""`sulku mail read`: any mail as JSON or for people, without an instance."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sulku_desk.cli import app
from sulku_mailbox.domain.mail_json import KEYS

REPLY = (
    "From: Anna <anna@b.example>\nSubject: =?utf-8?q?Vs=3A_p=C3=A4iv=C3=A4?=\nIn-Reply-To: <1@desk.example>\n"
    "Content-Type: text/plain; charset=utf-8\n\nSulkekaa 4a3f009c.\n\nTuki kirjoitti 24.11.2026 klo 14.05:\n> Mikä?\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of mails, and no instance anywhere."""
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "nowhere"))
    mails = tmp_path / "mails"
    (mails / "b").mkdir(parents=True)
    (mails / "b" / "reply.eml").write_text(REPLY, encoding="utf-8")
    (mails / "a.eml").write_bytes(b"\0\xff broken")
    (mails / "c.eml").write_bytes(b"Content-Type: application/zip\n\nPK\3\4")  # read in the jail
    return mails


def read(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["mail", "read", str(path), *options])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_mail_of_a_folder_is_a_line_of_json_in_the_order_of_names(folder: Path) -> None:
    result = read(folder, "--json")
    assert result.exit_code == 0, result.output
    found = lines(result)
    assert [mail["file"] for mail in found] == ["a.eml", "b/reply.eml", "c.eml"]
    assert all(list(mail) == list(KEYS) for mail in found)
    assert found[1]["new_text"] == "Sulkekaa 4a3f009c."
    assert found[1]["subject"] == "Vs: päivä"
    assert [one["type"] for one in found[2]["attachments"]] == ["application/zip"]


def test_one_mail_is_shown_to_people_with_what_is_left_out(folder: Path) -> None:
    result = read(folder / "b" / "reply.eml")
    assert result.exit_code == 0, result.output
    assert "from anna@b.example: Vs: päivä" in result.stdout
    assert "Sulkekaa 4a3f009c." in result.stdout
    assert "Mikä?" not in result.stdout
    assert "2 lines of quotation" in result.stdout


def test_what_cannot_be_opened_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "a.eml":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    result = read(folder, "--json")
    assert result.exit_code == 2
    assert [mail["file"] for mail in lines(result)] == ["b/reply.eml", "c.eml"]
    assert "a.eml" in result.stderr


def test_pipes_are_passed_over_and_strange_names_are_shown(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "a.eml").rename(folder / os.fsdecode(b"\xe4.eml"))
    assert [mail["file"] for mail in lines(read(folder, "--json"))] == ["b/reply.eml", "c.eml", "\\xe4.eml"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    result = read(tmp_path / "nothing", "--json")
    assert result.exit_code == 3
    assert "does not exist" in json.loads(result.stderr)["error"]
