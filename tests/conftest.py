"""What the tests share: clocks, both databases, free ports. Servers are started by the fixtures in tests/servers/."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage, open_storage
from tests.little_work import copy_stores, few_rsa_keys, plain_log, quick_passwords, servers_stop_at_once
from tests.servers.postgresql import PostgresqlServer, start_postgresql
from tests.servers.programs import require_program

if TYPE_CHECKING:
    from tests.contract.cas.case_ca import CaseCa

NIGHT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 03:00 in Helsinki


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at 03:00 Helsinki time until the test moves it."""
    return SetClock(NIGHT)


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listened on a moment ago."""
    return find_free_port()


_PORTS = range(10_240, 32_768)  # Linux gives those above to outgoing connections and to who asks for any port


def find_free_port() -> int:
    """A loopback port on which nobody listens, and which nobody else is given meanwhile.

    Many a server listens seconds later; a port of the kernel's choice could be somebody else's by then.
    """
    return next(port for port in _ports(os.getpid()) if _is_free(port))


@cache
def _ports(process_id: int) -> Iterator[int]:
    """Each process begins far from its neighbours, and no two ports are neighbours: some servers take the next one too."""
    begin = process_id * 2_017
    return (_PORTS[(begin + step) % len(_PORTS)] for step in count(0, 7))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    """One PostgreSQL per test process, run by a user that is not root."""
    require_program("postgres")
    with start_postgresql(tmp_path_factory.mktemp("postgresql"), find_free_port()) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    with postgresql_server.new_database() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with every table: copying it is much quicker than making them for each test."""
    from sulku_desk.migrate import upgrade

    with postgresql_server.new_database() as url:
        opened = open_storage(url, tmp_path_factory.mktemp("template"))
        upgrade(opened)
        opened.close()
        yield url.rpartition("/")[2]


@pytest.fixture
def postgresql_url_with_tables(postgresql_server: PostgresqlServer, postgresql_template: str) -> Iterator[str]:
    """The address of a database of the test's own with every table and no row."""
    with postgresql_server.new_database(postgresql_template) as url:
        yield url


@pytest.fixture
def sqlite_storage(tmp_path: Path) -> Iterator[Storage]:
    """Both stores as SQLite files with every table."""
    copy_stores(tmp_path / "home")
    storage = open_storage(None, tmp_path / "home")
    yield storage
    storage.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Both stores with every table; the test runs once on SQLite and once on PostgreSQL."""
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    if url is None:
        copy_stores(tmp_path / "home")
    opened = open_storage(url, tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture(autouse=True, scope="session")
def _all_tables_known() -> None:
    """Import every module that declares a table, so that create_all makes them all."""
    import sulku_desk.tables  # noqa: F401


@pytest.fixture(autouse=True, scope="session")
def _little_work() -> Iterator[None]:
    """What costs the most, and is no matter of any test but those of it, costs little."""
    plain_log()
    with few_rsa_keys(), quick_passwords(), servers_stop_at_once():
        yield


class _Opened(dict[str, "CaseCa"]):
    """The CAs that were started, by their name in tests/contract/cas/known.py."""

    def __init__(self, stack: ExitStack, folders: pytest.TempPathFactory) -> None:
        super().__init__()
        self._stack = stack
        self._folders = folders

    def __missing__(self, name: str) -> CaseCa:
        from tests.contract.cas.known import open_case

        self[name] = self._stack.enter_context(open_case(name, self._folders.mktemp(name)))
        return self[name]


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, CaseCa]]:
    """Real CAs with their adapters: each is started once per test process, when the first test wants it."""
    with ExitStack() as stack:
        yield _Opened(stack, tmp_path_factory)
