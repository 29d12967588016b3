"""The adapter `command`: what any program may do wrong, and what that means to an order."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.certificates import issue, make_ca, pem

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    Lookup,
    Mark,
    NotSupported,
    OrderToSend,
    PendingApproval,
    Refused,
    TryLater,
)
from sulku_revocation.ca.command import CommandAuthority, open_command
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

ORDER = OrderToSend("order:1", "CN=CA", "ab" * 20, SerialNumber(0xC0FFEE), ReasonCode.SUPERSEDED)
ISSUER = IssuerRecord(1, "CN=CA", "ab" * 20, False, "", "", None)
ACCEPTED = '{"result": "accepted", "revoked_at": "2026-11-24T01:00:00+00:00", "is_repeat": false}'

Program = Callable[..., CommandAuthority]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """An adapter to a shell script with this body."""

    def make(body: str, **options: object) -> CommandAuthority:
        script = tmp_path / "program"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o700)
        given = {"program": [str(script)], "seconds": 20, **options}
        return open_command(AdapterSettings("program", "authorities.program", "", None, given, tmp_path))

    return make


def test_the_whole_order_is_on_its_input(program: Program, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    program(f"cat > {asked}; echo '{ACCEPTED}'").revoke(ORDER)
    said = json.loads(asked.read_text())
    assert (said["call"], said["serial"], said["reason"], said["idempotency_key"]) == ("revoke", "c0ffee", 4, "order:1")


def test_it_gets_hardly_an_environment_and_no_shell(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_DATABASE_URL", "postgresql://desk:secret@db/desk")
    program(f"env > {tmp_path}/env; echo '{ACCEPTED}'", environment={"CA_FOLDER": "$(id)"}).revoke(ORDER)
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names <= {"PATH", "LANG", "CA_FOLDER", "PWD", "SHLVL", "_", "OLDPWD"}
    assert "CA_FOLDER=$(id)" in (tmp_path / "env").read_text()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('echo \'{"why": "unknown_serial", "message": "never issued"}\'; exit 1', Refused),
        ("exit 1", TryLater),  # what any program does when it breaks
        ("echo boom >&2; exit 1", TryLater),
        ("exit 75", TryLater),
        ("exit 78", ConfigurationError),
        ("exit 3", TryLater),
        ("kill -9 $$", TryLater),
        ("echo nonsense", TryLater),
        ("true", TryLater),
        ('echo \'{"result": "maybe"}\'', TryLater),
        ("head -c 200000 /dev/zero", TryLater),
    ],
)
def test_only_a_refusal_with_its_why_gives_an_order_up(program: Program, body: str, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        program(body).revoke(ORDER)


def test_its_last_words_are_told(program: Program) -> None:
    with pytest.raises(TryLater, match="the vault is sealed"):
        program("echo first >&2; echo the vault is sealed >&2; exit 75").revoke(ORDER)


def test_a_program_that_hangs_is_stopped_with_its_children(program: Program, tmp_path: Path) -> None:
    with pytest.raises(TryLater, match="did not end"):
        program(f"sleep 600 & echo $! > {tmp_path}/child; wait", seconds=0.3).revoke(ORDER)
    child = int((tmp_path / "child").read_text())
    with pytest.raises(ProcessLookupError):
        _await_its_end(child)


def _await_its_end(process_id: int) -> None:
    for _ in range(2_000):
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":  # dead; nobody has fetched it yet
            raise ProcessLookupError


def test_a_child_that_lives_on_in_the_background_does_not_hold_the_answer_up(program: Program) -> None:
    assert isinstance(program(f"sleep 600 & echo '{ACCEPTED}'").revoke(ORDER), Accepted)


def test_an_approval_that_is_waited_for_is_told(program: Program) -> None:
    authority = program('echo \'{"result": "pending_approval", "reference": "REQ-17"}\'')
    assert authority.revoke(ORDER) == PendingApproval("REQ-17")


def test_what_it_can_is_what_its_options_say(program: Program) -> None:
    can = program("true", lookup=False, reasons=["keyCompromise"], keeps_reason=False).capabilities
    assert (can.lookup, can.reasons, can.keeps_reason) == (Lookup.NONE, {ReasonCode.KEY_COMPROMISE}, False)
    with pytest.raises(NotSupported):
        program("true", lookup=False).lookup(ISSUER, ORDER.serial)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"program": ["revoke.sh"]}, "whole path"),
        ({"program": []}, "program"),
        ({"reasons": ["certificateHold"]}, "certificateHold"),
        ({"secnds": 3}, "secnds"),
        ({"marks": True}, "lists must be true"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict, named: str) -> None:
    given = {"program": ["/bin/true"], **options}
    with pytest.raises(ConfigurationError, match=named):
        open_command(AdapterSettings("program", "authorities.program", "", None, given, tmp_path))


def test_a_program_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    given = {"program": [str(tmp_path / "nowhere")]}
    with pytest.raises(ConfigurationError, match="nowhere"):
        open_command(AdapterSettings("program", "authorities.program", "", None, given, tmp_path)).probe()


DER = issue(make_ca(), 0x0A01)
LINE = json.dumps({"certificate": base64.b64encode(DER).decode()})
IN_PEM = json.dumps({"certificate": pem(DER).decode()})


def test_a_program_lists_certificates_in_either_form_and_its_own_mark(program: Program, tmp_path: Path) -> None:
    body = f"cat > {tmp_path}/asked; printf '%s\\n' '{LINE}' '{json.dumps({'mark': 'row 17'})}'"
    authority, mark = program(body, lists=True, marks=True), Mark("row 12")
    assert list(authority.register_since(mark)) == [DER]
    assert mark.value == "row 17"
    assert json.loads((tmp_path / "asked").read_text()) == {"call": "list", "mark": "row 12"}
    assert list(authority.register()) == [DER]
    assert json.loads((tmp_path / "asked").read_text())["mark"] == "", "everything"
    (tmp_path / "pem").write_text(IN_PEM)
    assert list(program(f"cat {tmp_path}/pem", lists=True).register()) == [DER]


def test_a_list_may_be_longer_than_any_other_answer(program: Program, tmp_path: Path) -> None:
    (tmp_path / "many").write_text(f"{LINE}\n" * 500)
    assert len(list(program(f"cat {tmp_path}/many", lists=True).register())) == 500


@pytest.mark.parametrize(
    "body",
    [
        f"echo '{LINE}'; exit 75",
        f"echo '{LINE}'; kill -9 $$",
        f"echo '{LINE}'; sleep 600",
        "echo nonsense",
        "echo '[1]'",
        'echo \'{"certificate": "%%%"}\'',
        "echo '{\"certificate\": 7}'",
        'echo \'{"certificate": "-----BEGIN nothing"}\'',
        "head -c 500000 /dev/zero",
    ],
)
def test_a_list_that_was_broken_off_or_cannot_be_read_moves_no_mark(program: Program, body: str) -> None:
    authority, mark = program(body, lists=True, marks=True, list_seconds=0.5), Mark("row 12")
    with pytest.raises(TryLater):
        list(authority.register_since(mark))
    assert mark.value == "row 12"


def test_a_program_that_lists_nothing_or_only_everything_says_so(program: Program) -> None:
    can = program("true").capabilities
    assert (can.register, can.marks) == (False, False)
    with pytest.raises(NotSupported):
        next(program("true").register())
    with pytest.raises(NotSupported):
        next(program("true", lists=True).register_since(Mark()))
