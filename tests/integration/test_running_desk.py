"""The desk as it runs: every role a process, real mail servers in front, on both databases."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.conftest import find_free_port
from tests.servers.dovecot import PASSWORD, start_dovecot
from tests.servers.postfix import start_postfix
from tests.servers.programs import require_program
from tests.servers.running_desk import SECONDS, answers, running_desk, smtp_toml
from tests.servers.smtp import SmtpClient, wait_until

DESK = "vptuotanto@vrk.fi"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None


def test_a_mail_through_postfix_and_one_in_a_dovecot_mailbox_both_become_tickets(
    tmp_path: Path, database_url: str | None
) -> None:
    swaks = str(require_program("swaks"))
    require_program("dovecot")
    lmtp_port, imap_port = find_free_port(), find_free_port()
    with start_postfix(find_free_port(), lmtp_port) as postfix, start_dovecot(imap_port, find_free_port()) as dovecot:
        dovecot.put("desk", b"Subject: Sulkupyynto Junk\r\n\r\nSarjanumero 0bf4eab0.\r\n", "Junk")
        imap = f'[imap]\nhost = "127.0.0.1"\nport = {imap_port}\ntls = "none"\nuser = "desk"\npassword = "{PASSWORD}"\n'
        roles = ("intake", "worker")
        with running_desk(tmp_path / "home", database_url, roles, smtp_toml(0, lmtp_port) + imap) as desk:
            wait_until(lambda: answers(lmtp_port, "LHLO"), "the listener", SECONDS)
            command = [swaks, "--server", f"127.0.0.1:{postfix.port}", "--from", "apteekki@example.fi", "--to", DESK]
            subprocess.run(
                [*command, "--header", "Subject: Sulkupyynto Postfix"], check=True, capture_output=True, timeout=30
            )
            try:
                found = desk.wait_for(2)
            except AssertionError as error:
                error.add_note(postfix.log)
                raise
    assert {ticket["subject"] for ticket in found} == {"Sulkupyynto Postfix", "Sulkupyynto Junk"}


def test_a_role_that_is_killed_is_started_again_and_no_mail_is_lost_or_doubled(
    tmp_path: Path, database_url: str | None
) -> None:
    port = find_free_port()
    with running_desk(tmp_path / "home", database_url, ("intake", "worker"), smtp_toml(port, 0)) as desk:
        wait_until(lambda: answers(port), "the listener", SECONDS)
        for number in range(10):
            with SmtpClient(port, "EHLO") as client:
                assert client.mail(f"Subject: {number}\r\n\r\nHei\r\n".encode()).startswith("250")
            if number == 4:
                desk.kill("worker")
        found = desk.wait_for(10)
    assert sorted(ticket["subject"] for ticket in found) == [str(number) for number in range(10)]
