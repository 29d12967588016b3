"""Customers fetch the revocation form without logging in, and nothing else in its place."""

from __future__ import annotations

import pytest
from tests.integration.console_world import Console

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_anybody_may_take_the_form_in_his_language(sqlite_storage: Storage, clock: SetClock, language: str) -> None:
    answer = Console(sqlite_storage, clock).stranger().get(f"/forms/revocation-request-{language}.pdf")
    assert answer.status_code == 200
    assert answer.content == f"%PDF {language}".encode()
    assert answer.headers["content-type"] == "application/pdf"


def test_there_is_no_other_form(sqlite_storage: Storage, clock: SetClock) -> None:
    assert Console(sqlite_storage, clock).stranger().get("/forms/revocation-request-de.pdf").status_code == 404
