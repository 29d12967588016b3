"""An inbox on an empty store, and a listener in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NIGHT, find_free_port
from tests.servers.certificates import write_server_certificate
from tests.servers.smarthost import Smtpd, running_smtpd
from tests.servers.smtp import HeldInbox, RunningListener, make_inbox, running_listener
from tests.story.desk import ON_CALL

from sulku_desk.instance import Instance, make_instance, open_instance
from sulku_desk.settings import load_settings
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage


@pytest.fixture
def inbox(sqlite_storage: Storage, tmp_path: Path, clock: SetClock) -> HeldInbox:
    """An inbox on SQLite whose commits the test can hold up."""
    return make_inbox(sqlite_storage.inbox, tmp_path / "keys", clock)


@pytest.fixture
def inbox_on_both(storage: Storage, tmp_path: Path, clock: SetClock) -> HeldInbox:
    """The same, once on SQLite and once on PostgreSQL."""
    return make_inbox(storage.inbox, tmp_path / "keys", clock)


@pytest.fixture
def desk(inbox: HeldInbox, clock: SetClock) -> Iterator[RunningListener]:
    """A listener with the usual limits in front of `inbox`."""
    with running_listener(inbox, clock) as running:
        yield running


@pytest.fixture
def desk_on_both(inbox_on_both: HeldInbox, clock: SetClock) -> Iterator[RunningListener]:
    """A listener with the usual limits in front of `inbox_on_both`."""
    with running_listener(inbox_on_both, clock) as running:
        yield running


@pytest.fixture
def server_certificate(tmp_path: Path, clock: SetClock) -> tuple[Path, Path]:
    """A self-signed certificate and its key, as files."""
    return write_server_certificate(tmp_path, clock.now())


@pytest.fixture
def smarthost() -> Iterator[Smtpd]:
    """A smarthost that takes what comes, or answers as the test wants."""
    with running_smtpd(find_free_port()) as server:
        yield server


@pytest.fixture
def instance(tmp_path: Path, smarthost: Smtpd) -> Iterator[Instance]:
    """An instance with two on-call steps whose mails leave by `smarthost`."""
    settings = load_settings(
        tmp_path / "home",
        outgoing={"smarthost": "127.0.0.1", "port": smarthost.port, "tls": "none"},
        smtp={"port": find_free_port(), "lmtp_port": 0},
    )
    make_instance(settings)
    settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
    opened = open_instance(settings, SetClock(NIGHT))
    yield opened
    opened.close()
