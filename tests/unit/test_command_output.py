"""What commands print for people: whole numbers to copy on any terminal, and sentences that agree with their number."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sulku_desk.cli import output, tickets
from sulku_desk.cli.output import counted, print_table

SPKI = "7d" * 32
SERIAL = "0100000168f0a805c366b43b5de968c691fb"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def print_(width: int, *rows: tuple[object, ...], whole: tuple[str, ...]) -> str:
        file = io.StringIO()
        monkeypatch.setattr(output, "out", Console(file=file, width=width, highlight=False))
        print_table(("id", "serial number", "SHA-256 of the key", "name"), list(rows), empty="None.", whole=whole)
        return file.getvalue()

    return print_


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_is_copied_is_whole_on_a_terminal_of_any_width(printed: Callable[..., str], width: int) -> None:
    rows = [(n, SERIAL, SPKI, "palvelin.haltija.example of a holder with a long name") for n in (1, 2)]
    said = printed(width, *rows, whole=("id", "serial number", "SHA-256 of the key"))
    assert said.count(SERIAL) == said.count(SPKI) == 2
    assert "\N{HORIZONTAL ELLIPSIS}" not in said


def test_a_table_that_fits_is_one(printed: Callable[..., str]) -> None:
    said = printed(80, (1, "0bf4eab0", "", "a.example"), whole=("id", "serial number"))
    assert len(said.splitlines()) == 2
    assert printed(80, whole=()) == "None.\n"


def test_one_is_said_of_one() -> None:
    assert counted(1, "One certificate is held.", "{n} certificates are held.") == "One certificate is held."
    assert counted(83_267, "", "{n} certificates are held.") == "83,267 certificates are held."


def test_a_list_is_approved_by_its_whole_digest_only() -> None:
    refused = CliRunner().invoke(tickets.app, ["approve", "S26-000001", "--list", "4f0c9a71"])
    assert refused.exit_code == 2
    assert "not the whole digest" in refused.stderr
    assert "64 characters" in refused.stderr


def test_the_help_shows_a_time_as_it_is_typed() -> None:
    said = CliRunner().invoke(tickets.app, ["decide", "--help"], env={"COLUMNS": "200"}).stdout
    assert "2026-11-24T14:05+02:00" in said
    assert "%Y" not in said
